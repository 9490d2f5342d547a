"""The fixtures themselves: each test gets a fresh, migrated database, on both kinds."""

from __future__ import annotations

import pytest
import redis
from sqlalchemy import text

from console.schema import current_revision, head_revision
from huabao.alarms import Alarm, raise_alarm
from huabao.runtime import Runtime
from tests.command_line import CLI


@pytest.mark.parametrize("_round", [1, 2])
def test_each_test_has_a_fresh_database(runtime: Runtime, _round: int) -> None:
    assert current_revision(runtime) == head_revision()
    with runtime.transaction() as session:
        assert session.query(Alarm).count() == 0
        raise_alarm(session, "test", "one", "an alarm", at=runtime.now())


def test_postgres_is_postgres(postgres_runtime: Runtime) -> None:
    with postgres_runtime.transaction() as session:
        assert "PostgreSQL" in str(session.scalar(text("SELECT version()")))


def test_redis_answers(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
        client.set("a", "b")


def test_redis_is_empty_again(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0


def test_command_line_works_on_the_same_database(runtime: Runtime, cli: CLI) -> None:
    with runtime.transaction() as session:
        raise_alarm(session, "test", "one", "an alarm", at=runtime.now())
    assert [one["kind"] for one in cli("alarms", "list", "--json").json] == ["test"]
