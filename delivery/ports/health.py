"""Keeping a port's health: what its peer's answers and a probe mean for everybody who sends through it.

Senders hand over each bundle of answers (`note_answers`); the row of the port is
locked only where there is something to write. An alarm opens with the breaker and
closes with it; one incident has one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from delivery.lifecycle import SYSTEM
from delivery.models import Port
from delivery.ports import Answer, PortSettings
from delivery.ports import breaker as breakers
from delivery.ports.breaker import CLOSED, OPEN, Breaker, Event
from delivery.ports.pace import PaceRules, slowed
from huabao import alarms
from huabao.audit import record
from huabao.leases import FAR_S
from huabao.log import get_logger
from huabao.settings import Setting

log = get_logger("ports")

DEFERRAL_PAUSE_S = Setting("deferral_pause_s", 1.0, "s", "pause after a port's first `not now`; doubled with each further one", minimum=0)
DEFERRAL_PAUSE_S_MAX = Setting("deferral_pause_s_max", 60.0, "s", "longest pause after a port's `not now`, unless the peer asks for more (15 minutes at most)", minimum=0)
BREAKER_FAILURES = Setting("breaker_failures", 5, "attempts", "attempts in a row that got no answer after which a port's breaker opens", minimum=1)
BREAKER_PROBE_S = Setting("breaker_probe_s", 5.0, "s", "how often the peer of a port whose breaker is open is asked whether it is back", minimum=0.1)
UNREACHED_PAUSE_S = Setting("unreached_pause_s", 1.0, "s", "pause of a port whose peer could not be reached, until the breaker opens", minimum=0)

SETTINGS: tuple[Setting[Any], ...] = (DEFERRAL_PAUSE_S, DEFERRAL_PAUSE_S_MAX, BREAKER_FAILURES, BREAKER_PROBE_S, UNREACHED_PAUSE_S)

UNREACHABLE = "port.unreachable"
"""The alarm of an open breaker; its key is the port's name."""

MISCONFIGURED = "port.misconfigured"
"""The alarm of a peer that turns us away for our configuration."""

_troubled: set[int] = set()
"""Ports that this process found failing and heard nothing from since; their next answer is written down."""

OURS_TO_MEND = frozenset({401, 403, 404, 405, 407, 408, 421, *range(300, 400)})
"""HTTP statuses that are about our configuration: a pause and an alarm, but no lower rate."""


def note_answers(session: Session, settings: PortSettings, answers: Sequence[Answer], *, now: datetime, deferrals: int = 0) -> bool:
    """Write down what these answers say about the peer.

    Args:
        settings: of the port, a second old at most.
        answers: without those that only ask for smaller groups.
        deferrals: how often the batch was told "not now" before; the pause doubles with each.

    Returns:
        Whether the peer said "not now" to one of them: that is a deferral of the
        batch. An attempt that did not reach the peer is none.
    """
    lost = sum(answer.state == "unknown" for answer in answers)
    unreached = any(answer.unreached for answer in answers)
    asked = [answer for answer in answers if answer.state == "deferred" and not answer.unreached and answer.status_code is not None]
    heard = len(answers) - lost - sum(answer.state == "deferred" and answer.status_code is None for answer in answers)
    troubled = settings.failures > 0 or settings.breaker != CLOSED or settings.port_id in _troubled
    if not (lost or unreached or asked or (heard and troubled)):
        return False
    port = _locked(session, settings.port_id)
    if heard:
        _troubled.discard(port.id)
        _step(session, port, "answered", now)
    elif lost or unreached:
        _troubled.add(port.id)
        _step(session, port, "failed", now, weight=max(1, lost))
        if unreached:
            _defer(port, now + timedelta(seconds=UNREACHED_PAUSE_S.get(session)))
    if asked:
        _not_now(session, port, asked, deferrals, now)
    session.flush()
    return bool(asked)


