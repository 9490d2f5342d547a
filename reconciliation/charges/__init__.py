"""What readers were charged, and what they are to get back: bills kept by reader, refunds asked for, decided and handed to BOSS's people."""
