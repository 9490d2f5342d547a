"""Drawing winners: the pool frozen, every number of it ranked, and all that is needed to do it over written down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import Session

from content.quiz import settings
from content.quiz.models import COUNTED, GIVEN_UP, STANDBY, WON, OpenedQuiz, QuizAnswer, QuizDraw, QuizPlace
from content.quiz.ranking import ALGORITHM, pool_digest, ranked, seal
from huabao import audit
from huabao.clock import shanghai_text
from huabao.db import bulk_insert, in_ids
from huabao.errors import UsageError
from subscribers.blacklists import blacklisted_sql
from subscribers.models import BLACKLIST_KINDS, BlacklistEntry, Reader
from subscribers.segments import find_segment, rule_sql
from subscribers.store import has_number_sql

NO_READER, BLACKLISTED, STAFF = "no-reader", "blacklist", "segment"
SEED_CHARS_MAX = 200
SEALED, NAMED = "sealed", "named"

_PRESENT = select(Reader.msisdn).where(Reader.id == QuizAnswer.reader_id, has_number_sql()).correlate(QuizAnswer).scalar_subquery()
_NUMBER = case((QuizAnswer.reader_id.is_(None), QuizAnswer.msisdn), else_=_PRESENT)
"""The number by which whoever answered is reached now: a reader's present one, none where he has none any more."""


@dataclass(frozen=True)
class Winner:
    """A place that won."""

    rank: int
    entry: int
    msisdn: str | None
    received_at: datetime | None


def draw(session: Session, quiz: OpenedQuiz, barred: Mapping[str, str], *, seed: str | None, by: str, at: datetime, reason: str) -> QuizDraw:
    """Draw the quiz's winners, once.

    Args:
        barred: numbers (11 digits) that take no part besides those that the settings bar, each with the reason's word.
        seed: as a person names it; None takes the one that was sealed when the quiz opened.

    Raises:
        UsageError: it is open still, or closed too short a while ago, was drawn before, or the seed is unfit.
    """
    session.execute(select(OpenedQuiz.id).where(OpenedQuiz.id == quiz.id).with_for_update())
    _check(session, quiz, seed, at)
    right, answered = _right(session, quiz), _answered(session, quiz)
    reasons = _barred(session, right, barred)
    pool = [entry for entry, msisdn in right.items() if msisdn not in reasons]
    left_out = dict(sorted(Counter(reasons[msisdn] for msisdn in right.values() if msisdn in reasons).items()))
    used = quiz.secret if seed is None else seed
    made = QuizDraw(
        quiz_id=quiz.id, algorithm=ALGORITHM, seed=used, seed_kind=SEALED if seed is None else NAMED, pool_sha256=pool_digest(pool), answered=answered, right=len(right),
        pool=len(pool), left_out=left_out, winners=min(quiz.winners, len(pool)), drawn_at=at, drawn_by=by[:80], reason=reason,
    )  # fmt: skip
    session.add(made)
    session.flush()
    bulk_insert(session, QuizPlace, _places(made, ranked(used, quiz.id, pool)), columns=("quiz_id", "rank", "entry", "state", "reason", "changed_at", "changed_by"))
    audit.record(
        session, actor=by, action="quiz.draw", object_kind="edition", object_id=quiz.edition_id, at=at, item=quiz.item_key, pool=made.pool, pool_sha256=made.pool_sha256,
        seed_kind=made.seed_kind, winners=made.winners, left_out=left_out, reason=reason,
    )  # fmt: skip
    return made


def _check(session: Session, quiz: OpenedQuiz, seed: str | None, at: datetime) -> None:
    before = session.get(QuizDraw, quiz.id)
    if before is not None:
        when = f"{before.drawn_by} drew it at {shanghai_text(before.drawn_at)}"
        raise UsageError(f"{when}; a quiz is drawn once. `huabao quiz replace` gives a prize to the next in order")
    settled = quiz.closes_at + timedelta(seconds=settings.GRACE_S.get(session) + settings.SETTLE_S.get(session))
    if at < settled:
        closed = "is open until" if at < quiz.closes_at else "closed at"
        raise UsageError(f"the quiz {closed} {shanghai_text(quiz.closes_at)}; draw it from {shanghai_text(settled)}, when every answer in time is in the database")
    if seed is not None and not (0 < len(seed) <= SEED_CHARS_MAX and seed.isprintable() and seed == seed.strip()):
        raise UsageError(f"a seed is 1 to {SEED_CHARS_MAX} printable characters, with no blank at its ends")


