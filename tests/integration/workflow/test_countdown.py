"""How long the desk has, and who would be late."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import update

from content.models import Publication
from huabao.runtime import Runtime
from tests.command_line import CLI
from tests.services.delivering import add_port, build_world

READERS = 3000
AT_FIVE, TOO_LATE, LAST_MINUTES = ({"HUABAO_NOW": f"2026-11-22T{time}"} for time in ("05:00", "08:30", "07:50"))


@pytest.fixture
def paper(runtime: Runtime) -> str:
    world = build_world(runtime, readers=READERS, issue_date=date(2026, 11, 22))
    with runtime.transaction() as session:
        session.execute(update(Publication).values(send_window="06:30-08:00"))
    add_port(runtime, "http://127.0.0.1:9/", rate=1.0)  # 50 minutes for all of them
    return world.edition


def test_the_last_approval_time(cli: CLI, paper: str) -> None:
    found = cli("edition", "countdown", "paper", "--json", env=AT_FIVE).json
    assert (found["readers"], found["approved"], found["editions"]) == (READERS, False, [{"edition": paper, "state": "draft"}])
    assert found["last_approval_at"].startswith("2026-11-21T23:10")
    assert [one["readers"] for one in found["late"]] == [0, 0, 0, 0, 0]
    late = cli("edition", "countdown", "paper", "--json", env=LAST_MINUTES, code=1).json
    assert late["last_approval_at"] is None
    counts = [one["readers"] for one in late["late"]]
    assert counts[-1] == READERS
    assert counts == sorted(counts)
    assert abs(counts[0] - (READERS - 600)) <= 60, "ten minutes at one a second"
    assert "is over" in cli("edition", "countdown", "paper", env=TOO_LATE, code=2).err


def test_without_a_window_nobody_is_late(cli: CLI, sqlite_runtime: Runtime) -> None:
    build_world(sqlite_runtime)
    assert "has no window" in cli("edition", "countdown", "paper", code=2).err
