"""Money back: asked for by who speaks with the reader, decided by another person, handed to BOSS's people once, and written down as paid."""
