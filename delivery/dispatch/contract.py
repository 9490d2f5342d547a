"""The contract check before a send: what the operator allows on each port, held against what is planned.

An operator's contract fixes messages a second, hours and frequency for each
service code. `check` compares one port's contract (`delivery.ports.contracts`)
with its part of a plan; each line of it says what is allowed, what is planned,
and, where that is too much, what to do. Frequency is counted by dispatches: a
reader of two papers under one code may get both.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from content.models import Edition, Publication
from delivery import kinds
from delivery.lifecycle import ENDED
from delivery.models import Batch, Dispatch
from delivery.ports import PortSettings
from delivery.ports.contracts import Contract, Terms
from huabao.clock import business_day, shanghai_text
from huabao.hours import Hours


@dataclass(frozen=True)
class Sends:
    """What was sent or is planned besides.

    Attributes:
        of_code_day, of_code_month: other dispatches of the same service code on the day and in the month of the plan.
        by_port_day: recipients of that day, by port.
    """

    of_code_day: int = 0
    of_code_month: int = 0
    by_port_day: dict[int, int] | None = None

    def on(self, port_id: int) -> int:
        """Recipients of the day on one port."""
        return (self.by_port_day or {}).get(port_id, 0)


@dataclass(frozen=True)
class Part:
    """A port's part of a plan.

    Attributes:
        service_code: None where the publication has none.
        load: readers.
        finish_at: None where there is no forecast.
        validity_s: for which a message is valid, or None for the peer's own rule.
        rate: readers a second at which the dispatch goes at most, or None for the port's.
    """

    service_code: str | None
    load: int
    begin: datetime
    finish_at: datetime | None
    validity_s: float | None
    rate: float | None = None


@dataclass(frozen=True)
class Finding:
    """One rule of one port's contract.

    Attributes:
        rule: service_code, hours, rate, per_reader_day, per_reader_month, recipients_per_day or validity.
        allowed, planned: in words.
        advice: what to do; empty where the rule is kept.
    """

    port: str
    rule: str
    allowed: str
    planned: str
    advice: str = ""

    @property
    def kept(self) -> bool:
        """Whether the plan keeps the rule."""
        return not self.advice

    def to_document(self) -> dict[str, Any]:
        """As JSON shows it."""
        return {"port": self.port, "rule": self.rule, "allowed": self.allowed, "planned": self.planned, "kept": self.kept, "advice": self.advice}

    def __str__(self) -> str:
        return f"contract of port {self.port}, {self.rule.replace('_', ' ')}: allowed {self.allowed}, planned {self.planned}; {self.advice}"


def check(port: PortSettings, part: Part, sends: Sends) -> list[Finding]:
    """Every rule that the port's contract has, and whether this part of the plan keeps it."""
    contract = Contract.of(port.contract)
    code = part.service_code or "none"
    terms = contract.terms(part.service_code)
    if terms is None or not (part.service_code is None or port.carries(part.service_code)):
        allowed = ", ".join(contract.services if terms is None else port.service_codes)
        return [Finding(port.name, "service_code", allowed, code, f"take another port with --ports, or have code {code} added to the contract")]
    found = [Finding(port.name, "service_code", ", ".join(contract.services) or ", ".join(port.service_codes), code)] if contract.services or port.service_codes else []
    return [*found, *_rules(port, contract, terms, part, sends)]


