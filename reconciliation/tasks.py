"""Tasks of this package, and its periodic work."""

from __future__ import annotations

from huabao.queues import Periodic, Task
from huabao.runtime import Runtime
from reconciliation.journal.retention import TIDY_JOURNAL
from reconciliation.outbox.requests import SEND_REQUESTS
from reconciliation.runs import tasks as runs
from reconciliation.runs.applying import APPLY_RUN
from reconciliation.stop_send import tasks as stop_send

DUE_EVERY_S = 20.0
"""How often changes of orders that are due are looked for."""


def _heal_outbox(runtime: Runtime) -> None:
    from reconciliation.outbox.sending import heal

    heal(runtime)


def _tidy_outbox(runtime: Runtime) -> None:
    from reconciliation.outbox.sending import tidy

    tidy(runtime)


def _route_orders(runtime: Runtime) -> None:
    from reconciliation.ordering.outcomes import read_answers
    from reconciliation.ordering.routing import route_new

    route_new(runtime)
    read_answers(runtime)


def _take_effect(runtime: Runtime) -> None:
    from reconciliation.intake.own import take_all

    take_all(runtime)


TASKS: tuple[Task, ...] = (SEND_REQUESTS, APPLY_RUN, *runs.TASKS, *stop_send.TASKS)
PERIODIC: tuple[Periodic, ...] = (
    Periodic("reconciliation.take_effect", _take_effect, DUE_EVERY_S),
    Periodic("reconciliation.route_orders", _route_orders, 1.0),
    Periodic("reconciliation.heal_outbox", _heal_outbox, 2.0),
    Periodic("reconciliation.tidy_outbox", _tidy_outbox, 3600.0),
    TIDY_JOURNAL,
    *runs.PERIODIC,
    *stop_send.PERIODIC,
)
