"""`POST /boss/events` with a real BOSS before it: signed, applied once, kept, answered in words."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from console.boss import BossApp
from huabao.alarms import Alarm
from huabao.runtime import Runtime
from reconciliation.codecs.boss import BODY_BYTES_MAX, sign
from reconciliation.journal import read_all
from subscribers.models import Reader, Subscription
from tests.integration.misc.ground import serving
from tests.integration.reconciliation.installing import numbers, with_boss
from tests.integration.sandbox.running import boss
from tests.services.waiting import PATIENCE_S, wait_until

NUMBER = "13800138000"
EVENT = {"event_id": "e1", "event": "order", "msisdn": NUMBER, "service_id": "paper", "effective_at": "2026-11-22T08:00:00+08:00", "price_fen": 300}


def _post(tcp_port: int, event: Any, *, secret: str = "huabao", stamp: int | None = None, method: str = "POST", path: str = "/boss/events") -> tuple[int, dict[str, Any]]:
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    when = int(time.time()) if stamp is None else stamp
    connection = http.client.HTTPConnection("127.0.0.1", tcp_port, timeout=PATIENCE_S)
    try:
        connection.request(method, path, body, {"X-Huabao-Timestamp": str(when), "X-Huabao-Signature": sign(secret.encode(), when, body)})
        response = connection.getresponse()
        said = response.read()
        return response.status, json.loads(said) if said.startswith(b"{") else {"text": said.decode()}
    finally:
        connection.close()


def _held(runtime: Runtime) -> dict[str, tuple[str, int | None]]:
    with runtime.transaction(read_only=True) as session:
        rows: Sequence[Any] = session.execute(select(Reader.msisdn, Subscription.state, Subscription.price_fen).join(Subscription, Subscription.reader_id == Reader.id)).all()
    return {row.msisdn: (row.state, row.price_fen) for row in rows}


def test_an_event_is_applied_once_and_answered_in_words(runtime: Runtime) -> None:
    installed = with_boss(runtime, "")
    with serving(installed, BossApp(installed)) as tcp_port:
        assert _post(tcp_port, EVENT) == (200, {"event_id": "e1", "result": "applied"})
        assert _post(tcp_port, EVENT) == (200, {"event_id": "e1", "result": "repeated"})
        assert _held(runtime) == {NUMBER: ("active", 300)}
        late = EVENT | {"event_id": "e0", "event": "cancel", "effective_at": "2026-11-21T08:00:00+08:00"}
        assert _post(tcp_port, late)[1]["result"] == "late"
        assert _held(runtime) == {NUMBER: ("active", 300)}
        status, said = _post(tcp_port, EVENT | {"event_id": "e2", "event": "gift"})
        assert (status, said["event_id"], said["result"]) == (422, "e2", "quarantined")
        assert "gift" in said["error"]
        status, said = _post(tcp_port, b'{"event_id": "e3"')
        assert (status, said["result"]) == (400, "malformed")
        assert _post(tcp_port, EVENT | {"event_id": "e4", "msisdn": "12345"})[0] == 422
    with runtime.transaction(read_only=True) as session:
        kept = [(one.row.verdict, one.row.answer_code, one.content) for one in read_all(session)]
        alarms = [(one.kind, one.key) for one in session.scalars(select(Alarm))]
    assert [(verdict, code) for verdict, code, _ in kept] == [
        ("applied", "200"), ("repeated", "200"), ("late", "200"), ("quarantined", "422"), ("malformed", "400"), ("malformed", "422"),
    ]  # fmt: skip
    assert json.loads(kept[0][2] or b"") == EVENT
    assert alarms == [("boss.unknown-event", "gift")]


def test_who_has_not_signed_just_now_is_not_let_in(sqlite_runtime: Runtime) -> None:
    runtime = with_boss(sqlite_runtime, "")
    rotated = replace(runtime, config=runtime.config.model_copy(update={"boss_secrets": type(runtime.config.boss_secrets)("new, huabao")}))
    with serving(rotated, BossApp(rotated)) as tcp_port:
        assert _post(tcp_port, EVENT, secret="other")[0] == 401
        assert _post(tcp_port, EVENT, stamp=int(time.time()) - 400)[0] == 401
        assert _post(tcp_port, EVENT, method="GET")[0] == 405
        assert _post(tcp_port, EVENT, path="/boss/other")[0] == 404
        assert _post(tcp_port, b" " * (BODY_BYTES_MAX + 1))[0] == 413
        assert _held(runtime) == {}
        assert _post(tcp_port, EVENT, secret="new")[1]["result"] == "applied"
        assert _post(tcp_port, EVENT, secret="huabao")[1]["result"] == "repeated"
    with serving(sqlite_runtime, BossApp(sqlite_runtime)) as tcp_port:
        assert _post(tcp_port, EVENT)[0] == 503, "without a shared secret nobody may call"


def test_with_the_database_away_nothing_is_taken(sqlite_runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    runtime = with_boss(sqlite_runtime, "")

    def away(*_arguments: object, **_named: object) -> None:
        raise OperationalError("BEGIN", {}, Exception("the server closed the connection"))

    with serving(runtime, BossApp(runtime)) as tcp_port:
        monkeypatch.setattr("reconciliation.journal.begin", away)
        assert _post(tcp_port, EVENT)[0] == 503
        monkeypatch.undo()
        assert _post(tcp_port, EVENT)[1]["result"] == "applied"


def test_whatever_is_repeated_or_swapped_the_platform_ends_where_boss_is(runtime: Runtime) -> None:
    installed, readers = with_boss(runtime, ""), numbers(8)
    with serving(installed, BossApp(installed)) as tcp_port:
        url = f"http://127.0.0.1:{tcp_port}/boss/events"
        with boss("--report-url", url, "--double", "0.3", "--swapped", "0.3", "--delay-ms", "0-40") as peer:
            events: list[dict[str, Any]] = [{"event": "order", "msisdn": one, "service_id": "paper"} for one in readers]
            for round_, name in enumerate(("pause", "barred", "cancel", "unbarred", "order", "terms", "barred", "pause", "unbarred")):
                more = {"price_fen": 300 + round_} if name in ("order", "terms") else {}
                events += [{"event": name, "msisdn": one, "service_id": "paper", **more} for number, one in enumerate(readers) if (number + round_) % 3]
            peer.post("events", [*events, {"event": "barred", "msisdn": "13900139000"}])
            wait_until(lambda: not peer.stats()["events_pending"] and peer.stats().get("events_posted", 0) >= len(events), what=lambda: str(peer.stats()))
            found = peer.stats()
            assert found["answered_200"] == found["events_posted"] > len(events), "some came twice"
            lines = [line.split(",") for line in peer.text("feed.csv").splitlines() if line.startswith("138")]
    assert {row[0]: (row[2], int(row[4])) for row in lines} == _held(runtime)
