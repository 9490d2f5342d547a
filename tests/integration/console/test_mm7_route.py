"""`POST /mm7/<port>` behind a real server, on both databases."""

from __future__ import annotations

import asyncio
import http.client
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import uvicorn
from sqlalchemy import func, select

from console.group_commit import NotStoredError
from console.listening import listener_of
from console.mm7 import BODY_BYTES_MAX, MM7App
from console.mm7_commit import ReportCommit, Write
from console.schema import upgrade
from delivery.codecs.mm7 import Address, DeliveryReportReq, DeliveryReportRsp, MM7Fault, ReadReplyReq, Status, decode_http, encode_envelope
from delivery.models import DeliveryEvent, InboundMessage, Port
from delivery.ports.services import add_port
from delivery.reports.folding import event_rows
from huabao.config import Config
from huabao.runtime import Runtime, make_runtime
from tests import servers
from tests.integration.reports.ground import NOON, number, report
from tests.services.waiting import PATIENCE_S


@contextmanager
def serving(runtime: Runtime, *, by_listener: bool = True) -> Iterator[int]:
    """The route behind its own listener, as `huabao serve` has it; its TCP port."""
    app = MM7App(runtime)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical", lifespan="off", http=listener_of({"/mm7": app}) if by_listener else "httptools"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()


def make_port(runtime: Runtime, name: str = "main", **options: Any) -> None:
    """A port with these options."""
    with runtime.transaction() as session:
        add_port(session, name, "mm7", {"url": "http://127.0.0.1:9/", "rate": 100.0, **options}, by="ops", now=runtime.now())


@pytest.fixture
def tcp_port(runtime: Runtime) -> Iterator[int]:
    """The route with one port `main`."""
    make_port(runtime)
    with serving(runtime) as found:
        yield found


