"""Duty: the roster, notes that are taken over once, what should have arrived; by role."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select
from starlette.testclient import TestClient

from content.feeds.models import FeedSource
from content.models import Publication
from huabao.clock import SHANGHAI, business_day
from huabao.runtime import Runtime
from huabao.settings import set_value
from monitoring.models import DutyShift, HandoverNote
from reconciliation.feeds.models import FeedArrival
from reconciliation.feeds.settings import DUE_HOUR, EXPECTED
from reconciliation.feeds.standing import standing
from tests.integration.console.conftest import csrf_of

SignedIn = Callable[[str], TestClient]


def test_a_shift_comes_and_goes(runtime: Runtime, signed_in: SignedIn) -> None:
    client = signed_in("王敏")
    page = client.get("/duty").text
    assert "Nobody is on the roster" in page
    now = runtime.now().astimezone(SHANGHAI)
    fields = {
        "csrf": csrf_of(page),
        "name": "li",
        "note": "first night",
        **{name: (now + timedelta(hours=at)).strftime("%Y-%m-%dT%H:%M") for name, at in (("starts", -1), ("ends", 7))},
    }
    assert "no such account" in client.post("/duty/shifts", data=fields | {"name": "zhou"}).text
    assert "ends after it begins" in client.post("/duty/shifts", data=fields | {"ends": fields["starts"]}).text
    assert client.post("/duty/shifts", data=fields).status_code == 303
    assert "first night" in client.get("/duty").text
    with runtime.transaction(read_only=True) as session:
        shift_id = session.scalars(select(DutyShift.id)).one()
    for _ in range(2):
        assert client.post(f"/duty/shifts/{shift_id}/end", data={"csrf": fields["csrf"]}).status_code == 303
    assert "The roster is empty" in client.get("/duty").text


def test_a_note_is_taken_over_once(runtime: Runtime, signed_in: SignedIn) -> None:
    editor, ops = signed_in("li"), signed_in("王敏")
    csrf = csrf_of(editor.get("/duty").text)
    assert "write something" in editor.post("/duty/notes", data={"csrf": csrf, "text": "  "}).text
    assert editor.post("/duty/notes", data={"csrf": csrf, "text": "mm-2 is slow\n<b>watch it</b>"}).status_code == 303
    page = ops.get("/duty").text
    assert "&lt;b&gt;watch it" in page
    with runtime.transaction(read_only=True) as session:
        note_id = session.scalars(select(HandoverNote.id)).one()
    assert ops.post(f"/duty/notes/{note_id}/take", data={"csrf": csrf_of(page)}).status_code == 303
    assert "somebody took it over already" in editor.post(f"/duty/notes/{note_id}/take", data={"csrf": csrf}).text
    assert "taken over by 王敏" in editor.get("/duty").text


def test_what_should_have_arrived(runtime: Runtime, signed_in: SignedIn) -> None:
    now = runtime.now()
    day = business_day(now - timedelta(days=1))
    with runtime.transaction() as session:
        paper = Publication(slug="jh", title="江淮早报", kind="newspaper", service_id="jh", created_at=now)
        session.add(paper)
        session.flush()
        for name, expected, failure in (("agency", "00:00", ""), ("city", "", "410 Gone"), ("quiet", "", "")):
            session.add(FeedSource(publication_id=paper.id, name=name, url="http://127.0.0.1:9/", section="news", expected_at=expected, failure=failure, created_at=now))
        for setting, value in ((EXPECTED, "boss,misc"), (DUE_HOUR, "0")):
            set_value(session, [setting], setting.name, value, by="test", at=now)
        session.add(FeedArrival(peer="boss", kind="full", name="b", sha256="0" * 64, size_bytes=1, day=day, verdict="bad", reason="cut", detail="it was cut", received_at=now))
    page = signed_in("王敏").get("/duty/arrivals").text
    assert all(said in page for said in ("agency", "missing", "410 Gone", "refused", "it was cut", "check file of MISC"))
    assert "quiet" not in page
    with runtime.transaction() as session:
        session.add(FeedArrival(peer="boss", kind="full", name="b", sha256="1" * 64, size_bytes=1, day=day, verdict="right", received_at=now))
    with runtime.transaction(read_only=True) as session:
        assert [(one.peer, one.state) for one in standing(session, now)] == [("boss", "arrived"), ("misc", "missing")]
    assert "check file" not in signed_in("li").get("/duty").text, "check files are no editor's"


def test_agents_have_no_roster_and_editors_make_none(runtime: Runtime, signed_in: SignedIn) -> None:
    assert signed_in("zhou").get("/duty").status_code == 403
    client = signed_in("li")
    page = client.get("/duty").text
    assert 'action="/duty/shifts"' not in page
    assert client.post("/duty/shifts", data={"csrf": csrf_of(page), "name": "li", "starts": "2030-01-01T00:00", "ends": "2030-01-01T08:00"}).status_code == 403
