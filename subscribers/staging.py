"""Chunks of rows in a temporary table, so that one statement applies them all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Table
from sqlalchemy.orm import Session

from huabao.db import bulk_insert

CHUNK_ROWS = 20_000
"""Rows of one transaction: some tenths of a second, so that nobody waits for an import."""

T = TypeVar("T")


def chunks(rows: Iterable[T], size: int = CHUNK_ROWS) -> Iterator[list[T]]:
    """`rows` in lists of at most `size`."""
    source = iter(rows)
    while chunk := list(islice(source, size)):
        yield chunk


@contextmanager
def staged(session: Session, table: Table, rows: Iterable[Mapping[str, Any]]) -> Iterator[Table]:
    """`rows` in the temporary `table`, which is gone afterwards."""
    table.create(session.connection())
    bulk_insert(session, table, rows, columns=[column.name for column in table.columns])
    try:
        yield table
    finally:
        if session.is_active:
            table.drop(session.connection())