def post(tcp_port: int, body: bytes, path: str = "/mm7/main", **headers: str) -> tuple[int, bytes, dict[str, str]]:
    """One request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", tcp_port, timeout=PATIENCE_S)
    try:
        connection.request("POST", path, body, {"Content-Type": "text/xml; charset=utf-8"} | headers)
        response = connection.getresponse()
        return response.status, response.read(), {name.lower(): value for name, value in response.getheaders()}
    finally:
        connection.close()


def report_body(index: int = 0, transaction_id: str = "t-1") -> bytes:
    """A report about one reader."""
    return encode_envelope(report("m", number(index)), transaction_id=transaction_id)


def events(runtime: Runtime) -> int:
    """How many reports are stored."""
    with runtime.transaction(read_only=True) as session:
        return session.scalar(select(func.count()).select_from(DeliveryEvent)) or 0


def test_a_report_is_stored_and_then_answered_in_its_own_words(runtime: Runtime, tcp_port: int) -> None:
    namespace = "http://www.3gpp.org/ftp/Specs/archive/23_series/23.140/schema/REL-5-MM7-1-0"
    body = encode_envelope(report("m", number(0)), namespace, "5.3.0", transaction_id="t-42")
    status, answer, headers = post(tcp_port, body)
    envelope = decode_http(headers["content-type"], answer)
    assert status == 200
    assert isinstance(envelope.message, DeliveryReportRsp)
    assert (envelope.transaction_id, envelope.namespace, envelope.version, envelope.message.status.code) == ("t-42", namespace, "5.3.0", 1000)
    with runtime.transaction(read_only=True) as session:
        [event] = session.scalars(select(DeliveryEvent)).all()
        assert (event.message_id, event.number, event.status, event.reported_at) == ("m", number(0), "Retrieved", NOON)


def test_the_bare_path_serves_while_there_is_one_port(runtime: Runtime, tcp_port: int) -> None:
    assert post(tcp_port, report_body(), "/mm7")[0] == 200
    assert post(tcp_port, report_body(), "/mm7/nobody")[0] == 404
    make_port(runtime, "second")
    time.sleep(2.1)  # a new port is seen after PORTS_KEPT_S
    assert post(tcp_port, report_body(), "/mm7")[0] == 404
    assert post(tcp_port, report_body(), "/mm7/second")[0] == 200
    assert events(runtime) == 2


def test_many_at_once_share_commits_and_all_are_kept(runtime: Runtime, tcp_port: int) -> None:
    def many(worker: int) -> list[int]:
        connection = http.client.HTTPConnection("127.0.0.1", tcp_port, timeout=PATIENCE_S)
        statuses = []
        for index in range(25):
            connection.request("POST", "/mm7/main", report_body(worker * 100 + index), {"Content-Type": "text/xml"})
            response = connection.getresponse()
            response.read()
            statuses.append(response.status)
        connection.close()
        return statuses

    with ThreadPoolExecutor(8) as pool:
        statuses = [status for found in pool.map(many, range(8)) for status in found]
    assert statuses == [200] * 200
    assert events(runtime) == 200


def test_one_report_for_many_numbers_makes_a_row_for_each(runtime: Runtime, tcp_port: int) -> None:
    body = encode_envelope(report("m", number(0), number(1), number(2)), transaction_id="t")
    assert post(tcp_port, body)[0] == 200
    assert events(runtime) == 3


def test_a_read_reply_and_a_message_from_a_reader_are_kept(runtime: Runtime, tcp_port: int) -> None:
    read = ReadReplyReq("m", (Address(f"86{number(0)}"),), "Read", sender=Address("10658000", "ShortCode"))
    assert post(tcp_port, encode_envelope(read, transaction_id="r"))[0] == 200
    soap = (
        '<env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/"><env:Header><TransactionID>d</TransactionID></env:Header><env:Body><DeliverReq xmlns="urn:x">'
        f"<MM7Version>6.3.0</MM7Version><LinkedID>link-1</LinkedID><Sender><Number>86{number(1)}</Number></Sender><Subject>你好</Subject>"
        '<Content href="cid:c"/></DeliverReq></env:Body></env:Envelope>'
    ).encode()
    content = b"Content-Type: multipart/mixed; boundary=in\r\nContent-ID: <c>\r\n\r\n--in\r\nContent-Type: text/plain\r\n\r\nhello\r\n--in--\r\n"
    body = b"--out\r\nContent-Type: text/xml\r\n\r\n" + soap + b"\r\n--out\r\n" + content + b"\r\n--out--\r\n"
    status, answer, headers = post(tcp_port, body, **{"Content-Type": 'multipart/related; boundary="out"; type="text/xml"'})
    assert (status, type(decode_http(headers["content-type"], answer).message).__name__) == (200, "DeliverRsp")
    with runtime.transaction(read_only=True) as session:
        kept = {one.kind: one for one in session.scalars(select(InboundMessage))}
    assert (kept["read-reply"].sender, kept["read-reply"].message_id, kept["read-reply"].status) == (number(0), "m", "Read")
    assert (kept["deliver"].sender, kept["deliver"].linked_id, kept["deliver"].subject) == (number(1), "link-1", "你好")
    assert kept["deliver"].content is not None
    assert b"hello" in kept["deliver"].content


BOMB = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><x>&b;</x>'
THIEF = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><x>&f;</x>'
DEEP = b"<a>" * 50_000 + b"</a>" * 50_000
WIDE = b"<x " + b" ".join(b'a%d="1"' % number for number in range(100_000)) + b"/>"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [(b"", "text/xml"), (b"hello", "text/plain"), (b"<a>", "text/xml"), (b"<a/>", "text/xml"), (b"\x00\xff" * 100, "text/xml"), (BOMB, "text/xml"), (THIEF, "text/xml"),
     (DEEP, "text/xml"), (WIDE, "text/xml"), (b"--x\r\n", "multipart/related; boundary=x"), (b"<a/>", "multipart/related"), (b"<a/>", "text/xml; charset=no-such")],
    ids=["empty", "text", "unfinished", "no-envelope", "binary", "bomb", "external", "deep", "wide", "cut-off", "no-boundary", "charset"],
)  # fmt: skip
def test_what_cannot_be_read_is_answered_with_a_fault(sqlite_runtime: Runtime, body: bytes, content_type: str) -> None:
    make_port(sqlite_runtime)
    with serving(sqlite_runtime) as tcp_port:
        status, answer, headers = post(tcp_port, body, **{"Content-Type": content_type})
        assert status == 400
        message = decode_http(headers["content-type"], answer).message
        assert isinstance(message, MM7Fault)
        assert b"RSErrorRsp" in answer
        assert b"root:" not in answer
        assert post(tcp_port, report_body())[0] == 200  # no harm done
    assert events(sqlite_runtime) == 1


def test_a_message_that_is_not_for_us_is_refused_in_its_own_words(sqlite_runtime: Runtime) -> None:
    make_port(sqlite_runtime)
    with serving(sqlite_runtime) as tcp_port:
        _, answer, headers = post(tcp_port, encode_envelope(DeliveryReportRsp(Status(1000, "Success")), transaction_id="t-7"))
    envelope = decode_http(headers["content-type"], answer)
    assert isinstance(envelope.message, MM7Fault)
    assert (envelope.transaction_id, envelope.message.status.code) == ("t-7", 4003)


def test_too_large_is_refused_before_and_while_reading(sqlite_runtime: Runtime) -> None:
    make_port(sqlite_runtime)
    with serving(sqlite_runtime) as tcp_port:
        with socket.create_connection(("127.0.0.1", tcp_port), timeout=PATIENCE_S) as client:
            client.sendall(f"POST /mm7/main HTTP/1.1\r\nHost: x\r\nContent-Length: {BODY_BYTES_MAX + 1}\r\n\r\n".encode())
            assert client.recv(100).startswith(b"HTTP/1.1 413")
        with socket.create_connection(("127.0.0.1", tcp_port), timeout=PATIENCE_S) as client:
            client.sendall(b"POST /mm7/main HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
            try:
                for _ in range(BODY_BYTES_MAX // 0x10000 + 2):
                    client.sendall(chunk)
                answer = client.recv(100)
            except (BrokenPipeError, ConnectionResetError):
                answer = b"HTTP/1.1 413 gone already"
            assert answer.startswith(b"HTTP/1.1 413")
        assert post(tcp_port, report_body())[0] == 200


def test_only_post(sqlite_runtime: Runtime) -> None:
    make_port(sqlite_runtime)
    with serving(sqlite_runtime) as tcp_port:
        connection = http.client.HTTPConnection("127.0.0.1", tcp_port, timeout=PATIENCE_S)
        connection.request("GET", "/mm7/main")
        assert connection.getresponse().status == 405
        connection.close()


def test_a_client_that_hangs_up_harms_nobody(runtime: Runtime, tcp_port: int) -> None:
    whole = report_body()
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", tcp_port)) as client:  # a whole request, gone before the answer
            client.sendall(b"POST /mm7/main HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%s" % (len(whole), whole))
        with socket.create_connection(("127.0.0.1", tcp_port)) as client:  # half a request
            client.sendall(b"POST /mm7/main HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n<a")
    assert post(tcp_port, report_body())[0] == 200
    assert 1 <= events(runtime) <= 21


def test_reports_are_let_in_as_the_port_says(sqlite_runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPORT_PASSWORD", "geheim")
    make_port(sqlite_runtime, "basic", report_auth="basic", report_user="mmsc", report_password_env="REPORT_PASSWORD")
    make_port(sqlite_runtime, "digest", report_auth="digest", report_user="mmsc", report_password_env="REPORT_PASSWORD")
    make_port(sqlite_runtime, "unset", report_auth="basic", report_user="mmsc", report_password_env="NOT_SET_HERE")
    with serving(sqlite_runtime) as tcp_port:
        status, _, headers = post(tcp_port, report_body(), "/mm7/basic")
        assert (status, headers["www-authenticate"][:5]) == (401, "Basic")
        assert post(tcp_port, report_body(), "/mm7/basic", Authorization="Basic bW1zYzpmYWxzY2g=")[0] == 401
        assert post(tcp_port, report_body(), "/mm7/basic", Authorization="Basic bW1zYzpnZWhlaW0=")[0] == 200
        assert post(tcp_port, report_body(), "/mm7/digest", Authorization="Basic bW1zYzpnZWhlaW0=")[0] == 401
        assert post(tcp_port, report_body(), "/mm7/unset", Authorization="Basic bW1zYzpnZWhlaW0=")[0] == 503
        digest_client(tcp_port)
    assert events(sqlite_runtime) == 2


def digest_client(tcp_port: int) -> None:
    """aiohttp's digest, which nobody here wrote."""

    async def go() -> int:
        digest = aiohttp.DigestAuthMiddleware("mmsc", "geheim")
        url = f"http://127.0.0.1:{tcp_port}/mm7/digest"
        async with aiohttp.ClientSession(middlewares=(digest,)) as session, session.post(url, data=report_body(), headers={"Content-Type": "text/xml"}) as response:
            return response.status

    assert asyncio.run(go()) == 200


