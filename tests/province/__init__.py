"""A simulated province: readers who join, pause and leave for weeks, three systems that should agree, and faults of known kind and number.

What is true stands in `world`; `life` lets readers live, `faults` spoils what is told, `peers` are BOSS and
MISC in memory behind the real messages, `days` runs the real services day by day, and `score` says what was
found, where, how it was classed and what became of it. See docs/province.md.
"""