def _not_now(session: Session, port: Port, asked: Sequence[Answer], deferrals: int, now: datetime) -> None:
    """The peer said "not now": everybody waits; and goes on more slowly, unless it is our configuration that it minds."""
    growing = min(DEFERRAL_PAUSE_S.get(session) * 2.0 ** min(deferrals, 16), DEFERRAL_PAUSE_S_MAX.get(session))
    asked_s = max(growing, *(answer.retry_after_s or 0.0 for answer in asked))
    until = now + timedelta(seconds=min(asked_s, FAR_S))  # whoever asks for more is asked again meanwhile
    ours = next((answer for answer in asked if answer.status_code in OURS_TO_MEND), None)
    if ours is not None:
        alarms.raise_alarm(session, MISCONFIGURED, port.name, f"port {port.name} is turned away: {ours.status_text}", at=now, status=ours.status_code)
    elif port.rate_factor_at is None or now >= port.rate_factor_at:  # what comes during the pause belongs to the same "slow down"
        rules = PaceRules.of(session)
        port.rate_factor, port.rate_factor_at = slowed(port.rate_factor, port.rate_factor_at, now, rules), until
        log.warning("peer says slow down", port=port.name, rate_factor=round(port.rate_factor, 3), until=until.isoformat(), code=asked[0].status_code)
    if port.rate_factor_at is not None and port.rate_factor < 1:
        port.rate_factor_at = max(port.rate_factor_at, until)
    _defer(port, until)


def _defer(port: Port, until: datetime) -> None:
    if port.deferred_until is None or port.deferred_until < until:
        port.deferred_until = until


def note_probe(session: Session, port_id: int, error: str | None, *, now: datetime) -> str:
    """Write down what a probe of an open breaker found; the breaker's state afterwards.

    Args:
        error: why the peer is not there, or None where it answered.
    """
    port = _locked(session, port_id)
    _step(session, port, "probe_answered" if error is None else "probe_failed", now, why=error or "")
    if port.breaker != OPEN:
        port.deferred_until = None
    session.flush()
    return port.breaker


def written_ahead(session: Session, *, now: datetime) -> Sequence[int]:
    """Ports whose pause, pace or breaker was written by a clock that has been set back since: no pause lasts so long."""
    late = now + timedelta(seconds=FAR_S + 1.0)
    return session.scalars(select(Port.id).where(or_(Port.deferred_until > late, Port.rate_factor_at > late, Port.breaker_at > late))).all()


def pull_back(session: Session, port_id: int, *, now: datetime) -> None:
    """Let the port go on from now."""
    port = _locked(session, port_id)
    log.warning("a port waited by a clock that was ahead", port=port.name, until=None if port.deferred_until is None else port.deferred_until.isoformat())
    for name in ("deferred_until", "rate_factor_at", "breaker_at"):
        at = getattr(port, name)
        setattr(port, name, at and min(at, now))


def probes_due(session: Session, *, now: datetime) -> list[Port]:
    """Ports whose peer is to be asked whether it is back, under no matter whose lease."""
    every_s = BREAKER_PROBE_S.get(session)
    found = session.scalars(select(Port).where(Port.breaker != CLOSED, Port.state == "up").order_by(Port.id))
    return [port for port in found if breakers.probe_due(_breaker(port), now, every_s=every_s, trickle_s=2 * every_s + port.timeout_s)]


def old_alarms(session: Session, *, now: datetime, quiet_s: float) -> Sequence[str]:
    """Names of the ports that were turned away and for so long were not again: their alarm may close."""
    before = now - timedelta(seconds=quiet_s)
    stale = (alarms.Alarm.kind == MISCONFIGURED, alarms.Alarm.closed_at.is_(None), alarms.Alarm.last_seen_at < before)
    return session.scalars(select(alarms.Alarm.key).where(*stale)).all()


def _locked(session: Session, port_id: int) -> Port:
    """The port's row, locked against other writers but not against references."""
    wanted = select(Port).where(Port.id == port_id).with_for_update(key_share=True)
    return session.scalars(wanted, execution_options={"populate_existing": True}).one()


def _breaker(port: Port) -> Breaker:
    return Breaker(port.breaker, port.failures, port.breaker_at)


def _step(session: Session, port: Port, event: Event, now: datetime, *, weight: int = 1, why: str = "") -> None:
    before = port.breaker
    after = breakers.step(_breaker(port), event, now, failures_max=BREAKER_FAILURES.get(session), weight=weight)
    port.breaker, port.failures, port.breaker_at = after.state, after.failures, after.since
    if port.breaker == before:
        return
    record(session, actor=SYSTEM, action=f"port.breaker_{port.breaker}", object_kind="port", object_id=port.name, at=now, before=before, event=event, why=why)
    log.warning("breaker", port=port.name, before=before, state=port.breaker, cause=event)
    if port.breaker == OPEN:
        said = f"port {port.name}: its peer does not answer; nothing is sent through it until it does, it is asked by itself. `huabao port test {port.name}` asks now"
        alarms.raise_alarm(session, UNREACHABLE, port.name, said, at=now)
    elif port.breaker == CLOSED:
        alarms.close_alarm(session, UNREACHABLE, port.name, at=now)
