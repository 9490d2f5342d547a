"""Processes start on this release's schema or a newer one, never on an older one."""

import pytest
from sqlalchemy import text

from console import schema
from huabao.errors import UsageError
from huabao.runtime import Runtime


def test_the_present_schema_and_a_newer_one_are_good(runtime: Runtime) -> None:
    schema.require(runtime)
    with runtime.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    schema.require(runtime)


def test_a_database_without_a_schema_is_refused(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        session.execute(text("DELETE FROM alembic_version"))
    with pytest.raises(UsageError, match="huabao db upgrade") as refused:
        schema.require(runtime)
    url = runtime.engine.url
    assert f"{url.drivername}://" in str(refused.value)
    assert str(url.database) in str(refused.value), "which database"
    assert not url.password or url.password not in str(refused.value)
