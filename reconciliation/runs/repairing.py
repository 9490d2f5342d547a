"""Repairs carried out: on the platform by `subscribers.orders`, at peers by the outbox, some differences at a time.

Each batch is one transaction with its own mark, so a run that was killed goes on where it ended. A
difference that is no longer what it was when it was judged is left alone.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from typing import Final

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from huabao.clock import parse_time
from huabao.config import Config
from huabao.db import in_ids
from reconciliation.intake.own import apply_own
from reconciliation.outbox import Request, enqueue_all
from reconciliation.outbox.peers import PEERS
from reconciliation.peers import asked_peer
from reconciliation.runs.facts import Knowledge, Present, know
from reconciliation.runs.models import ASKED, DONE, FAILED, PLANNED, SKIPPED, TOLD, ReconcileDifference, ReconcileRepair, ReconcileRun
from reconciliation.runs.policy import ASK
from reconciliation.runs.steps import ADOPT, PAUSE, SERVE, STOP, TELL_MISC
from subscribers.orders.change import Change, Result

BATCH: Final = 100
"""Differences of one transaction: while it lasts messages of peers wait, some tenth of a second."""

SOURCE: Final = "repair"
_STATE_AFTER: Final = {SERVE: "active", PAUSE: "paused", STOP: "cancelled"}
_NOW: Final = {"active": "active", "paused": "paused", "cancelled": "cancelled", "absent": "cancelled"}


@dataclass(slots=True)
class _Case:
    """One difference with its planned repairs."""

    row: ReconcileDifference
    repairs: list[ReconcileRepair]
    present: Present

    @property
    def own(self) -> ReconcileRepair | None:
        """The repair on the platform."""
        return next((one for one in self.repairs if one.side == "platform" and one.action != ASK), None)


def repair_some(session: Session, run: ReconcileRun, *, held: Collection[str], config: Config, now: datetime, limit: int = BATCH) -> int:
    """Carry out the repairs of the next differences of a run; how many differences there were.

    Args:
        held: classes of which nothing is done.
    """
    r = ReconcileRepair
    planned = select(r.difference_id).where(r.run_id == run.id, r.state == PLANNED, r.name.not_in(held)).distinct().order_by(r.difference_id).limit(limit)
    wanted = list(session.scalars(planned))
    cases = _cases(session, run, wanted)
    sound = [one for one in cases if _still_so(one, now)]
    _on_platform(session, run, sound, now)
    _elsewhere(session, sound, config, now)
    session.flush()
    return len(wanted)


def _cases(session: Session, run: ReconcileRun, wanted: Sequence[int]) -> list[_Case]:
    c, r = ReconcileDifference, ReconcileRepair
    rows = session.scalars(select(c).where(in_ids(session, c.id, wanted)).order_by(c.id)).all()
    repairs: dict[int, list[ReconcileRepair]] = {}
    for one in session.scalars(select(r).where(r.run_id == run.id, r.state == PLANNED, in_ids(session, r.difference_id, wanted)).order_by(r.id)):
        repairs.setdefault(one.difference_id, []).append(one)
    known: Knowledge = know(session, [(row.msisdn, row.service_id) for row in rows])
    return [_Case(row, repairs[row.id], known.at(row.msisdn, row.service_id)) for row in rows]


def _still_so(case: _Case, now: datetime) -> bool:
    if case.row.closed_at is None and case.present.state == _NOW.get(case.row.platform):
        return True
    for one in case.repairs:
        one.state, one.done_at, one.why = SKIPPED, now, "the platform's state changed after it was compared"
    return False


def _on_platform(session: Session, run: ReconcileRun, cases: Sequence[_Case], now: datetime) -> None:
    told: list[tuple[_Case, ReconcileRepair, Change]] = []
    for case in cases:
        own = case.own
        if own is not None:
            told += [(case, own, change) for change in changes_of(run.id, own, case.row, case.present, now)]
    if not told:
        return
    results = apply_own(session, [change for _, _, change in told], now=now)
    again = [at for at, result in enumerate(results) if result.verdict == "late" and told[at][2].effective_at < now]
    later = [_from_now(told[at][2], now) for at in again]
    for at, result in zip(again, apply_own(session, later, now=now), strict=True):
        results[at] = result
    _read_again(session, cases)
    for (_, own, _), result in zip(told, results, strict=True):
        _written(own, result, now)


def _read_again(session: Session, cases: Sequence[_Case]) -> None:
    """Applying changes forgets what was read of anything; here all of it comes back by two statements, not row by row."""
    c, r = ReconcileDifference, ReconcileRepair
    keys = [(inspect(one.row).identity, [inspect(repair).identity for repair in one.repairs]) for one in cases]
    session.scalars(select(c).where(in_ids(session, c.id, [key[0] for key, _ in keys if key]))).all()
    session.scalars(select(r).where(in_ids(session, r.id, [key[0] for _, repairs in keys for key in repairs if key]))).all()


def _written(own: ReconcileRepair, result: Result, now: datetime) -> None:
    own.done_at, own.after = now, result.after or own.after
    if result.verdict in ("applied", "unchanged", "repeated"):
        own.state = DONE if own.state != FAILED else FAILED
    else:
        own.state, own.why = FAILED, f"{result.verdict}: {result.why}"[:300]


def _from_now(change: Change, now: datetime) -> Change:
    return Change(**{**{name: getattr(change, name) for name in Change.__slots__}, "transaction_id": f"{change.transaction_id}.now", "effective_at": now})


def changes_of(run_id: int, own: ReconcileRepair, row: ReconcileDifference, present: Present, now: datetime) -> list[Change]:
    """What the platform is told."""
    said = row.said
    boss, misc = said.get("boss") or {}, said.get("misc") or {}
    reason = f"run {run_id}, {row.name}: {own.why}"[:200]
    number, service, key = row.msisdn, row.service_id, f"{run_id}.{own.id}"
    if own.action == ADOPT:
        payer = boss.get("fee_msisdn") or number
        return [Change(number, "terms", SOURCE, key, now, service, fee_msisdn=payer, price_fen=boss.get("price_fen"), reason=reason)]
    at = _effective(own.action, row, present, now)
    if own.action != SERVE:
        return [Change(number, own.event, SOURCE, key, at, service, reason=reason)]
    found = []
    if present.account_state == "barred":
        found.append(Change(number, "unbarred", SOURCE, f"{key}.account", now, reason=reason))
    if present.order_state != "active":
        event = "order" if present.order_state == "cancelled" else "resume"
        payer = boss.get("fee_msisdn") if boss else misc.get("fee_msisdn")
        price = boss.get("price_fen") if boss.get("price_fen") is not None else misc.get("price_fen")
        found.append(Change(number, event, SOURCE, key, at, service, fee_msisdn=payer, price_fen=price, reason=reason))
    return found


def _effective(action: str, row: ReconcileDifference, present: Present, now: datetime) -> datetime:
    """Since when a side has it as it shall be, MISC's word before BOSS's, where the platform knows nothing newer; else now.

    So what held in the past is answered as the order's master has it: the reader was owed his paper
    from then on, whether we knew it or not. What a run saw stays in that run.
    """
    said = ((row.misc, row.said.get("misc")), (row.boss, row.said.get("boss")))
    text = next((says["effective_at"] for state, says in said if says and state == _STATE_AFTER[action] and says.get("effective_at")), None)
    at = parse_time(text) if text else now
    return at if at <= now and (present.order_at is None or at > present.order_at) else now


def _elsewhere(session: Session, cases: Sequence[_Case], config: Config, now: datetime) -> None:
    """Ask peers by the outbox; where one has no interface, or no message for that, our check file tells it."""
    asked: list[tuple[ReconcileRepair, Request]] = []
    reachable = lru_cache(maxsize=None)(partial(_is_reachable, session, config))
    for case in cases:
        failed = case.own is not None and case.own.state == FAILED
        for repair in (one for one in case.repairs if one.state == PLANNED):
            repair.done_at = now
            if failed:
                repair.state, repair.why = FAILED, "the platform's own repair failed"
            elif repair.action in (ASK, TELL_MISC) or not reachable(repair.side, case.row.service_id):
                repair.state = TOLD
            else:
                repair.state, repair.after = ASKED, {"order": "active", "resume": "active", "pause": "paused", "cancel": "cancelled"}[repair.event]
                asked.append((repair, _request(case, repair)))
    for (repair, _), request_id in zip(asked, enqueue_all(session, [one for _, one in asked], now=now), strict=True):
        repair.request_id = request_id


def _request(case: _Case, repair: ReconcileRepair) -> Request:
    said = case.row.said
    boss, misc = said.get("boss") or {}, said.get("misc") or {}
    payload = {"reason": repair.why[:100], "fee_msisdn": boss.get("fee_msisdn") or misc.get("fee_msisdn"), "price_fen": boss.get("price_fen") or misc.get("price_fen")}
    reader = case.present.reader_id
    told = {name: value for name, value in payload.items() if value}
    return Request(repair.side, repair.event, f"repair:{repair.id}", reader, None if reader is not None else case.row.msisdn, case.row.service_id, told)


def _is_reachable(session: Session, config: Config, side: str, service_id: str) -> bool:
    """Whether a peer has an interface for that service."""
    if side not in PEERS:
        return False
    return bool(config.boss_url) if side == "boss" else asked_peer(session, service_id) is not None
