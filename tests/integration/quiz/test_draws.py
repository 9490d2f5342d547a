"""The draw: who takes part, that it is done once, that anybody can do it over, and who wins instead."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from content.quiz import draws
from content.quiz.answers import answer
from content.quiz.counts import proof_document
from content.quiz.forgetting import forget_number
from content.quiz.models import OpenedQuiz, QuizAnswer, QuizDraw, QuizPlace
from content.quiz.ranking import seal
from huabao.audit import AuditEntry
from huabao.errors import UsageError
from huabao.runtime import Runtime
from subscribers.models import BlacklistEntry, Reader
from subscribers.segments import parse_rule
from subscribers.services import add_segment
from tests.command_line import CLI
from tests.integration.quiz.ground import CLOSES, OPENED, number_of, opened, quiz_of, readers
from tests.services.delivering import set_setting

AFTER = CLOSES + timedelta(minutes=5)
RIGHT = 20
"""Readers 1 to 20 answer right, 21 to 25 wrong, 26 is no reader and right."""


def answered(session: Session, winners: int = 3) -> OpenedQuiz:
    (quiz,) = opened(session, quiz_of(winners=winners))
    readers(session, RIGHT + 5)
    for reader in range(1, RIGHT + 7):
        answer(session, quiz, number_of(reader), 2 if RIGHT < reader <= RIGHT + 5 else 1, channel="sms", at=OPENED + timedelta(seconds=reader))
    return quiz


def draw(session: Session, quiz: OpenedQuiz, *, seed: str | None = None, barred: dict[str, str] | None = None) -> QuizDraw:
    return draws.draw(session, quiz, barred or {}, seed=seed, by="ops", at=AFTER, reason="八月奖品")


def test_winners_are_drawn_of_the_right_answers_of_those_who_may(runtime: Runtime) -> None:
    set_setting(runtime, "quiz_barred_segment", "staff")
    with runtime.transaction() as session:
        quiz = answered(session)
        add_segment(session, "staff", parse_rule({"field": "attributes.staff", "op": "eq", "value": "yes"}, "t"), by="ops", at=OPENED)
        session.execute(update(Reader).where(Reader.msisdn == number_of(2)).values(attributes={"staff": "yes"}))
        session.add_all([BlacklistEntry(kind=kind, msisdn=number_of(reader), reason="", recorded_at=OPENED) for kind, reader in (("experience", 3), ("marketing", 4))])
        session.flush()
        made = draw(session, quiz, barred={number_of(1): "test-handset"})
        assert (made.answered, made.right, made.pool, made.winners) == (26, 21, 17, 3)
        assert dict(made.left_out) == {"blacklist": 1, "no-reader": 1, "segment": 1, "test-handset": 1}
        won = {one.msisdn for one in draws.winners(session, quiz)}
        assert len(won) == 3
        assert won <= {number_of(reader) for reader in range(4, RIGHT + 1)}
        assert draws.verify(session, quiz) == []
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "quiz.draw")).one()
        assert (entry.actor, entry.detail["reason"], entry.detail["pool_sha256"]) == ("ops", "八月奖品", made.pool_sha256)


def test_it_is_drawn_once_and_not_before_every_answer_is_in(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        quiz = answered(session)
        for at, said in ((CLOSES - timedelta(seconds=1), "is open until"), (CLOSES + timedelta(seconds=299), "draw it from 2009-08-25 00:05:00")):
            with pytest.raises(UsageError, match=said):
                draws.draw(session, quiz, {}, seed=None, by="ops", at=at, reason="")
        for bad in ("", " x", "x\n", "x" * 201):
            with pytest.raises(UsageError, match="a seed is"):
                draw(session, quiz, seed=bad)
        draw(session, quiz)
        with pytest.raises(UsageError, match="a quiz is drawn once"):
            draw(session, quiz, seed="another")
        assert answer(session, quiz, number_of(99), 1, channel="wap", at=CLOSES - timedelta(seconds=1)).outcome == "late", "the pool is closed"


def test_anybody_can_do_the_draw_over_from_its_proof(sqlite_runtime: Runtime) -> None:
    with sqlite_runtime.transaction() as session:
        quiz = answered(session)
        sealed = seal(quiz.secret)
        draw(session, quiz)
        proof = proof_document(session, quiz)
        assert proof is not None
        own = sorted(proof["order"], key=lambda one: hmac.new(proof["seed"].encode(), f"huabao-quiz:{proof['quiz_id']}:{one}".encode(), hashlib.sha256).digest())
        assert own == proof["order"]
        assert own[:3] == proof["won"]
        assert hashlib.sha256(proof["seed"].encode()).hexdigest() == sealed, "what was sealed before the first answer"
        assert hashlib.sha256("".join(f"{one}\n" for one in sorted(own)).encode()).hexdigest() == proof["pool_sha256"]
        assert "138" not in str({**proof, "seed": "", "seal": "", "pool_sha256": ""}), "no telephone number"


def test_the_same_answers_and_seed_win_the_same(sqlite_runtime: Runtime) -> None:
    with sqlite_runtime.transaction() as session:
        quiz = answered(session)
        draw(session, quiz, seed="福彩2009234期")
        first = [one.entry for one in draws.winners(session, quiz)]
        session.execute(delete(QuizPlace))
        session.execute(delete(QuizDraw))
        session.expire_all()
        draw(session, quiz, seed="福彩2009234期")
        assert [one.entry for one in draws.winners(session, quiz)] == first


TAMPERED = [
    (update(QuizPlace).where(QuizPlace.rank == 1).values(entry=10_000_000), "take part|not the"),
    (update(QuizDraw).values(seed="another"), "sealed|places"),
    (update(QuizDraw).values(left_out={}), "have a reason"),
    (update(QuizPlace).where(QuizPlace.rank == 2).values(state="standby"), "before the next in order"),
    (delete(QuizPlace).where(QuizPlace.rank == 20), "that took part"),
    (update(QuizAnswer).where(QuizAnswer.msisdn == number_of(5)).values(choice=2), "not right"),
]


@pytest.mark.parametrize("tampering", range(len(TAMPERED)))
def test_what_was_changed_afterwards_is_found(sqlite_runtime: Runtime, tampering: int) -> None:
    statement, said = TAMPERED[tampering]
    with sqlite_runtime.transaction() as session:
        quiz = answered(session)
        draw(session, quiz)
        session.execute(statement)
        session.expire_all()
        problems = "; ".join(draws.verify(session, quiz))
        assert any(word in problems for word in said.split("|")), problems


def test_a_prize_goes_to_the_next_in_order_who_may_still_have_it(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        quiz = answered(session)
        draw(session, quiz)
        order = [one.entry for one in draws.winners(session, quiz)] + [one.entry for one in draws.winners(session, quiz, "standby")]
        fourth = session.get_one(QuizAnswer, order[3]).msisdn
        session.add(BlacklistEntry(kind="experience", msisdn=fourth or "", reason="", recorded_at=AFTER))
        given = draws.replace(session, quiz, order[1], {}, by="ops", at=AFTER, reason="三次联系不上")
        assert given is not None
        assert given.entry == order[4], "the fourth was put on the blacklist since"
        assert [one.entry for one in draws.winners(session, quiz)] == [order[0], order[2], order[4]]
        assert draws.verify(session, quiz) == []
        with pytest.raises(UsageError, match="has no prize"):
            draws.replace(session, quiz, order[1], {}, by="ops", at=AFTER, reason="again")
        with pytest.raises(UsageError, match="say why"):
            draws.replace(session, quiz, order[0], {}, by="ops", at=AFTER, reason=" ")


def test_more_prizes_than_right_answers_and_none_at_all(sqlite_runtime: Runtime) -> None:
    with sqlite_runtime.transaction() as session:
        quiz = answered(session, winners=100)
        assert draw(session, quiz).winners == RIGHT
        assert draws.replace(session, quiz, draws.winners(session, quiz)[0].entry, {}, by="ops", at=AFTER, reason="x") is None
        (nobody,) = opened(session, quiz_of("KONG"), slug="other")
        made = draw(session, nobody)
        assert (made.pool, made.winners) == (0, 0)
        assert draws.verify(session, nobody) == []


def test_a_forgotten_winner_leaves_a_draw_that_can_still_be_done_over(sqlite_runtime: Runtime) -> None:
    with sqlite_runtime.transaction() as session:
        quiz = answered(session)
        draw(session, quiz)
        winner = draws.winners(session, quiz)[0]
        assert forget_number(session, winner.msisdn or "") == {"quiz_answers": 1}
        session.expire_all()
        assert draws.winners(session, quiz)[0].msisdn is None
        assert draws.verify(session, quiz) == []


def test_the_commands(sqlite_runtime: Runtime, cli: CLI, tmp_path: Path) -> None:
    with sqlite_runtime.transaction() as session:
        quiz = answered(session)
        edition = str(quiz.edition_id)
    at = {"HUABAO_NOW": "2009-08-25T00:10:00+08:00"}
    shown = cli("quiz", "show", edition, "--json").json
    assert (shown["answers"]["counted"], shown["right"], shown["draw"]) == (26, 21, None)
    assert cli("quiz", "answers", edition, "--msisdn", number_of(21), "--json").json[0]["choice"] == 2
    assert "not drawn yet" in cli("quiz", "verify", edition, code=2).err
    assert "is open until" in cli("quiz", "draw", edition, code=2, env={"HUABAO_NOW": "2009-08-24T23:59:00+08:00"}).err
    made = cli("quiz", "draw", edition, "--reason", "八月", "--json", env=at).json
    assert (made["pool"], len(made["winners"]), made["reason"]) == (20, 3, "八月")
    assert "****" in made["winners"][0]["msisdn"]
    assert cli("quiz", "verify", edition, "--json").json == {"verified": True, "problems": []}
    out = tmp_path / "winners.csv"
    cli("quiz", "export", edition, "--out", str(out))
    assert len(out.read_text("utf-8-sig").splitlines()) == 4
    cli("quiz", "export", edition, "--out", str(tmp_path / "proof.json"), "--proof")
    instead = cli("quiz", "replace", edition, str(made["winners"][0]["entry"]), "--reason", "弃奖", "--json", env=at).json
    assert instead["instead"]["rank"] == 4
    assert cli("quiz", "list", "--json").json[0]["drawn"] is True
    assert "there is no edition" in cli("quiz", "show", "huikan/2", code=2).err
