"""A count of a dispatch's page opens its readers: as many as it says, masked, and only those whom one may see."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from console import auth
from delivery.models import Outcome
from huabao.audit import AuditEntry
from huabao.runtime import Runtime
from monitoring.tallies import tally_due
from tests.integration.console.conftest import browser, sign_in
from tests.integration.console.dispatch_rows import _HASH, add_dispatch, settle
from tests.integration.monitoring.test_tallies import add_cities

SignedIn = Callable[[str], TestClient]


@pytest.fixture
def dispatch_id(runtime: Runtime) -> int:
    """A hundred and twenty readers of two cities, some of whom failed."""
    made = add_dispatch(runtime, planned=120)
    add_cities(runtime, 120)
    settle(runtime, made, Outcome.RETRIEVED, range(1, 101), ago_s=60)
    settle(runtime, made, Outcome.EXPIRED, range(101, 121), ago_s=60)
    tally_due(runtime)
    return made


def test_every_count_opens_as_many_readers_as_it_says(signed_in: SignedIn, dispatch_id: int) -> None:
    client = signed_in("王敏")
    page = client.get(f"/dispatches/{dispatch_id}").text
    links = {path.replace("&amp;", "&"): int(count) for path, count in re.findall(r'<a href="(/dispatches/\d+/readers\?[^"]+)">([\d,]+)</a>', page)}
    assert len(links) >= 8
    for path, count in links.items():
        lines = client.get(path.replace("/readers?", "/readers.csv?")).text.splitlines()
        assert len(lines) == 1 + count, path


def test_readers_go_fifty_at_a_time_and_masked(signed_in: SignedIn, dispatch_id: int) -> None:
    client, path, seen = signed_in("zhou"), f"/dispatches/{dispatch_id}/readers?outcome=retrieved", []
    while path:
        page = client.get(path).text
        seen += re.findall(r'href="/readers/(\d+)">138\*{4}\d{4}</a>', page)
        further = re.search(r'href="(/dispatches/\d+/readers\?[^"]*after=\d+)"', page)
        path = further.group(1).replace("&amp;", "&") if further else ""
    assert seen == [str(one) for one in range(1, 101)]


def test_an_account_of_a_city_finds_its_own_only_and_an_editor_none(app: ASGIApp, runtime: Runtime, signed_in: SignedIn, dispatch_id: int) -> None:
    with runtime.transaction() as session:
        auth.add_user(session, "bengbu", _HASH, "support", city="蚌埠", by="test", now=runtime.now())
    client = browser(app)
    sign_in(client, "bengbu")
    lines = client.get(f"/dispatches/{dispatch_id}/readers.csv?city=%E5%90%88%E8%82%A5").text.splitlines()
    assert len(lines) == 61 and all("蚌埠" in line for line in lines[1:])
    assert signed_in("li").get(f"/dispatches/{dispatch_id}/readers").status_code == 403
    assert "/readers?" not in signed_in("li").get(f"/dispatches/{dispatch_id}").text
    with runtime.transaction(read_only=True) as session:
        assert session.scalars(select(AuditEntry.actor).where(AuditEntry.action == "dispatch.readers")).all() == ["bengbu"]


def test_a_filter_that_names_nothing_finds_nobody(signed_in: SignedIn, dispatch_id: int) -> None:
    client = signed_in("王敏")
    for query in ("port=nowhere", "outcome=lost", "code=Teleported", "variant='%20or%201=1", "handset_class=x", "city=%01"):
        answer = client.get(f"/dispatches/{dispatch_id}/readers?{query}")
        assert answer.status_code == 200 and "There are no such readers" in answer.text, query
    assert client.get("/dispatches/99/readers").status_code == 404
