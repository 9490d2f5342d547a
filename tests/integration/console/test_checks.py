"""`huabao doctor` names what would make somebody get a paper twice."""

from __future__ import annotations

from console.checks import examine
from huabao.runtime import Runtime


def test_a_database_that_forgets_commits_is_named(postgres_runtime: Runtime) -> None:
    found = {one.what: one for one in examine(postgres_runtime)}
    assert not found["durability"].ok, "the tests' own server runs without fsync"
    assert "fsync" in found["durability"].found
    assert found["schema"].ok


def test_sqlite_has_nothing_to_say_about_it(sqlite_runtime: Runtime) -> None:
    assert "durability" not in {one.what for one in examine(sqlite_runtime)}
