"""One line of a feed to a record, tolerant of what exporters do; the vectors of `blocks` agree with this to the letter."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from huabao.msisdn import MSISDN, find_msisdn
from reconciliation.codecs.feeds.dialect import FeedDialect
from reconciliation.codecs.feeds.records import PRICE_FEN_MAX, SERVICE_CHARS_MAX, YEARS, FeedRecord, LineFault

SHANGHAI: Final = timezone(timedelta(hours=8))
"""China has kept one offset without summer time since 1992, where `YEARS` begin."""

_COMPACT: Final = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the columns of one file stand.

    Attributes:
        places: index of each known column.
        count: columns of a line.
        encoding: of the bytes as `read_line` gets them.
    """

    dialect: FeedDialect
    places: Mapping[str, int]
    count: int
    encoding: str


def layout_of(dialect: FeedDialect, columns: tuple[str, ...], encoding: str) -> Layout:
    """The layout of a file with these columns."""
    return Layout(dialect, {name: at for at, name in enumerate(columns) if name}, len(columns), encoding)


def split_line(text: str, delimiter: str) -> list[str]:
    """The cells of a line with delimiters; a CSV's may stand in quotation marks."""
    if delimiter == "," and '"' in text:
        try:
            return next(csv.reader([text], strict=True), [])
        except csv.Error:
            pass
    return text.split(delimiter)


def _cells(line: bytes, layout: Layout) -> list[str] | None:
    if not layout.dialect.widths:
        return split_line(line.decode(layout.encoding), layout.dialect.delimiter)
    if len(line) != sum(layout.dialect.widths):
        return None
    cells, at = [], 0
    for width in layout.dialect.widths:
        cells.append(line[at : at + width].decode(layout.encoding))
        at += width
    return cells


def read_line(line: bytes, number: int, layout: Layout) -> FeedRecord | LineFault:
    """The record of a line without its end.

    Args:
        number: of the line, from 1.

    Raises:
        UnicodeDecodeError: bytes that are no text.
    """
    cells = _cells(line, layout)
    if b"\0" in line:
        return LineFault(number, "control")
    if cells is None or len(cells) != layout.count:
        return LineFault(number, "columns")
    given = {name: cells[at].strip() for name, at in layout.places.items()}
    msisdn = find_msisdn(given["msisdn"])
    if msisdn is None:
        return LineFault(number, "number")
    service_id = find_service(given["service_id"])
    if service_id is None:
        return LineFault(number, "service")
    key = (str(msisdn), service_id)
    state = layout.dialect.states.get(given["state"])
    if state is None:
        return LineFault(number, "state", key)
    price_fen: int | None = None
    fee_msisdn: MSISDN | None = None
    try:
        effective_at = find_time(given["effective_at"], layout.dialect.time)
    except ValueError:
        return LineFault(number, "time", key)
    try:
        price_fen = find_price(given.get("price_fen", ""), layout.dialect.price)
    except ValueError:
        return LineFault(number, "price", key)
    payer = given.get("fee_msisdn", "")
    if payer:
        fee_msisdn = find_msisdn(payer)
        if fee_msisdn is None:
            return LineFault(number, "payer", key)
    return FeedRecord(str(msisdn), service_id, state, effective_at, price_fen, str(fee_msisdn) if fee_msisdn and fee_msisdn != msisdn else None)


def find_service(text: str) -> str | None:
    """`text` as the name of a service, or None where it is none."""
    good = 0 < len(text) <= SERVICE_CHARS_MAX and text.isprintable() and not any(one.isspace() or one in '",' for one in text)
    return text if good else None


def find_time(text: str, form: str) -> datetime | None:
    """A time in UTC, None for an empty cell; without an offset it means Asia/Shanghai.

    Raises:
        ValueError: it is none, or lies outside `YEARS`.
    """
    if not text:
        return None
    if form == "compact":
        if len(text) not in _COMPACT or not (text.isascii() and text.isdigit()):
            raise ValueError("no compact time")
        found = datetime.strptime(text, _COMPACT[len(text)]).replace(tzinfo=SHANGHAI)
    else:
        next_day = text[10:16] in ("T24:00", " 24:00")
        found = datetime.fromisoformat(text[:11] + "00" + text[13:] if next_day else text) + timedelta(days=next_day)
        found = found if found.tzinfo else found.replace(tzinfo=SHANGHAI)
    if found.astimezone(SHANGHAI).year not in YEARS:
        raise ValueError("outside the years")
    return found.astimezone(UTC).replace(microsecond=0)


def find_price(text: str, unit: str) -> int | None:
    """Whole fen, None for an empty cell.

    Raises:
        ValueError: it is no price.
    """
    if not text:
        return None
    whole, _, part = text.partition(".") if unit == "yuan" else (text, "", "")
    if len(text) > 10 or not text.isascii() or not whole.isdigit() or (part and not part.isdigit()) or len(part) > 2:
        raise ValueError("no price")
    found = int(whole) * 100 + int(part.ljust(2, "0")) if unit == "yuan" else int(whole)
    if found > PRICE_FEN_MAX:
        raise ValueError("no price")
    return found
