"""The audit trail: filters, pages, the file; what only administrators see."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select
from starlette.testclient import TestClient

from huabao.audit import AuditEntry, record
from huabao.clock import business_day
from huabao.runtime import Runtime
from monitoring import trail

SignedIn = Callable[[str], TestClient]


def add_entries(runtime: Runtime) -> None:
    now = runtime.now()
    with runtime.transaction() as session:
        for at in range(60):
            record(session, actor="li", action="edition.comment", object_kind="edition", object_id=at, at=now - timedelta(days=2, minutes=at), n=at)
        record(session, actor="王敏", action="port.set", object_kind="port", object_id="mm-1", at=now, changes={"rate": [300, 150]}, reason="agreed")
        record(session, actor="zhou", action="reader.number", object_kind="reader", object_id=7, at=now)
        record(session, actor="root", action="user.disable", object_kind="user", object_id="old", at=now, note='=HYPERLINK("x")<script>')


def test_the_filters_find(runtime: Runtime, signed_in: SignedIn) -> None:
    add_entries(runtime)
    client = signed_in("王敏")
    page = client.get("/audit?kind=port").text
    assert "300 → 150" in page
    assert "changed a port" in page
    assert 'id="further"' not in page
    page = client.get("/audit?numbers=1").text
    assert "whole numbers seen" in page
    assert page.split("<main")[1].split("</main")[0].count("<tr>") == 2
    day = business_day(runtime.now() - timedelta(days=2))
    assert "comment" in client.get(f"/audit?actor=li&since={day}&until={day}").text
    assert "No entry fits" in client.get(f"/audit?actor=li&since={business_day(runtime.now())}").text
    assert client.get("/audit?since=x&after=--&object=%01%22").status_code == 200


def test_pages_follow_each_other_without_a_gap(runtime: Runtime, signed_in: SignedIn) -> None:
    add_entries(runtime)
    client = signed_in("王敏")
    first = client.get("/audit?actor=li").text
    further = first.split('id="further" href="')[1].split('"')[0].replace("&amp;", "&")
    second = client.get(further).text
    assert (first.count("commented</td>"), second.count("commented</td>")) == (50, 10)


def test_administrators_alone_see_what_became_of_accounts(runtime: Runtime, signed_in: SignedIn) -> None:
    add_entries(runtime)
    page = signed_in("root").get("/audit?kind=user&action=user.disable").text
    assert "disabled an account" in page
    assert "<script>" not in page.split("<main")[1]
    client = signed_in("王敏")
    assert "No entry fits" in client.get("/audit?kind=user&action=user.disable").text
    assert 'value="user.disable"' not in client.get("/audit").text
    assert "user.disable" not in client.get("/audit.csv").text
    assert signed_in("li").get("/audit").status_code == signed_in("zhou").get("/audit.csv").status_code == 403


def test_the_file_is_whole_and_taking_it_is_written_down(runtime: Runtime, signed_in: SignedIn) -> None:
    add_entries(runtime)
    said = signed_in("root").get("/audit.csv?actor=li").text.splitlines()
    assert len(said) == 61
    with runtime.transaction(read_only=True) as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "audit.download")).one()
        assert (entry.actor, entry.detail["filter"]) == ("root", "actor=li")
        assert {"edition.comment", "port.set", "reader.number"} <= set(trail.actions(session))
        assert "user" not in trail.kinds(session, hidden=("user",))
