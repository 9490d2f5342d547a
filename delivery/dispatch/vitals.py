"""What goes wrong while a dispatch runs: submissions that fail, quick refusals, readers who retrieve less than usual.

Nobody looks through the deliveries: what was submitted lately (`lately`) is counted from
submissions and their reports, and thinned out where it is more than enough to judge by.
A look costs the same whether ten thousand readers were sent to or 1.5 million. What it
finds is held by the brake, and looked at afresh after a person let it go.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from content.models import Variant
from delivery import lifecycle
from delivery.dispatch import brake, curves
from delivery.dispatch.failing import Cell, Finding, failing
from delivery.dispatch.lately import Span, span_between, thinned
from delivery.dispatch.thresholds import (
    BRAKE_CURVE_DAYS_MIN,
    BRAKE_CURVE_READERS_MIN,
    BRAKE_CURVE_SHARE,
    BRAKE_READERS_MIN,
    BRAKE_REJECTED_SHARE,
    BRAKE_SUBMIT_SHARE,
    BRAKE_WINDOW_S,
)
from delivery.lifecycle import SENDING, SYSTEM
from delivery.models import Brake, DeliveryEvent, Dispatch, Outcome, Port, Submission
from huabao.ids import pack_ids, unpack_ids
from huabao.runtime import Runtime

PARTIAL_MAX = 2_000
"""Partly refused submissions that are unpacked in one look."""

Key = tuple[int, int]
"""(port id, variant id)."""

NOBODY = pack_ids(())

TAKEN = ("accepted", "partial")
REFUSED = (int(Outcome.REJECTED), int(Outcome.FAILED))


def watch(runtime: Runtime) -> None:
    """Look at everything that is being sent; hold what fails."""
    now = runtime.now()
    with runtime.transaction(read_only=True) as session:
        smallest = BRAKE_READERS_MIN.get(session)
        running = session.scalars(select(Dispatch).where(Dispatch.state == SENDING, Dispatch.planned >= smallest).order_by(Dispatch.id)).all()
        wanted = [one.id for one in running if findings(session, one, now) or brake.open_brakes(session, one.id)]
    for dispatch_id in wanted:
        with runtime.transaction() as session:
            found = lifecycle.lock_dispatch(session, dispatch_id)
            if found.state == SENDING:
                judge(session, found, now=now)


def judge(session: Session, dispatch: Dispatch, *, now: datetime) -> list[Brake]:
    """Hold what fails in a locked dispatch, and what came under an open brake since; the brakes of this look."""
    pulled = [brake.pull(session, dispatch, one.scope, one.key, reason=reason, by=SYSTEM, at=now) for one, reason in findings(session, dispatch, now)]
    brake.apply_all(session, dispatch.id)
    return pulled


def findings(session: Session, dispatch: Dispatch, now: datetime) -> list[tuple[Finding, str]]:
    """What fails, each with the reason, and is not held already."""
    floor = _looked_afresh(session, dispatch)
    held = {(one.scope, one.key) for one in brake.open_brakes(session, dispatch.id)}
    found: dict[tuple[str, str], tuple[Finding, str]] = {}
    for one, reason in (*_recent(session, dispatch, floor, now), *_slow(session, dispatch, floor, now)):
        if (one.scope, one.key) not in held:
            found.setdefault((one.scope, one.key), (one, reason))
    return list(found.values())


def _looked_afresh(session: Session, dispatch: Dispatch) -> datetime | None:
    """Since when a person wants it judged anew: what was sent before he let a brake go says nothing any more."""
    return session.scalar(select(func.max(Brake.released_at)).where(Brake.dispatch_id == dispatch.id))


# --- submissions that fail, quick refusals ---------------------------------------------------------------------------


def _recent(session: Session, dispatch: Dispatch, floor: datetime | None, now: datetime) -> list[tuple[Finding, str]]:
    since = now - timedelta(seconds=BRAKE_WINDOW_S.get(session))
    span = span_between(session, dispatch.id, max(since, floor) if floor else since, now)
    if span is None:
        return []
    least = BRAKE_READERS_MIN.get(session)
    submits = submit_cells(session, span)
    unsent = failing(submits, share=BRAKE_SUBMIT_SHARE.get(session), readers_min=least)
    refused = failing(refused_cells(session, thinned(session, span)), share=BRAKE_REJECTED_SHARE.get(session), readers_min=least)
    return [
        *((one, f"{one.share:.0%} of {one.readers:,.0f} readers' submissions failed") for one in unsent),
        *((one, f"{one.share:.0%} of {one.readers:,.0f} readers refused it at once") for one in refused),
    ]


def submit_cells(session: Session, span: Span) -> list[Cell]:
    """Readers and failed ones of answered submissions; put off and still leaving ones count in neither."""
    recipients = func.sum(Submission.recipients)
    rows = session.execute(
        select(Submission.port_id, Submission.variant_id, Submission.state, recipients)
        .where(*span.sql, Submission.state.in_((*TAKEN, "refused", "unknown")))
        .group_by(Submission.port_id, Submission.variant_id, Submission.state)
    ).all()
    readers: dict[Key, int] = {}
    failed: dict[Key, int] = {}
    for port_id, variant_id, state, number in rows:
        readers[port_id, variant_id] = readers.get((port_id, variant_id), 0) + int(number)
        if state not in TAKEN:
            failed[port_id, variant_id] = failed.get((port_id, variant_id), 0) + int(number)
    partial = select(Submission.port_id, Submission.variant_id, Submission.refused_ids).where(*span.sql, Submission.state == "partial", Submission.refused_ids.is_not(None))
    for port_id, variant_id, packed in session.execute(partial.order_by(Submission.id.desc()).limit(PARTIAL_MAX)):
        failed[port_id, variant_id] = failed.get((port_id, variant_id), 0) + len(unpack_ids(packed or NOBODY))
    return _cells(session, readers, failed, readers)


def refused_cells(session: Session, span: Span) -> list[Cell]:
    """Readers of taken submissions, and those whose reports say refused or failed already."""
    readers = _taken(session, span)
    return _cells(session, readers, _reported(session, span, REFUSED), readers)


# --- the retrieval curve ---------------------------------------------------------------------------------------------


def _slow(session: Session, dispatch: Dispatch, floor: datetime | None, now: datetime) -> list[tuple[Finding, str]]:
    curve = curves.usual(session, dispatch)
    if curve is None or curve.dispatches < BRAKE_CURVE_DAYS_MIN.get(session):
        return []
    window = timedelta(seconds=BRAKE_WINDOW_S.get(session))
    share, least = 1 - BRAKE_CURVE_SHARE.get(session), BRAKE_CURVE_READERS_MIN.get(session)
    found = []
    for age, age_s in enumerate(curves.AGES_S):
        until = now - timedelta(seconds=age_s)
        if dispatch.started_at is None or dispatch.started_at > until:
            break
        since = until - window if floor is None else max(until - window, floor)
        span = span_between(session, dispatch.id, since, until) if since < until else None
        if span is None:
            continue
        cells = slow_cells(session, thinned(session, span), curve, age)
        what = f"after {age_s // 60} min {{kept:.0%}} of what {curve.dispatches} earlier same weekdays had retrieved at that age"
        found += [(one, what.format(kept=1 - one.share)) for one in failing(cells, share=share, readers_min=least)]
    return found


def slow_cells(session: Session, span: Span, curve: curves.Curve, age: int) -> list[Cell]:
    """Readers, how many of them should have retrieved it at that age, and how many of those did not."""
    readers = _taken(session, span)
    done = _reported(session, span, (int(Outcome.RETRIEVED),))
    names, classes = _port_names(session, readers), _variants(session, readers)
    expected = {(port, variant): number * curve.expected(classes[variant][0], names[port], age) for (port, variant), number in readers.items()}
    return _cells(session, readers, {key: max(0.0, number - done.get(key, 0)) for key, number in expected.items()}, expected)


# --- counting --------------------------------------------------------------------------------------------------------


def _taken(session: Session, span: Span) -> dict[Key, int]:
    rows = session.execute(
        select(Submission.port_id, Submission.variant_id, func.sum(Submission.recipients))
        .where(*span.sql, Submission.state.in_(TAKEN), Submission.id % span.thin == 0)
        .group_by(Submission.port_id, Submission.variant_id)
    )
    return {(port_id, variant_id): int(number) for port_id, variant_id, number in rows}


def _reported(session: Session, span: Span, outcomes: Iterable[int]) -> dict[Key, int]:
    """Readers of taken submissions with a report of one of these outcomes."""
    rows = session.execute(
        select(Submission.port_id, Submission.variant_id, func.count(DeliveryEvent.reader_id.distinct()))
        .join(DeliveryEvent, DeliveryEvent.submission_id == Submission.id)
        .where(*span.sql, Submission.state.in_(TAKEN), Submission.id % span.thin == 0, DeliveryEvent.outcome.in_(tuple(outcomes)))
        .group_by(Submission.port_id, Submission.variant_id)
    )
    return {(port_id, variant_id): int(number) for port_id, variant_id, number in rows}


def _cells(session: Session, readers: Mapping[Key, float], failed: Mapping[Key, float], base: Mapping[Key, float]) -> list[Cell]:
    names, variants = _port_names(session, readers), _variants(session, readers)
    return [
        Cell(names[port], *variants[variant], readers=number, failed=failed.get((port, variant), 0), base=base[port, variant])
        for (port, variant), number in sorted(readers.items())
    ]


def _port_names(session: Session, keys: Iterable[Key]) -> dict[int, str]:
    rows = session.execute(select(Port.id, Port.name).where(Port.id.in_({port for port, _ in keys})))
    return {row.id: row.name for row in rows}


def _variants(session: Session, keys: Iterable[Key]) -> dict[int, tuple[str, str]]:
    """(handset class, name) of each variant."""
    rows = session.execute(select(Variant.id, Variant.handset_class, Variant.name).where(Variant.id.in_({variant for _, variant in keys})))
    return {row.id: (row.handset_class, row.name) for row in rows}
