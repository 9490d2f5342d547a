"""Every raw message in and out, kept under a key of its reader, and applied again to an empty database with the same result."""

from reconciliation.journal.services import Entry, Opened, begin, read_all, write

__all__ = ["Entry", "Opened", "begin", "read_all", "write"]
