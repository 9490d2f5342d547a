"""Which answers count, to the instant of the close, and what readers are told."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from content.manuscript import Manuscript
from content.models import Edition, EditionVersion
from content.quiz.answers import answer, closing_text, quizzes_of_edition, take_text
from content.quiz.counts import answers_of
from content.quiz.forgetting import forget_number
from content.quiz.models import COUNTED, OpenedQuiz, QuizAnswer
from content.workflow import lifecycle
from content.workflow.lifecycle import Act
from huabao.errors import UsageError
from huabao.runtime import Runtime
from subscribers.models import Reader
from subscribers.orders.change import Change
from subscribers.orders.services import apply
from tests.integration.quiz.ground import CLOSES, NUMBER, OPENED, SECOND, magazine, new_version, number_of, opened, quiz_of, rows
from tests.services.delivering import set_setting
from tests.services.waiting import PATIENCE_S

ME, YOU = number_of(1), number_of(2)


def test_a_quiz_opens_when_its_edition_is_approved_or_leaves(sqlite_runtime: Runtime) -> None:
    with sqlite_runtime.transaction() as session:
        edition = magazine(session, quiz_of())
        assert take_text(session, ME, NUMBER, "DA 1", channel="sms", at=OPENED) is None, "nobody has the magazine yet"
        lifecycle.act(session, edition, lifecycle.APPROVE, Act("editor", OPENED))
        found = take_text(session, ME, NUMBER, "DA 1", channel="sms", at=OPENED + SECOND)
        assert found is not None
        assert found.outcome == COUNTED
        assert "8月24日24时" in found.reply
        assert str(found.entry) in found.reply


def test_one_answer_of_a_reader_counts_the_first(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        (quiz,) = opened(session)
        outcomes = [answer(session, quiz, who, choice, channel="sms", at=OPENED + SECOND * at).outcome for at, (who, choice) in enumerate([(ME, 1), (ME, 2), (YOU, 2), (ME, 1)])]
        assert outcomes == ["counted", "again", "counted", "again"]
        assert [one for one in rows(session) if one[2] == "counted"] == [(ME, 1, "counted"), (YOU, 2, "counted")]
        with pytest.raises(IntegrityError), session.begin_nested():
            session.add(QuizAnswer(quiz_id=quiz.id, msisdn=ME, choice=3, channel="sms", outcome="counted", received_at=OPENED))
            session.flush()
        with pytest.raises(UsageError, match="choices 1 to 3"):
            answer(session, quiz, ME, 4, channel="wap", at=OPENED)


def test_where_the_last_answer_counts_it_takes_the_earlier_ones_place(runtime: Runtime) -> None:
    set_setting(runtime, "quiz_which_counts", "last")
    with runtime.transaction() as session:
        (quiz,) = opened(session)
        told = [answer(session, quiz, ME, choice, channel="sms", at=OPENED + SECOND * at) for at, choice in enumerate((1, 2, 1))]
        assert [one.outcome for one in told] == ["counted", "replaced", "replaced"]
        assert rows(session) == [(ME, 1, "replaced"), (ME, 2, "replaced"), (ME, 1, "counted")]
        assert told[-1].entry == told[-1].answer_id


def test_the_close_is_kept_to_the_instant(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        (quiz,) = opened(session)
        before, at = CLOSES - timedelta(microseconds=1), CLOSES
        assert [answer(session, quiz, who, 1, channel="wap", at=when).outcome for who, when in ((ME, before), (YOU, at))] == ["counted", "late"]
        late = take_text(session, number_of(3), NUMBER, "DA 1", channel="sms", at=CLOSES + timedelta(days=3))
        assert late is not None
        assert late.reply == "本期问答已于8月24日24时截止，请留意下期。"
        assert take_text(session, number_of(3), NUMBER, "DA 1", channel="sms", at=CLOSES + timedelta(days=31)) is None, "by then the word is anybody's"
    set_setting(runtime, "quiz_grace_s", 60.0)
    with runtime.transaction() as session:
        quiz = session.scalars(select(OpenedQuiz)).one()
        assert [answer(session, quiz, number_of(5 + s), 1, channel="sms", at=CLOSES + SECOND * s).outcome for s in (59, 60)] == ["counted", "late"]


def test_closing_texts_say_the_end_of_a_day_as_people_do() -> None:
    assert [closing_text(CLOSES), closing_text(CLOSES + timedelta(hours=9, minutes=5)), closing_text(CLOSES - timedelta(hours=4))] == [
        "8月24日24时",
        "8月25日9时05分",
        "8月24日20时",
    ]


def test_the_same_message_again_changes_nothing_and_says_the_same(sqlite_runtime: Runtime) -> None:
    with sqlite_runtime.transaction() as session:
        opened(session)
        first = take_text(session, ME, NUMBER, "DA 1", channel="sms", at=CLOSES - SECOND)
        again = take_text(session, ME, NUMBER, "DA 1", channel="sms", at=CLOSES + SECOND)
        assert first is not None
        assert again is not None
        assert (again.outcome, again.reply, again.entry) == ("repeated", first.reply, first.entry), "the network's repetition crosses the close and is not late"
        assert len(rows(session)) == 1


def test_a_flood_of_one_number_is_bounded(sqlite_runtime: Runtime) -> None:
    set_setting(sqlite_runtime, "quiz_answers_max", 5)
    with sqlite_runtime.transaction() as session:
        (quiz,) = opened(session)
        outcomes = [answer(session, quiz, ME, 1 + at % 3, channel="sms", at=OPENED + SECOND * at).outcome for at in range(9)]
        assert outcomes[:5] == ["counted", "again", "again", "again", "again"]
        assert set(outcomes[5:]) == {"too-many", "repeated"}
        assert len(rows(session)) == 5


def test_texts_find_their_quiz_by_number_and_keyword(sqlite_runtime: Runtime) -> None:
    with sqlite_runtime.transaction() as session:
        opened(session, quiz_of("D"), quiz_of("DA"), slug="one")
        said = {text: take_text(session, number_of(at), "+8610658666", text, channel="sms", at=OPENED) for at, text in enumerate(("DA 2", "D 2", "d a 3", "ddd", "B", "你好"))}
        found = {text: None if one is None else one.outcome for text, one in said.items()}
        assert found == {"DA 2": "counted", "D 2": "counted", "d a 3": "counted", "ddd": None, "B": None, "你好": None}, "a bare letter may mean either quiz"
        by_quiz = [(one.quiz_id, one.choice) for one in session.scalars(select(QuizAnswer).order_by(QuizAnswer.id))]
        assert [(by_quiz[0][0] == one, choice) for one, choice in by_quiz] == [(True, 2), (False, 2), (True, 3)]
        assert take_text(session, ME, "10658605", "DA 2", channel="sms", at=OPENED) is None, "another number"


def test_a_bare_letter_is_an_answer_where_one_quiz_alone_is_open(sqlite_runtime: Runtime) -> None:
    with sqlite_runtime.transaction() as session:
        opened(session)
        found = [take_text(session, number_of(at), NUMBER, text, channel="sms", at=OPENED) for at, text in enumerate(("B", "选c", "2"))]
        assert [None if one is None else one.outcome for one in found] == ["counted", "counted", None], "a bare number answers other questions of the operator"
    set_setting(sqlite_runtime, "quiz_bare_answers", False)
    with sqlite_runtime.transaction() as session:
        assert take_text(session, number_of(9), NUMBER, "B", channel="sms", at=OPENED) is None


def test_a_killed_edition_takes_no_answers(sqlite_runtime: Runtime) -> None:
    with sqlite_runtime.transaction() as session:
        (quiz,) = opened(session)
        lifecycle.act(session, session.get_one(Edition, quiz.edition_id), lifecycle.KILL, Act("ops", OPENED, "wrong"))
        assert take_text(session, ME, NUMBER, "DA 1", channel="sms", at=OPENED) is None
        assert answer(session, quiz, ME, 1, channel="wap", at=OPENED).outcome == "stopped"
        assert rows(session) == []


def test_answers_stay_with_a_corrected_quiz(sqlite_runtime: Runtime) -> None:
    with sqlite_runtime.transaction() as session:
        (quiz,) = opened(session)
        secret = quiz.secret
        answer(session, quiz, ME, 2, channel="sms", at=OPENED)
        edition = session.get_one(Edition, quiz.edition_id)
        manuscript = Manuscript.from_document(session.get_one(EditionVersion, edition.current_version_id).manuscript)
        section = manuscript.sections[0]
        article = section.items[0].article
        assert article is not None
        renamed = replace(section.items[0], key="articles/new.md", article=replace(article, quiz=quiz_of(answer=2)))
        lifecycle.act(session, edition, lifecycle.CHANGE, Act("ed", OPENED))
        new_version(session, edition, replace(manuscript, sections=(replace(section, items=(renamed,)),)))
        assert answer(session, quiz, YOU, 2, channel="sms", at=OPENED).outcome == "counted", "readers answer what they have while the correction is in review"
        lifecycle.act(session, edition, lifecycle.APPROVE, Act("editor", OPENED))
        (same,) = quizzes_of_edition(session, edition.id)
        assert (same.id, same.item_key, same.answer, same.secret) == (quiz.id, "articles/new.md", 2, secret)


def test_two_quizzes_that_change_places_keep_their_answers(sqlite_runtime: Runtime) -> None:
    with sqlite_runtime.transaction() as session:
        first, second = opened(session, quiz_of("JIA"), quiz_of("YI"))
        edition = session.get_one(Edition, first.edition_id)
        manuscript = Manuscript.from_document(session.get_one(EditionVersion, edition.current_version_id).manuscript)
        section = manuscript.sections[0]
        one, two = section.items
        lifecycle.act(session, edition, lifecycle.CHANGE, Act("ed", OPENED))
        swapped = replace(section, items=(replace(one, article=two.article), replace(two, article=one.article)))
        new_version(session, edition, replace(manuscript, sections=(swapped,)))
        lifecycle.act(session, edition, lifecycle.APPROVE, Act("editor", OPENED))
        assert [(quiz.id, quiz.keyword, quiz.item_key) for quiz in quizzes_of_edition(session, edition.id)] == [
            (first.id, "jia", "articles/quiz2.md"), (second.id, "yi", "articles/quiz1.md"),
        ]  # fmt: skip


def test_a_forgotten_persons_answers_go(sqlite_runtime: Runtime) -> None:
    with sqlite_runtime.transaction() as session:
        (quiz,) = opened(session)
        for who in (ME, YOU):
            answer(session, quiz, who, 1, channel="sms", at=OPENED)
        assert forget_number(session, ME) == {"quiz_answers": 1}
        assert rows(session) == [(YOU, 1, "counted")]


def test_texts_that_no_database_takes_are_taken(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        opened(session)
        found = take_text(session, ME, NUMBER, "DA\x00 1\ud800", channel="sms", at=OPENED)
        assert found is not None
        assert found.outcome == "counted"


def test_two_answers_of_one_reader_at_one_instant_count_once(postgres_runtime: Runtime) -> None:
    runtime = postgres_runtime
    with runtime.transaction() as session:
        (quiz,) = opened(session)
        quiz_id = quiz.id
    outcomes: list[str] = []
    begun, go = threading.Event(), threading.Event()

    def second() -> None:
        with runtime.transaction() as session:
            found = session.get_one(OpenedQuiz, quiz_id)
            begun.set()
            outcomes.append(answer(session, found, ME, 2, channel="wap", at=OPENED).outcome)

    other = threading.Thread(target=second)
    with runtime.transaction() as session:
        outcomes.append(answer(session, session.get_one(OpenedQuiz, quiz_id), ME, 1, channel="sms", at=OPENED).outcome)
        other.start()
        assert begun.wait(PATIENCE_S)
        go.wait(0.3)  # it stands before the first one's row now
    other.join(PATIENCE_S)
    assert outcomes == ["counted", "again"]
    with runtime.transaction() as session:
        assert rows(session) == [(ME, 1, "counted"), (ME, 2, "again")]


def test_a_numbers_next_owner_answers_for_himself_and_who_changed_his_number_does_not_answer_twice(runtime: Runtime) -> None:
    first, second = number_of(1), number_of(2)
    with runtime.transaction() as session:
        quiz = opened(session)[0]
        session.add_all([Reader(msisdn=one, topics=[], attributes={}, created_at=OPENED, updated_at=OPENED) for one in (first, second)])
        session.flush()
        for number in (first, second):
            assert answer(session, quiz, number, 2, channel="sms", at=OPENED + SECOND).outcome == "counted"
        gone = Change(first, "transfer", "boss", "t1", OPENED + 2 * SECOND)
        moved = Change(second, "number_change", "boss", "t2", OPENED + 3 * SECOND, new_msisdn=number_of(3))
        apply(session, [gone, moved], now=OPENED + 4 * SECOND)
        assert answer(session, quiz, first, 1, channel="sms", at=OPENED + 5 * SECOND).outcome == "counted", "nobody's yet, and not the last owner's"
        assert answer(session, quiz, number_of(3), 1, channel="sms", at=OPENED + 5 * SECOND).outcome == "again"
        assert [one["choice"] for one in answers_of(session, quiz, first, OPENED + 6 * SECOND)] == [1]
        assert [one["choice"] for one in answers_of(session, quiz, number_of(3), OPENED + 6 * SECOND)] == [2, 1]
        forget_number(session, number_of(3))
        assert answers_of(session, quiz, number_of(3), OPENED + 6 * SECOND) == []
