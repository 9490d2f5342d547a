"""What a send would mean for its ports: their loads, when it is through, what contracts say, what a person should mend.

MMS and short messages (links, texts) go by different ports, so each kind has a
forecast of its own; together they are the dispatch's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from content.variants import SHORT
from delivery.dispatch.capacity import IN_GROUPS, Forecast, Supply, duration_text, forecast, last_end, span_s
from delivery.dispatch.contract import Finding, Part, check, sends_besides
from delivery.dispatch.pdus import pdus_each
from delivery.dispatch.routing import carries_short
from delivery.dispatch.singly import NOBODY, SingleSends, single_sends
from delivery.models import Port
from delivery.ports import PortSettings, changes
from delivery.ports.pace import PaceRules
from huabao.clock import shanghai_text

if TYPE_CHECKING:
    from delivery.dispatch.planning import Subject
    from delivery.dispatch.snapshot import Count, Signature, Terms


@dataclass(frozen=True)
class Outlook:
    """Ports and times of a send.

    Attributes:
        loads: readers by port name; every port of the send is there.
        forecasts: of MMS, and of short messages where there are any.
        contract: every rule of every contract that was looked at.
        problems: what a person should mend before the day, with what to do; empty where all is well.
        singles: what slots cost.
    """

    begin: datetime
    deadline: datetime | None
    planned: int
    loads: Mapping[str, int]
    forecasts: tuple[Forecast, ...]
    contract: tuple[Finding, ...]
    problems: tuple[str, ...]
    singles: SingleSends = NOBODY

    @property
    def finish_at(self) -> datetime | None:
        """When the last reader will have been sent to, by the contract's rates; None without a forecast."""
        return last_end(one.finish_at for one in self.forecasts)

    @property
    def sustained_finish_at(self) -> datetime | None:
        """The same at the rates that are kept up."""
        return last_end(one.sustained_finish_at for one in self.forecasts)

    @property
    def forecast_s(self) -> float | None:
        """Seconds from the beginning to the end."""
        return span_s(self.begin, self.finish_at)

    @property
    def sustained_s(self) -> float | None:
        """The same at the rates that are kept up."""
        return span_s(self.begin, self.sustained_finish_at)

    @property
    def need_rate_per_s(self) -> float | None:
        """Readers a second that the deadline asks for; None without one, or where it is over."""
        if self.deadline is None or self.deadline <= self.begin:
            return None
        return round(self.planned / (self.deadline - self.begin).total_seconds(), 3)

    @property
    def deadline_met(self) -> bool | None:
        """Whether it is in time; None without deadline or port."""
        if self.deadline is None:
            return None
        if self.deadline <= self.begin:
            return False
        return all(one.deadline_met for one in self.forecasts) if self.forecasts else None

    @property
    def short(self) -> int:
        """Readers who will not have been sent to at the deadline."""
        return sum(one.short for one in self.forecasts)

    @property
    def breaches(self) -> tuple[Finding, ...]:
        """Rules of contracts that would be broken."""
        return tuple(one for one in self.contract if not one.kept)


def look(
    session: Session, subject: Subject, count: Count, terms: Terms, variants: Mapping[Signature, int],
    *, rate: float | None = None, but: int | None = None, personal: bool = True,
) -> Outlook:  # fmt: skip
    """The outlook of a send.

    Args:
        variants: of each signature that was counted; a text takes as many PDUs as it has parts.
        rate: readers a second that it may take at most, or None.
        but: the dispatch that is being made of it, which is not counted besides itself.
        personal: readers get words of their own where a variant has slots.
    """
    rules = PaceRules.of(session)
    ports = {port.name: PortSettings.of(port, rules) for port in subject.ports}
    short = sum(readers for (_, name), readers in count.signatures.items() if name in SHORT)
    able = _able(subject.ports, ports, subject.publication.service_code)
    agreed = {port_id: [(one.at, one.rate) for one in found] for port_id, found in changes.ahead(session, able).items()}
    texts = {variants[one]: readers for one, readers in count.signatures.items() if one[1] in SHORT}
    each = pdus_each(session, able, {port.id: texts for port in able})
    singles = single_sends(session, bool(subject.version.manuscript.get("slots")), count.signatures, variants, [ports[port.name] for port in able]) if personal else NOBODY
    supplies = {
        port.name: Supply.of(ports[port.name], agreed.get(port.id, ()), each.get(port.id, 1.0), IN_GROUPS if carries_short(port) else singles.pace) for port in able
    }
    groups = (
        (count.planned - short, [supplies[port.name] for port in able if not carries_short(port)]),
        (short, [supplies[port.name] for port in able if carries_short(port)]),
    )
    forecasts = tuple(forecast(readers, those, terms.opens, terms.deadline) for readers, those in groups if those and (readers or not short))
    loads = dict.fromkeys(ports, 0) | {name: load for one in forecasts for name, load in one.loads.items()}
    found = Outlook(terms.opens, terms.deadline, count.planned, loads, forecasts, (), ())
    contract = tuple(_contract(session, subject, ports, found, rate, but))
    found = replace(found, contract=contract, singles=singles)
    return replace(found, problems=tuple(_problems(subject, ports, found, contract)))


