"""Handset models and the class each falls in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import Column, MetaData, String, Table, select, update
from sqlalchemy.orm import Session

from subscribers.handset_classes import CANNOT_MMS, handset_classes
from subscribers.models import Handset, Reader
from subscribers.staging import staged

_RESOLVED = Table("resolved_handsets", MetaData(), Column("handset", String(120), primary_key=True), Column("handset_class", String(20)), prefixes=["TEMPORARY"])


def classifier(session: Session) -> Callable[[str], str | None]:
    """A function from a handset as it is given (model or class name, any case) to its class, None where unknown."""
    known = {row.model.casefold(): row.handset_class for row in session.execute(select(Handset.model, Handset.handset_class))}
    for name in (*handset_classes(), *CANNOT_MMS):
        known[name.casefold()] = name
    return lambda handset: known.get(handset.casefold())


def find_handset(session: Session, model: str) -> Handset | None:
    """The record of a model, whatever the case of its letters."""
    exact = session.get(Handset, model)
    if exact is not None:
        return exact
    wanted = model.casefold()
    return next((row for row in session.scalars(select(Handset)) if row.model.casefold() == wanted), None)


def list_handsets(session: Session) -> list[Handset]:
    """All models by name."""
    return list(session.scalars(select(Handset).order_by(Handset.model)))


def save_handsets(session: Session, rows: Iterable[Mapping[str, Any]]) -> tuple[int, int]:
    """Add models or change their class; (added, changed).

    Args:
        rows: mappings with model, handset_class, brand, source.
    """
    known = {row.model.casefold(): row for row in session.scalars(select(Handset))}
    added = changed = 0
    for row in rows:
        found = known.get(row["model"].casefold())
        if found is None:
            made = Handset(**row)
            session.add(made)
            known[made.model.casefold()] = made
            added += 1
        elif (found.handset_class, found.brand) != (row["handset_class"], row["brand"]):
            found.handset_class, found.brand, found.source = row["handset_class"], row["brand"], row["source"]
            changed += 1
    session.flush()
    return added, changed


def reclassify_readers(session: Session) -> int:
    """Give every reader the class that his handset has by now; how many changed."""
    classify = classifier(session)
    given = session.scalars(select(Reader.handset).where(Reader.handset.is_not(None)).distinct())
    rows = [{"handset": one, "handset_class": classify(one)} for one in given if one is not None]
    with staged(session, _RESOLVED, rows) as resolved:
        new = select(resolved.c.handset_class).where(resolved.c.handset == Reader.handset).correlate(Reader).scalar_subquery()
        changed = session.execute(
            update(Reader).where(Reader.handset.is_not(None), Reader.handset_class.is_distinct_from(new)).values(handset_class=new),
            execution_options={"synchronize_session": False},
        )
    return int(changed.rowcount)  # type: ignore[attr-defined]  # a cursor's result
