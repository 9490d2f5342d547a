"""Which of the tests that run on both databases CI runs on SQLite alone.

A test on PostgreSQL costs twice what it costs on SQLite, and most of them send it
statements that others send too. What differs between the two databases is what
becomes of a statement; so under CI as few tests run on PostgreSQL as send it every
statement that all of them send. Those in which several work at once, and those of
properties, always run on both, and so does every test that the list does not name.
Without CI all of them do. The list is made anew, where tests or statements are others, by

    bin/test tests/integration -k postgresql -n 4 -p tests.services.statements
    .venv/bin/python -m tests.services.statements
"""

from __future__ import annotations

import hashlib
import inspect
import json
import os
import re
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

ROOT = Path(__file__).resolve().parent.parent.parent
RECORDS = ROOT / "var" / "statements"
LIST = Path(__file__).resolve().parent / "on_sqlite.txt"

_AT_ONCE = re.compile(
    r"Thread|Barrier|Fork|Popen|\.process\(|@given|gather\(|interleav|claim|_race|rolls_back|in_the_middle"
    r"|at_once|at_one_|same_(time|instant)|_of_two_|two_(process|worker|agent|plan|at|brakes)"
)
"""In the name or the text of a test in which several work at once, or whose data are any."""
_PLACES = re.compile(r"%\([^)]*\)s(::[A-Z \[\]]+)?")

_now: set[str] = set()


# --- leaving out -----------------------------------------------------------------------------------------------------


def leave_out(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Under CI: deselect on PostgreSQL what the list names."""
    if not os.environ.get("CI") or config.pluginmanager.has_plugin(__name__):
        return
    named = set(LIST.read_text("utf-8").split())
    out = [item for item in items if on_postgres(item) and function_of(item) in named]
    if out:
        config.hook.pytest_deselected(items=out)
        gone = set(map(id, out))
        items[:] = [item for item in items if id(item) not in gone]


def on_postgres(item: pytest.Item) -> bool:
    """Whether this is the second run of a test that runs on both databases."""
    callspec = getattr(item, "callspec", None)
    return callspec is not None and callspec.params.get("runtime") == "postgresql"


def function_of(item: pytest.Item) -> str:
    """The test whatever its parameters."""
    return item.nodeid.partition("[")[0]


# --- recording -------------------------------------------------------------------------------------------------------


def form_of(statement: str) -> str:
    """A short name of a statement, the same however many values it takes."""
    text = re.sub(r"\d+", "0", _PLACES.sub("?", statement))
    text = re.sub(r"\(\?(, \?)*\)(, \(\?(, \?)*\))*", "(?)", text)
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:12]


def pytest_configure() -> None:
    """As a plugin: note what is executed on PostgreSQL."""
    RECORDS.mkdir(parents=True, exist_ok=True)
    event.listen(Engine, "before_cursor_execute", _note)


def _note(connection: Any, _cursor: object, statement: str, *_: object) -> None:
    if connection.dialect.name == "postgresql":
        _now.add(form_of(statement))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """As a plugin: one line a test."""
    _now.clear()
    began_s = time.process_time()
    try:
        return (yield)
    finally:
        if on_postgres(item):
            at_once = bool(_AT_ONCE.search(item.name + inspect.getsource(item.function)))  # type: ignore[attr-defined]  # a Function
            line = {"test": function_of(item), "cost_s": time.process_time() - began_s, "at_once": at_once, "forms": sorted(_now)}
            with (RECORDS / f"{os.environ.get('PYTEST_XDIST_WORKER', 'one')}.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")


# --- choosing --------------------------------------------------------------------------------------------------------


@dataclass
class Recorded:
    """What one test, with all its parameters, sent to PostgreSQL."""

    cost_s: float = 0.05
    at_once: bool = False
    forms: set[str] = field(default_factory=set)


def choose(tests: dict[str, Recorded]) -> set[str]:
    """Tests that send nothing that the others do not send."""
    left = {name: test for name, test in tests.items() if not test.at_once}
    sent = {form for test in tests.values() if test.at_once for form in test.forms}
    wanted = {form for test in tests.values() for form in test.forms}
    taken: list[str] = []
    while sent < wanted:
        best = min((name for name in left if left[name].forms - sent), key=lambda name: (left[name].cost_s / len(left[name].forms - sent), name))
        sent |= left.pop(best).forms
        taken.append(best)
    for name in sorted(taken, key=lambda one: (-tests[one].cost_s, one)):
        rest = [one for one in tests if one != name and one not in left]
        if tests[name].forms <= {form for one in rest for form in tests[one].forms}:
            left[name] = tests[name]
    return set(left)


def main() -> None:
    """Write the list from the records."""
    tests: dict[str, Recorded] = {}
    for path in RECORDS.glob("*.jsonl"):
        for line in map(json.loads, path.read_text("utf-8").splitlines()):
            test = tests.setdefault(line["test"], Recorded())
            test.cost_s += line["cost_s"]
            test.at_once |= line["at_once"]
            test.forms |= set(line["forms"])
    out = choose(tests)
    LIST.write_text("".join(f"{name}\n" for name in sorted(out)), "utf-8")
    print(f"{len(out)} of {len(tests)} tests, {sum(tests[name].cost_s for name in out):.0f} of {sum(test.cost_s for test in tests.values()):.0f} s")


if __name__ == "__main__":
    main()
