"""Asking MISC for an order or its end: it calls us back, we answer, then it answers what we asked.

The call back comes in by `/misc` while the request waits here, so nothing is open
meanwhile: the request is in the journal and under way (`asked`) before it leaves, its
answer is written down after it came. Where MISC refuses after its call, the call is
undone. An answer that is lost leaves the request under way; the outbox asks again with the
same transaction, and "already subscribed" is what was wanted.

Spec: DSMP/MISC 1.5.0, SubscribeService and UnSubscribeService.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from huabao.errors import CodecError, UsageError
from huabao.runtime import Runtime
from reconciliation import journal
from reconciliation.codecs.misc import (
    MISC,
    SP,
    Device,
    ServiceID,
    SubscribeServiceReq,
    SubscribeServiceResp,
    UnSubscribeServiceReq,
    UnSubscribeServiceResp,
    User,
    decode_envelope,
    encode_envelope,
)
from reconciliation.journal.keeping import give
from reconciliation.journal.models import ASKED, OUT, ExchangeMessage
from reconciliation.ordering import asked, outcomes
from reconciliation.outbox.answers import answers_in, meaning_of, shipped_answers
from reconciliation.outbox.models import DONE, DROPPED, REFUSED, OutboundRequest
from reconciliation.outbox.peers import AnswerLostError, Outgoing, PeerAwayError, Reply
from reconciliation.outbox.posting import post
from reconciliation.peers import Peer, asked_peer
from subscribers.models import Reader
from subscribers.orders.change import Change
from subscribers.orders.services import apply
from subscribers.orders.undoing import undo

PEER: Final = "misc"
CODEC: Final = "misc"
ANSWERED_DONE, ANSWERED_REFUSED = "done", "declined"
"""Verdicts of MISC's answers in the journal: it is as we asked; it is not."""

_REQUESTS: Final[dict[str, type[SubscribeServiceReq] | type[UnSubscribeServiceReq]]] = {"order": SubscribeServiceReq, "cancel": UnSubscribeServiceReq}
_NOT_MISC: Final = Reply("no-message", "MISC has a message for orders and cancellations only")


def send(runtime: Runtime, outgoing: Outgoing) -> Reply:
    """Ask MISC.

    Raises:
        PeerAwayError: nobody took it, or no peer is configured that orders of this service are asked of.
        AnswerLostError: nobody knows whether it was taken.
    """
    if outgoing.kind not in _REQUESTS or outgoing.service_id is None:
        return _NOT_MISC
    with runtime.transaction() as session:
        peer = asked_peer(session, outgoing.service_id)
        if peer is None:
            raise PeerAwayError(f"no peer is asked for orders of {outgoing.service_id}: `huabao misc set NAME --url …`")
        body = _leave(session, peer, outgoing, now=runtime.now())
    try:
        answer = post(peer.options.url, body, _headers(peer), timeout_s=outgoing.timeout_s)
        h_ret = h_ret_of(answer.body, outgoing)
    except UsageError as error:
        raise PeerAwayError(f"peer {peer.name}: {error}") from error
    except CodecError as error:
        raise AnswerLostError(f"HTTP {answer.status}, and {error}") from error
    done = _is_done(runtime, str(h_ret), outgoing.kind)
    with runtime.transaction() as session:
        ids, at = journal.begin(session, 1, now=runtime.now())
        hear(session, outgoing.transaction_id, done=done, h_ret=h_ret, message_id=ids[0], at=at)
        verdict = ANSWERED_DONE if done else ANSWERED_REFUSED
        reader_id = _whose(session, outgoing)
        entry = journal.Entry(ids[0], peer.name, CODEC, outgoing.transaction_id, answer.body, verdict, reader_id, str(h_ret))
        journal.write(session, [entry], at=at)
        if reader_id is not None:  # a number that was nobody's when we asked is somebody's by MISC's call
            give(session, dict.fromkeys(_asked_in(session, outgoing.transaction_id), reader_id), at=at)
    return Reply(str(h_ret))


def hear(session: Session, transaction_id: str, *, done: bool, h_ret: int, message_id: int, at: datetime) -> None:
    """MISC answered a request: what its call did stands, or is undone; an order that it had before us is told to ours."""
    row = asked.take(session, transaction_id)
    if row is None:
        return
    if not done and row.called_as is not None:
        undo(session, PEER, row.called_as, now=at, why=f"MISC answered {h_ret} after its call")
    elif done and row.called_as is None:
        change = Change(
            row.msisdn, row.event, PEER, f"request:{transaction_id}", at, row.service_id, reason=f"MISC answered {h_ret} and did not call", message_id=message_id
        )  # fmt: skip
        apply(session, [change], now=at)


def _whose(session: Session, outgoing: Outgoing) -> int | None:
    """Whose key a message of this request gets: of whom it is about, where he is still there."""
    of_him = Reader.id == outgoing.reader_id if outgoing.reader_id is not None else Reader.msisdn == outgoing.msisdn
    return session.scalar(select(Reader.id).where(of_him))


def _asked_in(session: Session, transaction_id: str) -> Sequence[int]:
    c = ExchangeMessage
    return session.scalars(select(c.id).where(c.transaction_id == transaction_id, c.direction == OUT)).all()


def settled(session: Session, row: OutboundRequest, *, now: datetime) -> None:
    """MISC did it, refused it, or a person has to look: the reader's order hears of it."""
    if row.state in (DONE, REFUSED, DROPPED):
        asked.take(session, row.transaction_id)
    outcomes.settled(session, row, now=now)


def h_ret_of(body: bytes, outgoing: Outgoing) -> int:
    """What MISC answered.

    Raises:
        CodecError: it is no answer to this request.
    """
    found = decode_envelope(body)
    wanted = SubscribeServiceResp if outgoing.kind == "order" else UnSubscribeServiceResp
    if not isinstance(found.message, wanted):
        raise CodecError(f"a {type(found.message).__name__} is no answer to it")
    if found.transaction_id not in ("", outgoing.transaction_id):
        raise CodecError("the answer is about another transaction")
    return found.message.h_ret


def _leave(session: Session, peer: Peer, outgoing: Outgoing, *, now: datetime) -> bytes:
    """Write down that a request leaves; its bytes."""
    assert outgoing.service_id is not None
    reader = User(msisdn=outgoing.msisdn)
    payer = User(msisdn=str(outgoing.payload.get("fee_msisdn") or outgoing.msisdn))
    service = ServiceID(peer.options.sp_id, outgoing.service_id)
    message = _REQUESTS[outgoing.kind](service, reader, payer, Device(SP, peer.options.own_device_id), Device(MISC, peer.options.device_id or "0"))
    body = encode_envelope(message, transaction_id=outgoing.transaction_id)
    ids, at = journal.begin(session, 1, now=now)
    asked.remember(session, outgoing.transaction_id, peer.name, (outgoing.msisdn, outgoing.service_id, outgoing.kind), at=at)
    entry = journal.Entry(ids[0], peer.name, CODEC, outgoing.transaction_id, body, ASKED, _whose(session, outgoing), direction=OUT)
    journal.write(session, [entry], at=at)
    return body


def _headers(peer: Peer) -> dict[str, str]:
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}
    if peer.options.auth == "basic":
        headers["Authorization"] = "Basic " + b64encode(f"{peer.options.user}:{peer.options.password()}".encode()).decode("ascii")
    return headers


def _is_done(runtime: Runtime, code: str, kind: str) -> bool:
    try:
        answers = answers_in(runtime.config.data_dir)
    except UsageError:  # the outbox says so aloud
        answers = shipped_answers()
    return meaning_of(answers, PEER, code, kind).do == "done"
