"""The BOSS simulator: keeps accounts and orders, takes the platform's requests, tells the platform what happens at its counters.

It is the master of accounts and prices and does each transaction id once. What it knows
it writes as a feed file or as a bill. It reads, writes and signs JSON with code of its own
(`wire`), so that a fault of our codec is not repeated by its peer. Randomness comes from a
seed, so a run can be repeated. Nothing here is fit to bill anybody.
"""
