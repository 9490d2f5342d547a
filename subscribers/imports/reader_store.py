"""A chunk of readers into the database: two statements on either of the two."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Column, ColumnElement, MetaData, SmallInteger, String, Table, Text, and_, case, cast, func, insert, literal, or_, select, true
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from huabao.db import UTCDateTime, is_postgres
from subscribers.models import CONTACT_CONSENT, Consent, Reader
from subscribers.staging import staged
from subscribers.store import latest_consent_sql

_PLAIN = ("city", "handset", "imei", "drive", "attribute_class", "preferred_hour", "last_active_at")
_ALL = ("msisdn", *_PLAIN, "handset_class", "handset_model", "topics", "attributes", "created_at", "updated_at")

_STAGING = Table(
    "import_readers",
    MetaData(),
    Column("msisdn", String(11), primary_key=True),
    *(Column(name, Text) for name in ("city", "handset", "handset_class", "handset_model", "imei", "drive", "attribute_class", "topics", "attributes")),
    Column("preferred_hour", SmallInteger),
    Column("consent", Boolean),
    Column("last_active_at", UTCDateTime),
    prefixes=["TEMPORARY"],
)


def apply(session: Session, rows: Sequence[dict[str, Any]], *, source: str, now: datetime) -> tuple[int, int]:
    """Add or change readers and write down consents that changed; (added, changed).

    Args:
        rows: mappings with exactly the staging table's columns; None and empty documents leave what is known alone.
        source: where a consent comes from.
    """
    with staged(session, _STAGING, rows) as staging:
        known = select(func.count()).select_from(staging.join(Reader, Reader.msisdn == staging.c.msisdn))
        added = len(rows) - (session.scalar(known) or 0)
        touched = int(session.execute(_upsert(session, staging, now), execution_options={"preserve_rowcount": True}).rowcount)  # type: ignore[attr-defined]  # a cursor's result
        if any(row["consent"] is not None for row in rows):
            _consents(session, staging, source, now)
    return added, touched - added


def _upsert(session: Session, staging: Table, now: datetime) -> Any:
    on_postgres = is_postgres(session)
    made = postgresql.insert(Reader) if on_postgres else sqlite.insert(Reader)
    document: Any = (lambda text: cast(text, JSONB)) if on_postgres else (lambda text: text)
    at = literal(now, UTCDateTime)
    values = [
        staging.c.msisdn,
        *(staging.c[name] for name in _PLAIN),
        staging.c.handset_class,
        staging.c.handset_model,
        document(func.coalesce(staging.c.topics, "[]")),
        document(staging.c.attributes),
        at,
        at,
    ]
    statement = made.from_select(_ALL, select(*values).where(true()))
    given = statement.excluded
    new: dict[str, ColumnElement[Any]] = {name: func.coalesce(given[name], getattr(Reader, name)) for name in _PLAIN}
    # A handset that is given decides the class, also when nobody knows the model yet.
    # An IMEI decides it while no handset is known; after that another IMEI is a hint (a second telephone), no proof.
    by_imei = and_(given.handset_class.is_not(None), or_(Reader.handset.is_(None), Reader.handset_class.is_(None)))
    for name in ("handset_class", "handset_model"):
        new[name] = case((or_(given.handset.is_not(None), by_imei), given[name]), else_=getattr(Reader, name))
    nothing = document(literal("[]", Text))
    new["topics"] = case((given.topics == nothing, Reader.topics), else_=given.topics)
    if on_postgres:
        new["attributes"] = Reader.attributes.op("||", return_type=JSONB())(given.attributes)
        was = {name: getattr(Reader, name) for name in new}
    else:
        new["topics"] = func.json(new["topics"], type_=Text())
        new["attributes"] = func.json_patch(Reader.attributes, given.attributes, type_=Text())
        was = {name: getattr(Reader, name) for name in new}
        was["topics"], was["attributes"] = func.json(Reader.topics, type_=Text()), func.json(Reader.attributes, type_=Text())
    differs = or_(*(was[name].is_distinct_from(value) for name, value in new.items()))
    return statement.on_conflict_do_update(index_elements=["msisdn"], set_={**new, "updated_at": at}, where=differs)


def _consents(session: Session, staging: Table, source: str, now: datetime) -> None:
    said = and_(staging.c.consent.is_not(None), staging.c.consent.is_distinct_from(latest_consent_sql(CONTACT_CONSENT)))
    rows = (
        select(Reader.id, literal(CONTACT_CONSENT), staging.c.consent, literal(source), literal(now, UTCDateTime))
        .select_from(staging.join(Reader, Reader.msisdn == staging.c.msisdn))
        .where(said)
    )
    session.execute(insert(Consent).from_select(["reader_id", "kind", "given", "source", "recorded_at"], rows))
