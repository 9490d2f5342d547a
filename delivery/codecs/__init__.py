"""Bytes to frozen dataclasses and back, for what goes over the links. No I/O here."""
