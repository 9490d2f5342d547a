"""Event streams: what changes is sent, once for all who may see the same, and every stream ends by a word."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from threading import Event
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy.exc import OperationalError
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from console import live, pulse
from console.edge import Edge
from console.live import Live
from console.settings import LIVE_STREAMS_MAX
from console.visit import SESSION_COOKIE
from console.web import PAGES, make_app
from delivery.models import Outcome
from huabao.queues import Registry
from huabao.runtime import Runtime
from huabao.settings import SettingValue
from tests.integration.console.conftest import browser, sign_in
from tests.integration.console.dispatch_rows import add_dispatch, add_users, settle

WAIT_S = 60
SignedIn = Callable[[str], TestClient]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second takes a hundredth of one."""
    monkeypatch.setattr(live, "LOOK_S", 0.01)
    monkeypatch.setattr(live, "BEAT_S", 0.02)


class Page:
    """A page that listens to an application in this event loop."""

    def __init__(self, app: ASGIApp, client: TestClient, *parts: str, last: str = "") -> None:
        self.app, self.token = app, client.cookies[SESSION_COOKIE]
        self.query = urlencode([("part", one) for one in parts] + ([("last", last)] if last else []))
        self.status = 0
        self.text = ""
        self.heard = asyncio.Event()

    async def _send(self, message: dict[str, Any]) -> None:
        self.status = message.get("status", self.status)
        self.text += message.get("body", b"").decode()
        self.heard.set()

    async def _receive(self) -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError("nobody hangs up here")

    async def __aenter__(self) -> Page:
        headers = [(b"host", b"console.test"), (b"cookie", f"{SESSION_COOKIE}={self.token}".encode())]
        scope: dict[str, Any] = {"type": "http", "method": "GET", "scheme": "http", "path": "/events", "raw_path": b"/events", "root_path": "", "http_version": "1.1"}
        scope |= {"query_string": self.query.encode(), "headers": headers, "server": ("console.test", 80), "client": ("127.0.0.1", 1), "asgi": {"version": "3.0"}}
        call: Awaitable[None] = self.app(scope, self._receive, self._send)  # type: ignore[arg-type]  # messages are mappings
        self.task = asyncio.ensure_future(call)
        return self

    async def __aexit__(self, *_exc: object) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    async def until(self, said: Callable[[], bool]) -> None:
        """Listen until `said` holds."""
        async with asyncio.timeout(WAIT_S):
            while not said():
                self.heard.clear()
                await self.heard.wait()

    def events(self) -> list[tuple[str, str, str]]:
        """(event, id, data) of what came."""
        found = []
        for block in self.text.split("\n\n"):
            fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
            if "event" in fields:
                found.append((fields["event"], fields.get("id", ""), fields["data"]))
        return found

    def painted(self) -> list[str]:
        """The fragments that came, in order."""
        return [json.loads(data)["html"] for event, _, data in self.events() if event == "part"]


def ended(page: Page, why: str) -> Callable[[], bool]:
    """Whether the stream ended for that reason."""
    return lambda: ("end", "", why) in page.events()


def test_what_changes_is_sent_and_what_was_seen_is_not_sent_again(app: ASGIApp, signed_in: SignedIn, runtime: Runtime) -> None:
    dispatch_id = add_dispatch(runtime, planned=40)
    client, part = signed_in("王敏"), f"/dispatches/{dispatch_id}/live"

    async def watch() -> None:
        async with Page(app, client, part) as page:
            await page.until(lambda: len(page.painted()) == 1)
            assert 'id="outcome-retrieved" class="none"' in page.painted()[0]
            settle(runtime, dispatch_id, Outcome.RETRIEVED, range(1, 8))
            await page.until(lambda: ">7<" in page.painted()[-1])
            await page.until(lambda: page.events()[-1][0] == "beat")
            assert 0 <= float(page.events()[-1][2]) < WAIT_S
            last = [ident for event, ident, _ in page.events() if event == "part"][-1]
            async with Page(app, client, part, last=last) as again:
                await again.until(lambda: any(event == "beat" for event, _, _ in again.events()))
                seen = [ident for event, ident, _ in again.events() if event == "part"]
                assert last not in seen, "it is sent what it missed only"
            async with Page(app, client, part, last="another-process-7") as stranger:
                await stranger.until(lambda: bool(stranger.painted()))

    asyncio.run(watch())


def test_a_stream_ends_with_its_sign_in_and_with_the_process(runtime: Runtime) -> None:

    add_users(runtime)
    stopping = Event()
    app = make_app(runtime, Registry({}), stopping=stopping)
    leaving, staying = browser(app), browser(app)
    assert sign_in(leaving, "li").status_code == sign_in(staying, "王敏").status_code == 303

    async def watch() -> None:
        async with Page(app, leaving, "/live") as one, Page(app, staying, "/live") as other:
            await one.until(lambda: bool(one.painted()))
            csrf = one.painted()[0]
            assert csrf
            with runtime.transaction() as session:
                from console import auth

                auth.end_session(session, leaving.cookies[SESSION_COOKIE])
            await one.until(ended(one, live.SIGNED_OUT))
            await asyncio.wait_for(one.task, WAIT_S)
            assert not any(event == "end" for event, _, _ in other.events())
            stopping.set()
            await other.until(ended(other, live.LEAVING))

    asyncio.run(watch())


