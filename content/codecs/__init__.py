"""Bytes to frozen dataclasses and back, for what a message is made of: MIME, SMIL, MM1, XML read safely. No I/O here."""
