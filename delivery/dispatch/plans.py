"""The plan of a dispatch: everything is counted before anything is sent, and what should be mended is said with what to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from content.models import Variant
from content.preflight.checking import Outcome
from delivery.dispatch import outlook, preflight, snapshot
from delivery.dispatch.audience import EARLIER_FIRST
from delivery.dispatch.capacity import duration_text
from delivery.dispatch.outlook import Outlook
from delivery.dispatch.planning import NO_PORT, Request, Subject, find_subject, terms_of, variants_of
from delivery.dispatch.snapshot import Count
from delivery.serials.course import Course, noted
from huabao.db import in_ids
from huabao.runtime import Runtime


@dataclass(frozen=True)
class Plan:
    """Counts before anything is sent.

    Attributes:
        variant_bytes: sum over the variants.
        bytes_: sum over the planned readers.
        outlook: loads, forecast, contracts, problems.
        tried: how the variants fare on the readers' handsets.
        earlier: chapters of the serial before this one; None where it is none.
    """

    subject: Subject
    count: Count
    variants: int
    variant_bytes: int
    bytes_: int
    outlook: Outlook
    tried: Outcome
    earlier: int | None = None

    @property
    def problems(self) -> tuple[str, ...]:
        """What a person should mend, with what to do."""
        misfit = preflight.problem(self.tried)
        return (*(self.outlook.problems if self.subject.ports else (NO_PORT,)), *((misfit,) if misfit else ()))

    @property
    def serial(self) -> dict[str, Any] | None:
        """How a chapter of a serial is shared out, or None where the edition is none."""
        if self.earlier is None:
            return None
        return {"chapter": self.earlier + 1, "catch_up_first": self.count.excluded.get(EARLIER_FIRST, 0), **noted(self.count.signatures)}

    @property
    def cost_fen(self) -> int:
        """What the ports charge for it, in fen."""
        return sum(self.outlook.loads[port.name] * port.cost_fen_per_1000 for port in self.subject.ports) // 1000

    def to_document(self) -> dict[str, Any]:
        """The plan as `dispatch plan --json` prints it."""
        found = self.outlook
        return {
            "edition_id": self.subject.edition.id,
            "audience": self.count.audience,
            "planned": self.count.planned,
            "excluded": dict(self.count.excluded),
            "variants": self.variants,
            "variant_bytes": self.variant_bytes,
            "bytes": self.bytes_,
            "ports": [self._port(at) for at in range(len(self.subject.ports))],
            "begin_at": found.begin.isoformat(),
            "deadline_at": None if found.deadline is None else found.deadline.isoformat(),
            "need_rate_per_s": found.need_rate_per_s,
            "forecast_s": found.forecast_s,
            "forecast_text": duration_text(found.forecast_s),
            "forecast_sustained_s": found.sustained_s,
            "forecast_finish_at": None if found.finish_at is None else found.finish_at.isoformat(),
            "deadline_met": found.deadline_met,
            "late": found.short,
            "cost_fen": self.cost_fen,
            "serial": self.serial,
            "single_sends": found.singles.to_document() if found.singles.of else None,
            "contract": [one.to_document() for one in found.contract],
            "problems": list(self.problems),
            "preflight": {"passed": not self.tried.of("fail"), "handsets": self.tried.panel.tried, "failing_classes": self.tried.failing_classes()},
        }

    def _port(self, at: int) -> dict[str, Any]:
        port = self.subject.ports[at]
        load = self.outlook.loads[port.name]
        return {
            "name": port.name,
            "rate": port.rate,
            "load": load,
            "priority": port.priority,
            "hours": port.hours,
            "state": port.state,
            "cost_fen": load * port.cost_fen_per_1000 // 1000,
        }


def plan(runtime: Runtime, request: Request, *, progress: Callable[[int], None] | None = None) -> Plan:
    """Count what `planning.create` would do now; builds the variants that are missing.

    While no port is configured, everything is counted but loads and forecast.

    Raises:
        UsageError: no such edition or port, times that cannot be kept, or more variants than an edition should have.
    """
    now = runtime.now()
    with runtime.transaction(read_only=True) as session:
        subject = find_subject(session, request, now, port_needed=False)
        terms = terms_of(session, subject, request, now)
        count = snapshot.count(session, subject.audience, subject.rules.mask_sql(), terms)
    variants = variants_of(runtime, request, subject, count, progress, terms)
    tried = preflight.look(runtime, subject.publication, variants.values())
    with runtime.transaction(read_only=True) as session:
        found = outlook.look(session, subject, count, terms, variants, personal=request.personal)
        wanted = in_ids(session, Variant.id, sorted(set(variants.values())))
        sizes = {row.id: row.size_bytes for row in session.execute(select(Variant.id, Variant.size_bytes).where(wanted))}
    total = sum(sizes[variants[signature]] * readers for signature, readers in count.signatures.items())
    earlier = len(terms.course.earlier) if isinstance(terms.course, Course) else None
    return Plan(subject, count, len(sizes), sum(sizes.values()), total, found, tried, earlier)
