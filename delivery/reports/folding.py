"""Delivery reports: stored as they come, folded into deliveries afterwards.

Storing is an append and says nothing about the report's worth. Folding finds the
submission and the reader (`reports_matching`), weighs the evidence
(`outcomes`) and moves deliveries and monthly counters by what changed, so that
a report folded twice or in another order makes no difference. What finds no
submission is parked and tried again; what never finds one is a stray, counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from delivery.models import EventState, Outcome
from delivery.ports.message_ids import normalise_message_id
from delivery.reports import store
from delivery.reports.matching import Matched, match
from delivery.reports.meanings import Meanings, stored
from delivery.reports.outcomes import UNDELIVERED, Evidence, fold_outcome
from delivery.reports.parts import PartReport, fold_parts, many_parts
from delivery.reports.store import Event, Settled
from huabao import tracing
from huabao.alarms import raise_alarm
from huabao.msisdn import find_msisdn
from huabao.queues import Periodic
from huabao.runtime import Runtime
from huabao.settings import Setting

if TYPE_CHECKING:
    from delivery.codecs.mm7 import DeliveryReportReq

FOLD_EVERY_S = 0.5
CHUNKS_MAX = 50
"""Transactions of one call of `fold`; the rest comes with the next call."""

FUTURE_S_MAX = 300.0
"""A report whose own Date lies further ahead than this has a wrong clock; the time of its arrival counts instead."""

REPORT_PARK_S = Setting("report_park_s", 259_200.0, "s", "a report without a submission is tried again for so long, then counted as a stray", minimum=0)

SETTINGS: tuple[Setting[Any], ...] = (REPORT_PARK_S,)


def store_reports(session: Session, port_id: int, reports: Iterable[DeliveryReportReq], received_at: datetime, *, options: Mapping[str, Any] | None = None) -> int:
    """Append reports as they came, one row for each recipient; how many rows.

    Args:
        options: the port's, which say how it writes MessageIDs.
    """
    return append([row for report in reports for row in event_rows(port_id, report, received_at, options or {})], session)


def append(rows: Sequence[Mapping[str, Any]], session: Session) -> int:
    """Append rows of `event_rows`, of one report or of hundreds; how many."""
    store.append_events(session, rows)
    return len(rows)


def event_rows(port_id: int, report: DeliveryReportReq, received_at: datetime, options: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of `delivery_events` that a report makes, one for each recipient."""
    sender = find_msisdn(report.sender.text) if report.sender is not None else None
    common = {
        "received_at": received_at,
        "port_id": port_id,
        "message_id": normalise_message_id(report.message_id, options),
        "status": report.mm_status[:40],
        "status_extension": _cut(report.mm_status_extension or report.status_error_code, 80),
        "status_text": _cut(report.status_text, 200),
        "reported_at": report.date,
        "state": int(EventState.NEW),
    }
    rows = []
    for address in dict.fromkeys(one.text for one in report.recipients):
        number = find_msisdn(address)
        # A Recipient that is no mobile number beside a Sender that is one: they are swapped.
        rows.append({**common, "number": number or sender or address[:80], "sender": sender if number and sender != number else None})
    return rows


def _cut(text: str | None, length: int) -> str | None:
    return text[:length] if text else None


def fold(runtime: Runtime, limit: int = 2000) -> int:
    """Fold what was stored since, and what was parked and can be matched now; how many reports.

    Safe beside other folders and senders: each event is taken by one of them.

    Args:
        limit: events of one transaction.
    """
    folded = _fold_all(runtime, store.take_new, limit)
    with runtime.transaction(read_only=True) as session:
        parked = store.any_parked(session)
    if parked:
        folded += _fold_all(runtime, store.take_answered, limit)
        folded += _fold_unanswered(runtime, limit)
        _give_up(runtime)
    return folded


def _fold_all(runtime: Runtime, take: Any, limit: int) -> int:
    folded = after_id = 0
    for _ in range(CHUNKS_MAX):
        with runtime.transaction() as session:
            events: list[Event] = take(session, after_id=after_id, limit=limit)
            folded += _fold_chunk(session, events, runtime.now())
        if len(events) < limit:
            break
        after_id = events[-1].id
    return folded


def _fold_unanswered(runtime: Runtime, limit: int) -> int:
    """Match parked events with submissions whose answer was lost after the events had been parked."""
    folded = 0
    with runtime.transaction() as session:
        by_port: dict[int, set[int]] = defaultdict(set)
        for sent in store.unanswered_submissions(session):
            if sent.state == "unknown":
                by_port[sent.port_id] |= sent.readers
        for port_id, readers in by_port.items():
            events = store.take_parked(session, port_id, store.numbers_of(session, readers), limit=limit)
            folded += _fold_chunk(session, events, runtime.now())
    return folded


