"""Batches in a worker's hands: claimed with a lease and a fencing token.

A claim raises the batch's fence; whoever held it before finds each of his writes
refused (`renew` raises FenceError). What he had written down and may have sent
becomes unknown at the claim and is never sent again from here; the readers in no
submission go on.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy import Select, String, Table, bindparam, cast, func, or_, select, update
from sqlalchemy.orm import Session

from content.models import Edition, EditionVersion, Publication, Variant
from delivery import kinds
from delivery.dispatch import audience as audiences
from delivery.dispatch.quiet import Asleep
from delivery.lanes import BULK
from delivery.lifecycle import ENDED, SEEDING, SENDING
from delivery.models import Batch, Dispatch, Outcome, Port, Submission, deliveries
from huabao.db import UTCDateTime, bound_ids, in_bound_ids, in_ids, is_postgres
from huabao.errors import FenceError
from huabao.hands import Hands
from huabao.ids import new_token, unpack_ids
from huabao.msisdn import MSISDN
from huabao.quick import Quick, ask
from subscribers.contacts import note_contacts
from subscribers.models import Reader

BATCHES = Hands()
"""Batches that threads of this process send."""

AUDIENCES_KEPT_MAX = 256
"""Dispatches of which a process remembers what decides who is served."""


@dataclass(frozen=True)
class ClaimedBatch:
    """A batch in this worker's hands.

    Attributes:
        fence: what every write of this claim must carry.
        numbers: of the readers who are still to be served, by id.
        gone: readers who left since the snapshot, by the reason.
        lane: see `delivery.lanes`.
        asleep: readers whose city is quiet now; they wait in the batch.
        wakes_at: when the first of them may be sent to.
        channel: of the variant, where each contact is written down (an activity); else None.
        token: makes the TransactionIDs of this claim differ from all others.
        losses: workers in a row that fell silent with the batch before and had got no answer.
        personal: readers get words of their own in the slots of the variant; otherwise all get the fallbacks.
        rate: recipients a second of its dispatch when it was claimed, or None for as many as its port carries.
    """

    batch_id: int
    dispatch_id: int
    day: date
    variant_id: int
    port_id: int
    service_code: str | None
    owner: str
    fence: int
    deferrals: int
    numbers: Mapping[int, MSISDN]
    gone: Mapping[str, Sequence[int]]
    lane: str = BULK
    asleep: Sequence[int] = ()
    wakes_at: datetime | None = None
    channel: str | None = None
    token: str = field(default_factory=lambda: new_token(6))
    losses: int = 0
    personal: bool = True
    rate: float | None = None


@dataclass(frozen=True)
class Standing:
    """What a sender learns with each renewal.

    Attributes:
        dispatch_state: see `delivery.lifecycle`.
        port_state: up or paused.
        deferred_until: the port asked for a pause, or None.
        breaker: of the port; nobody sends while it is open.
        held: why the batch may not leave although its dispatch sends, or None.
        stage, let_out: the batch's stage, and the highest one that its dispatch lets out.
        rate: recipients a second that the dispatch may send, over all its batches, or None.
    """

    dispatch_state: str
    port_state: str
    deferred_until: datetime | None
    breaker: str = "closed"
    held: str | None = None
    stage: int = 0
    let_out: int = 0
    rate: float | None = None

    @property
    def let_go(self) -> bool:
        """Whether the dispatch lets this batch go, whatever its port says."""
        open_now = self.stage <= self.let_out if self.dispatch_state == SENDING else self.dispatch_state == SEEDING and self.stage == 0
        return open_now and self.held is None

    def may_send(self, now: datetime) -> bool:
        """Whether further submissions may leave."""
        return self.let_go and self.port_state == "up" and self.breaker != "open" and self.pause_s(now) <= 0

    @property
    def ended(self) -> bool:
        """Whether nothing of this dispatch may leave any more."""
        return self.dispatch_state in ENDED

    def pause_s(self, now: datetime) -> float:
        """Seconds that the port asked us to wait."""
        return 0.0 if self.deferred_until is None else max(0.0, (self.deferred_until - now).total_seconds())


class TakenBatch(NamedTuple):
    """A batch whose fence was just raised: its row, and how things stand."""

    id: int
    dispatch_id: int
    day: date
    variant_id: int
    port_id: int
    service_code: str | None
    owner: str
    fence: int
    deferrals: int
    losses: int
    reader_ids: bytes
    lane: str
    standing: Standing


_batches: Table = Batch.__table__  # type: ignore[assignment]  # a mapped class has a Table
_STANDS = (
    select(Dispatch.state).where(Dispatch.id == _batches.c.dispatch_id).scalar_subquery(),
    select(Port.state).where(Port.id == _batches.c.port_id).scalar_subquery(),
    select(Port.deferred_until).where(Port.id == _batches.c.port_id).scalar_subquery(),
    select(Port.breaker).where(Port.id == _batches.c.port_id).scalar_subquery(),
    _batches.c.held,
    _batches.c.stage,
    select(Dispatch.stage).where(Dispatch.id == _batches.c.dispatch_id).scalar_subquery(),
    select(Dispatch.rate).where(Dispatch.id == _batches.c.dispatch_id).scalar_subquery(),
)
_TAKEN = Quick(
    lambda _: update(_batches)
    .where(_batches.c.id == bindparam("batch"), _batches.c.state == "ready")
    .values(state="claimed", owner=bindparam("holder"), fence=_batches.c.fence + 1, lease_until=bindparam("until"))
    .returning(*(_batches.c[name] for name in TakenBatch._fields[:-1]), *_STANDS)
)
_RENEWED = Quick(
    lambda _: update(_batches)
    .where(_batches.c.id == bindparam("batch"), _batches.c.fence == bindparam("our_fence"), _batches.c.owner == bindparam("holder"), _batches.c.state == "claimed")
    .values(lease_until=bindparam("until"))
    .returning(*_STANDS)
)
_GIVEN_BACK = Quick(
    lambda _: update(_batches)
    .where(_batches.c.id == bindparam("batch"), _batches.c.fence == bindparam("our_fence"))
    .values(state=bindparam("next"), owner=None, lease_until=None, deferrals=_batches.c.deferrals + bindparam("deferred"))
)
_OPEN = Quick(lambda _: select(_batches.c.id).where(_batches.c.dispatch_id == bindparam("dispatch"), or_(_batches.c.state == "ready", _batches.c.state == "claimed")).limit(1))
_READY = Quick(lambda _: select(_batches.c.id).where(_batches.c.dispatch_id == bindparam("dispatch"), _batches.c.state == "ready").limit(1))


def take(session: Session, batch_id: int, *, owner: str, now: datetime, lease_s: float) -> TakenBatch | None:
    """Raise the fence of a batch that is ready, else None; one whose worker fell silent is made ready by `sweeps.requeue_silent`."""
    (rows,) = ask(session, _TAKEN(batch=batch_id, holder=owner, until=now + timedelta(seconds=lease_s)))
    return TakenBatch._make((*rows[0][: -len(_STANDS)], Standing(*rows[0][-len(_STANDS) :]))) if rows else None


def look_up(session: Session, batch: TakenBatch, *, now: datetime) -> ClaimedBatch:
    """Who of a batch just taken is still to be served."""
    lost = lost_readers(session, batch, now=now) if batch.fence > 1 else set()  # before the first claim nobody wrote anything
    terms = _terms(session, batch.dispatch_id)
    asleep = terms.audience.quiet.asleep(now)
    numbers, gone = _recheck(session, batch, terms.audience, asleep, now)
    assert not lost or not numbers.keys() & lost, "a reader of an unknown submission is still pending"
    quiet: Sequence[int] = ()
    if asleep.wakes_at is not None and not (terms.deadline_at and asleep.wakes_at >= terms.deadline_at):
        quiet = gone.pop("quiet_hours", ())
    channel = _channel(session, batch) if terms.audience.activity else None
    wakes_at = asleep.wakes_at if quiet else None
    return ClaimedBatch(
        *batch[:6], batch.owner, batch.fence, batch.deferrals, numbers, gone, batch.lane, quiet, wakes_at, channel,
        losses=batch.losses, personal=terms.personal, rate=batch.standing.rate,
    )  # fmt: skip


def contact_reference(dispatch_id: int) -> str:
    """How the contact ledger names a dispatch."""
    return f"dispatch:{dispatch_id}"


def _channel(session: Session, batch: Batch | TakenBatch) -> str:
    return session.scalars(select(Variant.channel).where(Variant.id == batch.variant_id)).one()


def lost_readers(session: Session, batch: Batch | TakenBatch, *, now: datetime) -> set[int]:
    """Make unknown what an earlier claim wrote down and may have sent; its readers."""
    lost: set[int] = set()
    left = session.execute(select(Submission.id, Submission.reader_ids).where(Submission.batch_id == batch.id, Submission.state == "leaving", Submission.fence < batch.fence))
    for submission_id, packed in left.all():
        readers = unpack_ids(packed)
        lost.update(readers)
        session.execute(update(Submission).where(Submission.id == submission_id).values(state="unknown", status_text="the worker fell silent before the answer was recorded"))
        session.connection().execute(
            update(deliveries)
            .where(
                deliveries.c.day == batch.day,
                deliveries.c.dispatch_id == batch.dispatch_id,
                in_ids(session, deliveries.c.reader_id, readers),
                deliveries.c.outcome == int(Outcome.PENDING),
            )
            .values(outcome=int(Outcome.UNKNOWN), submission_id=submission_id, submitted_at=now, outcome_at=now)
        )
    if lost and _terms(session, batch.dispatch_id).audience.activity:
        note_contacts(session, sorted(lost), channel=_channel(session, batch), purpose="activity", reference=contact_reference(batch.dispatch_id), at=now)
    return lost


def renew(session: Session, batch: ClaimedBatch, *, now: datetime, lease_s: float) -> Standing:
    """Prove that the batch is still ours, renew its lease and learn how things stand.

    Raises:
        FenceError: somebody else took it over.
    """
    (stands,) = ask(session, _RENEWED(batch=batch.batch_id, our_fence=batch.fence, holder=batch.owner, until=now + timedelta(seconds=lease_s)))
    if not stands:
        raise FenceError(f"batch {batch.batch_id} was taken over; fence {batch.fence} is void")
    return Standing(*stands[0])


def give_back(session: Session, batch: ClaimedBatch, state: str, *, deferred: bool = False, not_before: datetime | None = None) -> None:
    """Let the batch go: done, cancelled, or ready for the next claim, not before an instant."""
    ask(session, _GIVEN_BACK(batch=batch.batch_id, our_fence=batch.fence, next=state, deferred=int(deferred)))
    if not_before is not None:
        session.execute(update(Batch).where(Batch.id == batch.batch_id).values(not_before=not_before))


def forget_losses(session: Session, batch: ClaimedBatch) -> None:
    """Its worker got answers with it: it is not what ends workers."""
    session.execute(update(Batch).where(Batch.id == batch.batch_id, Batch.fence == batch.fence).values(losses=0))


def open_batches(session: Session, dispatch_id: int) -> bool:
    """Whether some batch of the dispatch is not finished."""
    (found,) = ask(session, _OPEN(dispatch=dispatch_id))
    return bool(found)


def ready_batches(session: Session, dispatch_id: int) -> bool:
    """Whether some batch of the dispatch waits for a worker."""
    (found,) = ask(session, _READY(dispatch=dispatch_id))
    return bool(found)


def _recheck(session: Session, batch: TakenBatch, audience: audiences.Audience, asleep: Asleep, now: datetime) -> tuple[dict[int, MSISDN], dict[str, list[int]]]:
    """The numbers of those who are still pending and still to be served, by id; and who is not any more, by reason."""
    connection = session.connection()
    postgres = is_postgres(connection)
    ids = bound_ids(unpack_ids(batch.reader_ids), postgres=postgres)
    values: dict[str, Any] = {"of_day": batch.day, "dispatch": batch.dispatch_id, "ids": ids, "at": now}
    if audience.is_marketing:
        values |= {"since": now - timedelta(days=audience.contacts_days), "mine": contact_reference(batch.dispatch_id)}
    numbers: dict[int, MSISDN] = {}
    gone: dict[str, list[int]] = {}
    for reason, pairs in connection.execute(_pending(audience, audience.is_stale(now), asleep.named, postgres), values).fetchall():
        pieces = pairs.replace(":", ",").split(",")
        found = sorted(zip(map(int, pieces[::2]), map(MSISDN, pieces[1::2]), strict=True))
        if reason is None:
            numbers = dict(found)
        else:
            gone[reason] = [reader for reader, _ in found]
    return numbers, gone


@lru_cache(maxsize=64)
def _pending(audience: audiences.Audience, stale: bool, asleep: Asleep, postgres: bool) -> Select[Any]:
    """Pending readers of a batch by the reason why they are not to be served (NULL: they are), as `id:number,…`; built once."""
    since, mine = bindparam("since", type_=UTCDateTime), bindparam("mine", type_=String)
    reason = audiences.recheck_sql(audience, bindparam("at", type_=UTCDateTime), stale=stale, since=since, reference=mine, asleep=asleep)
    rows = (
        select(
            cast(reason, String).label("reason"),
            (cast(deliveries.c.reader_id, String) + ":" + func.coalesce(Reader.msisdn, "")).label("pair"),
        )
        .select_from(audiences.joined_readers(audience, deliveries, deliveries.c.reader_id))
        .where(
            deliveries.c.day == bindparam("of_day"),
            deliveries.c.dispatch_id == bindparam("dispatch"),
            in_bound_ids(deliveries.c.reader_id, bindparam("ids", type_=String), postgres=postgres),
            deliveries.c.outcome == int(Outcome.PENDING),
        )
        .subquery()
    )
    return select(rows.c.reason, func.aggregate_strings(rows.c.pair, ",")).group_by(rows.c.reason)


class _Terms(NamedTuple):
    """What is kept of a dispatch: it does not change while it runs."""

    audience: audiences.Audience
    deadline_at: datetime | None
    personal: bool


_audiences: WeakKeyDictionary[Any, OrderedDict[int, _Terms]] = WeakKeyDictionary()
_audiences_lock = threading.Lock()
os.register_at_fork(after_in_child=_audiences_lock._at_fork_reinit)  # type: ignore[attr-defined]  # noqa: SLF001  a child must not wait for its parent's lock


def _terms(session: Session, dispatch_id: int) -> _Terms:
    """What decides who is served by a dispatch, read once in a process: settings that change meanwhile count for the next dispatch."""
    with _audiences_lock:
        known = _audiences.setdefault(session.get_bind(), OrderedDict())
        found = known.get(dispatch_id)
    if found is None:
        dispatch = session.get_one(Dispatch, dispatch_id)
        edition = session.get_one(Edition, dispatch.edition_id)
        publication, version = session.get_one(Publication, edition.publication_id), session.get_one(EditionVersion, dispatch.edition_version_id)
        asked, house = dispatch.kind in (kinds.RESEND, kinds.PROBE), dispatch.kind == kinds.SEED
        audience = audiences.Audience.of(session, publication, edition, version, resend=asked, house=house, start=dispatch.start_at)
        if dispatch.kind == kinds.SERIAL:
            audience = replace(audience, stale_at=None)
        if dispatch.kind == kinds.PROBE:
            audience = replace(audience, service_id=dispatch.service_id)  # the probe's own title is nobody's order
        found = _Terms(audience, dispatch.deadline_at, not dispatch.gate.get(kinds.NO_PERSONAL))
        with _audiences_lock:
            known[dispatch_id] = found
            while len(known) > AUDIENCES_KEPT_MAX:
                known.popitem(last=False)
    return found
