"""Whole columns of integers and of packed ids as numpy arrays: 8 bytes a value, a fraction of a microsecond a row.

For counts over millions of rows, where a Python object for each would cost a
hundred bytes and as many microseconds. PostgreSQL packs the columns itself, in
pieces of a million rows or so; SQLite's rows run through the array one by one.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, LargeBinary, Select, cast, func, literal, select
from sqlalchemy.orm import Session

from huabao.db import is_postgres

Integers = NDArray[np.int64]

SPAN = 1 << 20
"""PostgreSQL packs together the rows whose first column lies in one span of so many values."""


def integers(session: Session, statement: Select[*tuple[Any, ...]]) -> Integers:
    """The rows of a statement as an array of as many columns, in no order.

    Args:
        statement: selects integers, none of them NULL; the first spreads the rows, e.g. an id.
    """
    width = len(statement.selected_columns)
    session.flush()
    connection = session.connection()
    if is_postgres(connection):
        rows = statement.subquery()
        packed: Any = None
        for one in rows.c:
            sent = func.int8send(cast(one, BigInteger), type_=LargeBinary)
            packed = sent if packed is None else packed.concat(sent)
        pieces = connection.execute(
            select(func.string_agg(packed, literal(b"", LargeBinary), type_=LargeBinary)).group_by(cast(rows.c[0], BigInteger) // SPAN), execution_options={"yield_per": 1}
        ).scalars()
        found = [np.frombuffer(piece, dtype=">i8").astype(np.int64) for piece in pieces]
        flat = np.concatenate([np.empty(0, dtype=np.int64), *found])
    else:
        cursor: Any = connection.execute(statement).cursor
        flat = np.fromiter(chain.from_iterable(cursor), dtype=np.int64)
    return flat.reshape(-1, width)


def unpack_many(packed: Sequence[bytes]) -> tuple[Integers, Integers]:
    """The ids of many `huabao.ids.pack_ids`, one set after the other, and how many each has."""
    raw = [zlib.decompress(one) for one in packed]
    sizes: Integers = np.fromiter(map(len, raw), dtype=np.int64, count=len(raw)) // 8
    steps = np.frombuffer(b"".join(raw), dtype="<i8").astype(np.int64)
    sums = np.cumsum(steps)
    there = sizes > 0
    begins = (np.cumsum(sizes) - sizes)[there]
    return sums - np.repeat(sums[begins] - steps[begins], sizes[there]), sizes
