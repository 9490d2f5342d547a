"""Seeds: who gets an edition before everybody else, and what became of it.

A group is either of `test` handsets, phones of the house, or of `member`s, real
readers (a response group): numbers one by one, or all whom a segment fits. Whoever
is planned in a dispatch anyway is a member of its stage 0, whatever the kind of his
group: he counts once and gets one copy. The other test handsets get the copy that
most readers of their handset class get, in a companion dispatch of kind `seed` with
a ledger of its own; it stands in no statistics.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from content.models import Variant
from delivery import kinds, lifecycle
from delivery.dispatch import snapshot
from delivery.dispatch.thresholds import SEEDS_MAX
from delivery.dispatch.verdict import BAD, seed_verdict
from delivery.lanes import SEED
from delivery.models import Batch, Dispatch, Outcome, Port, Seed, SeedGroup, deliveries
from huabao.audit import record
from huabao.db import in_ids
from huabao.errors import UsageError
from huabao.ids import pack_ids, unpack_ids
from huabao.msisdn import MSISDN
from subscribers.handset_classes import DEFAULT_HANDSET_CLASS
from subscribers.models import Reader
from subscribers.orders.owners import is_present_owners
from subscribers.segments import find_segment, rule_sql


@dataclass(frozen=True)
class Cast:
    """Who of a seed group takes part in a dispatch.

    Attributes:
        members: planned readers of it, for its stage 0.
        tests: (reader id, handset class) of test handsets that are not planned in it.
    """

    members: tuple[int, ...] = ()
    tests: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True)
class SeedLine:
    """One seed of a dispatch and what it says.

    Attributes:
        number: masked.
        kind: member or test.
        verdict: see `delivery.dispatch.verdict`.
        at: of its outcome, or when it was submitted; None before.
    """

    number: str
    kind: str
    handset_class: str
    port: str
    outcome: Outcome
    verdict: str
    at: datetime | None

    @property
    def counts(self) -> bool:
        """Whether anything is to be expected of it: it did not cancel its subscription meanwhile."""
        return self.outcome is not Outcome.CANCELLED

    def to_document(self) -> dict[str, Any]:
        """As `dispatch status --json` prints it."""
        return {
            "number": self.number,
            "kind": self.kind,
            "handset_class": self.handset_class,
            "port": self.port,
            "outcome": self.outcome.name.lower(),
            "verdict": self.verdict,
            "at": None if self.at is None else self.at.isoformat(),
        }


def choose(session: Session, dispatch: Dispatch) -> Cast:
    """Who of the dispatch's seed group takes part; its deliveries are written, its batches not yet.

    Raises:
        UsageError: there is no such group, or nobody of it can take part.
    """
    if dispatch.seed_group is None:
        return Cast()
    group = session.get(SeedGroup, dispatch.seed_group)
    if group is None:
        raise UsageError(f"there is no seed group {dispatch.seed_group!r}; `huabao seeds list` shows them")
    default = DEFAULT_HANDSET_CLASS.get(session)
    rows = session.execute(
        select(Reader.id, Seed.handset_class, Reader.handset_class)
        .join(Seed, Seed.msisdn == Reader.msisdn)
        .where(Seed.group_name == group.name, is_present_owners(Seed.msisdn, Seed.added_at))
    ).all()
    found = {reader_id: wanted or own or default for reader_id, wanted, own in rows}
    members = {*_planned(session, dispatch, list(found)), *_fitting(session, dispatch, group)}
    tests = tuple((reader_id, name) for reader_id, name in sorted(found.items()) if reader_id not in members) if group.kind == "test" else ()
    if not members and not tests:
        raise UsageError(f"nobody of seed group {group.name!r} is in this audience; name another group, or add readers of it: `huabao seeds add {group.name} MSISDN`")
    return Cast(tuple(sorted(members)), tests)


def _planned(session: Session, dispatch: Dispatch, reader_ids: Sequence[int]) -> list[int]:
    mine = (deliveries.c.day == dispatch.day, deliveries.c.dispatch_id == dispatch.id)
    return list(session.scalars(select(deliveries.c.reader_id).where(*mine, in_ids(session, deliveries.c.reader_id, reader_ids))))


def _fitting(session: Session, dispatch: Dispatch, group: SeedGroup) -> list[int]:
    """Planned readers whom the group's segment fits, spread over all of them where they are too many."""
    if group.segment is None:
        return []
    rule = find_segment(session, group.segment)
    if rule is None:
        raise UsageError(f"seed group {group.name!r} stands for segment {group.segment!r}, which is gone; `huabao segment list` shows those that there are")
    mine = (deliveries.c.day == dispatch.day, deliveries.c.dispatch_id == dispatch.id, rule_sql(rule))
    spread = deliveries.c.reader_id * snapshot.PORT_STEP % snapshot.PORT_BUCKETS
    wanted = select(deliveries.c.reader_id).join(Reader, Reader.id == deliveries.c.reader_id).where(*mine).order_by(spread, deliveries.c.reader_id)
    return list(session.scalars(wanted.limit(SEEDS_MAX.get(session))))


