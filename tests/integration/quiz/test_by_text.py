"""A magazine's quiz over a real link: readers answer by SMS, are answered, the quiz closes, the winners are drawn and verified."""

from __future__ import annotations

import os
import signal
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from content.codecs.mime import Entity
from content.quiz import draws
from content.quiz.models import OpenedQuiz, QuizAnswer
from delivery.codecs.mm7 import Address, DeliverReq
from delivery.ledger import proof
from delivery.ledger.peer import read_peer
from delivery.models import DeliveryEvent, InboundMessage, ReaderReply
from delivery.reports.inbound import store_deliver
from delivery.sending import replies
from huabao.queues import Job
from huabao.runtime import Runtime
from tests.command_line import process_environment
from tests.integration.quiz.ground import CLOSES, NUMBER, OPENED, number_of, opened, quiz_of, readers, rows
from tests.services.forked import Fork, run_command
from tests.services.texting import SMSC, add_smpp_port, owning, settle_texts, smsc
from tests.services.waiting import wait_until


def open_now(runtime: Runtime, many: int) -> None:
    """A quiz that closes tomorrow, and readers."""
    with runtime.transaction() as session:
        opened(session, quiz_of(closes_at=runtime.now() + timedelta(days=1)))
        readers(session, many)


def states(runtime: Runtime) -> list[str]:
    with runtime.transaction(read_only=True) as session:
        return list(session.scalars(select(ReaderReply.state).order_by(ReaderReply.number)))


def told(peer: SMSC) -> dict[str, str]:
    """What each reader got."""
    return {line["recipients"][0][-11:]: (peer.keep / "bodies" / f"{line['body_sha256']}.mime").read_bytes().decode("utf-16-be") for line in peer.lines()}


def test_readers_answer_and_are_answered(runtime: Runtime, tmp_path: Path) -> None:
    said = ["DA 1", "ｄａ２", "DA 魯迅", "DA 9", "你好", "DA 1", "TD"]
    with smsc(tmp_path / "kept", "--delay-ms", "0") as peer:
        add_smpp_port(runtime, peer.url)
        open_now(runtime, len(said))
        with owning(runtime):
            wait_until(lambda: peer.stats()["bound"] > 0)
            for reader, text in enumerate(said, 1):
                for _ in range(2 if reader == 6 else 1):  # the network repeats itself
                    peer.say("mo", **{"from": number_of(reader), "to": NUMBER, "text": text})
            settle_texts(runtime, until=lambda: len(states(runtime)) == 5 and set(states(runtime)) == {"sent"})
        found = told(peer)
        assert sorted(found) == [number_of(reader) for reader in (1, 2, 3, 4, 6)]
        assert "答案2，抽奖号" in found[number_of(2)]
        assert "DA1" in found[number_of(4)], "how to answer"
        with runtime.transaction(read_only=True) as session:
            kept = {sender: status for sender, status in session.execute(select(InboundMessage.sender, InboundMessage.status))}  # noqa: C416  # rows are no pairs to mypy
            assert kept == {
                number_of(1): "quiz-counted", number_of(2): "quiz-counted", number_of(3): "quiz-counted", number_of(4): "quiz-unreadable", number_of(5): None,
                number_of(6): kept[number_of(6)], number_of(7): "stop-asked",
            }  # fmt: skip
            assert [one for one in rows(session) if one[2] == "counted"] == [
                (number_of(1), 1, "counted"),
                (number_of(2), 2, "counted"),
                (number_of(3), 1, "counted"),
                (number_of(6), 1, "counted"),
            ]
            assert session.scalar(select(func.count()).select_from(DeliveryEvent)) == 0, "a reply asks for no receipt"
        with runtime.transaction() as session:
            quiz = session.scalars(select(OpenedQuiz)).one()
            made = draws.draw(session, quiz, {}, seed=None, by="ops", at=quiz.closes_at + timedelta(hours=1), reason="")
            assert (made.answered, made.right, made.pool, made.winners) == (4, 3, 3, 2)
            assert draws.verify(session, quiz) == []
            assert replies.forget_number(session, number_of(1)) == {"reader_replies": 1}
        with runtime.transaction(read_only=True) as session:
            assert proof.verify(session, peers=[read_peer(peer.keep)]).problems == [], "the ledger knows the replies at the SMSC"


