"""Code tables of MISC-like peers: what they say, what a file may hold, and that a broken one takes nothing away."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huabao.errors import UsageError
from reconciliation.dialects import WAIT, MISCDialects, UnknownCodeError
from reconciliation.dialects.files import BUILT_IN
from reconciliation.dialects.reading import read_dialect
from sandbox.misc.options import DIALECTS
from subscribers.orders.change import EVENTS

KNOWN = MISCDialects(Path("/nonexistent"))
MISC, MARKET = KNOWN.get("misc-1.5.0"), KNOWN.get("m-market")
TEXT = (BUILT_IN / "misc-1.5.0.toml").read_text("utf-8")


def test_the_same_numbers_mean_other_things() -> None:
    assert [MISC.meaning(code, 1).event for code in (1, 2, 3, 4)] == ["order", "cancel", "resume", "pause"]
    assert [MARKET.meaning(code, 1).event for code in (1, 2, 3, 4)] == ["order", "pause", "cancel", "resume"]
    assert (MISC.meaning(4, 3).event, MARKET.meaning(2, 3).event) == ("barred", "pause"), "3 is barred there, could not be charged here"


def test_every_pair_of_a_table_says_something_that_can_be_applied() -> None:
    for dialect in (MISC, MARKET):
        for action, reason in product(dialect.actions, [None, *dialect.reasons]):
            assert dialect.meaning(action, reason).event in (*EVENTS, WAIT)


def test_our_tables_agree_with_what_the_simulator_knows_by_itself() -> None:
    for name, events in DIALECTS.items():
        for event, (action, reason) in events.items():
            assert KNOWN.get(name).meaning(action, reason).event == {"number_change": WAIT}.get(event, event)


@given(st.integers(0, 10**9), st.none() | st.integers(0, 10**9))
def test_no_number_is_guessed(action: int, reason: int | None) -> None:
    try:
        assert MISC.meaning(action, reason).event
        assert action in (1, 2, 3, 4)
        assert reason is None or 1 <= reason <= 9
    except UnknownCodeError as error:
        assert action not in MISC.actions or reason not in MISC.reasons
        assert str(action if error.table == "action" else reason) in str(error)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('event = "order"', 'event = "ordered"', "action.1: event is one of order"),
        ('name = "misc-1.5.0"', 'name = "other"', "but the file is called"),
        ("malformed = 9014", "malformed = 0", "h_ret.malformed"),
        ("ok = 0", "", "needs exactly"),
        ('{ pause = "barred" }', '{ pause = "gone" }', "turns is"),
        ("[action]", "[actions]", "there is no such key"),
        ('en = "open", ', "", "action.1: en"),
        ("[reason]", "[reason", "is no TOML"),
    ],
)
def test_a_wrong_file_is_named(before: str, after: str, said: str) -> None:
    assert before in TEXT
    with pytest.raises(UsageError, match=said):
        read_dialect(TEXT.replace(before, after, 1), "x.toml", name="misc-1.5.0")


def test_an_operators_file_stands_before_ours_until_it_breaks(tmp_path: Path) -> None:
    now = [0.0]
    known = MISCDialects(tmp_path, clock=lambda: now[0])
    assert known.get("misc-1.5.0").version == "1"
    (tmp_path / "misc-1.5.0.toml").write_text(TEXT.replace('version = "1"', 'version = "2"').replace("[reason]", '5 = { event = "order", en = "trial", zh = "试用" }\n[reason]'))
    (tmp_path / "own.toml").write_text(TEXT.replace('name = "misc-1.5.0"', 'name = "own"'))
    now[0] += 3
    assert (known.get("misc-1.5.0").label, known.get("misc-1.5.0").meaning(5, 1).event, known.get("own").name) == ("misc-1.5.0@2", "order", "own")
    (tmp_path / "misc-1.5.0.toml").write_text("broken")
    now[0] += 3
    assert known.get("misc-1.5.0").version == "2"
    assert known.names() == ["m-market", "misc-1.5.0", "own"]
    with pytest.raises(UsageError, match=r"there is no dialect '\.\./x'"):
        known.get("../x")


def test_a_built_in_file_never_stands_in_for_a_broken_own_one(tmp_path: Path) -> None:
    (tmp_path / "misc-1.5.0.toml").write_text("broken")
    with pytest.raises(UsageError, match="is no TOML"):
        MISCDialects(tmp_path).get("misc-1.5.0")
    assert list(MISCDialects(tmp_path).faults()) == ["misc-1.5.0"] and [one.name for one in MISCDialects(tmp_path).usable()] == ["m-market"]
