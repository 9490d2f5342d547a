"""Sending an edition again to one reader: looked at, built where his variant is missing, written down in one transaction.

Pressing twice sends once. The same key finds the first answer; another key within
`resend_guard_s` finds the copy that is on its way, and says so. Both hold against
two processes at one instant: the reader's row is locked while it is decided.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from content.models import Variant
from content.services import find_edition, lock_edition
from content.signatures import variant_name
from content.variants import Wanted, ensure_variants
from delivery import kinds, lifecycle, partitions
from delivery.dispatch import gate, preflight
from delivery.dispatch.routing import Routing, carries_short
from delivery.dispatch.snapshot import digest
from delivery.lanes import RESEND
from delivery.models import Batch, Dispatch, Outcome, Port, Resend, Route, deliveries
from delivery.ports import PortSettings
from delivery.resend import rules
from delivery.resend.copies import Copy, copies_of, resent_lately
from delivery.resend.rules import Refusal
from delivery.resend.settings import RESEND_GUARD_S
from delivery.resend.targets import Service, Target, find_target, parent_of, ports_for, reader_id_of, service_of, wanted_variant
from huabao import audit
from huabao.clock import business_day, shanghai_text
from huabao.errors import StoreError, UsageError
from huabao.ids import new_token, pack_ids
from huabao.msisdn import MSISDN
from huabao.runtime import Runtime
from subscribers.models import Reader

ATTEMPTS_MAX = 3
"""His handset or his order may change between the look and the lock; then it is looked at again."""

KEY_CHARS_MAX = 120
REASON_CHARS_MAX = 500

SENT, ALREADY, REFUSED = "sent", "already", "refused"


@dataclass(frozen=True)
class Ask:
    """What somebody asks for.

    Attributes:
        edition: id or `slug/number`.
        reason: why; kept.
        key: asking twice with the same key is asking once; None for a key of its own.
        again: send although it was sent again lately.
    """

    msisdn: MSISDN
    edition: str
    reason: str
    key: str | None = None
    again: bool = False


@dataclass(frozen=True)
class Answer:
    """What came of it.

    Attributes:
        state: sent (a dispatch was made), already (one was made lately, it is `dispatch_id`) or refused.
        repeated: it was asked for with the same key before; this is that answer.
        variant: name of the variant, or None.
        port: name of the port, or None.
        copies: what he got before, newest first.
    """

    resend_id: int
    state: str
    edition_id: int
    edition: str
    msisdn: MSISDN
    dispatch_id: int | None
    refusal: str | None
    refused: str | None
    reason: str
    requested_by: str
    requested_at: datetime
    repeated: bool = False
    variant: str | None = None
    port: str | None = None
    copies: Sequence[Copy] = ()

    def to_document(self) -> dict[str, Any]:
        """The answer as JSON shows it, the number whole."""
        return {
            "resend_id": self.resend_id,
            "state": self.state,
            "edition_id": self.edition_id,
            "edition": self.edition,
            "msisdn": str(self.msisdn),
            "dispatch_id": self.dispatch_id,
            "refusal": self.refusal,
            "refused": self.refused,
            "repeated": self.repeated,
            "variant": self.variant,
            "port": self.port,
            "copies": [one.to_document() for one in self.copies],
            "reason": self.reason,
            "requested_by": self.requested_by,
            "requested_at": self.requested_at.isoformat(),
        }


@dataclass(frozen=True)
class _Look:
    """What was found out about an ask."""

    target: Target
    service: Service
    copies: Sequence[Copy]
    wanted: Wanted | None
    refusal: Refusal | None
    lately: Copy | None
    port: Port | None

    @property
    def reader_id(self) -> int | None:
        """Who has the number, or None."""
        return self.service.facts.reader_id


def resend(runtime: Runtime, ask: Ask, *, actor: str) -> Answer:
    """Send the edition to the reader once more, or say why not; either is written down.

    Raises:
        UsageError: no such edition, no reason, or the key was used for something else.
    """
    ask = _checked(ask)
    for _ in range(ATTEMPTS_MAX):
        now = runtime.now()
        with runtime.transaction(read_only=True) as session:
            look = _look(session, ask, now)
            earlier = _earlier(session, ask, look)
        if earlier is not None:
            return earlier
        variant_id = None if look.wanted is None else ensure_variants(runtime, look.target.version.id, [look.wanted])[look.wanted]
        misfit = _misfit(runtime, look, variant_id)
        try:
            with runtime.transaction() as session:
                answer = _settle(session, ask, look.wanted, variant_id, misfit, actor=actor, now=now)
        except IntegrityError:
            continue  # somebody used the key at this instant; he is found the next time round
        if answer is not None:
            return answer
    raise StoreError("the reader's record changes faster than a resend can be decided; ask again in a moment")


def look_only(runtime: Runtime, ask: Ask, *, actor: str) -> Answer:
    """What `resend` would answer now; nothing is sent and nothing written."""
    now = runtime.now()
    with runtime.transaction(read_only=True) as session:
        look = _look(session, _checked(ask), now)
        earlier = _earlier(session, _checked(ask), look)
    if earlier is not None:
        return earlier
    row = _row(_checked(ask), look, None, actor=actor, now=now)
    row.id = 0
    return _answer(row, look, ask.msisdn)


def _checked(ask: Ask) -> Ask:
    return replace(ask, reason=checked_reason(ask.reason), key=checked_key(ask.key))


def checked_reason(reason: str) -> str:
    """A reason as it is kept.

    Raises:
        UsageError: there is none, or too much of it.
    """
    stripped = reason.strip()
    if not stripped or len(stripped) > REASON_CHARS_MAX:
        raise UsageError(f"say why it is sent again: a reason of up to {REASON_CHARS_MAX} characters")
    return stripped


def checked_key(key: str | None) -> str:
    """A key as it is kept; one of its own where none was given.

    Raises:
        UsageError: it cannot be kept.
    """
    if key is None:
        return f"once:{new_token()}"
    if not key or len(key) > KEY_CHARS_MAX or not key.isprintable():
        raise UsageError(f"a key has 1 to {KEY_CHARS_MAX} printable characters")
    return key


def _look(session: Session, ask: Ask, now: datetime) -> _Look:
    target = find_target(session, ask.edition)
    reader_id = reader_id_of(session, ask.msisdn)
    ports = ports_for(session, target.publication)
    routing = Routing(any(carries_short(one) for one in ports), now, silent_days=0)  # silence is no reason: he, or somebody for him, asked for it
    service = service_of(session, target, reader_id, routing, now)
    copies = copies_of(session, target.edition.id, reader_id) if reader_id is not None else []
    refusal = rules.refusal(service.facts, now)
    lately = None if ask.again or refusal else resent_lately(copies, now=now, guard_s=RESEND_GUARD_S.get(session))
    port = None
    if refusal is None:
        port = choose_port([one for one in ports if carries_short(one) == (service.route is not Route.MMS)], now)
        refusal = None if port is not None else Refusal(rules.NO_PORT, "no port can carry it; `huabao port list` shows them")
    wanted = wanted_variant(session, target, copies, service) if refusal is None and lately is None else None
    return _Look(target, service, copies, wanted, refusal, lately, port)


def choose_port(ports: Sequence[Port], now: datetime) -> Port | None:
    """The port for one message: one that may send now before one that must wait, then by priority and rate; None where there is none."""
    if not ports:
        return None
    able = [(PortSettings.of(port), port) for port in ports]
    return min(able, key=lambda one: (not one[0].may_send(now).allowed, one[0].state != "up", one[0].priority, -one[0].rate))[1]


def _earlier(session: Session, ask: Ask, look: _Look) -> Answer | None:
    """The answer that this key got before.

    Raises:
        UsageError: it was used for something else.
    """
    row = session.scalar(select(Resend).where(Resend.key == ask.key))
    if row is None:
        return None
    if row.filter is not None or (row.edition_id, row.reader_id) != (look.target.edition.id, look.reader_id):
        raise UsageError(f"the key {ask.key!r} was used for another resend ({row.id}); give each one a key of its own")
    return replace(_answer(row, look, ask.msisdn), repeated=True)


def _misfit(runtime: Runtime, look: _Look, variant_id: int | None) -> Refusal | None:
    """Why his own handset cannot show what he would get; a copy that he was sent before may be sent again."""
    if variant_id is None or look.reader_id is None or any(one.variant_id == variant_id for one in look.copies):
        return None
    with runtime.transaction(read_only=True) as session:
        found = preflight.misfits_of(session, look.reader_id, variant_id)
    advice = "correct the handset of the number if it is another by now, or give the model another class: `huabao handsets import`"
    return Refusal(rules.HANDSET_MISFIT, f"preflight: {'; '.join(found[:3])}; {advice}") if found else None


def _settle(session: Session, ask: Ask, wanted: Wanted | None, variant_id: int | None, misfit: Refusal | None, *, actor: str, now: datetime) -> Answer | None:
    """Decide under the reader's lock and write it down; None where a variant is wanted that was not built."""
    session.execute(select(Reader.id).where(Reader.msisdn == str(ask.msisdn)).with_for_update(key_share=True))
    lock_edition(session, find_edition(session, ask.edition).id, shared=True)
    look = _look(session, ask, now)
    earlier = _earlier(session, ask, look)
    if earlier is not None:
        return earlier
    if look.wanted is not None and look.wanted != wanted:
        return None
    if look.wanted is not None and misfit is not None:
        look = replace(look, wanted=None, refusal=misfit)
    dispatch_id = None
    if look.wanted is not None:
        assert variant_id is not None and look.port is not None and look.reader_id is not None
        dispatch_id = _send(session, look, look.reader_id, variant_id, look.port, actor=actor, now=now, reason=ask.reason)
    row = _row(ask, look, dispatch_id, actor=actor, now=now)
    session.add(row)
    session.flush()
    what = "refuse" if row.refused else "send"
    audit.record(
        session, actor=actor, action=f"resend.{what}", object_kind="resend", object_id=row.id, at=now, edition=look.target.name,
        msisdn=ask.msisdn.masked, dispatch=row.dispatch_id, reason=ask.reason, refused=row.refused,
    )  # fmt: skip
    session.flush()
    return _answer(row, look, ask.msisdn)


