"""The schema of the database: brought to this release by Alembic, and asked for its state."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from huabao.db import database_name
from huabao.errors import UsageError
from huabao.runtime import Runtime

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


def _config(runtime: Runtime) -> AlembicConfig:
    config = AlembicConfig()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["engine"] = runtime.engine
    return config


def upgrade(runtime: Runtime, revision: str = "head") -> None:
    """Bring the schema up to `revision`; nothing happens where it is there already."""
    command.upgrade(_config(runtime), revision)


def downgrade(runtime: Runtime, revision: str) -> None:
    """Take the schema back to `revision` (`base` removes everything)."""
    command.downgrade(_config(runtime), revision)


def current_revision(runtime: Runtime) -> str | None:
    """The revision that the database has, None where there is none."""
    with runtime.engine.connect().execution_options(huabao_read_only=True) as connection:  # beside a writer, on SQLite
        return MigrationContext.configure(connection).get_current_revision()


def _scripts() -> ScriptDirectory:
    config = AlembicConfig()
    config.set_main_option("script_location", str(MIGRATIONS))
    return ScriptDirectory.from_config(config)


def head_revision() -> str:
    """The revision that this release wants."""
    head = _scripts().get_current_head()
    assert head is not None, "no migrations"
    return head


def require(runtime: Runtime) -> None:
    """Refuse to work on a schema older than this release; a newer one is made to carry both.

    Raises:
        UsageError: there is no schema, or it is older.
    """
    current, head = current_revision(runtime), head_revision()
    older = {script.revision for script in _scripts().walk_revisions()} - {head}
    if current is None or current in older:
        raise UsageError(f"the database {database_name(runtime.engine)} has {f'schema {current}' if current else 'no schema'}, this release wants {head}; run `huabao db upgrade`")
