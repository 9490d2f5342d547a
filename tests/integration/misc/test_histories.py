"""Any history of MISC's messages, BOSS's, files of orders, readers who leave, repairs and changes to come, replayed into an empty database, makes the same again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from huabao.config import Config
from huabao.runtime import Runtime, make_runtime
from reconciliation.dialects import dialects_in
from reconciliation.journal import read_all
from tests.integration.misc.histories import NUMBERS, Step, again, clear, tell, what_holds

MISC_SAYS = st.sampled_from([(1, 1), (2, 1), (3, 1), (4, 1), (4, 3), (3, 4), (2, 5), (2, 6), (2, 7)])
BOSS_SAYS = st.sampled_from(["order", "cancel", "pause", "resume", "terms", "barred", "unbarred", "opened", "closed", "transfer"])
INDEX = {"number": st.integers(0, 2), "service": st.integers(0, 1), "other": st.integers(0, 2)}
MISC = st.builds(Step, st.just("misc"), MISC_SAYS, again=st.booleans(), **INDEX)
BOSS = st.builds(Step, st.just("boss"), BOSS_SAYS, shift_h=st.integers(-6, 6), again=st.booleans(), **INDEX)
MOVED = st.builds(Step, st.just("boss"), st.just("number_change"), shift_h=st.integers(-6, 6), **INDEX)
LEFT = st.builds(Step, st.just("leave"), **INDEX)
HERE = st.builds(Step, st.sampled_from(["repair", "platform"]), st.sampled_from(["order", "cancel", "terms"]), **INDEX)
JOIN = st.builds(Step, st.just("join"), number=st.integers(0, 2), other=st.integers(0, 2))
FILE = st.builds(Step, st.just("file"), st.sampled_from(["active", "paused", "cancelled"]), shift_h=st.integers(-6, 6), again=st.booleans(), **INDEX)
DUE = st.just(Step("due"))
PROMPT = st.builds(Step, st.just("boss"), BOSS_SAYS | st.just("number_change"), **INDEX) | st.builds(
    Step, st.just("boss"), st.sampled_from(["order", "cancel", "pause", "barred"]), shift_h=st.integers(0, 6), **INDEX
)
FORGOTTEN = st.builds(Step, st.just("forget"), **INDEX)


@pytest.fixture
def empty(_sqlite_template: Path, tmp_path: Path) -> Iterator[Runtime]:
    """A second database."""
    shutil.copyfile(_sqlite_template, tmp_path / "again.db")
    runtime = make_runtime(Config(database_url=f"sqlite:///{tmp_path}/again.db", data_dir=tmp_path))
    yield runtime
    runtime.engine.dispose()


FEW = settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck), phases=(Phase.explicit, Phase.reuse, Phase.generate))
"""Without shrinking, which takes minutes here; give `max_examples` a few hundred after a change."""


@FEW
@given(steps=st.lists(MISC | BOSS | MOVED | LEFT | HERE | FILE | JOIN | DUE, min_size=4, max_size=12))
def test_any_history_is_made_again(sqlite_runtime: Runtime, empty: Runtime, steps: list[Step]) -> None:
    dialects = dialects_in(sqlite_runtime.config.dialects_folder)
    clear(sqlite_runtime, empty)
    tell(sqlite_runtime, dialects, steps)
    found = again(sqlite_runtime, empty, dialects)
    assert (found.differences, found.unreadable) == ([], 0)
    assert what_holds(empty) == what_holds(sqlite_runtime)


@FEW
@given(steps=st.lists(MISC | PROMPT | LEFT | HERE | FILE | DUE | FORGOTTEN, min_size=4, max_size=12))
def test_who_was_forgotten_does_not_come_back_and_who_is_there_does(sqlite_runtime: Runtime, empty: Runtime, steps: list[Step]) -> None:
    """Of all who have a number: accounts, orders, what is awaited, and their history but for payers who are forgotten."""
    dialects = dialects_in(sqlite_runtime.config.dialects_folder)
    clear(sqlite_runtime, empty)
    tell(sqlite_runtime, dialects, steps)
    again(sqlite_runtime, empty, dialects)
    assert who_is_there(empty) == who_is_there(sqlite_runtime)


PAID = Step("misc", (1, 1), number=0, other=2)


@pytest.mark.parametrize(
    "steps",
    [
        (Step("misc", (1, 1), number=2), PAID, Step("boss", "cancel", number=0, other=2, shift_h=9), Step("forget", number=2)),
        (Step("misc", (1, 1), number=1), Step("boss", "number_change", number=0, other=1), Step("forget", number=1), Step("misc", (1, 1), number=1)),
        (PAID, Step("boss", "transfer", number=0, shift_h=-1), Step("forget", number=0)),
        (Step("boss", "order", number=0, shift_h=5), Step("misc", (2, 1), number=1), Step("due"), Step("due"), Step("forget", number=1)),
    ],
    ids=["payer", "took over a number", "told late", "awaited"],
)
def test_what_the_forgotten_did_to_others_stays(sqlite_runtime: Runtime, empty: Runtime, steps: tuple[Step, ...]) -> None:
    dialects = dialects_in(sqlite_runtime.config.dialects_folder)
    tell(sqlite_runtime, dialects, steps)
    gone = {NUMBERS[one.number] for one in steps if one.who == "forget"}
    again(sqlite_runtime, empty, dialects)
    assert who_is_there(empty) == who_is_there(sqlite_runtime)
    with sqlite_runtime.transaction(read_only=True) as session:
        named = [one.row.id for one in read_all(session) if any(number.encode() in (one.content or b"") for number in gone)]
    assert gone != {NUMBERS[2]} or named == [], "who only paid stands nowhere; who had the number before or has it now may be named by his own messages"


def who_is_there(runtime: Runtime) -> list[str]:
    """What holds of all who have a number now."""
    held = what_holds(runtime)
    rows = [*held["readers"], *held["subscriptions"], *held["awaited_changes"], *(one for one in held["subscription_events"] if "('field', 'terms')" not in one)]
    return [one for one in rows if "['1" not in one]
