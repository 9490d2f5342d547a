"""Whose a number was in a month: a bill may come long after, and numbers change hands meanwhile."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from huabao.db import in_ids
from subscribers.models import Reader
from subscribers.orders.models import ReaderNumber
from subscribers.orders.store import in_texts


def owners_of(session: Session, numbers: Collection[str], begins: datetime, ends: datetime) -> dict[str, dict[int, bool]]:
    """By number the readers who had it at any time before `ends`, each with whether he had it between the two instants."""
    c, wanted = ReaderNumber, sorted(numbers)
    found: dict[str, dict[int, bool]] = {}
    later: set[tuple[str, int]] = set()
    for one in session.scalars(select(c).where(in_texts(session, c.msisdn, wanted), c.reader_id.is_not(None)).order_by(c.id)):
        assert one.reader_id is not None, "asked for"
        if one.since is not None and one.since >= ends:
            later.add((one.msisdn, one.reader_id))
            continue
        of_number = found.setdefault(one.msisdn, {})
        of_number[one.reader_id] = of_number.get(one.reader_id, False) or one.until is None or one.until > begins
    for reader, number in session.execute(select(Reader.id, Reader.msisdn).where(in_texts(session, Reader.msisdn, wanted))):
        if (number, reader) not in later:  # he had it from the first: no stretch says so
            found.setdefault(number, {}).setdefault(reader, True)
    return found


def numbers_of(session: Session, readers: Collection[int], begins: datetime, ends: datetime) -> Mapping[int, Sequence[str]]:
    """By reader the numbers that he had between two instants, the last at the end; nobody who had none."""
    c, ids = ReaderNumber, sorted(readers)
    found: dict[int, list[str]] = {}
    later: set[tuple[str, int]] = set()
    for one in session.scalars(select(c).where(in_ids(session, c.reader_id, ids)).order_by(c.since, c.id)):
        assert one.reader_id is not None, "asked for"
        if one.since is not None and one.since >= ends:
            later.add((one.msisdn, one.reader_id))
        elif one.until is None or one.until > begins:
            found.setdefault(one.reader_id, []).append(one.msisdn)
    for reader, number in session.execute(select(Reader.id, Reader.msisdn).where(in_ids(session, Reader.id, ids))):
        if number[:1] == "1" and (number, reader) not in later and number not in found.get(reader, ()):
            found.setdefault(reader, []).append(number)
    return found
