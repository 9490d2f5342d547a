"""Records to a feed of any dialect, in bulk; what is written here, `reading` reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import BinaryIO, Final

import numpy as np
import numpy.typing as npt

from reconciliation.codecs.feeds.columns import CODES, NONE, Columns, Services, blocks_of_records
from reconciliation.codecs.feeds.dialect import FeedDialect, Frame
from reconciliation.codecs.feeds.digits import Ints
from reconciliation.codecs.feeds.frames import MARK, time_text, write_line
from reconciliation.codecs.feeds.records import FeedRecord

_COUNT_WIDTH: Final = 12
_SHANGHAI_S: Final = 8 * 3600
_DIGITS: Final = [0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18]
"""Of YYYY-MM-DDThh:mm:ss."""


def write_feed(out: BinaryIO, records: Iterable[FeedRecord], dialect: FeedDialect, *, as_of: datetime, fields: Mapping[str, str] | None = None) -> int:
    """Write a feed of records; see `write_columns`."""
    services = Services()
    return write_columns(out, blocks_of_records(records, services), services, dialect, as_of=as_of, fields=fields)


def write_columns(out: BinaryIO, blocks: Iterable[Columns], services: Services, dialect: FeedDialect, *, as_of: datetime, fields: Mapping[str, str] | None = None) -> int:
    """Write a feed; how many records.

    Args:
        out: seekable where the header states the count.
        services: of the blocks.
        fields: what header and trailer hold beside count and as-of time; a width of digits is filled up with zeros.

    Raises:
        ValueError: a field is missing, or a value does not fit its column.
    """
    given = {**(fields or {}), "as_of": time_text(as_of, dialect.time)}
    header_at = out.tell() if _counts(dialect.header) else 0
    out.write(_header(dialect, given, 0))
    count = 0
    for block in blocks:
        out.write(_lines(block, services, dialect).encode(dialect.encoding))
        count += len(block)
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


def _lines(block: Columns, services: Services, dialect: FeedDialect) -> str:
    columns = [_cells(block, name, services, dialect) for name in dialect.columns]
    if dialect.widths:
        columns = [_filled(cells, width, dialect) for cells, width in zip(columns, dialect.widths, strict=True)]
    between = "" if dialect.widths else dialect.delimiter
    return "".join([between.join(row) + "\n" for row in zip(*columns, strict=True)])


def _cells(block: Columns, name: str, services: Services, dialect: FeedDialect) -> Sequence[str]:
    match name:
        case "msisdn":
            return _numbers(block.msisdn)
        case "service_id":
            names = [_service(one, dialect) for one in services.names]
            return [names[code] for code in block.service.tolist()]
        case "state":
            told = {state: code for code, state in reversed(list(dialect.states.items()))}
            by_code = {CODES[state]: code for state, code in told.items()}
            return [by_code[code] for code in block.state.tolist()]
        case "effective_at":
            return _times(block.effective, dialect.time)
        case "price_fen":
            return [_price(fen, dialect.price) for fen in block.price.tolist()]
        case "fee_msisdn":
            return _numbers(block.payer)
        case _:
            return [""] * len(block)


def _service(name: str, dialect: FeedDialect) -> str:
    if dialect.delimiter and dialect.delimiter in name:
        raise ValueError(f"the service {name!r} holds the delimiter of the dialect {dialect.name}")
    return name


def _numbers(values: Ints) -> list[str]:
    return ["" if one <= 0 else str(one) for one in values.tolist()]


def _times(values: Ints, form: str) -> list[str]:
    known = values != NONE
    texts: npt.NDArray[np.str_] = np.datetime_as_string((np.where(known, values, 0) + _SHANGHAI_S).astype("datetime64[s]"))
    if form == "compact" and len(texts):
        texts = np.ascontiguousarray(texts.view("U1").reshape(len(texts), -1)[:, _DIGITS]).view(f"U{len(_DIGITS)}").reshape(-1)
    zone = "" if form == "compact" else "+08:00"
    return [f"{text}{zone}" if is_known else "" for text, is_known in zip(texts.tolist(), known.tolist(), strict=True)]


def _filled(cells: Sequence[str], width: int, dialect: FeedDialect) -> list[str]:
    """Cells of so many bytes, blanks behind them."""
    lengths = [len(one.encode(dialect.encoding)) for one in cells]
    long = next((one for one, length in zip(cells, lengths, strict=True) if length > width), None)
    if long is not None:
        raise ValueError(f"{long[:3]}… is longer than its column of {width} in the dialect {dialect.name}")
    return [one + " " * (width - length) for one, length in zip(cells, lengths, strict=True)]


def _price(fen: int, unit: str) -> str:
    if fen == NONE:
        return ""
    return str(fen) if unit == "fen" else f"{fen // 100}.{fen % 100:02d}"
