"""What a task, a page or a command is handed: settings, clock and transactions."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from huabao.clock import Clock
from huabao.config import Config, get_config
from huabao.db import make_engine, transaction


@dataclass(frozen=True)
class Runtime:
    """One process's way to its database and its clock.

    Attributes:
        config: installation settings.
        engine: the database.
        sessions: makes sessions; `transaction` is the usual way to one.
        clock: gives the present instant, aware, in UTC.
    """

    config: Config
    engine: Engine
    sessions: sessionmaker[Session]
    clock: Clock

    def transaction(self, *, read_only: bool = False) -> AbstractContextManager[Session]:
        """Open one transaction; it commits at the end of the block."""
        return transaction(self.sessions, read_only=read_only)

    def now(self) -> datetime:
        """The present instant."""
        return self.clock()


def make_runtime(config: Config) -> Runtime:
    """A runtime for `config`, with an engine of its own."""
    engine = make_engine(config.resolved_database_url)
    return Runtime(config, engine, sessionmaker(engine, expire_on_commit=False), config.clock)


@lru_cache(maxsize=1)
def get_runtime() -> Runtime:
    """The runtime of this process."""
    return make_runtime(get_config())
