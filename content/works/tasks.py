"""The job behind what the desk asks of this package."""

from __future__ import annotations

from huabao.queues import Task
from huabao.runtime import Runtime

PREFLIGHT, PROOF, APPROVE, REAPPROVE = "preflight", "proof", "approve", "reapprove"


def _desk_work(runtime: Runtime, work_id: int) -> None:
    from content.works import deciding, preflight, services  # composing, layout and pictures are slow to import

    services.run(runtime, work_id, {PREFLIGHT: preflight.preflight, PROOF: deciding.proof, APPROVE: deciding.approve, REAPPROVE: deciding.reapprove})


DESK_WORK = Task("content.desk_work", _desk_work, queue="build", max_attempts=1, lease_s=120.0)
"""Do a work of the desk; args: work_id."""
