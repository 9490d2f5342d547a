"""The mm7 link against real servers that behave well, badly and not at all."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import ExitStack

import pytest

from delivery.ports import OutboundGroup
from delivery.ports.mm7.link import MM7Link
from huabao.errors import PortError, UsageError
from tests.integration.ports.mm7_links import CONTENT, NUMBERS, always, linked, settings, submit
from tests.integration.ports.peers import Connection, Manners, Request, fault, peer, submit_rsp
from tests.services.waiting import PATIENCE_S


def test_a_submission_is_accepted_and_says_what_we_meant() -> None:
    with peer(always(submit_rsp(message_id="00Ab"))) as server, linked(server.url, vasp_id="801234", vas_id="10658000", recipient_field="bcc", message_id="nocase") as link:
        [answer] = submit(link)
    assert (answer.state, answer.message_id, answer.status_code) == ("accepted", "00ab", 1000)
    [request] = server.requests
    assert request.line == "POST /mm7 HTTP/1.1"
    assert request.headers["soapaction"] == '""'
    bcc = b"<Bcc><Number>8613800138000</Number><Number>8613800138001</Number>"
    for expected in (b"<VASPID>801234</VASPID>", bcc, b"<ServiceCode>110301</ServiceCode>", b">t0<", "<Subject>华报".encode()):
        assert expected in request.body
    assert b"<To>" not in request.body


def test_connections_are_kept_and_never_more_than_the_port_has() -> None:
    def manners(connection: Connection, _request: Request) -> bool:
        time.sleep(0.01)
        connection.answer(submit_rsp())
        return True

    with peer(manners) as server, linked(server.url) as link:
        assert [answer.state for answer in submit(link, 20)] == ["accepted"] * 20
        submit(link, 4)
    assert len(server.requests) == 24
    assert server.connections <= 4


@pytest.mark.parametrize(
    ("body", "status", "headers", "expected"),
    [
        (submit_rsp(1000), "200 OK", {}, ("accepted", 1000)),
        (submit_rsp(2002, "Address Error", None), "200 OK", {}, ("refused", 2002)),
        (submit_rsp(3000, "Server Error", None), "200 OK", {}, ("deferred", 3000)),
        (submit_rsp(4006, "Busy", None), "200 OK", {}, ("deferred", 4006)),
        (submit_rsp(4005, "No", None), "200 OK", {}, ("refused", 4005)),
        (submit_rsp(2999, "?", None), "200 OK", {}, ("refused", 2999)),
        (fault(2007, "corrupt"), "500 Internal Server Error", {}, ("refused", 2007)),
        (fault(4006, "later"), "200 OK", {}, ("deferred", 4006)),
        (b"", "503 Service Unavailable", {"Retry_After": "7"}, ("deferred", 503)),
        (b"", "429 Too Many Requests", {}, ("deferred", 429)),
        (b"oops", "500 Internal Server Error", {}, ("deferred", 500)),
        (b"<html/>", "502 Bad Gateway", {}, ("unknown", 502)),
        (b"<html/>", "504 Gateway Timeout", {}, ("unknown", 504)),
        (b"<html>hello</html>", "200 OK", {}, ("unknown", 200)),
        (b"", "204 No Content", {}, ("unknown", 204)),
        (b"", "307 Temporary Redirect", {"Location": "/elsewhere"}, ("deferred", 307)),
        (b"", "404 Not Found", {}, ("deferred", 404)),
        (b"", "401 Unauthorized", {}, ("deferred", 401)),
        (b"", "413 Payload Too Large", {}, ("refused", 413)),
    ],
)
def test_what_an_answer_means(body: bytes, status: str, headers: dict[str, str], expected: tuple[str, int]) -> None:
    with peer(always(body, status, **headers)) as server, linked(server.url) as link:
        [answer] = submit(link)
    assert (answer.state, answer.status_code) == expected
    assert answer.status_text
    assert answer.retry_after_s == (7.0 if "Retry_After" in headers else 30.0 if status[:3] in ("307", "404", "401") else None)
    assert len(server.requests) == 1, "a POST is written once"


def test_a_partial_success_names_who_was_refused() -> None:
    rsp = submit_rsp(1100, "Partial success", "m", details="<Number>+8613800138001</Number>")
    with peer(always(rsp)) as server, linked(server.url) as link:
        [answer] = submit(link)
    assert (answer.state, answer.refused) == ("partial", (NUMBERS[1],))


def drop(connection: Connection, _request: Request) -> bool:
    """Take the request and go."""
    return False


def reset(connection: Connection, _request: Request) -> bool:
    """Take the request and reset the connection."""
    connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    return False


def half(connection: Connection, _request: Request) -> bool:
    """Begin an answer and go."""
    connection.sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n<env:Env")
    return False


def stall(connection: Connection, _request: Request) -> bool:
    """Take the request and say nothing for as long as the client waits."""
    connection.sock.settimeout(10)
    connection.request()
    return False


def endless(start: bytes, piece: bytes) -> Manners:
    """Begin an answer and never come to its end."""

    def manners(connection: Connection, _request: Request) -> bool:
        connection.sock.sendall(start)
        while True:
            connection.sock.sendall(piece)

    return manners


ENDLESS = [
    endless(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 10_000),
    endless(b"HTTP/1.1 200 OK\r\n", b"X-Same: value\r\n" * 100),
    endless(b"HTTP/1.1 200 OK\r\nX-Long: ", b"x" * 10_000),
]


@pytest.mark.parametrize("manners", ENDLESS, ids=["body", "headers", "header"])
def test_an_answer_that_does_not_end_is_unknown_before_the_time_out(manners: Manners) -> None:
    with peer(manners) as server, linked(server.url) as link:
        [answer] = submit(link)
    assert answer.state == "unknown"
    assert "not end" in answer.status_text


@pytest.mark.parametrize("manners", [drop, reset, half, stall])
def test_no_answer_is_unknown_and_is_not_sent_again(manners: Manners) -> None:
    with peer(manners) as server, linked(server.url) as link:
        [answer] = submit(link)
        assert answer.state == "unknown"
        assert answer.message_id is None
        assert len(server.requests) == 1


def test_an_answer_after_the_time_out_is_unknown() -> None:
    released = threading.Event()

    def late(connection: Connection, _request: Request) -> bool:
        released.wait(PATIENCE_S)
        connection.answer(submit_rsp())
        return False

    with peer(late) as server, linked(server.url) as link:
        [answer] = submit(link)
        released.set()
        assert answer.state == "unknown"
        assert len(server.requests) == 1


def test_nobody_there_is_deferred() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    with linked(url) as link:
        [answer] = submit(link)
    assert answer.state == "deferred"


def test_a_listener_that_never_accepts_is_deferred() -> None:
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        address = listener.getsockname()
        for _ in range(3):  # fill the queue of connections, so that the next one hangs
            client = stack.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(address)
        with linked(f"http://127.0.0.1:{address[1]}/", connect_timeout_s=0.3) as link:
            [answer] = submit(link)
    assert answer.state == "deferred"


def test_a_peer_that_closes_kept_connections_loses_nothing_and_gets_nothing_twice() -> None:
    closed = threading.Event()

    def manners(connection: Connection, _request: Request) -> bool:
        connection.answer(submit_rsp())
        closed.set()
        return False  # no "Connection: close" was said

    with peer(manners) as server, linked(server.url) as link:
        states = []
        for _ in range(10):
            closed.clear()
            states += [answer.state for answer in submit(link)]
            closed.wait(PATIENCE_S)
    assert len(server.requests) == states.count("accepted")
    assert set(states) <= {"accepted", "deferred", "unknown"}
    assert states.count("accepted") >= 1


def test_requests_in_the_manners_of_chinas_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT_PASSWORD", "geheim")
    options = {"client_form": "cmcc", "auth": "basic", "user": "809001", "password_env": "PORT_PASSWORD", "sender_address": "10657021", "read_reply": True}
    with peer(always(submit_rsp(1001, details=f"<Number>86{NUMBERS[1]}</Number>"))) as mmsc, linked(mmsc.url, message_class="Advertisement", **options) as link:
        [answer] = submit(link)
    assert (answer.state, answer.refused) == ("partial", (NUMBERS[1],))
    [request] = mmsc.requests
    assert request.headers["authorization"] == "Basic ODA5MDAx:geheim"
    assert request.headers["mm7apiversion"] == "1.0"
    for piece in (b"<SenderAddress>10657021</SenderAddress>", b"<MessageClass>Advertisement </MessageClass>", b"<ReadReply>true</ReadReply>"):
        assert piece in request.body
    assert b"<Content " not in request.body


def test_a_message_id_is_remembered_as_it_was_printed() -> None:
    with peer(always(submit_rsp(message_id=" &lt;00AB12&gt; "))) as mmsc, linked(mmsc.url, message_id="nocase-nozeros") as link:
        [answer] = submit(link)
    assert (answer.message_id, answer.printed_id) == ("ab12", "<00AB12>")
    with peer(always(submit_rsp(message_id="m1"))) as mmsc, linked(mmsc.url) as link:
        [answer] = submit(link)
    assert (answer.message_id, answer.printed_id) == ("m1", None)


@pytest.mark.parametrize(("code", "documented"), [(1000, True), (3501, True), (3777, False), (2950, False)])
def test_a_code_that_nobody_documented_says_so(code: int, documented: bool) -> None:
    with peer(always(submit_rsp(code))) as mmsc, linked(mmsc.url, dialect="unicom") as link:
        [answer] = submit(link)
    assert answer.documented is documented
    assert answer.state == {1000: "accepted", 3501: "refused", 3777: "deferred", 2950: "refused"}[code]


def test_a_content_above_the_ports_limit_is_refused_before_it_leaves() -> None:
    with linked("http://127.0.0.1:1/", max_message_bytes=500) as link, pytest.raises(PortError, match="500") as caught:
        link.prepare(CONTENT)
    assert not caught.value.retryable


@pytest.mark.parametrize("url", ["ftp://mmsc/", "http:///x", "mmsc:80", "http://user:secret@mmsc/", "http://mmsc:99999/"])
def test_addresses_that_cannot_work(url: str) -> None:
    with pytest.raises(UsageError, match="--url"):
        MM7Link(settings(url))


# --- life ------------------------------------------------------------------------------------------------------------


def test_closing_finishes_what_is_in_flight_and_defers_what_comes_after() -> None:
    def slow(connection: Connection, _request: Request) -> bool:
        time.sleep(0.2)
        connection.answer(submit_rsp())
        return True

    with peer(slow) as server:
        link = MM7Link(settings(server.url))
        stream = link.stream(link.prepare(CONTENT))
        stream.put([OutboundGroup(1, "t1", NUMBERS)])
        link.close()
        stream.put([OutboundGroup(2, "t2", NUMBERS)])
        assert {answer.submission_id: answer.state for answer in stream.take(1.0)} == {1: "accepted", 2: "deferred"}
        assert stream.in_flight == 0
        link.close()
    assert len(server.requests) == 1


def test_take_without_answers_gives_none() -> None:
    with linked("http://127.0.0.1:1/") as link:
        stream = link.stream(link.prepare(CONTENT))
        assert stream.take(0.0) == []
        assert stream.take(0.01) == []


@pytest.mark.parametrize(
    ("manners", "error"),
    [(always(fault(2002, "Address error")), None), (always(submit_rsp(4004, "Validation", None)), None), (always(fault(4001, "who")), "4001"),
     (always(b"", "401 Unauthorized"), "credentials"), (always(b"<html/>"), "no MM7"), (always(submit_rsp(4006, "later", None)), "4006"), (drop, "cannot be reached")],
)  # fmt: skip
def test_the_probe(manners: Manners, error: str | None) -> None:
    with peer(manners) as server, linked(server.url) as link:
        if error is None:
            assert "speaks MM7" in link.probe()
        else:
            with pytest.raises(PortError, match=error):
                link.probe()
        assert b"Number>" not in server.requests[0].body
