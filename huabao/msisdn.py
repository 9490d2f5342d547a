"""Mobile numbers of mainland China.

A number is taken as 11 digits, `86…`, `+86…` or `0086…` and kept as 11 digits.
Its `repr` is masked, so that a log line or a traceback never shows it.
"""

from __future__ import annotations

import re

from huabao.errors import UsageError

_WITHIN = re.compile(r"(?<![0-9A-Za-z_])(?<!\d\.)((?:\+|00)?86)?(1[3-9]\d)\d{4}(\d{4})(?![0-9A-Za-z_])(?!\.\d)")
_FORM = re.compile(r"(?:\+?86|0086)?(1[3-9][0-9]{9})")


class MSISDN(str):
    """Eleven digits; prints masked in `repr`, whole in `str`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"MSISDN({self.masked})"

    @property
    def masked(self) -> str:
        """The number with its middle hidden, `138****5678`; of what stands for a number that is gone, nothing."""
        if not self.isdigit():
            return "****"
        return f"{self[:3]}****{self[7:]}"


def mask_within(text: str) -> str:
    """`text` with every mobile number in it masked, whatever stands around it."""
    return _WITHIN.sub(r"\2****\3", text)


def find_msisdn(text: str) -> MSISDN | None:
    """`text` as a number of 11 digits, or None where it is none (`/TYPE=PLMN` and spaces are tolerated)."""
    bare = text.strip().split("/", 1)[0].replace(" ", "").replace("-", "")
    match = _FORM.fullmatch(bare)
    return MSISDN(match.group(1)) if match else None


def parse_msisdn(text: str) -> MSISDN:
    """`text` as a number of 11 digits.

    Raises:
        UsageError: it is no mobile number; the message names the accepted forms, never the number.
    """
    found = find_msisdn(text)
    if found is None:
        raise UsageError("not a mobile number: 11 digits beginning with 13–19 are expected, 86, +86 or 0086 may stand before them")
    return found
