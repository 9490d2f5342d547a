"""The daily and the monthly reconciliation: a run compares, keeps what differs, decides by policy and repairs.

`running` is the way from two files to differences; `policy` says what becomes of each, `planning`
writes that down, `guard` holds what would move too many, `repairing` applies it by the same paths as
messages do, and `checking` looks the next day whether it held.
"""
