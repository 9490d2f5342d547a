"""Tasks of this package."""

from __future__ import annotations

from content.feeds.asking import FETCH
from content.works.tasks import DESK_WORK
from huabao.queues import Periodic, Task
from huabao.runtime import Runtime


def _ask_feeds(runtime: Runtime) -> None:
    from content.feeds.arrivals import ask_due

    ask_due(runtime)


def _watch_feeds(runtime: Runtime) -> None:
    from content.feeds.arrivals import watch

    watch(runtime)


def _drop_works(runtime: Runtime) -> None:
    from content.works.services import drop_old

    drop_old(runtime)


TASKS: tuple[Task, ...] = (FETCH, DESK_WORK)
PERIODIC: tuple[Periodic, ...] = (
    Periodic("content.ask_feeds", _ask_feeds, 10.0),
    Periodic("content.watch_feeds", _watch_feeds, 30.0),
    Periodic("content.drop_works", _drop_works, 3600.0),
)
