"""The embedded worker: what overtakes has a thread of its own, what is written here starts at once, periodic work does not wait for each other."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from huabao import embedded, queues
from huabao.embedded import THREADS, EmbeddedWorker
from huabao.queues import Periodic, Registry, Task
from huabao.rounds import Rounds
from huabao.runtime import Runtime

WAIT_S = 30.0


@contextmanager
def working(runtime: Runtime, *tasks: Task) -> Iterator[EmbeddedWorker]:
    worker = EmbeddedWorker(runtime, Registry({task.name: task for task in tasks}))
    assert worker.take_lease()
    worker.start()
    try:
        yield worker
    finally:
        worker.stop()


def write(runtime: Runtime, task: Task, *, many: int = 1, delay_s: float = 0.0) -> None:
    with runtime.transaction() as session:
        queues.enqueue_many(session, task, ({"at": at} for at in range(many)), now=runtime.now(), delay_s=delay_s)


def test_a_resend_starts_while_every_thread_has_a_long_batch(runtime: Runtime) -> None:
    over, resent, began = threading.Event(), threading.Event(), threading.Semaphore(0)

    def batch(_: Runtime, at: int) -> None:
        began.release()
        over.wait(WAIT_S)

    bulk = Task("test.batch", batch, queue="bulk")
    express = Task("test.resend", lambda _, at: resent.set(), queue="express")
    with working(runtime, bulk, express):
        write(runtime, bulk, many=3 * THREADS)
        assert all(began.acquire(timeout=WAIT_S) for _ in range(THREADS))
        write(runtime, express)
        assert resent.wait(WAIT_S)
        assert not began.acquire(blocking=False), "a batch took the thread of what overtakes"
        over.set()


def test_what_this_process_writes_wakes_the_worker(runtime: Runtime) -> None:
    """It looks at the table by itself only once a minute here, so that only the news can have woken it."""
    done = threading.Event()
    task = Task("test.note", lambda _, at: done.set())
    before, embedded.LOOK_S = embedded.LOOK_S, 60.0
    try:
        with working(runtime, task):
            write(runtime, task)
            assert done.wait(WAIT_S)
    finally:
        embedded.LOOK_S = before


def test_what_another_process_writes_is_found(runtime: Runtime) -> None:
    done = threading.Event()
    task = Task("test.note", lambda _, at: done.set())
    heard, queues.listeners[:] = list(queues.listeners), []
    with working(runtime, task):
        mine, queues.listeners[:] = list(queues.listeners), []  # nobody tells it
        write(runtime, task)
        assert done.wait(WAIT_S)
        queues.listeners[:] = mine
    queues.listeners[:] = heard


def test_a_job_that_is_due_later_is_found_then(runtime: Runtime) -> None:
    done = threading.Event()
    task = Task("test.note", lambda _, at: done.set())
    with working(runtime, task):
        write(runtime, task, delay_s=0.3)
        assert done.wait(WAIT_S)


def test_long_periodic_work_keeps_no_other_waiting_and_never_runs_beside_itself(runtime: Runtime) -> None:
    over, quick, twice = threading.Event(), threading.Semaphore(0), threading.Event()
    running = threading.Lock()

    def slow(_: Runtime) -> None:
        if not running.acquire(blocking=False):
            twice.set()
            return
        over.wait(WAIT_S)
        running.release()

    rounds = Rounds(runtime, (Periodic("test.slow", slow, 0.01), Periodic("test.quick", lambda _: quick.release(), 0.01)))
    rounds.start()
    rounds.start()
    assert all(quick.acquire(timeout=WAIT_S) for _ in range(5))
    over.set()
    rounds.stop()
    rounds.stop()
    assert not twice.is_set()


def test_who_is_told_to_stop_just_before_he_sleeps_does_not_sleep(sqlite_runtime: Runtime) -> None:
    """A thread that found no job when the stop came: nobody rings for it any more."""
    worker = EmbeddedWorker(sqlite_runtime, Registry())
    assert worker.take_lease()
    for _ in range(2):  # a worker may begin again
        worker.start()
        worker._stop.set()
        worker._news.set()
        looking = worker._threads[-2]  # the last one keeps the lease
        looking.join(WAIT_S)
        assert not looking.is_alive()
        late = threading.Thread(target=worker._bell.sleep, args=(2 * WAIT_S,), daemon=True)
        late.start()
        late.join(WAIT_S)
        assert not late.is_alive(), "it slept on"
        worker.stop()
