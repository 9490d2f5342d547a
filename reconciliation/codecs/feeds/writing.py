"""Records to a feed of any dialect; what is written here, `reading` reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import BinaryIO, Final

from reconciliation.codecs.feeds.dialect import FeedDialect, Frame
from reconciliation.codecs.feeds.frames import MARK, time_text, write_line
from reconciliation.codecs.feeds.records import FeedRecord

_LINES: Final = 4096
_COUNT_WIDTH: Final = 12


def write_feed(out: BinaryIO, records: Iterable[FeedRecord], dialect: FeedDialect, *, as_of: datetime, fields: Mapping[str, str] | None = None) -> int:
    """Write a feed; how many records.

    Args:
        out: seekable where the header states the count.
        fields: what header and trailer hold beside count and as-of time; a width of digits is filled up with zeros.

    Raises:
        ValueError: a field is missing, or a value does not fit its column.
    """
    given = {**(fields or {}), "as_of": time_text(as_of, dialect.time)}
    header_at = out.tell() if _counts(dialect.header) else 0
    out.write(_header(dialect, given, 0))
    codes = {state: code for code, state in reversed(list(dialect.states.items()))}
    count, lines = 0, []
    for record in records:
        lines.append(_line(record, dialect, codes))
        count += 1
        if len(lines) == _LINES:
            out.write("".join(lines).encode(dialect.encoding))
            lines = []
    out.write("".join(lines).encode(dialect.encoding))
    out.write(_trailer(dialect, given, count))
    if _counts(dialect.header):
        end = out.tell()
        out.seek(header_at)
        out.write(_header(dialect, given, count))
        out.seek(end)
    return count


def _counts(frame: Frame) -> bool:
    return any(one.name == "count" for one in frame.fields)


def _header(dialect: FeedDialect, given: Mapping[str, str], count: int) -> bytes:
    frame = dialect.header
    if frame.kind == "none":
        return b""
    if frame.kind == "names":
        return f"{dialect.delimiter.join(dialect.columns)}\n".encode(dialect.encoding)
    text = write_line(frame, dialect, {**given, "count": str(count).rjust(_COUNT_WIDTH, "0") if not frame.has_widths else str(count)})
    return f"{text}\n".encode(dialect.encoding)


def _trailer(dialect: FeedDialect, given: Mapping[str, str], count: int) -> bytes:
    frame = dialect.trailer
    if frame.kind == "none":
        return b""
    if frame.kind == "marks":
        return f"{MARK}count={count}\n{MARK}as_of={given['as_of']}\n".encode(dialect.encoding)
    return f"{write_line(frame, dialect, {**given, 'count': str(count)})}\n".encode(dialect.encoding)


def _line(record: FeedRecord, dialect: FeedDialect, codes: Mapping[str, str]) -> str:
    cells = [_cell(record, name, dialect, codes) for name in dialect.columns]
    if dialect.widths:
        for cell, width in zip(cells, dialect.widths, strict=True):
            if len(cell.encode(dialect.encoding)) > width:
                raise ValueError(f"{cell[:3]}… is longer than its column of {width} in the dialect {dialect.name}")
        return "".join(cell + " " * (width - len(cell.encode(dialect.encoding))) for cell, width in zip(cells, dialect.widths, strict=True)) + "\n"
    return dialect.delimiter.join(cells) + "\n"


def _cell(record: FeedRecord, name: str, dialect: FeedDialect, codes: Mapping[str, str]) -> str:
    match name:
        case "msisdn":
            return record.msisdn
        case "service_id":
            if dialect.delimiter and dialect.delimiter in record.service_id:
                raise ValueError(f"the service {record.service_id!r} holds the delimiter of the dialect {dialect.name}")
            return record.service_id
        case "state":
            return codes[record.state]
        case "effective_at":
            return "" if record.effective_at is None else time_text(record.effective_at, dialect.time)
        case "price_fen":
            return _price(record.price_fen, dialect.price)
        case "fee_msisdn":
            return record.fee_msisdn or ""
        case _:
            return ""


def _price(fen: int | None, unit: str) -> str:
    if fen is None:
        return ""
    return str(fen) if unit == "fen" else f"{fen // 100}.{fen % 100:02d}"
