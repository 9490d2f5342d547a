"""The short way of MISC's and BOSS's events, and what takes the long one: the same answers by both."""

from __future__ import annotations

import http.client
import json
import socket
import time
from base64 import b64encode

import pytest

from console.boss import BossApp
from console.web import raw_apps
from huabao.runtime import Runtime
from reconciliation.codecs.boss import headers_for
from reconciliation.codecs.misc import decode_envelope
from tests.integration.misc.ground import ANNA, CANCEL, ORDER, PAUSE, add_peer, journal_rows, message, serving, states, tell
from tests.integration.reconciliation.installing import with_boss

PATIENCE_S = 60.0


def asked(body: bytes, *more: str, path: str = "/misc", method: str = "POST") -> bytes:
    lines = (f"{method} {path} HTTP/1.1", "Host: here", "Content-Type: text/xml; charset=utf-8", f"Content-Length: {len(body)}", *more)
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def test_calls_in_one_piece_are_applied_and_answered_in_their_order(runtime: Runtime) -> None:
    steps = [ORDER, PAUSE, CANCEL] * 5
    with serving(runtime) as tcp_port:
        tell(tcp_port, message("first"))
        with socket.create_connection(("127.0.0.1", tcp_port), timeout=PATIENCE_S) as peer:
            peer.sendall(b"".join(asked(message(f"t{n:02}", step)) for n, step in enumerate(steps)) + asked(message("last"), "Connection: close"))
            answers = b""
            while chunk := peer.recv(65536):
                answers += chunk
    bodies = [b"<?xml" + one.partition(b"HTTP/1.1")[0] for one in answers.split(b"<?xml")[1:]]
    assert [decode_envelope(one).transaction_id for one in bodies] == [*(f"t{n:02}" for n in range(15)), "last"]
    assert [row.transaction_id for row in journal_rows(runtime)] == ["first", *(f"t{n:02}" for n in range(15)), "last"]
    assert states(runtime) == {ANNA: "active"}


def test_behind_a_proxy_the_address_is_the_callers(sqlite_runtime: Runtime) -> None:
    add_peer(sqlite_runtime, "far", addresses=["10.9.8.0/24"])
    add_peer(sqlite_runtime, "near", device_id="9")
    with serving(sqlite_runtime) as tcp_port:
        connection = http.client.HTTPConnection("127.0.0.1", tcp_port, timeout=PATIENCE_S)
        seen = []
        for n, (headers, device) in enumerate([({}, "9"), ({"X-Forwarded-For": "10.9.8.7"}, "0431"), ({"X-Forwarded-For": "10.9.9.9"}, "9"), ({}, "9")]):
            connection.request("POST", "/misc", message(f"t{n}", device=device), headers)
            answer = connection.getresponse()
            seen.append((answer.status, answer.read()[:5]))
        connection.close()
    assert [status for status, _ in seen] == [200, 200, 403, 200]
    assert [row.peer for row in journal_rows(sqlite_runtime)] == ["near", "far", "near"]


def test_a_wrong_password_takes_the_long_way_and_the_right_one_the_short(sqlite_runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MISC_PASSWORD", "s3cret")
    add_peer(sqlite_runtime, "near", auth="basic", user="misc", password_env="MISC_PASSWORD")
    with serving(sqlite_runtime) as tcp_port:
        connection = http.client.HTTPConnection("127.0.0.1", tcp_port, timeout=PATIENCE_S)
        seen = []
        for n, word in enumerate(("guess", "s3cret", "guess", "s3cret")):
            connection.request("POST", "/misc", message(f"t{n}"), {"Authorization": "Basic " + b64encode(f"misc:{word}".encode()).decode()})
            answer = connection.getresponse()
            seen.append(answer.status)
            answer.read()
        connection.request("GET", "/misc")
        seen.append(connection.getresponse().status)
        connection.close()
    assert seen == [401, 200, 401, 200, 405]
    assert len(journal_rows(sqlite_runtime)) == 2


def test_events_of_boss_share_a_connection_by_both_ways(runtime: Runtime) -> None:
    installed = with_boss(runtime, "")
    with serving(installed, BossApp(installed)) as tcp_port:
        connection = http.client.HTTPConnection("127.0.0.1", tcp_port, timeout=PATIENCE_S)
        seen = []
        for n, (path, secret) in enumerate((("/boss/events", "huabao"), ("/boss/other", "huabao"), ("/boss/events", "guess"), ("/boss/events/?x=1", "huabao"))):
            body = json.dumps({"event_id": f"e{n}", "event": "order", "msisdn": ANNA, "service_id": "paper", "effective_at": f"2026-11-22T0{n}:00:00+08:00"}).encode()
            connection.request("POST", path, body, headers_for(secret.encode(), int(time.time()), body))
            answer = connection.getresponse()
            seen.append((answer.status, json.loads(answer.read()).get("result")))
        connection.close()
    assert seen == [(200, "applied"), (404, None), (401, None), (200, "unchanged")]


def test_every_raw_application_has_a_short_way(sqlite_runtime: Runtime) -> None:
    assert {path: hasattr(app, "entry") for path, app in raw_apps(sqlite_runtime).items()} == {"/mm7": True, "/misc": True, "/boss": True}
