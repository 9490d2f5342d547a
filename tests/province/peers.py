"""BOSS and MISC in memory behind the real messages: they read what the outbox sends, obey, and answer.

MISC calls the platform back before it answers, as the real one does, and so enters the intake again
while the request waits. Both read the platform's check file (`obey_check_file`).
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from unittest.mock import patch

from huabao.runtime import Runtime
from reconciliation.codecs.boss import BossAnswer, decode_request, encode_answer
from reconciliation.codecs.misc import (
    OK,
    SubscribeServiceReq,
    SubscribeServiceResp,
    SyncOrderRelationReq,
    UnSubscribeServiceReq,
    UnSubscribeServiceResp,
    User,
    decode_envelope,
    encode_envelope,
)
from reconciliation.dialects import dialects_in
from reconciliation.intake import misc as intake
from reconciliation.intake.misc import Arrival
from reconciliation.outbox.peers import AnswerLostError, PeerAwayError
from reconciliation.outbox.posting import HTTPAnswer
from tests.province.life import ACTIONS, Message
from tests.province.world import BOSS, MISC, SERVICES, Key, Row, World

URLS: Final = {BOSS: "http://boss.province/orders", MISC: "http://misc.province/ismp"}


@dataclass
class Peers:
    """The two, for one runtime.

    Attributes:
        asked: what was asked of them, by (peer, kind, code).
        away: peers that answer nobody.
    """

    world: World
    runtime: Runtime
    asked: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    away: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """While it lasts, what is posted to them reaches them."""
        with patch("reconciliation.ordering.boss.post", self.post), patch("reconciliation.ordering.misc.post", self.post):
            yield

    def post(self, url: str, body: bytes, headers: Mapping[str, str], *, timeout_s: float) -> HTTPAnswer:
        """One request and its answer."""
        peer = BOSS if url == URLS[BOSS] else MISC
        if peer in self.away:
            raise PeerAwayError("nobody listens")
        return HTTPAnswer(200, self._boss(body) if peer == BOSS else self._misc(body))

    def _boss(self, body: bytes) -> bytes:
        asked = decode_request(body)
        key = (asked.msisdn, asked.service_id or "")
        with self._lock:
            code = self._obey(BOSS, asked.asked, key, asked.effective_at or self.runtime.now(), asked.fee_msisdn)
            self.asked[BOSS, asked.asked, code] += 1
        return encode_answer(BossAnswer(asked.transaction_id, code))

    def _obey(self, peer: str, asked: str, key: Key, at: datetime, payer: str | None) -> str:
        rows = self.world.sides[peer]
        row = rows.get(key)
        if asked == "order":
            if row is not None:
                return "05"
            self.world.hold(peer, key, Row("active", at, SERVICES[key[1]], payer))
        elif row is None:
            return "06"
        elif asked == "cancel":
            self.world.hold(peer, key, None, at)
        else:
            state = "paused" if asked == "pause" else "active"
            if row.state == state:
                return "07"
            self.world.hold(peer, key, row._replace(state=state, at=at))
        return "00"

    def _misc(self, body: bytes) -> bytes:
        envelope = decode_envelope(body)
        asked = envelope.message
        assert isinstance(asked, SubscribeServiceReq | UnSubscribeServiceReq)
        ordering = isinstance(asked, SubscribeServiceReq)
        key, event = (asked.dest_user.msisdn, asked.service.sp_service_id), "order" if ordering else "cancel"
        h_ret = self._ordered_at_misc(event, key, asked.fee_user.msisdn, envelope.transaction_id)
        with self._lock:
            self.asked[MISC, event, str(h_ret)] += 1
            lost = key in self.world.lost_answers
            self.world.lost_answers.discard(key)
        if lost:
            raise AnswerLostError("the line went dead")
        return encode_envelope(SubscribeServiceResp(h_ret) if ordering else UnSubscribeServiceResp(h_ret), transaction_id=envelope.transaction_id)

    def _ordered_at_misc(self, event: str, key: Key, payer: str, transaction_id: str) -> int:
        rows = self.world.sides[MISC]
        if (key in rows) == (event == "order"):
            return 118 if event == "order" else 115
        call = SyncOrderRelationReq(key[1], ACTIONS[event], User(msisdn=key[0]), User(msisdn=payer or key[0]), 1)
        if deliver(self.runtime, [Message(self.runtime.now(), "misc", encode_envelope(call, transaction_id=f"C{transaction_id[-13:]}"), "misc-1.5.0")]) != [OK]:
            return 131
        with self._lock:
            row = Row("active", self.runtime.now(), None, payer if payer != key[0] else None) if event == "order" else None
            self.world.hold(MISC, key, row, self.runtime.now())
        return OK

    def obey_check_file(self, states: Iterable[tuple[Key, str]]) -> None:
        """MISC takes over pauses and returns, for which it has no message of ours."""
        for key, state in states:
            row = self.world.sides[MISC].get(key)
            if row is not None and row.state != state:
                self.world.hold(MISC, key, row._replace(state=state, at=self.runtime.now()))


def deliver(runtime: Runtime, messages: Iterable[Message]) -> list[int]:
    """Messages of MISC-like peers reach the platform; what each is answered."""
    dialects = dialects_in(runtime.config.dialects_folder)
    arrivals = []
    for one in messages:
        envelope = decode_envelope(one.body)
        arrivals.append(Arrival(one.peer, dialects.get(one.dialect), one.body, envelope, envelope.transaction_id))
    with runtime.transaction() as session:
        return intake.take(session, arrivals, now=runtime.now())
