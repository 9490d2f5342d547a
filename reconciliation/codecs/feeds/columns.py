"""Records in bulk: one array for each column, in the order of the lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from reconciliation.codecs.feeds.digits import Ints
from reconciliation.codecs.feeds.records import FeedError, FeedRecord

NONE: Final = -(1 << 62)
"""What a side does not say."""

UNREADABLE, ACTIVE, PAUSED, CANCELLED = range(4)
CODES: Final = {"active": ACTIVE, "paused": PAUSED, "cancelled": CANCELLED}
SERVICES_MAX: Final = 4096


class Services:
    """The services of a comparison, each with a small number; sides share one of these."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._codes: dict[str, int] = {}
        self._ranks: Ints | None = None

    def code(self, name: str) -> int:
        """The number of a service, a new one where it is new.

        Raises:
            FeedError: there are too many.
        """
        found = self._codes.get(name)
        if found is None:
            if len(self.names) >= SERVICES_MAX:
                raise FeedError("services")
            found = self._codes[name] = len(self.names)
            self.names.append(name)
            self._ranks = None
        return found

    def ranks(self) -> Ints:
        """The place of each service, by code, among the names in order."""
        if self._ranks is None:
            self._ranks = np.empty(len(self.names), np.int64)
            self._ranks[sorted(range(len(self.names)), key=self.names.__getitem__)] = np.arange(len(self.names))
        return self._ranks


@dataclass(frozen=True, slots=True)
class Columns:
    """Records of one side.

    Attributes:
        service: by `Services`.
        state: UNREADABLE where the key could be read and the rest not, ACTIVE, PAUSED or CANCELLED.
        effective: seconds since 1970, or NONE.
        price: fen, or NONE.
        payer: the payer's number, 0 for the reader himself, NONE where the file does not say.
        line: from 1.
    """

    msisdn: Ints
    service: Ints
    state: npt.NDArray[np.uint8]
    effective: Ints
    price: Ints
    payer: Ints
    line: Ints

    def __len__(self) -> int:
        return len(self.msisdn)

    def __getitem__(self, at: Any) -> Columns:
        """Some of the rows, by a slice, indices or flags."""
        return Columns(*(getattr(self, name)[at] for name in NAMES))


NAMES: Final = tuple(one.name for one in fields(Columns))
_DTYPES: Final = (np.int64, np.int64, np.uint8, np.int64, np.int64, np.int64, np.int64)


def joined(parts: Sequence[Columns]) -> Columns:
    """All of them one after the other."""
    if len(parts) == 1:
        return parts[0]
    return Columns(*(np.concatenate([getattr(one, name) for one in parts]) for name in NAMES)) if parts else of_rows([])


def of_rows(rows: Sequence[tuple[int, ...]]) -> Columns:
    """Rows in the order of the columns."""
    columns = zip(*rows, strict=True) if rows else ((),) * len(NAMES)
    return Columns(*(np.array(values, dtype) for values, dtype in zip(columns, _DTYPES, strict=True)))


def row_of(record: FeedRecord, line: int, services: Services, *, says_payer: bool) -> tuple[int, ...]:
    """One record as a row."""
    effective = NONE if record.effective_at is None else int(record.effective_at.timestamp())
    payer = NONE if not says_payer else int(record.fee_msisdn or 0)
    return (int(record.msisdn), services.code(record.service_id), CODES[record.state], effective, NONE if record.price_fen is None else record.price_fen, payer, line)


def blocks_of_records(records: Iterable[FeedRecord], services: Services, rows: int = 16_384) -> Iterator[Columns]:
    """Records in blocks; the payer counts as said."""
    source, line = iter(records), 0
    while part := list(islice(source, rows)):
        yield of_rows([row_of(record, line + at, services, says_payer=True) for at, record in enumerate(part, 1)])
        line += len(part)


def instant(seconds: int) -> datetime | None:
    """A value of the column `effective`."""
    return None if seconds == NONE else datetime.fromtimestamp(seconds, UTC)
