"""What the page of one reader shows, read in one transaction; and what is said of him first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from care.complaints.entering import of_reader
from care.models import Complaint
from content.models import Publication
from delivery.kinds import RESEND
from delivery.models import Outcome
from delivery.resend.copies import NEEDS_A_WORD, EditionCopy, latest_copies
from delivery.resend.following import Unarrived, unarrived
from huabao.clock import business_day
from huabao.msisdn import MSISDN
from monitoring.alarms.touching import Known, touching
from reconciliation.refunds.history import MonthLine, months_of
from reconciliation.runs.models import ReconcileDifference
from reconciliation.runs.open import Wanted, list_open
from reconciliation.stop_send.settings import RECOVERY_ATTEMPTS
from reconciliation.stop_send.told import StopStory, stories
from subscribers.models import HOLDING_STATES, BlacklistEntry, Reader, Subscription, SubscriptionEvent
from subscribers.offers.leaving import is_ending
from subscribers.refusing import entries_of
from subscribers.store import ids_of, subscriptions_of

DELIVERIES_MAX = 12
DELIVERIES_DAYS = 45
HISTORY_MAX = 15
DIFFERENCES_MAX = 20
MONTHS_BACK = 6


@dataclass(frozen=True)
class OrderView:
    """One subscription.

    Attributes:
        titles: of the service.
        payer: masked, or None where he pays himself.
        stop: the stop that lasts, or None.
    """

    row: Subscription
    titles: str
    payer: str | None
    stop: StopStory | None


@dataclass(frozen=True)
class Word:
    """Something to say: the name of a text and what is filled in."""

    name: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Headline:
    """The likely cause and the next best step.

    Attributes:
        act: what a button here does: reach (the stop is `of`), resend (the edition is `of`) or "".
        about: what the standard answer fills in, where that is not the cause.
    """

    tone: str
    cause: Word
    step: Word | None
    act: str = ""
    of: int = 0
    about: Word | None = None

    @property
    def answer(self) -> str:
        """The name of the standard answer."""
        return (self.about or self.cause).name.partition("is_")[2]


@dataclass(frozen=True)
class ReaderView:
    """Everything that the page shows.

    Attributes:
        number: masked.
        past: stops that ended.
        ending: services whose order is being cancelled.
        months: what he was charged, the newest first.
        titles: of each service.
        known: incidents that touch him, what lasts first.
        lists: blacklists that he is on.
        unarrived: resends to him that failed and that nobody has looked after.
    """

    reader: Reader
    number: str
    orders: Sequence[OrderView]
    past: Sequence[StopStory]
    differences: Sequence[ReconcileDifference]
    copies: Sequence[EditionCopy]
    history: Sequence[SubscriptionEvent]
    complaints: Sequence[Complaint]
    ending: frozenset[str]
    attempts_max: int
    months: Sequence[MonthLine] = ()
    titles: Mapping[str, str] = field(default_factory=dict)
    known: Sequence[Known] = ()
    lists: Sequence[BlacklistEntry] = ()
    unarrived: Sequence[Unarrived] = ()


def titles_of(session: Session) -> dict[str, str]:
    """Titles of each service."""
    found: dict[str, str] = {}
    for service_id, title in session.execute(select(Publication.service_id, Publication.title).order_by(Publication.id)):
        found[service_id] = f"{found[service_id]} · {title}" if service_id in found else title
    return found


def reader_view(session: Session, reader: Reader, now: datetime) -> ReaderView:
    """The page of a reader."""
    ids = ids_of(session, reader.id)
    told = stories(session, reader.id, now)
    told_before = [one for past in ids[1:] for one in stories(session, past, now)]
    open_ = {one.stop.service_id: one for one in told if one.stop.ended_at is None}
    titles = titles_of(session)
    orders = [
        OrderView(row, titles.get(row.service_id, row.service_id), MSISDN(row.fee_msisdn).masked if row.fee_msisdn else None, open_.get(row.service_id))
        for row in subscriptions_of(session, reader)
    ]
    today = business_day(now)
    since = today - timedelta(days=DELIVERIES_DAYS)
    copies = [one for his in ids for one in latest_copies(session, his, since=since, limit=DELIVERIES_MAX)]
    history = select(SubscriptionEvent).where(SubscriptionEvent.reader_id.in_(ids)).order_by(SubscriptionEvent.effective_at.desc(), SubscriptionEvent.id.desc())
    return ReaderView(
        reader=reader,
        number=MSISDN(reader.msisdn).masked,
        orders=sorted(orders, key=lambda one: (one.row.state not in HOLDING_STATES, one.row.service_id)),
        past=[one for one in (*told, *told_before) if one.stop.ended_at is not None],
        differences=list_open(session, Wanted(msisdn=reader.msisdn), today=today, limit=DIFFERENCES_MAX),
        copies=sorted(copies, key=lambda one: one.copy.asked_at, reverse=True)[:DELIVERIES_MAX] if len(ids) > 1 else copies,
        history=list(session.scalars(history.limit(HISTORY_MAX))),
        complaints=[one for his in ids for one in of_reader(session, his)],
        ending=frozenset(one.row.service_id for one in orders if one.row.state in HOLDING_STATES and is_ending(session, reader.id, one.row.service_id)),
        attempts_max=RECOVERY_ATTEMPTS.get(session),
        months=months_of(session, ids, now, months=MONTHS_BACK),
        titles=titles,
        known=touching(session, ids[:1], now).get(reader.id, ()),
        lists=entries_of(session, reader.id),
        unarrived=unarrived(session, now, reader_id=reader.id, limit=DELIVERIES_MAX),
    )


def headline(view: ReaderView) -> Headline:
    """What explains best why he gets nothing, or that he does; pure."""
    reader = view.reader
    if reader.account_state == "closed":
        return Headline("neutral", Word("reader.is_closed", {"at": reader.account_at}), Word("reader.do_nothing"))
    stopped = next((one for one in view.orders if one.stop is not None), None)
    if stopped is not None and stopped.stop is not None:
        story = stopped.stop
        said = {"title": stopped.titles, "at": story.stop.stopped_at, "cause": story.stop.cause}
        return Headline("held", Word("reader.is_stopped", said), next_step(story, view.attempts_max), "" if story.running else "reach", story.stop.id)
    if reader.account_state == "barred":
        return Headline("held", Word("reader.is_barred", {"at": reader.account_at}), Word("reader.do_unbar"))
    if view.differences:
        return Headline("held", Word("reader.is_different", {"n": len(view.differences)}), Word("reader.do_reconcile"))
    if not any(one.row.state == "active" for one in view.orders):
        return Headline("neutral", Word("reader.is_without"), Word("reader.do_order"))
    found = _by_delivery(view)
    lasting = next((one for one in view.known if one.until is None), None)
    if lasting is None or found.tone in ("delivered", "failed"):  # what failed for good does not go again by itself
        return found
    return replace(found, step=Word("known.step"), act="", of=0, about=Word("known.is_incident", {"at": lasting.since}))


def _by_delivery(view: ReaderView) -> Headline:
    if not view.copies:
        return Headline("unknown", Word("reader.is_unsent"), None)
    last = view.copies[0]
    name = {"title": last.title, "number": last.number, "at": last.copy.outcome_at or last.copy.sent_at or last.copy.asked_at}
    if last.copy.outcome is Outcome.RETRIEVED:
        return Headline("delivered", Word("reader.is_well", name), None)
    if last.copy.kind == RESEND and last.copy.outcome in NEEDS_A_WORD[:3]:
        return Headline("failed", Word("reader.is_unarrived", name), Word("reader.do_follow"))
    if last.copy.outcome in NEEDS_A_WORD or last.copy.outcome is Outcome.NO_REPORT:
        return Headline("failed" if last.copy.outcome in NEEDS_A_WORD[:3] else "unknown", Word("reader.is_failed", name), Word("reader.do_resend"), "resend", last.edition_id)
    return Headline("pending", Word("reader.is_coming", name), Word("reader.do_wait"))


def next_step(story: StopStory, attempts_max: int) -> Word:
    """What happens next to a stop, or who must do something; pure."""
    stop, running = story.stop, story.running
    if running is not None:
        return Word("reader.next_running", {"step": running.state, "at": running.due_at})
    if stop.listed_at is not None:
        return Word("reader.next_person", {"at": stop.listed_at})
    if story.by_account:
        return Word("reader.next_account")
    if stop.tried >= attempts_max:
        return Word("reader.next_sign", {"n": stop.tried})
    if stop.next_at is not None:
        return Word("reader.next_at", {"at": stop.next_at})
    return Word("reader.next_planned")
