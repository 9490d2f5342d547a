"""The overview on real databases: who came and went, who is kept an eye on, the figures, and the readers behind each."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select, update

from care.complaints.causes import HOTLINE, REGULATOR
from care.models import Complaint
from care.overview.figures import by_day, gather
from care.overview.lists import WantedMoves, behind, cursor, marked, moves
from care.overview.marks import NEVER, NEW, mark_never, mark_new
from care.overview.models import OverviewRound, ReaderMark, ReaderMove
from care.overview.moving import SETTLED, forget_number, keep_moves
from care.overview.rules import JOINED, LEFT
from content.models import Publication
from delivery.models import deliveries
from huabao.clock import business_day
from huabao.runtime import Runtime
from monitoring.readership import count_today
from reconciliation.runs.models import ReconcileDifference
from subscribers.models import Reader, ReaderServiceMonth, Subscription, SubscriptionEvent
from subscribers.offers.models import CANCEL, ServiceOrder
from tests.integration.console.desk_rows import BENGBU, ELSEWHERE, HEFEI, STOPPED, WELL, add_readers, add_stop, number_of


def told(reader_id: int, event: str, state: str, at: datetime, *, source: str = "misc", reason: str = "user") -> SubscriptionEvent:
    return SubscriptionEvent(reader_id=reader_id, service_id="jh", event=event, state=state, source=source, reason=reason, effective_at=at, recorded_at=at)


def test_each_beginning_and_end_is_kept_once_with_its_cause_and_its_channel(runtime: Runtime) -> None:
    add_readers(runtime)
    now = runtime.now()
    before = now - timedelta(days=5)
    with runtime.transaction() as session:
        session.add_all(
            [
                told(WELL, "order", "active", before), told(WELL, "pause", "paused", before), told(WELL, "cancel", "cancelled", before, reason="MISC answered 0 and did not call"),
                told(WELL, "order", "active", now), told(ELSEWHERE, "order", "active", before, source="import by li"),
                told(ELSEWHERE, "cancel", "cancelled", before, reason="charge_failed"), told(STOPPED, "cancel", "cancelled", now - timedelta(days=40)),
            ]
        )  # fmt: skip
        session.add(ServiceOrder(reader_id=WELL, service="jh", service_id="jh", kind=CANCEL, channel="desk", state="confirmed", recorded_at=before - timedelta(minutes=3)))
    assert keep_moves(runtime) > 0
    keep_moves(runtime)
    with runtime.transaction(read_only=True) as session:
        kept = session.scalars(select(ReaderMove).where(ReaderMove.day > business_day(now) - timedelta(days=30)).order_by(ReaderMove.event_id)).all()
        assert [(one.reader_id, one.what, one.cause, one.channel, one.city) for one in kept] == [
            (WELL, JOINED, "reader", "misc", HEFEI), (WELL, LEFT, "reader", "desk", HEFEI), (WELL, JOINED, "reader", "misc", HEFEI), (ELSEWHERE, LEFT, "unpaid", "misc", BENGBU),
        ]  # fmt: skip
        done = session.get_one(OverviewRound, "moves")
        newest = session.scalars(select(SubscriptionEvent.id).where(SubscriptionEvent.recorded_at > now - SETTLED)).one()
        assert done.last_id == newest - 1, "what was written just now is looked at again: another transaction may have begun before it"
        assert [(one.move.reader_id, one.msisdn) for one in moves(session, WantedMoves(LEFT), now, limit=9)] == [(ELSEWHERE, number_of(ELSEWHERE)), (WELL, number_of(WELL))]
        assert [one.move.reader_id for one in moves(session, WantedMoves(LEFT, cause="unpaid", channel="misc", city=BENGBU), now, limit=9)] == [ELSEWHERE]
        assert moves(session, WantedMoves(LEFT, channel="sms"), now, limit=9) == moves(session, WantedMoves(LEFT), now, before=kept[1].event_id, limit=9) == []
        days = by_day(session, business_day(now))
        assert len(days) == 30 and days[-1] == (business_day(now), 1, 0) and days[-6][1:] == (1, 2)
    with runtime.transaction() as session:
        assert forget_number(session, number_of(WELL))["reader_moves"] == 3
        assert [one.msisdn for one in moves(session, WantedMoves(LEFT), now, limit=9)] == [number_of(ELSEWHERE), ""], "he still counts"


def test_who_is_new_without_a_paper_and_who_never_got_any(runtime: Runtime) -> None:
    add_readers(runtime)
    now = runtime.now()
    two_days = now - timedelta(days=2)
    with runtime.transaction() as session:
        session.add_all([told(one, "order", "active", two_days) for one in (WELL, ELSEWHERE)])
        session.add(told(STOPPED, "cancel", "cancelled", two_days - timedelta(hours=1)))
        session.add(told(STOPPED, "order", "active", now - timedelta(hours=3)))
        session.execute(update(Subscription).where(Subscription.reader_id != ELSEWHERE).values(order_at=now - timedelta(days=100)))
        session.add(ReaderServiceMonth(month=business_day(now - timedelta(days=70)).replace(day=1), reader_id=WELL, service_id="jh", retrieved=3, failed=0, last_success_at=now))
        session.execute(update(Publication).values(klass="subscribed"))
    keep_moves(runtime)
    mark_new(runtime)
    with runtime.transaction(read_only=True) as session:
        found = marked(session, NEW, limit=9)
        assert [(one.mark.reader_id, one.mark.arrived_at is None) for one in found] == [(WELL, False), (ELSEWHERE, True)], "his first copy came after a day; the other has none"
        assert [one.mark.reader_id for one in marked(session, NEW, waiting=True, limit=9)] == [ELSEWHERE]
        assert [one.mark.reader_id for one in marked(session, NEW, after=behind(cursor(found[0].mark)), limit=9)] == [ELSEWHERE] and behind("x") is None
    with runtime.transaction() as session:
        session.execute(deliveries.update().where(deliveries.c.reader_id == WELL).values(outcome_at=two_days + timedelta(hours=20)))
    mark_new(runtime)
    assert mark_never(runtime) and not mark_never(runtime), "once a day"
    with runtime.transaction(read_only=True) as session:
        assert [one.mark.reader_id for one in marked(session, NEW, limit=9)] == [ELSEWHERE]
        never = marked(session, NEVER, limit=9)
        assert [(one.mark.reader_id, one.mark.sending) for one in never] == [(STOPPED, False), (ELSEWHERE, True)], "who has it once has it; who is barred does not pay"
        assert marked(session, NEVER, city=HEFEI, limit=9)[0].mark.reader_id == STOPPED
    with runtime.transaction() as session:
        forget_number(session, number_of(STOPPED))
        assert session.scalar(select(ReaderMark.reader_id).where(ReaderMark.mark == NEVER, ReaderMark.reader_id == STOPPED)) is None


def test_the_figures(runtime: Runtime) -> None:
    add_readers(runtime)
    now = runtime.now()
    add_stop(runtime, ELSEWHERE, "unreachable", days=70)
    with runtime.transaction() as session:
        session.execute(update(Publication).values(klass="subscribed"))
        session.execute(update(Reader).where(Reader.id == WELL).values(handset_class="no-mms"))
        session.execute(update(Reader).where(Reader.id == ELSEWHERE).values(handset_class=None))
        session.add(ReaderServiceMonth(month=business_day(now).replace(day=1), reader_id=WELL, service_id="jh", retrieved=3, failed=0, last_success_at=now))
        common = {"recorded_at": now, "cause": "late", "cause_by": "told", "by": "zhou", "city": HEFEI}
        first = Complaint(channel=HOTLINE, received_at=now, due_at=now + timedelta(days=2), **common)
        session.add(first)
        session.flush()
        session.add(Complaint(channel=REGULATOR, received_at=now, due_at=now - timedelta(hours=1), previous_id=first.id, **common))
        session.add(
            ReconcileDifference(
                msisdn=number_of(WELL), service_id="jh", name="aax", boss="active", misc="active", platform="cancelled", money_fen=500, first_day=business_day(now),
                last_day=business_day(now), direction="charged_not_served", run_id=1, opened_at=now,
            )
        )  # fmt: skip
    count_today(runtime)
    mark_never(runtime)
    with runtime.transaction(read_only=True) as session:
        found = gather(session, now)
        city = gather(session, now, city=BENGBU)
    assert found.readership is not None and (found.readership.readers, found.readership.with_mms, found.readership.handset_unknown, found.readership.retrieving) == (3, 1, 1, 1)
    assert (found.stopped.number, found.stopped.fen, found.stopped.over_30, found.stopped.over_60, found.stopped.over_60_fen) == (2, 1000, 2, 1, 500)
    assert (found.unserved, found.unserved_fen) == (1, 500)
    assert (found.never.number, found.never.fen, found.never_fen) == (2, 1000, 0), "the stopped count once in money"
    assert found.risk_fen == 1500
    assert (found.complaints.number, found.complaints.overdue) == (2, 1)
    assert (found.repeated.number, found.repeated.overdue, found.repeated.next_due_at) == (1, 1, None) and found.regulator.number == 1
    assert len(found.on_time) == 5 and found.on_time[0].day == business_day(now)
    assert (city.stopped.number, city.unserved, city.complaints.number, city.on_time) == (1, 0, 0, ())
