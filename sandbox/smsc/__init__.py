"""The SMSC simulator: lets ESMEs bind, takes submit_sm, decides what becomes of each, sends receipts and readers' messages.

It reads and writes PDUs with smpplib and code of its own (`wire`), so that a fault
of our codec is not repeated by its peer. Randomness comes from a seed and from what it decides about, so a run can be repeated.
Nothing here is fit to carry real messages.
"""
