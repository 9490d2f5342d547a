"""Lanes of a port: who goes first when a port's rate is not enough for all."""

from __future__ import annotations

RESEND, SEED, WELCOME, SPECIAL, BULK = "resend", "seed", "welcome", "special", "bulk"

LANES = (RESEND, SEED, WELCOME, SPECIAL, BULK)
"""The first overtakes: a support agent's resend, seeds, the first copy of a new reader, a special edition (号外), everything else."""

URGENT = (RESEND, SEED, WELCOME, SPECIAL)
"""Lanes whose jobs go into a queue that overtakes."""