def _give_up(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        given_up = store.give_up_parked(session, before=runtime.now() - timedelta(seconds=REPORT_PARK_S.get(session)))
        if given_up:
            raise_alarm(session, "reports.stray", "parked", f"{given_up} reports never found their submission", at=runtime.now(), count=given_up)


def _fold_chunk(session: Session, events: list[Event], now: datetime) -> int:
    if not events:
        return 0
    matching = match(session, events)
    by_dispatch: dict[tuple[date, int], list[Matched]] = defaultdict(list)
    for one in matching.matched:
        by_dispatch[one.sent.day, one.sent.dispatch_id].append(one)
    services = store.services_of(session, {dispatch_id for _, dispatch_id in by_dispatch})
    settled = list(matching.rest)
    counts = Counts()
    meanings = Meanings(session)
    for (day, dispatch_id), group in by_dispatch.items():
        with tracing.span("reports.fold", partial(tracing.kept, session, tracing.DISPATCH, dispatch_id), share_of=group[0].event.id, dispatch=dispatch_id, reports=len(group)):
            settled += _fold_dispatch(session, day, dispatch_id, services.get(dispatch_id), group, counts, meanings)
    counts.write(session)
    store.settle_events(session, settled)
    _alarm(session, events, settled, meanings, now)
    return sum(one.state is EventState.FOLDED for one in settled)


def _fold_dispatch(session: Session, day: date, dispatch_id: int, service_id: str | None, group: list[Matched], counts: Counts, meanings: Meanings) -> list[Settled]:
    """Fold events of one dispatch; an event whose delivery is in other hands stays for the next time.

    Args:
        service_id: whose counters move; None for none.
    """
    by_reader: dict[int, list[Matched]] = defaultdict(list)
    for one in group:
        by_reader[one.reader_id].append(one)
    known, busy = store.lock_deliveries(session, day, dispatch_id, by_reader.keys())
    free = [(reader_id, reports) for reader_id, reports in by_reader.items() if reader_id not in busy]
    evidence = _Evidences(session, [one for _, reports in free for one in reports], meanings)
    changes: dict[int, Evidence] = {}
    settled = []
    for reader_id, reports in free:
        before = known.get(reader_id)
        state = EventState.FOLDED if before is not None else EventState.STRAY
        said = [evidence.of(one) for one in reports]
        settled += [Settled(one.event.id, state, one.sent.id, reader_id, stored(outcome)) for one, (outcome, _) in zip(reports, said, strict=True)]
        if before is None:
            continue
        after = fold_outcome(before, said)
        if after != before:
            changes[reader_id] = after
            if service_id is not None:
                counts.move(day, reader_id, service_id, before.outcome, after)
    if changes:
        store.write_outcomes(session, day, dispatch_id, changes)
    return settled


class _Evidences:
    """What each report says about its delivery: of a text in parts, that it arrived only when all of it has."""

    def __init__(self, session: Session, reports: Sequence[Matched], meanings: Meanings) -> None:
        self._meanings = meanings
        smpp = [one for one in reports if meanings.kind(one.event.port_id) == "smpp"]
        self._parted = many_parts(session, {one.sent.id for one in smpp})
        told = (PartReport(one.sent.id, one.sent.part, one.event.status, _happened_at(one.event)) for one in smpp if one.sent.id in self._parted)
        self._arrived = fold_parts(session, told, meanings.outcome)

    def of(self, report: Matched) -> tuple[Outcome | None, datetime]:
        """The outcome, None for none yet, and its time."""
        outcome = self._meanings.outcome(report.event.port_id, report.event.status)
        if outcome is not Outcome.RETRIEVED or report.sent.id not in self._parted:
            return outcome, _happened_at(report.event)
        arrived = self._arrived[report.sent.id]
        return (None, report.event.received_at) if arrived is None else (outcome, arrived)


def _happened_at(event: Event) -> datetime:
    if event.reported_at is None or event.reported_at > event.received_at + timedelta(seconds=FUTURE_S_MAX):
        return event.received_at
    return event.reported_at


@dataclass
class _Count:
    retrieved: int = 0
    failed: int = 0
    last_success_at: datetime | None = None


class Counts:
    """Changes of the monthly counters, from transitions of outcomes."""

    def __init__(self) -> None:
        self._counts: dict[tuple[date, int, str], _Count] = defaultdict(_Count)

    def move(self, day: date, reader_id: int, service_id: str, before: Outcome, after: Evidence) -> None:
        """A delivery went from one outcome to another."""
        count = self._counts[day.replace(day=1), reader_id, service_id]
        count.retrieved += (after.outcome is Outcome.RETRIEVED) - (before is Outcome.RETRIEVED)
        count.failed += (after.outcome in UNDELIVERED) - (before in UNDELIVERED)
        if after.outcome is Outcome.RETRIEVED and after.at is not None:
            count.last_success_at = max(after.at, count.last_success_at or after.at)

    def write(self, session: Session) -> None:
        """Add them to the table."""
        store.add_counts(
            session,
            (
                {
                    "month": month, "reader_id": reader_id, "service_id": service_id,
                    "retrieved": count.retrieved, "failed": count.failed, "last_success_at": count.last_success_at,
                }
                for (month, reader_id, service_id), count in self._counts.items()
                if count.retrieved or count.failed or count.last_success_at
            ),
        )  # fmt: skip


def _alarm(session: Session, events: list[Event], settled: list[Settled], meanings: Meanings, now: datetime) -> None:
    unknown = {(meanings.dialect(port_id).name, status): meanings.of(port_id, status) for port_id, status in {(event.port_id, event.status) for event in events}}
    for (name, status), meaning in unknown.items():
        if not meaning.documented:
            what = f"{meaning.en} It counts as unknown; enter it into the dialect {name}, see `huabao dialects`."
            raise_alarm(session, "reports.unknown_status", f"{name}:{status}", what, at=now, status=status)
    strays = sum(one.state is EventState.STRAY for one in settled)
    if strays:
        raise_alarm(session, "reports.stray", "reader", f"{strays} reports name a reader who was not in their submission", at=now, count=strays)


def _fold_periodically(runtime: Runtime) -> None:
    fold(runtime)


PERIODIC: tuple[Periodic, ...] = (Periodic("delivery.fold_reports", _fold_periodically, FOLD_EVERY_S),)
