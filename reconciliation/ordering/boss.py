"""Speaking to BOSS: a request of the outbox as a signed JSON message, and what its answer means for a reader's order."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select

from huabao.clock import parse_time
from huabao.errors import CodecError, UsageError
from huabao.runtime import Runtime
from reconciliation import journal
from reconciliation.codecs.boss import BossRequest, decode_answer, encode_request, headers_for
from reconciliation.journal.models import ANSWERED, ASKED, IN, MALFORMED, OUT
from reconciliation.ordering.outcomes import settled
from reconciliation.outbox.peers import AnswerLostError, Outgoing, PeerAwayError, Reply
from reconciliation.outbox.posting import post
from subscribers.models import Reader

PEER: Final = "boss"
__all__ = ["PEER", "request_of", "send", "settled"]


def send(runtime: Runtime, outgoing: Outgoing) -> Reply:
    """Ask BOSS.

    Raises:
        PeerAwayError: nobody took it, or this installation does not know where BOSS is, or has no secret.
        AnswerLostError: nobody knows whether it was taken.
    """
    url, keys = runtime.config.boss_url, runtime.config.boss_keys
    if not url or not keys:
        raise PeerAwayError(f"{'HUABAO_BOSS_SECRETS' if url else 'HUABAO_BOSS_URL'} is not set here")
    try:
        body = encode_request(request_of(outgoing))
    except (KeyError, UsageError) as error:  # whoever wrote it down asked for what BOSS has no message for
        return Reply("no-message", f"BOSS has no message for it: {error}")
    _keep(runtime, outgoing, body, ASKED, direction=OUT)
    try:
        answer = post(url, body, headers_for(keys[0], int(time.time()), body), timeout_s=outgoing.timeout_s)
        said = decode_answer(answer.body)
    except UsageError as error:
        raise PeerAwayError(f"HUABAO_BOSS_URL: {error}") from error
    except CodecError as error:
        _keep(runtime, outgoing, answer.body, MALFORMED)
        raise AnswerLostError(f"HTTP {answer.status}, and {error}") from error
    _keep(runtime, outgoing, answer.body, ANSWERED, code=said.code)
    if said.transaction_id != outgoing.transaction_id:
        raise AnswerLostError("the answer is about another transaction")
    return Reply(said.code, said.text)


def _keep(runtime: Runtime, outgoing: Outgoing, content: bytes, verdict: str, *, code: str = "", direction: str = IN) -> None:
    """Keep a raw message in the journal, under the key of its reader where he is still there."""
    with runtime.transaction() as session:
        ids, at = journal.begin(session, 1, now=runtime.now())
        reader_id = session.scalar(select(Reader.id).where(Reader.id == outgoing.reader_id)) if outgoing.reader_id is not None else None
        journal.write(session, [journal.Entry(ids[0], PEER, PEER, outgoing.transaction_id, content, verdict, reader_id, code, direction=direction)], at=at)


def request_of(outgoing: Outgoing) -> BossRequest:
    """The message of a request."""
    told = outgoing.payload
    return BossRequest(
        transaction_id=outgoing.transaction_id,
        asked=str(told["state"]) if outgoing.kind == "account" else outgoing.kind,
        msisdn=outgoing.msisdn,
        service_id=outgoing.service_id,
        fee_msisdn=_text(told, "fee_msisdn"),
        price_fen=told.get("price_fen"),
        effective_at=parse_time(str(told["effective_at"])) if told.get("effective_at") else None,
        reason=_text(told, "reason") or "",
    )


def _text(told: Mapping[str, Any], name: str) -> str | None:
    value = told.get(name)
    return str(value) if value else None
