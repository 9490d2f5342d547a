"""What a task, a page or a command is handed: settings, clock and transactions."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from huabao import tracing
from huabao.clock import Clock, SteadyClock
from huabao.config import Config, get_config
from huabao.db import keep_time, make_engine, transaction


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

    def transaction(self, *, read_only: bool = False, still: bool = False) -> AbstractContextManager[Session]:
        """Open one transaction; it commits at the end of the block. `still`: a read-only one that sees one instant throughout."""
        return transaction(self.sessions, read_only=read_only, still=still)

    def now(self) -> datetime:
        """The present instant."""
        return self.clock()

    @property
    def in_doubt(self) -> bool:
        """Whether the clock was set so lately that nobody can be judged by his lease; looks at it anew, for others may have seen a step that nobody here saw yet."""
        if not isinstance(self.clock, SteadyClock):
            return False
        self.clock.look()
        return self.clock.in_doubt

    def step_s(self) -> float:
        """By how much the clock was set since somebody asked; 0 where it was not."""
        return self.clock.take_step() if isinstance(self.clock, SteadyClock) else 0.0


def make_runtime(config: Config) -> Runtime:
    """A runtime for `config`, with an engine of its own."""
    tracing.begin(config)
    engine = make_engine(config.resolved_database_url)
    return Runtime(config, engine, sessionmaker(engine, expire_on_commit=False), _clock(config, engine))


def _clock(config: Config, engine: Engine) -> Clock:
    """On PostgreSQL everybody goes by the server's clock, however wrong his own may be."""
    if config.now:
        return config.clock
    if engine.dialect.name != "postgresql":
        return SteadyClock(doubt_s=config.lease_s)
    return keep_time(engine, SteadyClock(None, doubt_s=config.lease_s), every_s=config.lease_s / 3)


@lru_cache(maxsize=1)
def get_runtime() -> Runtime:
    """The runtime of this process."""
    return make_runtime(get_config())
