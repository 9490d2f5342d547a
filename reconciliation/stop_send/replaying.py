"""What a reader missed while he was stopped, given to him afterwards by his title's policy.

`latest`: the newest edition; `all`: every edition; `none`: nothing; `credit`: nothing is
sent, and a share of the month's price is written down for the bill. What is too old is
not sent under any policy. Recovering and replaying are two things: whoever is reached
again is owed this, whether a person or the machine asks for it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from content.models import Publication
from delivery import kinds
from delivery.models import Dispatch, Outcome, deliveries
from delivery.resend.named import Named, count_named, send_named
from huabao.clock import business_day
from huabao.db import in_ids
from huabao.runtime import Runtime
from reconciliation.stop_send.models import CREDITED, DUE, NOTHING, SENT, RecoveryCredit, Replay
from reconciliation.stop_send.papers import Issue, issues, key_of
from reconciliation.stop_send.settings import RECOVERY_AT_ONCE, RECOVERY_RATE_SHARE
from subscribers.models import Subscription


@dataclass(frozen=True)
class Owed:
    """What is due to readers of one title.

    Attributes:
        sends: the editions that go out, oldest first, each with the replays that get it.
        stale: replays all of whose editions are too old by now.
    """

    publication_id: int
    sends: Mapping[Issue, Sequence[Replay]]
    rows: Sequence[Replay]
    stale: int


def due_titles(session: Session) -> list[int]:
    """Titles of which somebody is owed something."""
    return list(session.scalars(select(Replay.publication_id).where(Replay.state == DUE).distinct().order_by(Replay.publication_id)))


def owed(session: Session, publication_id: int, now: datetime) -> Owed:
    """What is due to the readers of a title, by the policy that stood when they were reached again."""
    rows = session.scalars(select(Replay).where(Replay.publication_id == publication_id, Replay.state == DUE).order_by(Replay.id).limit(RECOVERY_AT_ONCE.get(session))).all()
    publication = session.get(Publication, publication_id)
    if not rows or publication is None:
        return Owed(publication_id, {}, rows, 0)
    known = issues(session, publication, min(row.since for row in rows), max(row.until for row in rows))
    sends: dict[Issue, list[Replay]] = defaultdict(list)
    stale = 0
    for row in rows:
        missed = [one for one in known if row.since <= one.out_at <= row.until]
        fresh = [one for one in missed if one.is_fresh(now)] if row.policy in ("latest", "all") else []
        stale += bool(missed) and not fresh and row.policy in ("latest", "all")
        for one in fresh[-1:] if row.policy == "latest" else fresh:
            sends[one].append(row)
    return Owed(publication_id, dict(sorted(sends.items(), key=lambda pair: pair[0].out_at)), rows, stale)


def count(session: Session, publication_id: int, now: datetime) -> dict[str, Any]:
    """What `replay` would do now: nothing is sent and nothing written."""
    found = owed(session, publication_id, now)
    policies = Counter(row.policy for row in found.rows)
    sends = {one.name: count_named(session, one.name, [row.reader_id for row in rows], now) for one, rows in found.sends.items()}
    return {"publication_id": publication_id, "readers": len(found.rows), "by_policy": dict(sorted(policies.items())), "editions": sends, "stale": found.stale}


def replay(runtime: Runtime, publication_id: int, *, actor: str) -> dict[str, Any]:
    """Give the readers of a title what they are owed; what was done."""
    with runtime.transaction(read_only=True) as session:
        found = owed(session, publication_id, runtime.now())
        share = RECOVERY_RATE_SHARE.get(session)
    sent: dict[str, int | None] = {}
    for issue, rows in found.sends.items():
        readers = tuple(sorted({row.reader_id for row in rows}))
        asked = Named(issue.name, readers, key_of("replay", issue.edition_id, (row.id for row in rows)), "missed while stopped", share)
        sent[issue.name] = send_named(runtime, asked, actor=actor)
    dispatches = [one for one in sent.values() if one is not None]
    with runtime.transaction() as session:
        states = _settle(session, publication_id, [row.id for row in found.rows], dispatches, runtime.now())
    return {"publication_id": publication_id, "readers": len(found.rows), "dispatches": sent, "states": states}


def _settle(session: Session, publication_id: int, ids: Sequence[int], dispatches: Sequence[int], now: datetime) -> dict[str, int]:
    """Write down what came of each; a credit is worked out here."""
    wanted = select(Replay).where(in_ids(session, Replay.id, ids), Replay.state == DUE).order_by(Replay.id).with_for_update()
    rows = session.scalars(wanted).all()
    publication = session.get_one(Publication, publication_id) if rows else None
    got: Counter[int] = Counter()
    for dispatch_id in dispatches:
        got.update(session.scalars(select(deliveries.c.reader_id).where(deliveries.c.dispatch_id == dispatch_id)))
    for row in rows:
        row.settled_at = now
        if row.policy == "credit":
            assert publication is not None, "there are rows"
            row.editions = _credit(session, publication, row, now)
            row.state = CREDITED if row.editions else NOTHING
        else:
            row.editions = got[row.reader_id]
            row.state = SENT if row.editions else NOTHING
            row.why = "" if row.editions else f"policy {row.policy}: nothing fresh that he has not"
    session.flush()
    return dict(Counter(row.state for row in rows))


def _credit(session: Session, publication: Publication, row: Replay, now: datetime) -> int:
    """Write down the credit of each month in which he missed editions; how many he missed."""
    month_first, month_last = business_day(row.since).replace(day=1), business_day(row.until)
    known = issues(session, publication, row.since, row.until)
    had = _had(session, row.reader_id, [one.edition_id for one in known])
    missed = Counter(business_day(one.out_at).replace(day=1) for one in known if one.edition_id not in had)
    if not missed:
        return 0
    published = _published(session, publication, month_first, month_last)
    price = session.scalar(select(Subscription.price_fen).where(Subscription.reader_id == row.reader_id, Subscription.service_id == row.service_id))
    found = [
        {
            "replay_id": row.id, "month": month, "reader_id": row.reader_id, "service_id": row.service_id, "missed": number,
            "published": published[month], "price_fen": price, "credit_fen": credit_fen(price, number, published[month]), "created_at": now,
        }
        for month, number in sorted(missed.items())
    ]  # fmt: skip
    session.execute(insert(RecoveryCredit), found)
    return sum(missed.values())


def credit_fen(price_fen: int | None, missed: int, published: int) -> int | None:
    """The share of a month's price for what was missed, in fen, rounded to the reader's good; None where no price is known."""
    return None if price_fen is None or published <= 0 else -(-price_fen * min(missed, published) // published)


def _published(session: Session, publication: Publication, first: date, last: date) -> Counter[date]:
    """How many editions came out in each month from that of `first` to that of `last`."""
    day = Dispatch.day
    until = date(last.year + last.month // 12, last.month % 12 + 1, 1)
    mine = (Dispatch.service_id == publication.service_id, Dispatch.kind.in_(kinds.BY_PLAN), Dispatch.started_at.is_not(None), day >= first, day < until)
    return Counter(day.replace(day=1) for day, _ in session.execute(select(day, Dispatch.edition_id).where(*mine).distinct()))


def _had(session: Session, reader_id: int, edition_ids: Sequence[int]) -> set[int]:
    mine = select(Dispatch.edition_id).join(deliveries, (deliveries.c.dispatch_id == Dispatch.id) & (deliveries.c.day == Dispatch.day))
    mine = mine.where(deliveries.c.reader_id == reader_id, deliveries.c.outcome == int(Outcome.RETRIEVED), Dispatch.kind.in_(kinds.BRINGS_OUT))
    return set(session.scalars(mine.where(in_ids(session, Dispatch.edition_id, sorted(edition_ids)))))
