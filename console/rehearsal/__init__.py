"""A rehearsal: an edition's messages sent in earnest, to nobody.

It happens in a room of its own: a database in a temporary folder that holds the
edition, one phone that nobody has for each message, and one port, which leads to the
sandbox MMSC on loopback. What sends there is the code that sends every paper:
batches, claims, MM7, reports, the ledger. Nothing of it can reach a reader, for
the room knows none. When it is over, the bytes that arrived are kept, the room goes.
"""
