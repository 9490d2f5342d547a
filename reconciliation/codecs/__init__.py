"""What BOSS and MISC speak, as bytes and as frozen dataclasses: no socket, no clock, no database."""
