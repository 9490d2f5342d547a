"""Named segments in the database, and questions asked of the readers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from subscribers.models import NO_NUMBER, Reader, Segment
from subscribers.segments.parse import parse_rule
from subscribers.segments.rules import Rule, rule_sql

_HAS_NUMBER = func.substr(Reader.msisdn, 1, 1) != NO_NUMBER


def find_segment(session: Session, name: str) -> Rule | None:
    """The rule of the segment called `name`, or None where there is none."""
    row = session.get(Segment, name)
    return None if row is None else parse_rule(row.rule, f"segment {name}")


def list_segments(session: Session) -> list[Segment]:
    """All of them by name."""
    return list(session.scalars(select(Segment).order_by(Segment.name)))


def segment_documents(session: Session) -> Mapping[str, dict[str, Any]]:
    """Every segment's rule as a document, by name: what an edition folder may refer to."""
    return {row.name: row.rule for row in list_segments(session)}


def save_segment(session: Session, name: str, rule: Rule, *, by: str, at: datetime) -> bool:
    """Keep `rule` under `name`; True when it was there before (it is replaced)."""
    found = session.get(Segment, name)
    if found is None:
        session.add(Segment(name=name, rule=rule.to_document(), created_by=by, created_at=at))
    else:
        found.rule, found.created_by, found.created_at = rule.to_document(), by, at
    session.flush()
    return found is not None


def count_readers(session: Session, rule: Rule | None) -> int:
    """How many readers the rule fits; all of them for None. Whoever has no number any more is no reader."""
    wanted = select(func.count()).select_from(Reader).where(_HAS_NUMBER)
    return session.scalar(wanted if rule is None else wanted.where(rule_sql(rule))) or 0


def sample_readers(session: Session, rule: Rule, size: int) -> list[Reader]:
    """`size` readers at random among those whom the rule fits."""
    return list(session.scalars(select(Reader).where(rule_sql(rule), _HAS_NUMBER).order_by(func.random()).limit(size)))