@pytest.mark.slow
def test_a_link_killed_in_the_middle_loses_no_answer_and_counts_none_twice(postgres_runtime: Runtime, tmp_path: Path) -> None:
    many = 60
    runtime = postgres_runtime
    with smsc(tmp_path / "kept", "--delay-ms", "0") as peer:
        add_smpp_port(runtime, peer.url)
        open_now(runtime, many)
        environment = process_environment(runtime, {"HUABAO_LEASE_S": "2", "HUABAO_LOG_LEVEL": "ERROR"})
        process = Fork(run_command, "link", name="link", environment=environment)
        try:
            wait_until(lambda: peer.stats()["bound"] > 0)
            for reader in range(1, many + 1):
                peer.say("mo", **{"from": number_of(reader), "to": NUMBER, "text": f"DA {reader % 3 + 1}"})
                if reader == many // 2:
                    os.kill(process.pid, signal.SIGKILL)
                    wait_until(lambda: peer.stats()["bound"] == 0)
                    break
            acknowledged = counted(runtime)
        finally:
            process.kill()
            process.wait()
        assert acknowledged <= many // 2
        with owning(runtime):
            wait_until(lambda: peer.stats()["bound"] > 0)
            for reader in range(many // 2, many + 1):  # one of them once more
                peer.say("mo", **{"from": number_of(reader), "to": NUMBER, "text": f"DA {reader % 3 + 1}"})
            wait_until(lambda: counted(runtime) == many and peer.stats()["pending"] == 0)
        with runtime.transaction(read_only=True) as session:
            found = session.execute(select(QuizAnswer.msisdn, QuizAnswer.choice).where(QuizAnswer.outcome == "counted")).all()
        assert sorted(found) == [(number_of(reader), reader % 3 + 1) for reader in range(1, many + 1)]


def counted(runtime: Runtime) -> int:
    with runtime.transaction(read_only=True) as session:
        return session.scalar(select(func.count()).where(QuizAnswer.outcome == "counted")) or 0


def test_an_answer_by_mms_counts_and_is_answered_by_a_text(runtime: Runtime) -> None:
    port_id = add_smpp_port(runtime, "smpp://127.0.0.1:9")
    with runtime.transaction() as session:
        opened(session)
        parts = (Entity((), "image/jpeg", {}, b"\xff\xd8"), Entity((), "text/plain", {"charset": "us-ascii"}, "DA 选1".encode("gbk")))
        for number, content in ((1, Entity((), "multipart/mixed", {}, b"", parts)), (2, None)):
            message = DeliverReq(sender=Address("86" + number_of(number)), to=(Address(NUMBER),), subject="da:2" if content is None else "你好")
            store_deliver(session, 77, message, content, OPENED)
        assert rows(session) == [(number_of(1), 1, "counted"), (number_of(2), 2, "counted")]
        assert {one.port_id for one in session.scalars(select(ReaderReply))} == {port_id}
        assert session.scalars(select(Job.queue).where(Job.task == "delivery.send_replies")).all() == [f"port-{port_id}-express"]
        assert session.scalars(select(QuizAnswer.channel)).all() == ["mms", "mms"]


def test_a_reply_is_asked_for_once_and_given_up_when_it_would_puzzle(runtime: Runtime) -> None:
    port_id = add_smpp_port(runtime, "smpp://127.0.0.1:9")
    now = runtime.now()
    with runtime.transaction() as session:
        assert replies.ask(session, "quiz:1", number_of(1), "好", port_id=port_id, now=now - timedelta(hours=2))
        assert not replies.ask(session, "quiz:1", number_of(1), "好", port_id=port_id, now=now)
        assert not replies.ask(session, "quiz:2", "10086", "好", port_id=port_id, now=now)
        assert replies.ask(session, "quiz:3", number_of(2), "好", port_id=None, now=now)
        row = session.scalars(select(ReaderReply).where(ReaderReply.key == "quiz:3")).one()
        row.state, row.left_at = "leaving", now - timedelta(minutes=5)
    replies.heal(runtime)
    assert states(runtime) == ["stale", "unknown"]
    assert replies.send(runtime, port_id) == 0
    with runtime.transaction() as session:
        assert replies.forget_number(session, number_of(1)) == {"reader_replies": 1}


def test_no_reply_where_no_port_sends_texts_and_none_where_the_text_is_empty(sqlite_runtime: Runtime) -> None:
    with sqlite_runtime.transaction() as session:
        opened(session)
        assert CLOSES > OPENED
        message = DeliverReq(sender=Address(number_of(1)), to=(Address(NUMBER),), subject="DA1")
        store_deliver(session, 77, message, None, OPENED)
        assert rows(session) == [(number_of(1), 1, "counted")]
        assert session.scalars(select(ReaderReply)).all() == []


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replies, "PAUSE_S", 0.1)
