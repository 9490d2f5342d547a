"""What became of a delivery, and by what it was reached."""

from __future__ import annotations

from enum import IntEnum


class Outcome(IntEnum):
    """What became of one delivery; the names are the public ones."""

    PENDING = 0
    SUBMITTED = 1
    RETRIEVED = 2
    REJECTED = 3
    EXPIRED = 4
    FAILED = 5
    UNKNOWN = 6
    NO_REPORT = 7
    CANCELLED = 8

    @classmethod
    def _missing_(cls, value: object) -> Outcome | None:
        """A number that no row should hold counts as unknown; `ledger verify` names it."""
        return cls.UNKNOWN if isinstance(value, int) else None

    @classmethod
    def is_known(cls, value: int) -> bool:
        """Whether a row may hold this number."""
        return value in cls._value2member_map_


class Route(IntEnum):
    """By what a reader is reached, and why not by MMS."""

    MMS = 0
    LINK_HANDSET = 1
    """WAP push with a link: the handset cannot take an MMS."""
    TEXT_HANDSET = 2
    """An SMS text: the handset can take neither MMS nor WAP push."""
    TEXT_SILENT = 3
    """An SMS text: an activity, and the reader was silent for long."""
    LINK_BLOCKED = 4
    """WAP push with a link: his handset class was blocked or rerouted for this edition."""
    TEXT_BLOCKED = 5
    """An SMS text, for the same reason."""

    @classmethod
    def _missing_(cls, value: object) -> Route | None:
        """A number that no row should hold counts as MMS: a count never fails for it."""
        return cls.MMS if isinstance(value, int) else None
