"""Operations of the editor's desk: the same services as its pages; what takes long is a work that is asked for and looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy.orm import Session

from console.api.calls import Call, Operation, Reply
from console.api.desk_schemas import (
    CorrectRequest,
    DecisionRequest,
    EditionState,
    PlanRequest,
    ScheduleRequest,
    SegmentDocument,
    SegmentRequest,
    WithdrawRequest,
    WorkDocument,
    WorkRequest,
)
from console.api.problems import Problem
from console.api.scopes import APPROVE, DESK, SEND
from console.rehearsal.tasks import REHEARSAL, REHEARSE
from console.settings import SEGMENT_COUNT_S
from content.models import Edition, EditionVersion
from content.services import find_edition, lock_edition
from content.workflow import approvals
from content.workflow.lifecycle import Act
from content.works import services as works
from content.works import tasks as content_works
from content.works.models import DeskWork
from delivery import tasks as delivery_works
from huabao.errors import UsageError
from huabao.queues import Task
from subscribers import services as subscribers
from subscribers.segments import find_segment, parse_rule
from subscribers.segments.bounded import size_of


def submit(call: Call) -> Reply:
    """Hand a draft over for review."""
    return _decided(call, approvals.submit)


def reject(call: Call) -> Reply:
    """Return it to the editors."""
    return _decided(call, approvals.reject)


def _decided(call: Call, act: Callable[[Session, Edition, Act], None]) -> Reply:
    body = call.body
    assert isinstance(body, DecisionRequest)
    with call.runtime.transaction() as session:
        edition = lock_edition(session, find_edition(session, body.edition).id)
        version = session.get_one(EditionVersion, edition.current_version_id)
        if version.version != body.version:
            raise Problem("conflict", f"version {version.version} came meanwhile; look at that one")
        act(session, edition, Act(call.actor(body.agent), call.runtime.now(), body.reason))
        return Reply(200, EditionState(edition_id=edition.id, version=version.version, state=edition.state))


def approve(call: Call) -> Reply:
    """Build and approve, to the byte."""
    return _decision(call, content_works.APPROVE)


def reapprove(call: Call) -> Reply:
    """Approve again after a typo."""
    return _decision(call, content_works.REAPPROVE)


def _decision(call: Call, kind: str) -> Reply:
    body = call.body
    assert isinstance(body, DecisionRequest)
    return asked(call, content_works.DESK_WORK, kind, body.edition, body.agent, {"version": str(body.version), "reason": body.reason})


def preflight(call: Call) -> Reply:
    """Try every variant on every handset."""
    return _work(call, content_works.DESK_WORK, content_works.PREFLIGHT)


def rehearse(call: Call) -> Reply:
    """Send it to the sandbox MMSC."""
    return _work(call, REHEARSAL, REHEARSE)


def _work(call: Call, task: Task, kind: str) -> Reply:
    body = call.body
    assert isinstance(body, WorkRequest)
    return asked(call, task, kind, body.edition, body.agent, {})


def plan(call: Call) -> Reply:
    """Count what a schedule would do now."""
    body = call.body
    assert isinstance(body, PlanRequest)
    return asked(call, delivery_works.DESK_WORK, delivery_works.PLAN, body.edition, body.agent, _choices(body))


def schedule(call: Call) -> Reply:
    """Freeze the audience and let it leave at its time."""
    body = call.body
    assert isinstance(body, ScheduleRequest)
    args = _choices(body) | {"confirmed": str(body.confirmed)}
    return asked(call, delivery_works.DESK_WORK, delivery_works.SCHEDULE, body.edition, body.agent, args)


def correct(call: Call) -> Reply:
    """Send the present version to whom the older ones have not reached."""
    body = call.body
    assert isinstance(body, CorrectRequest)
    if body.dry_run:
        return asked(call, delivery_works.DESK_WORK, delivery_works.COUNT_CORRECTION, body.edition, body.agent, {})
    args = {"reason": body.reason, "replacing": "1" if body.recall else "", "confirmed": "" if body.confirmed is None else str(body.confirmed)}
    return asked(call, delivery_works.DESK_WORK, delivery_works.CORRECT, body.edition, body.agent, args)


def kill(call: Call) -> Reply:
    """Withdraw an edition."""
    body = call.body
    assert isinstance(body, WithdrawRequest)
    return asked(call, delivery_works.DESK_WORK, delivery_works.KILL, body.edition, body.agent, {"reason": body.reason, "recalling": "1" if body.recall else ""})


def _choices(body: PlanRequest) -> dict[str, str]:
    if any("," in name for name in (*body.ports, *body.block_classes)):
        raise Problem("invalid", "a port and a handset class have no comma in their names")
    return {
        "start": body.start or "", "deadline": body.deadline or "", "ports": ",".join(body.ports), "seed_group": body.seed_group or "", "block": ",".join(body.block_classes),
    }  # fmt: skip


def asked(call: Call, task: Task, kind: str, ref: str, agent: str | None, args: Mapping[str, str]) -> Reply:
    """Write a work down and have it done."""
    with call.runtime.transaction() as session:
        edition = find_edition(session, ref)
        if edition.current_version_id is None:
            raise UsageError(f"edition {edition.id} has no version yet")
        work = works.ask(session, task, edition, kind, args, by=call.actor(agent), role="", now=call.runtime.now())
        return Reply(202, _document(work), f"/api/v1/works/{work.id}")


def show_work(call: Call) -> Reply:
    """A work, and what came of it."""
    with call.runtime.transaction(read_only=True) as session:
        work = session.get(DeskWork, call.path["work_id"])
        if work is None:
            raise Problem("not-found", f"there is no work {call.path['work_id']}")
        return Reply(200, _document(work))


def _document(work: DeskWork) -> WorkDocument:
    return WorkDocument.model_validate(
        {
            "work_id": work.id, "edition_id": work.edition_id, "kind": work.kind, "state": work.state, "done": work.done, "total": work.total, "asked_by": work.by,
            "asked_at": work.asked_at, "finished_at": work.finished_at, "problem": work.problem or "", "result": work.result or {},
        }
    )  # fmt: skip


def segment(call: Call) -> Reply:
    """Count a rule, and keep it where a name is given."""
    body = call.body
    assert isinstance(body, SegmentRequest)
    rule = parse_rule(body.rule, "rule")
    replaced = False
    with call.runtime.transaction() as session:
        if body.name is not None:
            if find_segment(session, body.name) is not None and not body.replace:
                raise Problem("conflict", f"there is a segment {body.name!r}; `replace` replaces it")
            replaced = subscribers.add_segment(session, body.name, rule, by=call.actor(body.agent), at=call.runtime.now())
    with call.runtime.transaction(read_only=True) as session:
        size = size_of(session, rule, within_s=SEGMENT_COUNT_S.get(session))
    return Reply(200, SegmentDocument(readers=size.readers, exact=size.exact, name=body.name, replaced=replaced))


_WORK = {202: WorkDocument}
_STATE = {200: EditionState}

OPERATIONS: tuple[Operation, ...] = (
    Operation("submitEdition", "POST", "/editions/submit", (DESK,), "Hand a draft over for review", submit, _STATE, (), DecisionRequest),
    Operation("preflightEdition", "POST", "/editions/preflight", (DESK,), "Try every variant on every handset", preflight, _WORK, (), WorkRequest),
    Operation("planEdition", "POST", "/editions/plan", (DESK, SEND), "Count what a schedule would do now", plan, _WORK, (), PlanRequest),
    Operation("rehearseEdition", "POST", "/editions/rehearse", (DESK,), "Send an edition to the sandbox MMSC, and to nobody else", rehearse, _WORK, (), WorkRequest),
    Operation("approveEdition", "POST", "/editions/approve", (APPROVE,), "Build what the audience needs and approve it, to the byte", approve, _WORK, (), DecisionRequest),
    Operation("reapproveEdition", "POST", "/editions/reapprove", (APPROVE,), "Approve again what differs by a few words", reapprove, _WORK, (), DecisionRequest),
    Operation("returnEdition", "POST", "/editions/return", (APPROVE,), "Return it to the editors, with the reason", reject, _STATE, (), DecisionRequest),
    Operation("scheduleEdition", "POST", "/editions/schedule", (SEND,), "Freeze the audience; it leaves at its time", schedule, _WORK, (), ScheduleRequest),
    Operation("correctEdition", "POST", "/editions/correct", (SEND,), "Send the present version to whom older ones have not reached", correct, _WORK, (), CorrectRequest),
    Operation("killEdition", "POST", "/editions/kill", (SEND,), "Withdraw an edition", kill, _WORK, (), WithdrawRequest),
    Operation("showWork", "GET", "/works/{work_id:int}", (DESK, APPROVE, SEND), "A work, and what came of it", show_work, {200: WorkDocument}, ("not-found",)),
    Operation("countSegment", "POST", "/segments", (DESK,), "Count a rule's readers, and keep it where a name is given", segment, {200: SegmentDocument}, (), SegmentRequest),
)  # fmt: skip