def weights(subject: Subject, found: Outlook) -> dict[int, float]:
    """How the readers of a snapshot are to be shared among the ports, by port."""
    return {port.id: float(found.loads[port.name]) for port in subject.ports}


def _able(rows: Sequence[Port], ports: Mapping[str, PortSettings], service_code: str | None) -> list[Port]:
    """The ports that get a load: those that are up and may carry the code; all of them where none is."""
    found = [row for row in rows if row.state == "up" and (service_code is None or ports[row.name].carries(service_code))]
    for short in (False, True):
        if not any(carries_short(row) is short for row in found):
            found += [row for row in rows if carries_short(row) is short]
    return found


def _contract(session: Session, subject: Subject, ports: Mapping[str, PortSettings], found: Outlook, rate: float | None, but: int | None) -> list[Finding]:
    publication = subject.publication
    bound = [port for port in ports.values() if found.loads[port.name] and (port.contract or port.service_codes)]
    if not bound:
        return []
    sends = sends_besides(session, publication.service_code, found.begin, but=but)
    finding: list[Finding] = []
    for port in bound:
        part = Part(publication.service_code, found.loads[port.name], found.begin, found.finish_at, publication.stale_after_s, rate)
        finding += check(port, part, sends)
    return finding


def _problems(subject: Subject, ports: Mapping[str, PortSettings], found: Outlook, contract: Sequence[Finding]) -> list[str]:
    said: list[str] = []
    for port in ports.values():
        if port.state != "up":
            said.append(f"{port.may_send(found.begin).reason}; `huabao port set {port.name} --state up` lets it send")
        elif port.breaker == "open":
            said.append(f"port {port.name}: its peer does not answer now; `huabao port test {port.name}` says why")
    said += _of_time(subject, found)
    return [*said, *(str(one) for one in contract if not one.kept)]


def _of_time(subject: Subject, found: Outlook) -> list[str]:
    said: list[str] = []
    stale_at = subject.audience.stale_at
    if found.deadline is not None and found.deadline <= found.begin:
        said.append(f"it would begin at {shanghai_text(found.begin)}, after its deadline {shanghai_text(found.deadline)}; start it earlier")
    elif found.deadline_met is False and found.need_rate_per_s is not None:
        takes = duration_text(found.forecast_s) or "more than a month"
        said.append(
            f"it takes {takes} and {found.short:,} readers would be late: "
            f"{_whole(found.need_rate_per_s)} a second are needed; agree a higher rate (`huabao port schedule`), add a port, or begin earlier"
        )
        if found.singles.readers:
            said.append(f"up to {found.singles.readers:,} of its readers are sent to one by one; `--no-personal` sends them the fallbacks of its slots in groups")
    elif any(one.tight for one in found.forecasts):
        said.append(f"it is in time by the contract's rates only; at those that are kept up it is through at {shanghai_text(found.sustained_finish_at)}")
    if found.forecasts and found.finish_at is None:
        said.append("it would not be through within a month: look at the ports' rates and hours")
    if stale_at is not None and (found.sustained_finish_at is None or found.sustained_finish_at > stale_at) and found.forecasts:
        said.append(f"from {shanghai_text(stale_at)} on the edition is too old, and who was not sent to by then gets nothing; begin earlier or send faster")
    return said


def _whole(rate: float) -> str:
    return f"{-(-rate // 1):,.0f}"
