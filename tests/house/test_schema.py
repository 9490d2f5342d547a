"""The migrations make exactly the models' tables, up and down, on both databases."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from console.registry import import_models
from console.schema import MIGRATIONS, current_revision, downgrade, head_revision, upgrade
from huabao.db import Base
from huabao.runtime import Runtime


def _tables(runtime: Runtime) -> set[str]:
    names = inspect(runtime.engine).get_table_names()
    return {name for name in names if not name.startswith("deliveries_") and name != "alembic_version"}


def test_models_equal_migrations(runtime: Runtime) -> None:
    import_models()
    with runtime.engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"compare_type": True, "include_name": lambda name, kind, _parents: not (kind == "table" and str(name).startswith("deliveries_"))},
        )
        differences = compare_metadata(context, Base.metadata)
    assert differences == []


def test_up_and_down_and_up(runtime: Runtime) -> None:
    whole = _tables(runtime)
    assert whole == set(Base.metadata.tables)
    downgrade(runtime, "base")
    assert _tables(runtime) == set()
    assert current_revision(runtime) is None
    upgrade(runtime)
    assert _tables(runtime) == whole
    assert current_revision(runtime) == head_revision()


def test_each_step_goes_down_and_up_again(runtime: Runtime) -> None:
    steps = list(ScriptDirectory(str(MIGRATIONS)).walk_revisions())
    for step in steps:
        before = _tables(runtime)
        down = step.down_revision or "base"
        assert isinstance(down, str), "one line of migrations, no branches"
        downgrade(runtime, down)
        upgrade(runtime, step.revision)
        assert _tables(runtime) == before
        downgrade(runtime, down)
