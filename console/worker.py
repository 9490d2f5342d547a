"""The Celery side: a worker that claims jobs by id, and the relay that publishes ids.

Celery carries nothing but job ids; what a job is, whether it is due and who has
it stands in the job table. A message lost with the broker is published again,
a message delivered twice finds its job taken.
"""

from __future__ import annotations

import sys
from functools import lru_cache
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_process_init

from console.registry import registry
from huabao import log as logs
from huabao import queues
from huabao.config import get_config
from huabao.embedded import SWITCH_S, process_name
from huabao.errors import UsageError
from huabao.runtime import Runtime, get_runtime
from huabao.working import run_claimed

RUN_JOB = "huabao.run_job"

CHILD_KB_MAX = 600_000
"""A worker's process that grew beyond this is replaced after its job, KB."""


def make_celery() -> Celery:
    """The Celery application of this installation.

    Raises:
        UsageError: no broker is configured.
    """
    url = get_config().redis_url
    if not url:
        raise UsageError("no broker: set HUABAO_REDIS_URL (embedded mode has no separate workers; `huabao serve` works the jobs)")
    celery = Celery("huabao", broker=url)
    celery.conf.update(
        task_ignore_result=True,
        # A message is acknowledged when its job is through: so no worker holds a second one, which might be a resend, behind a
        # long batch. One that comes twice, or after its worker died, finds its job taken; what is lost is in the job table.
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        task_default_queue="default",
        broker_connection_retry_on_startup=True,
        broker_transport_options={"visibility_timeout": 3600, "queue_order_strategy": "priority"},  # queues in the order they are named: express first
        worker_max_tasks_per_child=2000,
        worker_max_memory_per_child=CHILD_KB_MAX,
    )
    celery.task(name=RUN_JOB)(run_job)
    return celery


@lru_cache(maxsize=1)
def _owner() -> str:
    return process_name()


@worker_process_init.connect  # type: ignore[untyped-decorator]  # celery ships no types
def _fresh_process(**_: Any) -> None:
    sys.setswitchinterval(SWITCH_S)
    get_runtime.cache_clear()
    _owner.cache_clear()


@setup_logging.connect  # type: ignore[untyped-decorator]  # celery ships no types
def _our_logs(**_: Any) -> None:
    logs.configure(get_config().log_level)


def run_job(job_id: int) -> None:
    """Claim and run one job; nothing happens where it is done or taken."""
    runtime = get_runtime()
    with runtime.transaction() as session:
        claim = queues.claim_job(session, job_id, owner=_owner(), now=runtime.now(), lease_s=runtime.config.lease_s)
    if claim is not None:
        run_claimed(runtime, _registry().tasks, claim, owner=_owner())


@lru_cache(maxsize=1)
def _registry() -> queues.Registry:
    return registry()


def relay(runtime: Runtime, celery: Celery) -> int:
    """Publish the ids of due jobs; how many. A broker that fails leaves them unpublished.

    Raises:
        kombu.exceptions.OperationalError: the broker is out of reach.
    """
    with runtime.transaction() as session:
        found = queues.take_unpublished(session, now=runtime.now())
        for job_id, queue in found:
            celery.send_task(RUN_JOB, args=[job_id], queue=queue, ignore_result=True, retry=False)
    return len(found)
