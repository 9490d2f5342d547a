"""Never again, and resends that did not arrive: on the pages and in the rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select, update
from starlette.testclient import TestClient

from delivery.models import Dispatch, Outcome, Resend
from delivery.resend.following import count_unarrived, unarrived
from huabao.audit import AuditEntry
from huabao.runtime import Runtime
from subscribers.models import BLACKLIST_KINDS, BlacklistEntry
from subscribers.offers.models import CANCEL, ServiceOrder
from subscribers.refusing import entries_of
from tests.integration.console.conftest import csrf_of
from tests.integration.console.desk_rows import ELSEWHERE, HEFEI, STOPPED, WELL, add_readers, number_of
from tests.integration.console.dispatch_rows import settle

SignedIn = Callable[[str], TestClient]


def test_never_again_lists_him_and_ends_his_orders_and_can_be_taken_back(runtime: Runtime, signed_in: SignedIn) -> None:
    add_readers(runtime)
    agent = signed_in("zhou")
    path = f"/readers/{WELL}/never"
    sheet = agent.get(path).text
    assert "Cancel 1 order, never again" in sheet and number_of(WELL) not in sheet
    csrf = csrf_of(sheet)
    assert "reason" in agent.post(path, data={"csrf": csrf, "verb": "refuse"}).text
    assert agent.post(path, data={"csrf": csrf, "verb": "refuse", "reason": "he asks for it"}).headers["location"] == f"/readers/{WELL}?done=never"
    assert "Nothing was done" in agent.post(path, data={"csrf": csrf, "verb": "refuse", "reason": "twice"}).text
    with runtime.transaction(read_only=True) as session:
        assert sorted(session.scalars(select(BlacklistEntry.kind).where(BlacklistEntry.msisdn == number_of(WELL)))) == sorted(BLACKLIST_KINDS)
        order = session.scalars(select(ServiceOrder)).one()
        assert (order.reader_id, order.kind, order.channel) == (WELL, CANCEL, "desk")
        assert entries_of(session, ELSEWHERE) == []
    page = agent.get(f"/readers/{WELL}").text
    assert "Leave him alone: trials, marketing, joining" in page and "Take him off the blacklists" in page
    assert agent.post(path, data={"csrf": csrf, "verb": "lift", "reason": "he wants it again"}).headers["location"].endswith("done=allowed")
    with runtime.transaction(read_only=True) as session:
        assert session.scalars(select(BlacklistEntry)).all() == []
        assert {"reader.refuse", "reader.allow", "subscription.end"} <= set(session.scalars(select(AuditEntry.action)))


def test_a_resend_that_failed_waits_until_somebody_looked_after_it(runtime: Runtime, signed_in: SignedIn) -> None:
    dispatch_id = add_readers(runtime)
    now = runtime.now()
    with runtime.transaction() as session:
        session.execute(update(Dispatch).where(Dispatch.id == dispatch_id).values(kind="resend", lane="resend"))
        common = {"edition_id": 1, "dispatch_id": dispatch_id, "requested_by": "zhou", "reason": "he called"}
        for reader, key in ((STOPPED, "a"), (WELL, "b"), (STOPPED, "c")):
            session.add(Resend(key=key, reader_id=reader, requested_at=now - timedelta(hours=1), **common))
    with runtime.transaction(read_only=True) as session:
        found = unarrived(session, now, limit=9)
        assert [(one.resend.reader_id, one.outcome) for one in found] == [(STOPPED, Outcome.EXPIRED)], "the other one has it, and pressing twice is one resend"
        assert count_unarrived(session, now) == count_unarrived(session, now, city=HEFEI) == 1 and count_unarrived(session, now, city="芜湖") == 0
        assert unarrived(session, now, reader_id=WELL, limit=9) == [] and count_unarrived(session, now + timedelta(days=8)) == 0
        resend_id = found[0].resend.id
    agent = signed_in("zhou")
    desk = agent.get("/readers").text
    assert "Resends that did not arrive" in desk and f"/readers/{STOPPED}" in desk and number_of(STOPPED) not in desk
    path = f"/resends/{resend_id}/followed"
    assert agent.post(path, data={"csrf": csrf_of(desk), "note": "called; he empties his inbox"}).headers["location"] == "/readers#unarrived"
    assert agent.post(path, data={"csrf": csrf_of(desk)}).status_code == 404
    with runtime.transaction(read_only=True) as session:
        assert count_unarrived(session, now) == 0
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "resend.followed")).one()
        assert entry.detail["note"] == "called; he empties his inbox"


def test_who_got_it_after_all_is_looked_after_by_nobody(runtime: Runtime) -> None:
    dispatch_id = add_readers(runtime)
    now = runtime.now()
    with runtime.transaction() as session:
        session.add(Resend(key="a", reader_id=ELSEWHERE, edition_id=1, dispatch_id=dispatch_id, requested_by="zhou", reason="he called", requested_at=now))
    settle(runtime, dispatch_id, Outcome.FAILED, range(ELSEWHERE, ELSEWHERE + 1))
    with runtime.transaction(read_only=True) as session:
        assert count_unarrived(session, now) == 1
    settle(runtime, dispatch_id, Outcome.RETRIEVED, range(ELSEWHERE, ELSEWHERE + 1))
    with runtime.transaction(read_only=True) as session:
        assert count_unarrived(session, now) == 0
