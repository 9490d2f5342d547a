"""The field `services`: what a reader has ordered, by the service's id."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, literal, not_, select

from subscribers.models import HOLDING_STATES, Reader, Subscription
from subscribers.segments.facts import ReaderFacts
from subscribers.segments.field import Value, checked_choices, checked_exists, checked_text


@dataclass(frozen=True)
class Services:
    """A list; see `Field`. A paused order is still his; a cancelled one is not."""

    name: str = "services"
    meaning: str = "service ids that he has ordered, active or paused; `contains` asks for one, `in` for any of several"
    ops: tuple[str, ...] = ("contains", "in", "exists")

    def check(self, name: str, op: str, value: object) -> Value:
        if op == "exists":
            return checked_exists(value)
        return checked_choices(value, checked_text) if op == "in" else checked_text(value)

    def sql(self, name: str, op: str, value: Value) -> ColumnElement[bool]:
        held = select(literal(1)).select_from(Subscription).where(Subscription.reader_id == Reader.id, Subscription.state.in_(HOLDING_STATES)).correlate(Reader)
        if op == "exists":
            return held.exists() if value else not_(held.exists())
        wanted = value if isinstance(value, tuple) else (value,)
        return held.where(Subscription.service_id.in_(wanted)).exists()

    def matches(self, facts: ReaderFacts, name: str, op: str, value: Value) -> bool:
        if op == "exists":
            return bool(facts.services) is value
        return not facts.services.isdisjoint(value if isinstance(value, tuple) else (value,))


SERVICES = Services()