def add_companion(session: Session, parent: Dispatch, cast: Cast, *, by: str, at: datetime) -> Dispatch | None:
    """The dispatch that brings `parent` to its test handsets, planned; None where nobody is left for it.

    A test handset of a class that nobody reads in has nothing to prove and gets nothing.
    """
    if not cast.tests:
        return None
    offers = _offers(session, parent)
    placed = [(reader_id, *offers[name][place % len(offers[name])]) for place, (reader_id, name) in enumerate(cast.tests) if name in offers]
    if not placed:
        if not cast.members:
            raise UsageError(f"no test handset of seed group {parent.seed_group!r} is of a class that this audience reads in; there are {', '.join(sorted(offers))}")
        return None
    companion = Dispatch(
        edition_id=parent.edition_id, edition_version_id=parent.edition_version_id, service_id=parent.service_id, kind=kinds.SEED, lane=SEED, parent_id=parent.id,
        day=parent.day, state=lifecycle.DRAFT, audience=len(placed), planned=len(placed), ports=parent.ports, start_at=parent.start_at, created_at=at, created_by=by,
    )  # fmt: skip
    session.add(companion)
    session.flush()
    rows = [
        {"day": parent.day, "dispatch_id": companion.id, "reader_id": reader_id, "variant_id": variant_id, "port_id": port_id, "outcome": int(Outcome.PENDING), "late": 0}
        for reader_id, variant_id, port_id in placed
    ]
    session.execute(insert(deliveries), rows)
    _, companion.planned_digest = snapshot.digest(session, companion)
    session.add_all(_batches(companion, placed, {variant: name for name, ones in offers.items() for variant, _ in ones}, _service_code(session, parent)))
    lifecycle.note_created(session, companion, by=by, at=at)
    lifecycle.act(session, companion, "plan", by=by, at=at, reason=f"test handsets of dispatch {parent.id}")
    return companion


def _batches(companion: Dispatch, placed: Sequence[tuple[int, int, int]], classes: Mapping[int, str], service_code: str | None) -> list[Batch]:
    """A batch for each variant and port of the test handsets, each (reader id, variant, port)."""
    together: dict[tuple[int, int], list[int]] = {}
    for reader_id, variant_id, port_id in placed:
        together.setdefault((variant_id, port_id), []).append(reader_id)
    return [
        Batch(
            dispatch_id=companion.id, day=companion.day, variant_id=variant_id, port_id=port_id, service_code=service_code, position=position, size=len(readers),
            reader_ids=pack_ids(readers), lane=SEED, handset_class=classes[variant_id],
        )
        for position, ((variant_id, port_id), readers) in enumerate(together.items())
    ]  # fmt: skip


def _offers(session: Session, parent: Dispatch) -> dict[str, list[tuple[int, int]]]:
    """By handset class, the MMS that most of its readers get, with each port that brings it: (variant, port)."""
    readers = func.sum(Batch.size)
    rows = session.execute(
        select(Batch.handset_class, Batch.variant_id, Batch.port_id, readers)
        .join(Variant, Variant.id == Batch.variant_id)
        .where(Batch.dispatch_id == parent.id, Variant.channel == "mms")
        .group_by(Batch.handset_class, Batch.variant_id, Batch.port_id)
    ).all()
    sizes: dict[tuple[str, int], int] = {}
    ports: dict[tuple[str, int], list[int]] = {}
    for name, variant_id, port_id, number in rows:
        sizes[name, variant_id] = sizes.get((name, variant_id), 0) + int(number)
        ports.setdefault((name, variant_id), []).append(port_id)
    most = {name: max((number, -variant) for (one, variant), number in sizes.items() if one == name) for name, _ in sizes}
    return {name: [(-variant, port_id) for port_id in sorted(ports[name, -variant])] for name, (_, variant) in most.items()}


def _service_code(session: Session, parent: Dispatch) -> str | None:
    return session.scalars(select(Batch.service_code).where(Batch.dispatch_id == parent.id).limit(1)).first()


def companion_of(session: Session, dispatch_id: int) -> Dispatch | None:
    """The dispatch that brings this one to test handsets, or None."""
    return session.scalars(select(Dispatch).where(Dispatch.parent_id == dispatch_id, Dispatch.kind == kinds.SEED)).first()


def board(session: Session, dispatch: Dispatch) -> list[SeedLine]:
    """Every seed of the dispatch, by handset class: its members, then its test handsets."""
    if dispatch.seed_group is None:
        return []
    lines = _lines(session, dispatch, "member", select(Batch).where(Batch.dispatch_id == dispatch.id, Batch.stage == 0))
    companion = companion_of(session, dispatch.id)
    if companion is not None:
        lines += _lines(session, companion, "test", select(Batch).where(Batch.dispatch_id == companion.id))
    return sorted(lines, key=lambda line: (line.handset_class, line.kind, line.number))


