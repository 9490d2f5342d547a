"""What a port is set to, and what that lets it do at an instant; a pure picture of its row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from delivery.ports.pace import PaceRules
from huabao.hours import ALWAYS, Hours

if TYPE_CHECKING:
    from delivery.models import Port


@dataclass(frozen=True)
class Clearance:
    """Whether something may be sent now.

    Attributes:
        reason: why not, in a person's words; empty where it may.
        cause: paused, deferred, open (its breaker), hours or service_code; empty where it may.
        until: when the answer may be another; None where that is not known.
    """

    allowed: bool
    reason: str = ""
    cause: str = ""
    until: datetime | None = None


GO = Clearance(True)


@dataclass(frozen=True)
class PortSettings:
    """What a link needs to know of its port, and what a sender does.

    Rate, burst and what follows `options` are a sender's: they change while the port
    runs, and two settings that differ only there have the same link.

    Attributes:
        port_id: key of the row.
        rate: recipients a second for mm7 (SubmitReqs where `counts` is submits), PDUs a second for smpp.
        burst: most of them at one instant.
        connections: requests in flight at most, in each process.
        max_recipients: of one SubmitReq, as the contract says.
        timeout_s: from the first byte of a request to the end of its answer.
        options: what only its kind knows.
        hours: when it may send.
        service_codes: those that it may carry; empty for any.
        priority: lower goes first.
        contract: what the operator allows, see `delivery.dispatch.contract`.
        state, state_reason: up or paused, and why.
        deferred_until: the peer said "not now"; nobody sends before this instant.
        rate_factor, rate_factor_at: see `delivery.ports.pace`.
        breaker, failures: see `delivery.ports.breaker`.
        pace: the settings by which it slows down and comes back.
    """

    port_id: int
    name: str
    kind: str
    url: str
    rate: float = field(compare=False)
    burst: int = field(compare=False)
    connections: int = 8
    max_recipients: int = 100
    timeout_s: float = 30.0
    options: Mapping[str, Any] = field(default_factory=dict)
    hours: Hours = field(default=ALWAYS, compare=False)
    service_codes: tuple[str, ...] = field(default=(), compare=False)
    priority: int = field(default=0, compare=False)
    cost_fen_per_1000: int = field(default=0, compare=False)
    contract: Mapping[str, Any] = field(default_factory=dict, compare=False)
    state: str = field(default="up", compare=False)
    state_reason: str = field(default="", compare=False)
    deferred_until: datetime | None = field(default=None, compare=False)
    rate_factor: float = field(default=1.0, compare=False)
    rate_factor_at: datetime | None = field(default=None, compare=False)
    breaker: str = field(default="closed", compare=False)
    breaker_at: datetime | None = field(default=None, compare=False)
    failures: int = field(default=0, compare=False)
    pace: PaceRules = field(default_factory=PaceRules, compare=False)

    @classmethod
    def of(cls, row: Port, rules: PaceRules | None = None) -> PortSettings:
        """The settings in a row of `ports`; `rules` are `PaceRules.of` the session, or the defaults."""
        one_each = row.kind == "smpp"  # a submit_sm has one recipient, and its windows say how many may be in flight
        return cls(
            port_id=row.id, name=row.name, kind=row.kind, url=row.url, rate=row.rate, burst=row.burst,
            connections=_windows(row.options) if one_each else row.connections, max_recipients=1 if one_each else row.max_recipients,
            timeout_s=row.timeout_s, options=dict(row.options), hours=Hours.parse(row.hours),
            service_codes=tuple(row.service_codes), priority=row.priority, cost_fen_per_1000=row.cost_fen_per_1000, contract=dict(row.contract),
            state=row.state, state_reason=row.state_reason, deferred_until=row.deferred_until, rate_factor=row.rate_factor,
            rate_factor_at=row.rate_factor_at, breaker=row.breaker, breaker_at=row.breaker_at, failures=row.failures, pace=rules or PaceRules(),
        )

    def may_send(self, now: datetime, service_code: str | None = None) -> Clearance:
        """Whether a message may leave through this port at this instant; `service_code` None asks about none in particular."""
        if self.state != "up":
            return Clearance(False, f"port {self.name} is paused" + (f": {self.state_reason}" if self.state_reason else ""), "paused")
        if service_code is not None and not self.carries(service_code):
            return Clearance(False, f"port {self.name} may not carry service code {service_code}; it carries {', '.join(self.service_codes)}", "service_code")
        if self.breaker == "open":
            return Clearance(False, f"port {self.name}: its peer does not answer", "open")
        if not self.hours.is_open(now):
            return Clearance(False, f"port {self.name} sends only {self.hours}", "hours", self.hours.opens_at(now))
        if self.deferred_until is not None and now < self.deferred_until:
            return Clearance(False, f"port {self.name}: its peer said not now", "deferred", self.deferred_until)
        return GO

    def carries(self, service_code: str | None) -> bool:
        """Whether messages of this service code may go through this port at all."""
        return not self.service_codes or service_code in self.service_codes

    @property
    def counts_submits(self) -> bool:
        """Whether the contract's rate counts SubmitReqs rather than recipients."""
        return bool(self.options.get("counts", "recipients") == "submits")

    @property
    def group_size(self) -> int:
        """Most recipients of one SubmitReq: never more than the burst unless SubmitReqs are counted."""
        return self.max_recipients if self.counts_submits else max(1, min(self.max_recipients, self.burst))

    @property
    def in_flight(self) -> int:
        """Submissions without an answer at most, in each process: connections, or for smpp the windows of all binds."""
        if self.kind != "smpp":
            return self.connections
        from delivery.ports.smpp.options import in_flight

        return in_flight(self.options)

    def tokens(self, recipients: int) -> int:
        """What a SubmitReq to so many recipients costs at the throttle."""
        return 1 if self.counts_submits else recipients


def _windows(options: Mapping[str, Any]) -> int:
    from delivery.ports.smpp.options import in_flight

    return in_flight(options)
