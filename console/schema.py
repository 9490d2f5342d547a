"""The schema of the database: brought to this release by Alembic, and asked for its state."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

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


def head_revision() -> str:
    """The revision that this release wants."""
    config = AlembicConfig()
    config.set_main_option("script_location", str(MIGRATIONS))
    head = ScriptDirectory.from_config(config).get_current_head()
    assert head is not None, "no migrations"
    return head