def _right(session: Session, quiz: OpenedQuiz) -> dict[int, str]:
    wanted = select(QuizAnswer.id, _NUMBER).where(QuizAnswer.quiz_id == quiz.id, QuizAnswer.outcome == COUNTED, QuizAnswer.choice == quiz.answer)
    return {entry: msisdn or "" for entry, msisdn in session.execute(wanted)}


def _answered(session: Session, quiz: OpenedQuiz) -> int:
    return session.scalar(select(func.count()).where(QuizAnswer.quiz_id == quiz.id, QuizAnswer.outcome == COUNTED)) or 0


def _barred(session: Session, right: Mapping[int, str], named: Mapping[str, str]) -> dict[str, str]:
    """Who takes no part, by number, each with the first reason that fits."""
    found: dict[str, str] = {}
    if settings.READERS_ONLY.get(session):
        readers = set(session.scalars(select(Reader.msisdn).where(_who_answered(session, right))))
        found = dict.fromkeys(set(right.values()) - readers, NO_READER)
    kinds = tuple(kind for kind in settings.BARRED_BLACKLISTS.get(session).replace(" ", "").split(",") if kind in BLACKLIST_KINDS)
    listed = _listed(session, kinds) if kinds else ()
    staff = _staff(session, right)
    for reason, numbers in ((BLACKLISTED, listed), (STAFF, staff)):
        found = dict.fromkeys(numbers, reason) | found
    return dict(named) | found


def _listed(session: Session, kinds: tuple[str, ...]) -> list[str]:
    """Readers who are on one of these blacklists, and numbers on them that are no reader's."""
    b = BlacklistEntry
    nobodys = select(b.msisdn).where(b.kind.in_(kinds), ~select(Reader.id).where(Reader.msisdn == b.msisdn).exists())
    return [*session.scalars(select(Reader.msisdn).where(has_number_sql(), blacklisted_sql(kinds))), *session.scalars(nobodys)]


def _who_answered(session: Session, right: Mapping[int, str]) -> ColumnElement[bool]:
    """Readers whose answers these are."""
    numbers = select(_NUMBER).where(in_ids(session, QuizAnswer.id, list(right)))
    return and_(has_number_sql(), Reader.msisdn.in_(numbers))


def _staff(session: Session, right: Mapping[int, str]) -> Sequence[str]:
    name = settings.BARRED_SEGMENT.get(session)
    if not name:
        return ()
    rule = find_segment(session, name)
    if rule is None:
        raise UsageError(f"setting {settings.BARRED_SEGMENT.name} names segment {name!r}, which is gone; `huabao segment list` shows those that there are")
    return session.scalars(select(Reader.msisdn).where(rule_sql(rule), _who_answered(session, right))).all()


def _places(made: QuizDraw, order: Sequence[int]) -> list[dict[str, object]]:
    return [
        {"quiz_id": made.quiz_id, "rank": rank, "entry": entry, "state": WON if rank <= made.winners else STANDBY, "reason": "", "changed_at": made.drawn_at}
        | {"changed_by": made.drawn_by}
        for rank, entry in enumerate(order, 1)
    ]


def winners(session: Session, quiz: OpenedQuiz, state: str = WON) -> list[Winner]:
    """The places in a state, in order, with their numbers."""
    wanted = (
        select(QuizPlace.rank, QuizPlace.entry, _NUMBER, QuizAnswer.received_at)
        .outerjoin(QuizAnswer, QuizAnswer.id == QuizPlace.entry)
        .where(QuizPlace.quiz_id == quiz.id, QuizPlace.state == state)
        .order_by(QuizPlace.rank)
    )
    return [Winner(*row) for row in session.execute(wanted)]


