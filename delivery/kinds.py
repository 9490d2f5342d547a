"""Kinds of dispatches: why one was made. A resend of one reader has the lane of that name as well; a filtered one goes with the bulk."""

from __future__ import annotations

from typing import Final

EDITION: Final = "edition"
"""The send of a number to its audience."""

SEED: Final = "seed"
"""To test handsets of the house, under another dispatch; in no statistics."""

CORRECTION: Final = "correction"
"""A newer version to whom an older one has not reached."""

RESEND: Final = "resend"
"""Once more, because somebody asked."""

SERIAL: Final = "serial"
"""A chapter to readers whose course is not the usual one: once more to whom it failed, the next one to whom it waited for."""

PROBE: Final = "probe"
"""A small message to stopped readers, by which it is seen whether they can be reached; no edition, and in no statistics."""

UNCOUNTED: Final = (SEED, PROBE)
"""Kinds that stand in no statistics of readers."""

BRINGS_OUT: Final = (EDITION, CORRECTION, RESEND, SERIAL)
"""Kinds by which an edition comes to readers."""

NO_PERSONAL: Final = "no_personal"
"""Key in `Dispatch.gate`: whoever started it wanted all readers to get the fallbacks of slots, in groups."""

BY_PLAN: Final = (EDITION, CORRECTION)
"""Of these, those that nobody had to ask for."""
