"""A filtered resend: counted first, then frozen as a dispatch like any other.

It goes in the lane `bulk`: behind a paper that is being sent and never before a
single resend. Its rate is its own (`--rate`, or `resend_rate_share` of its ports),
so that it leaves room on them for everybody else; what it may not send yet waits in
the table. There is no limit to how many readers it may find.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from content.models import Publication, Variant
from content.services import find_edition, lock_edition
from content.signatures import variant_name
from content.variants import Wanted, check_count, ensure_variants, existing_variants
from delivery import kinds, lifecycle, partitions
from delivery.dispatch import gate, pacing, preflight, snapshot
from delivery.dispatch.planning import has_moved
from delivery.dispatch.progress import port_rate
from delivery.dispatch.routing import Routing, carries_short
from delivery.dispatch.snapshot import Signature
from delivery.dispatch.windows import unbound
from delivery.lanes import BULK
from delivery.models import Dispatch, Outcome, Port, Resend
from delivery.resend import rules
from delivery.resend.filters import ResendFilter
from delivery.resend.selection import COPY_MARK, Selection
from delivery.resend.services import ATTEMPTS_MAX, checked_key, checked_reason
from delivery.resend.settings import RESEND_GUARD_S, RESEND_RATE_SHARE
from delivery.resend.targets import Target, find_target, ports_for
from delivery.settings import BATCH_READERS_MAX
from huabao import audit
from huabao.clock import business_day
from huabao.db import give_room
from huabao.errors import StoreError, UsageError
from huabao.runtime import Runtime

NO_OUTCOME, NO_CITY, NOTHING = "none", "", ""


@dataclass(frozen=True)
class Demand:
    """What somebody asks for.

    Attributes:
        reason: why; kept. Not needed for a count.
        key: asking twice with the same key is asking once; None for a key of its own.
        again: also to those whom it was sent again lately.
        rate: recipients a second; None for the setting's share of the ports.
        many_variants: more variants than `content.variants.VARIANTS_MAX` are wanted.
        block_classes: handset classes that are held from the start, so that others go.
        confirmed: so many readers a person said yes to; None where nobody was asked. Noticeably more refuses it.
    """

    filter: ResendFilter
    reason: str = ""
    key: str | None = None
    again: bool = False
    rate: float | None = None
    many_variants: bool = False
    block_classes: tuple[str, ...] = ()
    confirmed: int | None = None


@dataclass(frozen=True)
class Tally:
    """What a filter finds now.

    Attributes:
        matched: readers found, each once; matched = planned + excluded.
        excluded: readers by the reason why they are left out.
        by: planned readers by outcome of their newest copy, by its port, by city and by variant.
        stopped: how many of the planned are stopped; they get it all the same.
        rate_per_s: what it may send, 0 where no port can.
        forecast_s: how long that takes.
    """

    edition_id: int
    edition: str
    version: int
    planned: int
    excluded: Mapping[str, int]
    by: Mapping[str, Mapping[str, int]]
    stopped: int
    rate_per_s: float
    killed: str | None = None
    signatures: Mapping[Signature, int] = field(default_factory=dict)

    @property
    def matched(self) -> int:
        """All readers whom the filter finds."""
        return self.planned + sum(self.excluded.values())

    @property
    def forecast_s(self) -> float | None:
        """Seconds that sending takes, or None where no port can."""
        return round(self.planned / self.rate_per_s, 1) if self.rate_per_s > 0 else None

    def to_document(self) -> dict[str, Any]:
        """The count as JSON shows it."""
        return {
            "edition_id": self.edition_id,
            "edition": self.edition,
            "version": self.version,
            "matched": self.matched,
            "planned": self.planned,
            "excluded": dict(self.excluded),
            "by": {name: dict(numbers) for name, numbers in self.by.items()},
            "stopped": self.stopped,
            "rate_per_s": self.rate_per_s,
            "forecast_s": self.forecast_s,
            "refused": self.killed,
        }


@dataclass(frozen=True)
class BulkAnswer:
    """What came of it.

    Attributes:
        dispatch_id: None where nobody was left to send to, or it was refused.
        repeated: it was asked for with the same key before.
        tally: what was found; None of a repeated one.
    """

    resend_id: int
    dispatch_id: int | None
    refused: str | None
    repeated: bool
    tally: Tally | None


def tally(runtime: Runtime, demand: Demand) -> Tally:
    """Count what `resend_many` would do now; nothing is built and nothing written.

    Raises:
        UsageError: the filter names an edition or a port that does not exist.
    """
    now = runtime.now()
    with runtime.transaction(read_only=True) as session:
        target = find_target(session, demand.filter.edition)
        return _count(session, target, demand, now)


def foreseen(runtime: Runtime, demand: Demand, found: Tally) -> tuple[str | None, int]:
    """What preflight says of what `found` counts: why it would be refused, or None; and how many of its variants are not built yet, so not tried."""
    with runtime.transaction(read_only=True) as session:
        target = find_target(session, demand.filter.edition)
        wanted = sorted(set(_wanted(session, target, found.signatures).values()))
        built = existing_variants(session, target.version.id, wanted)
    tried = preflight.look(runtime, target.publication, built.values(), demand.block_classes)
    return preflight.problem(tried, demand.block_classes), len(wanted) - len(built)


def resend_many(runtime: Runtime, demand: Demand, *, actor: str, progress: Callable[[int], None] | None = None) -> BulkAnswer:
    """Send the edition once more to all whom the filter finds, as one dispatch.

    Raises:
        UsageError: no reason, no such edition or port, too many variants, the key was used for something else, more
            readers than were confirmed, or it fails on its readers' handsets.
    """
    demand = _checked(demand)
    for _ in range(ATTEMPTS_MAX):
        now = runtime.now()
        with runtime.transaction(read_only=True) as session:
            target = find_target(session, demand.filter.edition)
            earlier = _earlier(session, demand, target)
            if earlier is not None:
                return earlier
            found = _count(session, target, demand, now)
            wanted = _wanted(session, target, found.signatures)
        if has_moved(found.planned, demand.confirmed):
            raise UsageError(f"{found.planned:,} readers would get it now, {demand.confirmed:,} were confirmed; count again")
        variants = _variants(runtime, target, demand, wanted, progress) if found.killed is None and found.rate_per_s else {}
        tried = preflight.look(runtime, target.publication, variants.values(), demand.block_classes)
        preflight.refuse(tried, demand.block_classes)
        try:
            with runtime.transaction() as session:
                answer = _freeze(session, demand, found, variants, actor=actor, now=now)
                if answer is not None and answer.dispatch_id is not None and not answer.repeated:
                    preflight.hold(session, answer.dispatch_id, preflight.reasons(tried, demand.block_classes), by=actor, at=now)
        except IntegrityError:
            continue  # somebody used the key at this instant; he is found the next time round
        if answer is not None:
            return answer
    raise StoreError("the readers' attributes change faster than they can be taken down; wait for the import that runs, then ask again")


def _checked(demand: Demand) -> Demand:
    reason = checked_reason(demand.reason)
    if demand.rate is not None and not 0 < demand.rate <= 1_000_000:
        raise UsageError("a rate is a number of recipients a second above 0")
    return replace(demand, reason=reason, key=checked_key(demand.key))


def _earlier(session: Session, demand: Demand, target: Target) -> BulkAnswer | None:
    row = session.scalar(select(Resend).where(Resend.key == demand.key))
    if row is None:
        return None
    if row.edition_id != target.edition.id or row.filter != demand.filter.to_document():
        raise UsageError(f"the key {demand.key!r} was used for another resend ({row.id}); give each one a key of its own")
    return BulkAnswer(row.id, row.dispatch_id, row.refused, True, None)


def _count(session: Session, target: Target, demand: Demand, now: datetime) -> Tally:
    give_room(session)
    selection = _selection(session, target, demand, now)
    rows = selection.statement().subquery()
    keys = (rows.c.reason, rows.c.mask, rows.c.handset_class, rows.c.outcome, rows.c.port_id, rows.c.city, rows.c.stopped)
    names: dict[int, str] = {row.id: row.name for row in session.execute(select(Port.id, Port.name))}
    excluded: Counter[str] = Counter()
    signatures: Counter[Signature] = Counter()
    by: dict[str, Counter[str]] = {"outcome": Counter(), "port": Counter(), "city": Counter(), "variant": Counter()}
    stopped = 0
    for reason, mask, handset_class, outcome, port_id, city, is_stopped, number in session.execute(select(*keys, func.count()).group_by(*keys)):
        if reason is not None:
            excluded[reason] += number
            continue
        signatures[mask, handset_class] += number
        stopped += number * is_stopped
        by["outcome"][NO_OUTCOME if outcome < 0 else Outcome(outcome).name.lower()] += number
        by["port"][names.get(port_id, NOTHING)] += number
        by["city"][city or NO_CITY] += number
    for signature, one in _wanted(session, target, signatures).items():
        by["variant"][variant_name(*one)] += signatures[signature]
    rate = _rate(session, _ports(session, target.publication), demand.rate)
    tables = {name: dict(sorted(numbers.items(), key=lambda entry: (-entry[1], entry[0]))) for name, numbers in by.items()}
    return Tally(target.edition.id, target.name, target.version.version, sum(signatures.values()), dict(sorted(excluded.items())), tables, stopped, rate, target.killed, signatures)


def _selection(session: Session, target: Target, demand: Demand, now: datetime) -> Selection:
    if demand.filter.missing:
        _refuse_forgotten(session, target)
    guard_s = 0.0 if demand.again else RESEND_GUARD_S.get(session)
    routing = Routing(any(carries_short(one) for one in _ports(session, target.publication)), now, silent_days=0)
    return Selection.of(session, target, demand.filter, routing, at=now, guard_s=guard_s)


def _refuse_forgotten(session: Session, target: Target) -> None:
    """Where retention took the deliveries, everybody would look as if he had none."""
    for one in session.scalars(select(Dispatch).where(Dispatch.edition_id == target.edition.id, Dispatch.kind.in_(kinds.BRINGS_OUT))):
        if partitions.was_dropped(session, one):
            raise UsageError(f"who had {target.name} is not known any more: retention took the deliveries of dispatch {one.id} ({one.day.isoformat()})")


def _wanted(session: Session, target: Target, signatures: Mapping[Signature, int]) -> dict[Signature, Wanted]:
    """The items and the class of each signature: those of an earlier variant, or by today's rules."""
    found: dict[Signature, Wanted] = {}
    for mask, handset_class in signatures:
        if mask.startswith(COPY_MARK):
            items = tuple(session.get_one(Variant, int(mask.removeprefix(COPY_MARK))).items)
        else:
            items = target.rules.items_of(mask)
        found[mask, handset_class] = (handset_class, items)
    return found