def test_what_several_may_see_is_rendered_once_and_nobody_is_named_in_it(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    add_users(runtime)
    app = make_app(runtime, Registry({}))
    clients = [browser(app) for _ in range(3)]
    for client, name in zip(clients, ("王敏", "王敏", "li"), strict=True):
        assert sign_in(client, name).status_code == 303
    seen: list[tuple[str, str, int]] = []
    part = Edge.part

    def noted(self: Edge, one: Any, page: Any, request: Any, who: Any, language: str) -> Any:
        seen.append((who.role, who.name, who.user_id))
        return part(self, one, page, request, who, language)

    monkeypatch.setattr(Edge, "part", noted)
    monkeypatch.setattr(live, "REST_S", 1e9)
    monkeypatch.setattr(live, "RESTLESS_S", 0.0)

    async def watch() -> None:
        async with Page(app, clients[0], "/live") as one, Page(app, clients[1], "/live") as two, Page(app, clients[2], "/live") as three:
            for page in (one, two, three):
                await page.until(lambda page=page: bool(page.painted()))  # type: ignore[misc]  # bound now

    asyncio.run(watch())
    assert sorted(seen) == [("editor", "", 0), ("ops", "", 0)]


def test_who_joins_while_the_database_answers_is_not_taken_for_signed_out(app: ASGIApp, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch) -> None:
    client, late = signed_in("王敏"), signed_in("li")
    asked, joined, ask = Event(), Event(), pulse.still_signed_in

    def slowly(*arguments: Any, **more: Any) -> Any:
        found = ask(*arguments, **more)
        asked.set()
        joined.wait(WAIT_S)
        return found

    async def watch() -> None:
        async with Page(app, client, "/live"):
            monkeypatch.setattr(pulse, "still_signed_in", slowly)
            await asyncio.to_thread(asked.wait, WAIT_S)
            async with Page(app, late, "/live") as page:
                await page.until(lambda: page.status == 200)
                joined.set()
                await page.until(lambda: bool(page.painted()) or "event: end" in page.text)
                assert "event: end" not in page.text

    asyncio.run(watch())


def test_of_too_many_streams_the_oldest_of_the_account_goes_and_beyond_the_process_none_comes(app: ASGIApp, signed_in: SignedIn, runtime: Runtime) -> None:
    client = signed_in("王敏")
    with runtime.transaction() as session:
        session.add(SettingValue(name="live_streams_per_account_max", value=1, changed_at=runtime.now(), changed_by="test"))

    async def watch() -> None:
        async with Page(app, client, "/live") as old:
            await old.until(lambda: bool(old.painted()))
            async with Page(app, client, "/live") as new:
                await old.until(ended(old, live.ELSEWHERE))
                await new.until(lambda: bool(new.painted()))
                with runtime.transaction() as session:
                    session.add(SettingValue(name=LIVE_STREAMS_MAX.name, value=1, changed_at=runtime.now(), changed_by="test"))
                async with Page(app, client, "/live") as third:
                    await third.until(lambda: third.status == 503)

    asyncio.run(watch())


def test_a_lost_database_is_no_sign_of_life(app: ASGIApp, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch) -> None:
    client = signed_in("王敏")
    look = pulse.mark

    async def watch() -> None:
        async with Page(app, client, "/live") as page:
            await page.until(lambda: any(event == "beat" for event, _, _ in page.events()))

            def lost(_session: object) -> None:
                raise OperationalError("select", {}, Exception("gone"))

            monkeypatch.setattr(pulse, "mark", lost)
            before = len(page.events())
            ages = [float(data) for event, _, data in page.events() if event == "beat"]
            await page.until(lambda: float(page.events()[-1][2]) > max(ages) + 0.2)
            assert all(event == "beat" for event, _, _ in page.events()[before:]), "only the age grows"
            monkeypatch.setattr(pulse, "mark", look)
            await page.until(lambda: float(page.events()[-1][2]) < max(ages) + 0.2)

    asyncio.run(watch())


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400), ("part=/nowhere", 403), ("part=/", 403), ("part=/readers/1", 403), ("part=" + "x" * 400, 400),
        ("part=/live%3Fq%3D%2500", 403), ("part=/ports/%2500/live", 403), ("part=/dispatches/99999999999999999999/live", 403), ("part=/live&last=%00", 404),
    ],
)  # fmt: skip
def test_what_is_no_live_part_is_refused(app: ASGIApp, signed_in: SignedIn, query: str, status: int) -> None:
    assert signed_in("li").get(f"/events?{query}").status_code == status


def test_nobody_listens_without_a_sign_in(app: ASGIApp) -> None:
    assert browser(app).get("/events?part=/live").status_code == 303


def test_a_part_is_an_address_of_a_route_that_refreshes_itself(sqlite_runtime: Runtime) -> None:
    hub = Live(Edge(sqlite_runtime, Registry({})), PAGES)
    found = hub.part("/dispatches/12/live?x=1")
    assert found is not None and dict(found.values) == {"dispatch_id": 12}
    assert hub.part("/dispatches/12") is None
