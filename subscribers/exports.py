"""Readers as a CSV file that `subscribers import` reads back."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from huabao import audit
from huabao.clock import SHANGHAI
from huabao.db import is_postgres
from huabao.runtime import Runtime
from subscribers.imports.readers import COLUMNS
from subscribers.imports.rejects import CSVFile, csv_writer
from subscribers.models import Reader
from subscribers.store import readers_with_consent

_CONSENT = {None: "", True: "yes", False: "no"}


def export_readers(runtime: Runtime, path: Path | None, *, by: str) -> int:
    """Write every reader to `path`, or to standard output for None; how many.

    The act is kept in the audit trail: the file holds numbers.
    """
    with runtime.transaction(read_only=True) as session:
        names = _attribute_names(session)
        header = (*COLUMNS, *names)
        if path is None:
            write: Callable[[Iterable[Any]], None] = csv_writer(sys.stdout)
            write(header)
            count = _write(session, names, write)
        else:
            with CSVFile(path, header) as file:
                count = _write(session, names, file.write)
    with runtime.transaction() as session:
        audit.record(session, actor=by, action="subscribers.export", object_kind="file", object_id=path.name[:120] if path else "-", at=runtime.now(), readers=count)
    return count


def _attribute_names(session: Session) -> list[str]:
    if is_postgres(session):
        return sorted(session.scalars(select(func.jsonb_object_keys(Reader.attributes)).distinct()))
    each = func.json_each(Reader.attributes).table_valued("key")
    return sorted(session.scalars(select(each.c.key).select_from(Reader).join(each, Reader.id == Reader.id).distinct()))


def _write(session: Session, names: list[str], write: Callable[[Iterable[Any]], None]) -> int:
    count = 0
    for reader, given in readers_with_consent(session):
        active = reader.last_active_at
        cells: list[Any] = [reader.msisdn, reader.city, reader.handset, reader.imei, reader.drive, ";".join(map(str, reader.topics)), reader.attribute_class]
        cells += [reader.preferred_hour, _CONSENT[given], active.astimezone(SHANGHAI).isoformat() if active else ""]
        write([*cells, *(reader.attributes.get(name) for name in names)])
        count += 1
    return count