def _variants(runtime: Runtime, target: Target, demand: Demand, wanted: Mapping[Signature, Wanted], progress: Callable[[int], None] | None) -> dict[Signature, int]:
    distinct = sorted(set(wanted.values()))
    check_count(len(distinct), yes=demand.many_variants)
    built = ensure_variants(runtime, target.version.id, distinct, progress=progress)
    return {signature: built[one] for signature, one in wanted.items()}


def _ports(session: Session, publication: Publication) -> list[Port]:
    """The ports that carry it: all that are up and may."""
    return [one for one in ports_for(session, publication) if one.state == "up"]


def _rate(session: Session, ports: list[Port], asked: float | None) -> float:
    """What it may send in a second; 0 where no port takes an MMS."""
    together = sum(port_rate(port) for port in ports if not carries_short(port))
    return round(together * RESEND_RATE_SHARE.get(session), 3) if asked is None else min(asked, together)


def _freeze(session: Session, demand: Demand, found: Tally, variants: Mapping[Signature, int], *, actor: str, now: datetime) -> BulkAnswer | None:
    """Write it down whole, under the edition's lock; None where a reader wants a variant that was not built."""
    lock_edition(session, find_edition(session, demand.filter.edition).id)
    target = find_target(session, demand.filter.edition)
    earlier = _earlier(session, demand, target)
    if earlier is not None:
        return earlier
    refusal = _refusal(replace(found, killed=target.killed))
    dispatch_id = None
    if refusal is None:
        staged = snapshot.stage_rows(session, _staging(session, target, demand, now))
        if not staged.signatures.keys() <= variants.keys():
            return None
        found = replace(found, planned=staged.planned, excluded=dict(sorted(staged.excluded.items())))
        if staged.planned:
            dispatch_id = _send(session, target, demand, found, staged, variants, _ports(session, target.publication), actor=actor, now=now)
        snapshot.drop_stage(session)
    row = Resend(
        key=demand.key, edition_id=target.edition.id, filter=demand.filter.to_document(), dispatch_id=dispatch_id, reason=demand.reason,
        refusal=refusal and refusal.code, refused=refusal and refusal.text, requested_by=actor[:80], requested_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    audit.record(
        session, actor=actor, action="resend.refuse" if refusal else "resend.send_many", object_kind=kinds.RESEND, object_id=row.id, at=now, edition=target.name,
        dispatch=dispatch_id, reason=demand.reason, refused=row.refused, planned=found.planned if dispatch_id else 0, filter=row.filter,
    )  # fmt: skip
    session.flush()
    return BulkAnswer(row.id, dispatch_id, row.refused, False, found)


def _refusal(found: Tally) -> rules.Refusal | None:
    if found.killed is not None:
        return rules.Refusal(rules.KILLED, f"{found.killed}; nobody may get it any more")
    if not found.rate_per_s:
        return rules.Refusal(rules.NO_PORT, "no port that is up can carry it; `huabao port list` shows them")
    return None


def _staging(session: Session, target: Target, demand: Demand, now: datetime) -> Any:
    rows = _selection(session, target, demand, now).statement().subquery()
    return select(rows.c.reader_id, rows.c.mask, rows.c.handset_class, rows.c.route, rows.c.reason)


def _send(
    session: Session, target: Target, demand: Demand, found: Tally, staged: snapshot.Count, variants: Mapping[Signature, int], ports: list[Port],
    *, actor: str, now: datetime,
) -> int:  # fmt: skip
    """The dispatch of all who are staged, on its way; its number."""
    dispatch = Dispatch(
        edition_id=target.edition.id, edition_version_id=target.version.id, service_id=target.publication.service_id, kind=kinds.RESEND, lane=BULK,
        parent_id=target.dispatch_id, gate=unbound(now), rate=found.rate_per_s, day=business_day(now),
        state=lifecycle.DRAFT, audience=staged.audience, planned=staged.planned, ports=[port.name for port in ports], start_at=now, created_at=now,
        created_by=actor[:80],
    )  # fmt: skip
    session.add(dispatch)
    session.flush()
    snapshot.write_rows(session, dispatch, variants, ports)
    readers_max = pacing.batch_readers(dispatch.rate, BATCH_READERS_MAX.get(session))
    snapshot.cut_batches(session, dispatch, target.publication.service_code, readers_max=readers_max)
    pacing.spread(session, dispatch, start=now)
    partitions.take_statistics(session, dispatch.day)
    lifecycle.note_created(session, dispatch, by=actor, at=now)
    lifecycle.act(session, dispatch, "plan", by=actor, at=now, reason="snapshot")
    gate.release(session, dispatch, by=actor, at=now, reason=demand.reason)
    return dispatch.id
