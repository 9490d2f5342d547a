"""A month's bill as a file: who was charged how much for which service. Read line by line.

UTF-8 with commas and a header that names msisdn, service_id and amount_fen (or price_fen); further
columns are passed over, a last line `#count=N` is held against the lines.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from huabao.errors import UsageError
from huabao.msisdn import parse_msisdn
from reconciliation.codecs.feeds import FeedError

AMOUNTS: Final = ("amount_fen", "price_fen")
AMOUNT_FEN_MAX: Final = 1_000_000_000
LINE_CHARS_MAX: Final = 4096


@dataclass(frozen=True, slots=True)
class Charge:
    """One line: fen that were charged for a service of a number."""

    msisdn: str
    service_id: str
    amount_fen: int


@dataclass(slots=True)
class BillReader:
    """Reads one bill once; `records` and `faults` count as it goes."""

    path: Path
    records: int = 0
    faults: int = 0

    def __iter__(self) -> Iterator[Charge]:
        """The charges; a line that cannot be used is counted and passed over.

        Raises:
            FeedError: the file is refused whole: whoever reads applies nothing before the stream has ended well.
        """
        said: int | None = None
        try:
            with self.path.open(encoding="utf-8-sig", newline="") as file:
                rows = csv.reader(_lines(file))
                places = self._places(next(rows, []))
                for row in rows:
                    if said is not None:
                        raise FeedError("after_trailer", line=rows.line_num, side="bill")
                    if row and row[0].startswith("#"):
                        said = self._count(row[0], rows.line_num)
                    elif row:
                        self.records += 1
                        charge = _charge(row, places)
                        self.faults += charge is None
                        if charge is not None:
                            yield charge
        except UnicodeDecodeError as error:
            raise FeedError("undecodable", side="bill") from error
        except csv.Error as error:
            raise FeedError("truncated", side="bill", detail=str(error)) from error
        except OSError as error:
            raise FeedError("unreadable", side="bill", detail=error.strerror or "") from error
        if said is not None and said != self.records:
            raise FeedError("count", side="bill", detail=f"says {said}, holds {self.records}")

    def _places(self, header: list[str]) -> tuple[int, int, int]:
        names = [one.strip().lower() for one in header]
        amount = next((one for one in AMOUNTS if one in names), None)
        if amount is None or not {"msisdn", "service_id"} <= set(names):
            raise FeedError("no_header", side="bill", detail="msisdn, service_id and amount_fen are expected")
        return names.index("msisdn"), names.index("service_id"), names.index(amount)

    def _count(self, text: str, line: int) -> int:
        name, _, value = text.removeprefix("#").partition("=")
        if name.strip() != "count" or not (value.strip().isascii() and value.strip().isdigit() and len(value) <= 12):
            raise FeedError("trailer", line=line, side="bill")
        return int(value)


def _lines(file: TextIO) -> Iterator[str]:
    while line := file.readline(LINE_CHARS_MAX + 1):
        if len(line) > LINE_CHARS_MAX:
            raise FeedError("long_line", side="bill")
        if not line.endswith("\n") and not line.startswith("#"):
            raise FeedError("truncated", side="bill")
        yield line


def _charge(row: list[str], places: tuple[int, int, int]) -> Charge | None:
    if len(row) <= max(places):
        return None
    number, service, amount = (row[at].strip() for at in places)
    try:
        msisdn = str(parse_msisdn(number))
    except UsageError:
        return None
    fits = 1 <= len(service) <= 40 and amount.isascii() and amount.isdigit() and int(amount[:12]) <= AMOUNT_FEN_MAX
    return Charge(msisdn, service, int(amount)) if fits else None