def _row(ask: Ask, look: _Look, dispatch_id: int | None, *, actor: str, now: datetime) -> Resend:
    refusal = look.refusal
    if look.lately is not None:
        one = look.lately
        done = f"it was sent again at {shanghai_text(one.asked_at)} by {one.by} (dispatch {one.dispatch_id}, {one.outcome.name.lower()})"
        refusal, dispatch_id = Refusal(rules.RESENT_LATELY, done), one.dispatch_id
    return Resend(
        key=ask.key, edition_id=look.target.edition.id, reader_id=look.reader_id, dispatch_id=dispatch_id, reason=ask.reason,
        refusal=refusal and refusal.code, refused=refusal and refusal.text, requested_by=actor[:80], requested_at=now,
    )  # fmt: skip


def _send(session: Session, look: _Look, reader_id: int, variant_id: int, port: Port, *, actor: str, now: datetime, reason: str) -> int:
    """The dispatch of one reader, on its way; its number."""
    target = look.target
    variant = session.get_one(Variant, variant_id)
    others = [one.name for one in ports_for(session, target.publication) if one.kind == port.kind and one.id != port.id]  # they take over where it cannot send
    dispatch = Dispatch(
        edition_id=target.edition.id, edition_version_id=target.version.id, service_id=target.publication.service_id, kind=kinds.RESEND, lane=RESEND,
        parent_id=parent_of(target, look.copies), day=business_day(now), state=lifecycle.DRAFT, audience=1, planned=1,
        ports=[port.name, *others], start_at=now, created_at=now, created_by=actor[:80],
    )  # fmt: skip
    session.add(dispatch)
    session.flush()
    partitions.ensure_day(session, dispatch.day)
    session.execute(
        insert(deliveries).values(
            day=dispatch.day,
            dispatch_id=dispatch.id,
            reader_id=reader_id,
            variant_id=variant_id,
            port_id=port.id,
            outcome=int(Outcome.PENDING),
            late=0,
            route=int(look.service.route),
        )
    )
    session.add(
        Batch(
            dispatch_id=dispatch.id, day=dispatch.day, variant_id=variant_id, port_id=port.id, service_code=target.publication.service_code, position=0, size=1,
            reader_ids=pack_ids([reader_id]), lane=RESEND, handset_class=variant.handset_class,
        )
    )  # fmt: skip
    _, dispatch.planned_digest = digest(session, dispatch)
    lifecycle.note_created(session, dispatch, by=actor, at=now)
    lifecycle.act(session, dispatch, "plan", by=actor, at=now, reason=reason)
    gate.release(session, dispatch, by=actor, at=now, reason=reason)
    return dispatch.id


def _answer(row: Resend, look: _Look, msisdn: MSISDN) -> Answer:
    state = REFUSED if row.refused else SENT
    return Answer(
        row.id, ALREADY if row.refusal == rules.RESENT_LATELY else state, row.edition_id, look.target.name, msisdn, row.dispatch_id, row.refusal, row.refused,
        row.reason, row.requested_by, row.requested_at,
        variant=None if look.wanted is None else variant_name(*look.wanted), port=None if look.port is None else look.port.name, copies=look.copies,
    )  # fmt: skip
