"""The table of codes: what is shipped, what an operator adds, what is no table."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from huabao.errors import UsageError
from reconciliation.outbox.answers import Meaning, answers_in, meaning_of, parse_answers, shipped_answers
from reconciliation.outbox.settings import PAUSES_S, parse_pauses


@pytest.mark.parametrize(
    ("peer", "code", "kind", "do"),
    [
        ("boss", "00", "order", "done"), ("boss", "05", "order", "done"), ("boss", "118", "order", "done"), ("misc", "118", "order", "done"),
        ("boss", "05", "cancel", "person"), ("boss", "115", "cancel", "done"), ("misc", "115", "cancel", "done"), ("misc", "115", "order", "person"),
        ("boss", "102", "order", "refused"), ("boss", "09", "order", "retry"), ("misc", "0", "cancel", "done"), ("misc", "00", "order", "person"),
    ],
)  # fmt: skip
def test_what_is_shipped(peer: str, code: str, kind: str, do: str) -> None:
    assert meaning_of(shipped_answers(), peer, code, kind).do == do


def test_a_code_that_nobody_entered_is_never_guessed() -> None:
    assert meaning_of(shipped_answers(), "boss", "4711", "order") == Meaning("person", "this code stands in no table", known=False)


def test_an_operators_own_lines_go_first_and_are_read_anew(tmp_path: Path) -> None:
    own = tmp_path / "answers.toml"
    assert answers_in(tmp_path) == shipped_answers()
    own.write_text('[[answer]]\npeer="boss"\ncode="4711"\ndo="retry"\n')
    assert meaning_of(answers_in(tmp_path), "boss", "4711", "order").do == "retry"
    own.write_text('[[answer]]\npeer="boss"\ncode="4711"\ndo="done"\nkinds=["order"]\n[[answer]]\npeer="boss"\ncode="00"\ndo="person"\n')
    os.utime(own, ns=(1, 1))
    assert [meaning_of(answers_in(tmp_path), "boss", code, "order").do for code in ("4711", "00", "05")] == ["done", "person", "done"]


@pytest.mark.parametrize(
    "text",
    [
        "answer", "[other]\n", 'answer = 3', '[[answer]]\npeer="boss"\n', '[[answer]]\npeer="boss"\ncode="1"\ndo="guess"\n', '[[answer]]\npeer="boss"\ncode=1\ndo="done"\n',
        '[[answer]]\npeer="boss"\ncode="1"\ndo="done"\nkinds=["gift"]\n', '[[answer]]\npeer="boss"\ncode="1"\ndo="done"\n[[answer]]\npeer="boss"\ncode="1"\ndo="done"\n',
        "[[answer]]\n" + "a.b" * 10_000,
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(UsageError, match=r"own\.toml"):
        parse_answers(text, "own.toml")


@pytest.mark.parametrize("text", ["", "a", "0", "-1", "5;6", "1e9", "nan", ",".join("1" * 21)])
def test_pauses_are_positive_numbers(text: str) -> None:
    with pytest.raises(UsageError, match="commas"):
        PAUSES_S.parse(text)
    assert parse_pauses("5, 30") == (5.0, 30.0)