def _rules(port: PortSettings, contract: Contract, terms: Terms, part: Part, sends: Sends) -> Iterable[Finding]:
    if not terms.hours.always:
        kept = _keeps_hours(terms.hours, port.hours, part)
        advice = "" if kept else f"start within {terms.hours}, or let the port keep to it: `huabao port set {port.name} --hours {terms.hours}`"
        yield Finding(port.name, "hours", str(terms.hours), f"{shanghai_text(part.begin)} to {shanghai_text(part.finish_at) or 'no end in sight'}", advice)
    if terms.rate is not None:
        planned = port.rate if part.rate is None else min(port.rate, part.rate)
        advice = "" if planned <= terms.rate else f"`huabao port set {port.name} --rate {terms.rate:g}` for this code, or have the contract raised"
        yield Finding(port.name, "rate", f"{terms.rate:g}/s", f"{planned:g}/s", advice)
    for rule, allowed, others, span in (
        ("per_reader_day", terms.per_reader_day, sends.of_code_day, "day"),
        ("per_reader_month", terms.per_reader_month, sends.of_code_month, "month"),
    ):
        if allowed is not None:
            advice = "" if others + 1 <= allowed else f"send it under another service code or on another {span}: whoever gets them all gets too many"
            yield Finding(port.name, rule, f"{allowed:g}", f"{others + 1} of this code in the {span}", advice)
    if contract.recipients_per_day is not None:
        total = sends.on(port.port_id) + part.load
        advice = "" if total <= contract.recipients_per_day else f"give {total - int(contract.recipients_per_day):,} of them to another port with --ports"
        yield Finding(port.name, "recipients_per_day", f"{contract.recipients_per_day:,.0f}", f"{total:,}", advice)
    if contract.validity_h_max is not None and part.validity_s is not None:
        kept = part.validity_s <= contract.validity_h_max * 3600
        advice = "" if kept else f"`huabao publication set … --stale-after {contract.validity_h_max:g}h`, or have a longer validity agreed"
        yield Finding(port.name, "validity", f"{contract.validity_h_max:g} h", f"{part.validity_s / 3600:g} h", advice)


def _keeps_hours(allowed: Hours, own: Hours, part: Part) -> bool:
    """Whether nothing leaves outside the allowed hours: the port keeps to them by itself, or the send is through in time."""
    if within(own, allowed):
        return True
    begin = own.opens_at(part.begin)
    closes = allowed.closes_at(begin)
    return allowed.is_open(begin) and part.finish_at is not None and closes is not None and part.finish_at <= closes


def within(inner: Hours, outer: Hours) -> bool:
    """Whether every open minute of `inner` is one of `outer`."""
    if outer.always:
        return True
    return not inner.always and all(any(low <= begin and end <= high for low, high in outer.spans) for begin, end in inner.spans)


def sends_besides(session: Session, service_code: str | None, begin: datetime, *, but: int | None = None, before: int | None = None) -> Sends:
    """What else is sent on the day and in the month of `begin`.

    Args:
        but: this dispatch does not count itself.
        before: of its service code, only dispatches that were made before this one count.
    """
    day = business_day(begin)
    month = day.replace(day=1)
    of_code = (
        select(func.count())
        .select_from(Dispatch)
        .join(Edition, Edition.id == Dispatch.edition_id)
        .join(Publication, Publication.id == Edition.publication_id)
        .where(Publication.service_code.is_not_distinct_from(service_code), Dispatch.kind == kinds.EDITION, Dispatch.planned > 0)
        .where(Dispatch.state.not_in(ENDED), Dispatch.id != (but or 0))
    )
    if before is not None:
        of_code = of_code.where(Dispatch.id < before)
    on_day = session.scalar(of_code.where(Dispatch.day == day)) or 0
    in_month = session.scalar(of_code.where(Dispatch.day >= month, Dispatch.day < _next_month(month))) or 0
    rows = session.execute(select(Batch.port_id, func.sum(Batch.size)).where(Batch.dispatch_id.in_(_of_day(session, day, but))).group_by(Batch.port_id))
    return Sends(on_day, in_month, {port_id: int(readers) for port_id, readers in rows})


def _of_day(session: Session, day: date, but: int | None) -> Sequence[int]:
    return session.scalars(select(Dispatch.id).where(Dispatch.day == day, Dispatch.state.not_in(ENDED), Dispatch.id != (but or 0))).all()


def _next_month(first: date) -> date:
    return first.replace(year=first.year + 1, month=1) if first.month == 12 else first.replace(month=first.month + 1)