def replace(session: Session, quiz: OpenedQuiz, entry: int, barred: Mapping[str, str], *, by: str, at: datetime, reason: str) -> QuizPlace | None:
    """Take a winner's prize away and give it to the next in order who may still have it; None where nobody is left.

    Raises:
        UsageError: nothing was drawn, or the number has not won, or no reason is given.
    """
    if not reason.strip():
        raise UsageError("say why: --reason TEXT")
    session.execute(select(QuizDraw.quiz_id).where(QuizDraw.quiz_id == quiz.id).with_for_update())
    lost = session.scalar(select(QuizPlace).where(QuizPlace.quiz_id == quiz.id, QuizPlace.entry == entry, QuizPlace.state == WON))
    if lost is None:
        raise UsageError(f"number {entry} has no prize of this quiz; `huabao quiz show` lists the winners")
    _move(lost, GIVEN_UP, reason, by, at)
    given: QuizPlace | None = None
    while given is None and (place := _next_in_order(session, quiz)) is not None:
        found = session.get(QuizAnswer, place.entry)
        msisdn = None if found is None else session.scalar(select(_NUMBER).where(QuizAnswer.id == found.id))
        barring = NO_READER if msisdn is None else _barred(session, {place.entry: msisdn}, barred).get(msisdn)
        _move(place, WON if barring is None else GIVEN_UP, f"in place of {entry}" if barring is None else f"passed over: {barring}", by, at)
        given = place if barring is None else None
    session.flush()
    audit.record(
        session, actor=by, action="quiz.replace", object_kind="edition", object_id=quiz.edition_id, at=at, item=quiz.item_key, entry=entry,
        instead=None if given is None else given.entry, reason=reason,
    )  # fmt: skip
    return given


def _next_in_order(session: Session, quiz: OpenedQuiz) -> QuizPlace | None:
    session.flush()
    return session.scalar(select(QuizPlace).where(QuizPlace.quiz_id == quiz.id, QuizPlace.state == STANDBY).order_by(QuizPlace.rank).limit(1))


def _move(place: QuizPlace, state: str, reason: str, by: str, at: datetime) -> None:
    place.state, place.reason, place.changed_by, place.changed_at = state, reason[:200], by[:80], at


def verify(session: Session, quiz: OpenedQuiz) -> list[str]:
    """Do the draw over from what was written down; what does not agree, in words, or nothing.

    Raises:
        UsageError: it was not drawn yet.
    """
    made = session.get(QuizDraw, quiz.id)
    if made is None:
        raise UsageError("it was not drawn yet: `huabao quiz draw`")
    rows = session.execute(select(QuizPlace.rank, QuizPlace.entry, QuizPlace.state).where(QuizPlace.quiz_id == quiz.id).order_by(QuizPlace.rank)).all()
    entries, right = [row.entry for row in rows], _right(session, quiz)
    problems = []
    if made.algorithm != ALGORITHM:
        problems.append(f"it was drawn by {made.algorithm}, which this version cannot do over; it does {ALGORITHM}")
    if made.seed_kind == SEALED and made.seed != quiz.secret:
        problems.append(f"the seed is not the one that was sealed ({seal(quiz.secret)})")
    if pool_digest(entries) != made.pool_sha256 or len(entries) != made.pool:
        problems.append(f"the {len(entries)} numbers that stand there are not the {made.pool} that took part")
    if ranked(made.seed, quiz.id, entries) != entries:
        problems.append("the places are not those that the seed gives")
    if any(row.state == WON and any(before.state == STANDBY for before in rows[: row.rank - 1]) for row in rows):
        problems.append("somebody won before the next in order")
    strangers = set(entries) - right.keys()
    if strangers:
        problems.append(f"{len(strangers)} numbers took part whose answer is not right, or does not count: {', '.join(map(str, sorted(strangers)[:5]))}")
    if len(right) - len(set(entries) & right.keys()) != sum(made.left_out.values()):
        problems.append(f"{len(right) - len(entries)} right answers took no part, {sum(made.left_out.values())} have a reason")
    return problems
