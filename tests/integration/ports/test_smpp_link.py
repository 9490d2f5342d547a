"""The link to an SMSC, against the simulator and against peers with worse manners: what each answer says, what comes back by itself."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from delivery import ports
from delivery.codecs.smpp import Status
from delivery.ports import Answer, MessageContent, OutboundGroup, PortSettings
from delivery.ports.smpp.link import SMPPLink, SMPPStream
from delivery.ports.smpp.receivers import LateAnswer, set_receiver
from delivery.ports.smpp.session import Received
from huabao.errors import PortError
from huabao.msisdn import MSISDN
from tests.integration.ports.manners import Manners
from tests.servers import free_tcp_port
from tests.services.texting import smsc
from tests.services.waiting import ANSWER_S, PATIENCE_S, wait_until

PORT_ID = 4711
LONG = "今天的早报很长。" * 12
"""Two submit_sm."""


@contextmanager
def opened(url: str, *, owned: bool = True, timeout_s: float = ANSWER_S, **options: Any) -> Iterator[SMPPLink]:
    """A link to `url` that this process owns, its binds standing."""
    given = {"system_id": "huabao", "window": 10, "reconnect_s": 0.05, "reconnect_s_max": 0.2, **options}
    settings = PortSettings(PORT_ID, "sms", "smpp", url, 1000.0, 10, timeout_s=timeout_s, options=given)
    if owned:
        ports.own(PORT_ID)
    link = SMPPLink(settings)
    try:
        yield link
    finally:
        link.close()
        ports.disown(PORT_ID)


@contextmanager
def bound(url: str, **options: Any) -> Iterator[SMPPLink]:
    with opened(url, **options) as link:
        link.start()
        wait_until(lambda: link.standing == link.options.binds)
        yield link


def stream_of(link: SMPPLink, text: str = "今天的消息很短。") -> SMPPStream:
    return link.stream(link.prepare(MessageContent(text=text)))


def groups(first: int, many: int) -> list[OutboundGroup]:
    return [OutboundGroup(one, f"t{one}", (MSISDN(f"138{one:08d}"),)) for one in range(first, first + many)]


def take(stream: SMPPStream, many: int, patience_s: float = PATIENCE_S) -> dict[int, Answer]:
    found: dict[int, Answer] = {}
    over = time.monotonic() + patience_s
    while len(found) < many:
        assert time.monotonic() < over, f"{len(found)} of {many} answers came"
        for answer in stream.take(0.1):
            assert answer.submission_id not in found, "one submission had two answers"
            found[answer.submission_id] = answer
    return found


def send(link: SMPPLink, many: int, *, first: int = 1, text: str = "今天的消息很短。") -> dict[int, Answer]:
    stream = stream_of(link, text)
    stream.put(groups(first, many))
    return take(stream, many)


def scripted(folder: Path, rules: str, *options: object) -> Any:
    script = folder / "script.yaml"
    script.write_text(rules)
    return smsc(folder / "kept", "--delay-ms", "60000", "--script", script, *options)


# --- answers ---------------------------------------------------------------------------------------------------------


def test_texts_are_taken_with_their_ids(tmp_path: Path) -> None:
    with smsc(tmp_path / "kept", "--window", "10") as peer, bound(peer.url) as link:
        found = send(link, 100)
        assert {one.state for one in found.values()} == {"accepted"}
        assert sorted(one.message_id or "" for one in found.values()) == sorted(line["message_id"] for line in peer.lines())
        assert peer.stats().get("outside_window", 0) == 0, "more were on their way than the window holds"


def test_a_text_of_two_parts_has_the_ids_of_both(tmp_path: Path) -> None:
    with smsc(tmp_path / "kept") as peer, bound(peer.url, window=3) as link:
        prepared = link.prepare(MessageContent(text=LONG))
        assert link.tokens(prepared, 1) == 2
        found = send(link, 5, text=LONG)
        assert {(one.state, len(one.parts)) for one in found.values()} == {("accepted", 2)}
        lines = peer.lines()
        assert sorted(part.message_id or "" for one in found.values() for part in one.parts) == sorted(line["message_id"] for line in lines)
        by_reader: dict[str, list[tuple[int, int]]] = {}
        for line in lines:
            by_reader.setdefault(line["recipients"][0], []).append((line["reference"], line["part"]))
        assert all(len({reference for reference, _ in parts}) == 1 and sorted(part for _, part in parts) == [1, 2] for parts in by_reader.values())


@pytest.mark.parametrize("text", ["今天的消息很短。", LONG])
def test_every_message_is_known_to_have_left_once_and_to_be_answered(tmp_path: Path, text: str) -> None:
    """However many parts it has: the throttle is told so."""
    with smsc(tmp_path / "kept") as peer, bound(peer.url, window=3) as link:
        stream, began = stream_of(link, text), time.monotonic()
        stream.put(groups(1, 10))
        take(stream, 10)
        moments = stream.moments()
        left, answered = ({number: at for number, at, is_answer in moments if is_answer is which} for which in (False, True))
        assert len(moments) == 20
        assert left.keys() == answered.keys()
        assert all(began <= left[number] <= answered[number] <= time.monotonic() for number in left)
        assert stream.moments() == []


def test_a_refusal_says_why(tmp_path: Path) -> None:
    with scripted(tmp_path, "- do: {status: ESME_RINVSRCADR}\n") as peer, bound(peer.url) as link:
        (answer,) = send(link, 1).values()
        assert (answer.state, answer.status_code) == ("refused", Status.ESME_RINVSRCADR)
        assert "ESME_RINVSRCADR" in answer.status_text


def test_a_submit_without_answer_is_unknown_and_a_late_one_is_told(tmp_path: Path) -> None:
    told: list[LateAnswer] = []

    class Receiver:
        def take(self, message: Received, done: Callable[[int], None]) -> None:
            done(0)

        def late(self, answer: LateAnswer) -> None:
            told.append(answer)

    set_receiver(PORT_ID, Receiver())
    try:
        with scripted(tmp_path, "- do: {answer_delay_ms: 1200}\n") as peer, bound(peer.url, timeout_s=0.5) as link:
            (answer,) = send(link, 1).values()
            assert (answer.state, answer.message_id) == ("unknown", None)
            wait_until(lambda: bool(told))
            assert told == [LateAnswer(1, 1, 1, 0, peer.lines()[0]["message_id"])]
            assert link.standing == 1, "a peer that is only slow keeps its bind"
    finally:
        set_receiver(PORT_ID, None)


# --- slow down -------------------------------------------------------------------------------------------------------


def test_slow_down_pauses_the_bind_and_gives_back_what_had_not_left(tmp_path: Path) -> None:
    with scripted(tmp_path, "- when: {from_s: 0, to_s: 2}\n  do: {status: ESME_RTHROTTLED}\n") as peer, bound(peer.url, window=5) as link:
        stream = stream_of(link)
        stream.put(groups(1, 50))
        found = take(stream, 50)
        assert {one.state for one in found.values()} == {"deferred"}
        assert {one.status_code for one in found.values()} == {Status.ESME_RTHROTTLED}
        assert not any(one.unreached for one in found.values())
        assert peer.stats()["submits"] <= 5, "the window's were on their way, the others never left"
        again = send(link, 1, first=100)[100]
        assert again.state == "deferred"
        assert (again.retry_after_s or 0) > 0
        submits = peer.stats()["submits"]
        time.sleep(0.3)
        assert peer.stats()["submits"] == submits, "a paused bind sends nothing"
        wait_until(lambda: send(link, 1, first=1000 + int(time.monotonic() * 1000) % 10**6).popitem()[1].state == "accepted")


def test_a_part_that_was_throttled_goes_again_after_the_pause(tmp_path: Path) -> None:
    with scripted(tmp_path, "- when: {nth: 2}\n  do: {status: ESME_RMSGQFUL}\n") as peer, bound(peer.url) as link:
        (answer,) = send(link, 1, text=LONG).values()
        assert (answer.state, len(answer.parts)) == ("accepted", 2)
        assert [line["part"] for line in peer.lines()] == [1, 2], "no part was taken twice"


# --- links that break ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["reset", "half", "garbage"])
def test_what_was_on_its_way_when_the_link_broke_is_unknown_and_the_bind_comes_back(tmp_path: Path, way: str) -> None:
    with scripted(tmp_path, f"- when: {{nth: 5}}\n  do: {{{way}: true}}\n", "--answer-delay-ms", "20") as peer, bound(peer.url, window=5) as link:
        stream = stream_of(link)
        stream.put(groups(1, 30))
        found = take(stream, 30)
        taken = [int(number[-8:]) for number in peer.recipients()]
        assert len(taken) == len(set(taken))
        assert {one for one, answer in found.items() if answer.state == "accepted"} <= set(taken)
        given_back = {one for one, answer in found.items() if answer.state == "deferred"}
        assert not given_back & set(taken), "what was given back was never taken"
        assert any(answer.state == "unknown" for answer in found.values())
        wait_until(lambda: link.standing == 1)
        assert send(link, 1, first=500)[500].state == "accepted"


def test_a_killed_smsc_and_another_in_its_place(tmp_path: Path) -> None:
    tcp_port = free_tcp_port()
    with smsc(tmp_path / "one", port=tcp_port) as peer, bound(peer.url) as link:
        assert send(link, 3)[1].state == "accepted"
        peer.process.kill()
        wait_until(lambda: link.standing == 0)
        wait_until(lambda: send(link, 1, first=10 + int(time.monotonic() * 1000) % 10**6).popitem()[1].unreached)
        with smsc(tmp_path / "two", port=tcp_port):
            wait_until(lambda: link.standing == 1)
            assert send(link, 3, first=5)[5].state == "accepted"


def test_one_bind_that_breaks_leaves_the_others(tmp_path: Path) -> None:
    with Manners() as peer, bound(peer.url, binds=3, window=4) as link:
        send(link, 60)
        assert len([one for one in peer.taken.values() if one]) == 3, "the load is spread over the binds"
        peer.break_one()
        assert {one.state for one in send(link, 60, first=100).values()} <= {"accepted", "unknown"}
        wait_until(lambda: link.standing == 3)


def test_an_smsc_that_lets_nobody_in_is_asked_seldom() -> None:
    with Manners(refuse=Status.ESME_RINVPASWD) as peer, opened(peer.url, reconnect_s=0.05, reconnect_s_max=1.0) as link:
        link.start()
        wait_until(lambda: peer.connections >= 1)
        time.sleep(1.5)
        assert peer.connections <= 5, "it spins"
        found = send(link, 20)
        assert {(one.state, one.unreached) for one in found.values()} == {("deferred", True)}


BEGUN = "- when: {nth: 2}\n  do: {status: ESME_RMSGQFUL}\n"
"""The second part of the first text waits for the pause to end."""


def test_a_text_that_was_begun_goes_on_when_the_bind_comes_back(tmp_path: Path) -> None:
    with scripted(tmp_path, BEGUN) as peer, bound(peer.url) as link:
        stream = stream_of(link, LONG)
        stream.put(groups(1, 1))
        wait_until(lambda: peer.stats()["submits"] == 2)
        peer.say("do", reset=True)
        (answer,) = take(stream, 1).values()
        assert (answer.state, len(answer.parts)) == ("accepted", 2)
        assert [line["part"] for line in peer.lines()] == [1, 2]
        assert peer.stats()["binds"] == 2


def test_a_text_that_was_begun_and_finds_no_bind_in_time_is_unknown(tmp_path: Path) -> None:
    with scripted(tmp_path, BEGUN) as peer, bound(peer.url, timeout_s=2.0, reconnect_s=60.0, reconnect_s_max=60.0) as link:
        stream = stream_of(link, LONG)
        stream.put(groups(1, 1))
        wait_until(lambda: peer.stats()["submits"] == 2)
        peer.say("do", reset=True)
        (answer,) = take(stream, 1).values()
        assert answer.state == "unknown"
        assert answer.status_text.startswith("1 of 2 parts were taken")
        assert [part.message_id is None for part in answer.parts] == [False, True]


def test_a_bind_whose_smsc_is_known_to_be_there_waits_no_longer(tmp_path: Path) -> None:
    tcp_port = free_tcp_port()
    with opened(f"smpp://127.0.0.1:{tcp_port}", reconnect_s=300.0, reconnect_s_max=300.0) as link:
        assert send(link, 1)[1].unreached
        with smsc(tmp_path / "kept", port=tcp_port):
            link.hurry()
            wait_until(lambda: link.standing == 1)


def test_a_peer_that_takes_connections_and_says_nothing(tmp_path: Path) -> None:
    with Manners(silent=True) as peer, opened(peer.url, timeout_s=0.4) as link:
        (answer,) = send(link, 1).values()
        assert (answer.state, answer.unreached) == ("deferred", True)


def test_the_peer_says_good_bye(tmp_path: Path) -> None:
    with smsc(tmp_path / "kept") as peer, bound(peer.url) as link:
        peer.say("do", unbind=True)
        wait_until(lambda: peer.stats().get("binds", 0) >= 2 or link.standing == 0)
        wait_until(lambda: link.standing == 1)
        assert send(link, 1)[1].state == "accepted"


def test_closing_gives_back_what_has_not_left_and_waits_for_what_has(tmp_path: Path) -> None:
    with smsc(tmp_path / "kept", "--answer-delay-ms", "200") as peer, bound(peer.url, window=5) as link:
        stream = stream_of(link)
        stream.put(groups(1, 20))
        wait_until(lambda: len(peer.lines()) == 5)
        link.close()
        found = take(stream, 20)
        assert {one for one, answer in found.items() if answer.state == "accepted"} == {int(number[-8:]) for number in peer.recipients()}
        assert {answer.state for answer in found.values()} == {"accepted", "deferred"}
        assert send(link, 1, first=50)[50].state == "deferred"
        wait_until(lambda: peer.stats()["bound"] == 0)


# --- owners, probes, TLS ---------------------------------------------------------------------------------------------


def test_a_process_that_does_not_own_the_port_never_binds(tmp_path: Path) -> None:
    with smsc(tmp_path / "kept") as peer, opened(peer.url, owned=False) as link:
        (answer,) = send(link, 1).values()
        assert answer.state == "deferred"
        assert "does not own" in answer.status_text
        assert peer.stats()["bound"] == 0
        assert peer.lines() == []


def test_probes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RIGHT", "geheim")
    monkeypatch.setenv("WRONG", "falsch")
    with smsc(tmp_path / "kept", "--esme", "huabao:geheim", "--binds", "1") as peer:
        with opened(peer.url, password_env="RIGHT", owned=False) as link:
            assert "lets us in" in link.probe()
        with opened(peer.url, password_env="WRONG", owned=False) as link, pytest.raises(PortError, match="ESME_RINVPASWD") as wrong:
            link.probe()
        assert not wrong.value.retryable
        with bound(peer.url, password_env="RIGHT") as link:
            assert "1 of 1 binds" in link.probe()
            with opened(peer.url, password_env="RIGHT") as other:
                assert "knows us" in other.probe()
    with opened(f"smpp://127.0.0.1:{free_tcp_port()}") as link, pytest.raises(PortError, match="cannot be reached") as gone:
        link.probe()
    assert gone.value.retryable
    with Manners(silent=True) as peer_of_nobody, opened(peer_of_nobody.url, connect_timeout_s=0.3) as link, pytest.raises(PortError, match="as an SMSC does"):
        link.probe()


def test_tls(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key", tmp_path / "cert"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*command, "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    with smsc(tmp_path / "kept", "--tls-cert", certificate, "--tls-key", key) as peer:
        assert peer.url.startswith("smpps://")
        with bound(peer.url, ca_file=str(certificate)) as link:
            assert {one.state for one in send(link, 50).values()} == {"accepted"}
            assert "stand" in link.probe()
        with opened(peer.url) as link, pytest.raises(PortError, match="TLS"):
            link.probe()  # the system's authorities do not know it
        with opened(peer.url) as link:
            assert send(link, 1)[1].unreached