def test_a_database_that_is_away_acknowledges_nothing(tmp_path: Path) -> None:
    with servers.postgres_server() as url:
        runtime = make_runtime(Config(database_url=url, data_dir=tmp_path))
        upgrade(runtime)
        make_port(runtime)
        serve = serving(runtime)
        tcp_port = serve.__enter__()
        assert post(tcp_port, report_body())[0] == 200
    try:
        for _ in range(3):
            status, _, headers = post(tcp_port, report_body())
            assert (status, headers["retry-after"]) == (503, "5")
    finally:
        serve.__exit__(None, None, None)
        runtime.engine.dispose()


def test_one_report_that_cannot_be_stored_takes_none_with_it(postgres_runtime: Runtime) -> None:
    make_port(postgres_runtime)
    with postgres_runtime.transaction(read_only=True) as session:
        port_id = session.scalars(select(Port.id)).one()
    good = [Write(event_rows(port_id, report("m", number(index)), NOON, {})) for index in range(5)]
    bad = Write(event_rows(port_id, DeliveryReportReq("m\x00", (Address(number(9)),), "Retrieved"), NOON, {}))

    async def go() -> list[object]:
        commit = ReportCommit(postgres_runtime, asyncio.get_running_loop())
        return list(await asyncio.gather(*(commit.add(one) for one in [*good[:3], bad, *good[3:]]), return_exceptions=True))

    results = asyncio.run(go())
    assert [type(one) for one in results] == [type(None)] * 3 + [NotStoredError] + [type(None)] * 2
    assert events(postgres_runtime) == 5
