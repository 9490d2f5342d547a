"""Tasks of this package, and its periodic work."""

from __future__ import annotations

from collections.abc import Callable

from delivery.dispatch.recalls import SEND_RECALLS
from delivery.dispatch.reserve import STAND_BY
from delivery.ports.probing import PROBE_PORT
from delivery.reports import folding
from delivery.sending.replies import SEND_REPLIES
from delivery.sending.waiting import QUEUE_READY, SEND_BATCH
from huabao.queues import Companion, Periodic, Registry, Task, enqueue_many
from huabao.runtime import Runtime


def _requeue_silent(runtime: Runtime) -> None:
    from delivery.sending.sweeps import requeue_silent

    requeue_silent(runtime)


def _start_due(runtime: Runtime) -> None:
    from delivery.sending.sweeps import start_due

    start_due(runtime)


def _climb(runtime: Runtime) -> None:
    from delivery.dispatch.ramp import climb

    climb(runtime)


def _watch_vitals(runtime: Runtime) -> None:
    from delivery.dispatch.vitals import watch

    watch(runtime)


def _advance(runtime: Runtime) -> None:
    from delivery.sending.sweeps import advance

    advance(runtime)


def _keep_partitions(runtime: Runtime) -> None:
    from delivery.sending.sweeps import keep_partitions

    keep_partitions(runtime)


def _apply_rate_changes(runtime: Runtime) -> None:
    from delivery.ports.changes import apply_due

    apply_due(runtime)


def _probe_due(runtime: Runtime) -> None:
    from delivery.ports.probing import probe_due

    probe_due(runtime)


def _count_minutes(runtime: Runtime) -> None:
    from delivery.ports.minutes import count_minutes

    count_minutes(runtime)


def _move_waiting(runtime: Runtime) -> None:
    from delivery.ports.moving import move_waiting

    move_waiting(runtime)


def _recalls(runtime: Runtime) -> None:
    from delivery.dispatch.recalls import heal

    heal(runtime)


def _follow_up(runtime: Runtime) -> None:
    from delivery.dispatch.correction import follow_up

    follow_up(runtime)


def _replies(runtime: Runtime) -> None:
    from delivery.sending.replies import heal

    heal(runtime)


def _check_dialects(runtime: Runtime) -> None:
    from delivery.reports.meanings import watch_dialects

    watch_dialects(runtime)


def _own_links(runtime: Runtime, registry: Registry) -> Callable[[], None]:
    from delivery.links.owners import Owners  # the event loop and the codecs are slow to import

    owners = Owners(runtime, registry)
    owners.start()
    return owners.stop


def _watch_windows(runtime: Runtime) -> None:
    from delivery.dispatch.closing import watch

    watch(runtime)


def _send_again(runtime: Runtime) -> None:
    from delivery.sending.unknowns import send_again

    send_again(runtime)


def _stand_by(runtime: Runtime) -> None:
    from delivery.dispatch.reserve import stand_by

    stand_by(runtime)


def _follow_serial(runtime: Runtime, publication_id: int) -> None:
    from delivery.serials.following import follow_up

    follow_up(runtime, publication_id)


FOLLOW_SERIAL = Task("delivery.follow_serial", _follow_serial, max_attempts=1)
"""Look at the readers of one serial; it reads many rows, so it is no periodic work of its own."""


def _follow_serials(runtime: Runtime) -> None:
    from delivery.serials.following import serials

    with runtime.transaction() as session:
        jobs = [{"publication_id": one} for one in serials(session)]
        enqueue_many(session, FOLLOW_SERIAL, jobs, now=runtime.now(), key_of=lambda args: f"{FOLLOW_SERIAL.name}:{args['publication_id']}")


def _foresee(runtime: Runtime) -> None:
    from delivery.dispatch import compliance, foresight

    foresight.watch(runtime)
    compliance.watch(runtime)


FORESEE = Task("delivery.foresee", _foresee, max_attempts=1)
"""Hold what lies ahead and what runs against the ports and their contracts; it counts every reader, so it is no periodic work of its own."""

WATCH = Task("delivery.watch", _foresee, max_attempts=1)
"""What `FORESEE` was called before: jobs that an older scheduler wrote still find their work. Goes with the next release."""


def _foresee_often(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        enqueue_many(session, FORESEE, [{}], now=runtime.now(), key_of=lambda _: FORESEE.name)


PLAN, SCHEDULE, CORRECT, KILL = "plan", "schedule", "correct", "kill"
COUNT_CORRECTION, COUNT_RESEND, RESEND = "count_correct", "count_resend", "resend"


def _desk_work(runtime: Runtime, work_id: int) -> None:
    from content.works import services
    from delivery.dispatch import works
    from delivery.resend import works as resends

    doings = {
        PLAN: works.plan, SCHEDULE: works.schedule, COUNT_CORRECTION: works.count_correction, CORRECT: works.correct, KILL: works.kill, COUNT_RESEND: resends.count,
        RESEND: resends.send,
    }  # fmt: skip
    services.run(runtime, work_id, doings)


DESK_WORK = Task("delivery.desk_work", _desk_work, queue="build", max_attempts=1, lease_s=120.0)
"""Do what the desk asks of the send side; args: work_id."""

TASKS: tuple[Task, ...] = (SEND_BATCH, QUEUE_READY, PROBE_PORT, FORESEE, WATCH, STAND_BY, SEND_RECALLS, SEND_REPLIES, FOLLOW_SERIAL, DESK_WORK)
PERIODIC: tuple[Periodic, ...] = (
    Periodic("delivery.start_due", _start_due, 1.0),
    Periodic("delivery.climb", _climb, 2.0),
    Periodic("delivery.watch_vitals", _watch_vitals, 5.0),
    Periodic("delivery.requeue_silent", _requeue_silent, 1.0),
    Periodic("delivery.advance", _advance, 2.0),
    Periodic("delivery.keep_partitions", _keep_partitions, 3600.0),
    Periodic("delivery.apply_rate_changes", _apply_rate_changes, 0.5),
    Periodic("delivery.probe_due", _probe_due, 1.0),
    Periodic("delivery.count_minutes", _count_minutes, 5.0),
    Periodic("delivery.move_waiting", _move_waiting, 5.0),
    Periodic("delivery.recalls", _recalls, 5.0),
    Periodic("delivery.follow_up", _follow_up, 30.0),
    Periodic("delivery.replies", _replies, 2.0),
    Periodic("delivery.check_dialects", _check_dialects, 10.0),
    Periodic("delivery.watch_windows", _watch_windows, 5.0),
    Periodic("delivery.send_again", _send_again, 5.0),
    Periodic("delivery.stand_by", _stand_by, 30.0),
    Periodic("delivery.follow_serials", _follow_serials, 300.0),
    Periodic("delivery.foresee", _foresee_often, 120.0),
    *folding.PERIODIC,
)
COMPANIONS: tuple[Companion, ...] = (Companion("delivery.links", _own_links),)
"""Embedded, the one process owns the binds as well."""