def _lines(session: Session, dispatch: Dispatch, kind: str, batches: Any) -> list[SeedLine]:
    classes = {reader_id: batch.handset_class for batch in session.scalars(batches) for reader_id in unpack_ids(batch.reader_ids)}
    c = deliveries.c
    rows = session.execute(
        select(c.reader_id, c.outcome, func.coalesce(c.outcome_at, c.submitted_at, type_=c.outcome_at.type), Reader.msisdn, Port.name)
        .select_from(deliveries)
        .outerjoin(Reader, Reader.id == c.reader_id)
        .outerjoin(Port, Port.id == c.port_id)
        .where(c.day == dispatch.day, c.dispatch_id == dispatch.id, in_ids(session, c.reader_id, list(classes)))
    )
    return [
        SeedLine(MSISDN(number).masked if number else "—", kind, classes[reader_id], port or "", Outcome(outcome), seed_verdict(Outcome(outcome)), at)
        for reader_id, outcome, at, number, port in rows
    ]


def bad_reason(session: Session, dispatch: Dispatch, handset_class: str) -> str:
    """Why a handset class is held for its seeds."""
    bad = [line for line in board(session, dispatch) if line.verdict == BAD and line.handset_class == handset_class]
    return "; ".join(f"seed {line.number}: {line.outcome.name.lower()} at port {line.port}" for line in bad)


# --- groups ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Group:
    """A seed group with its numbers."""

    name: str
    kind: str
    segment: str | None
    seeds: tuple[tuple[str, str | None], ...]


def add_seeds(
    session: Session, name: str, numbers: Iterable[MSISDN], *, kind: str | None = None, handset_class: str | None = None, segment: str | None = None, by: str, at: datetime
) -> Group:
    """Add numbers to a group, which is made where there is none; a number that is in it already gets the new class.

    Args:
        kind: test or member; None for what the group is, or test for a new one (member where it stands for a segment).

    Raises:
        UsageError: the group is of another kind, there is no such segment, or a segment is given for test handsets.
    """
    group = session.get(SeedGroup, name)
    if group is None:
        group = SeedGroup(name=name, kind=kind or ("test" if segment is None else "member"), created_by=by, created_at=at)
        session.add(group)
    elif kind is not None and kind != group.kind:
        raise UsageError(f"seed group {name!r} is of kind {group.kind}; give the others a group of their own")
    if segment is not None:
        _check_segment(session, group, segment)
        group.segment = segment
    session.flush()
    for number in dict.fromkeys(numbers):
        session.merge(Seed(group_name=name, msisdn=str(number), handset_class=handset_class, added_at=at))
        if group.kind == "test":
            ensure_reader(session, number, handset_class, at)
    session.flush()
    made = _group(session, group)
    record(session, actor=by, action="seeds.add", object_kind="seed_group", object_id=name, at=at, kind=group.kind, segment=group.segment, numbers=len(made.seeds))
    return made


def _check_segment(session: Session, group: SeedGroup, segment: str) -> None:
    if group.kind == "test":
        raise UsageError("a segment stands for readers, not for test handsets; use --kind member")
    if find_segment(session, segment) is None:
        raise UsageError(f"there is no segment {segment!r}; `huabao segment list` shows those that there are")


def ensure_reader(session: Session, number: MSISDN, handset_class: str | None, at: datetime) -> None:
    """A test handset has a row among the readers, without any order, so that a report finds it."""
    if session.scalar(select(Reader.id).where(Reader.msisdn == number)) is None:
        session.add(Reader(msisdn=str(number), handset_class=handset_class, topics=[], attributes={}, created_at=at, updated_at=at))


def remove_seeds(session: Session, name: str, numbers: Sequence[MSISDN], *, by: str, at: datetime) -> int:
    """Take numbers out of a group, or the whole group where none is named; how many numbers.

    Raises:
        UsageError: there is no such group.
    """
    group = session.get(SeedGroup, name)
    if group is None:
        raise UsageError(f"there is no seed group {name!r}; `huabao seeds list` shows them")
    found = [seed for seed in session.scalars(select(Seed).where(Seed.group_name == name)) if not numbers or seed.msisdn in numbers]
    for seed in found:
        session.delete(seed)
    session.flush()
    if not numbers:
        session.delete(group)
        session.flush()
    record(session, actor=by, action="seeds.remove", object_kind="seed_group", object_id=name, at=at, numbers=len(found), group_removed=not numbers)
    return len(found)


def forget_number(session: Session, msisdn: str) -> dict[str, int]:
    """Take a number out of every group, for its person is forgotten; how many rows went, by table."""
    gone = session.execute(delete(Seed).where(Seed.msisdn == msisdn))
    return {"seeds": int(gone.rowcount)}  # type: ignore[attr-defined]  # a cursor's result


def list_groups(session: Session) -> list[Group]:
    """All groups by name."""
    return [_group(session, group) for group in session.scalars(select(SeedGroup).order_by(SeedGroup.name))]


def _group(session: Session, group: SeedGroup) -> Group:
    rows = session.execute(select(Seed.msisdn, Seed.handset_class).where(Seed.group_name == group.name).order_by(Seed.msisdn))
    return Group(group.name, group.kind, group.segment, tuple((number, handset_class) for number, handset_class in rows))
