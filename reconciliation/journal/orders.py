"""Rows of a file of orders as the journal keeps them: one line each. A codec."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

_SEPARATOR = "\t"


class FileOrder(NamedTuple):
    """What a row says.

    Attributes:
        line: in the file.
        state: active, paused or cancelled.
    """

    line: int
    msisdn: str
    service_id: str
    state: str
    effective_at: datetime


def encode_orders(source: str, orders: Iterable[FileOrder]) -> bytes:
    """Rows of one file, its source before them; what separates them stands in no number, service or state, and in no source."""
    rows = (_SEPARATOR.join((str(one.line), one.msisdn, one.service_id, one.state, one.effective_at.isoformat())) for one in orders)
    return "\n".join((" ".join(source.split()), *rows)).encode()


def decode_orders(content: bytes) -> tuple[str, Sequence[FileOrder]]:
    """And back: the source and its rows; the journal holds only what `encode_orders` wrote."""
    source, *rows = content.decode().split("\n")
    found = []
    for row in rows:
        line, msisdn, service_id, state, at = row.split(_SEPARATOR)
        found.append(FileOrder(int(line), msisdn, service_id, state, datetime.fromisoformat(at)))
    return source, found
