"""Sending a batch: claim, then keep the port's window full until nobody is left.

Three things never change. A submission is committed before it leaves. Nothing is
sent again whose answer is missing: it is unknown. Every transaction proves the
fence, renews the lease and looks at the dispatch and the port, so that a pause, a
cancel or a kill takes hold with the next groups. No session is open while the
network is waited for.

Groups are written a little ahead of their time, many in a transaction, and leave
at the instant at which the throttle grants their tokens: what has a token never
waits for the database. Those that did not leave when somebody says stop are
written off as surely not sent.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from math import inf

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from delivery import lanes
from delivery.dialects import dialect_of
from delivery.ports import Answer, OutboundGroup, PortSettings, SubmitStream, health, is_ours, pace
from delivery.sending import claims, journal, stages
from delivery.sending.claims import ClaimedBatch
from delivery.sending.personal import Texts, alike, filled, in_turn, texts_of
from delivery.sending.prepared import open_content, port_settings
from delivery.sending.slots import Slots, slots_of
from delivery.throttle import Departures, Throttle, fitting, own_limit, port_key, throttle_for
from huabao import tracing
from huabao.embedded import process_name
from huabao.errors import FenceError, PortError
from huabao.log import bound, get_logger
from huabao.runtime import Runtime

log = get_logger("sending")

REJECTED = 3002
TOO_MANY_RECIPIENTS = 3501
ONE_RECIPIENT_ONLY = 3003
"""Codes after which a group is made smaller and tried again; Unicom's 3501 says so, 3002 (rejected) may mean it."""

SERVICE_ERRORS = 4000
"""Codes from here on are about our contract or configuration."""

WAIT_S_MAX = 0.5
"""Longest wait for an answer or for the throttle before the sender looks around."""

NEWS_S = 0.5
"""Age at which what is known of the dispatch and the port is read again."""

AHEAD_S = 0.1
"""Groups are written for so long ahead."""

AHEAD_GROUPS = 64
AHEAD_READERS = 128
"""But no more than this, or than the port has connections: all of them would be unknown if this process died."""

RECORD_S = 0.05
"""Longest time for which an answer waits to be written down."""

SLOT_S = 0.005
"""How soon a sender asks again for a connection that others of this process use."""

OUTAGE_S = 0.5
"""Pause between attempts while the database is out of reach, as long as the lease lasts."""

_group_sizes: dict[int, int] = {}
"""Group sizes that a port's peer made this process learn, by port."""


def send_batch(runtime: Runtime, batch_id: int) -> None:
    """Send what is left of a batch; does nothing where it is done or in other hands."""
    throttle = throttle_for(runtime)
    try:
        with claims.BATCHES.holding(runtime.engine, batch_id):
            found = _claim(runtime, batch_id, throttle)
            if found is not None:
                claimed, settings = found
                with (
                    tracing.span("batch.send", lambda: _trace(runtime, claimed), share_of=batch_id, dispatch=claimed.dispatch_id, batch=batch_id, port=settings.name),
                    bound(dispatch=claimed.dispatch_id, batch=batch_id, port=settings.name),
                ):
                    _send(runtime, claimed, settings, throttle)
    except FenceError as error:
        log.warning("batch lost to another worker", batch=batch_id, reason=str(error))


def _trace(runtime: Runtime, claimed: ClaimedBatch) -> str:
    with runtime.transaction(read_only=True) as session:
        return tracing.kept(session, tracing.DISPATCH, claimed.dispatch_id)


def _claim(runtime: Runtime, batch_id: int, throttle: Throttle) -> tuple[ClaimedBatch, PortSettings] | None:
    now = runtime.now()
    with runtime.transaction() as session:
        batch = claims.take(session, batch_id, owner=process_name(), now=now, lease_s=runtime.config.lease_s)
        if batch is None:
            return None
        claimed = claims.look_up(session, batch, now=now)
        for reason, readers in claimed.gone.items():
            journal.cancel(session, claimed, readers, at=now, reason=reason)
        if batch.standing.may_send(now) and claimed.numbers:
            settings = port_settings(session, batch.port_id)
            if settings.may_send(now, batch.service_code or None).allowed and is_ours(settings):
                throttle.shares = lanes.shares(session)
                return claimed, settings
        stages.leave(session, claimed, list(claimed.numbers), batch.standing, now=now)
        return None


def _send(runtime: Runtime, claimed: ClaimedBatch, settings: PortSettings, throttle: Throttle) -> None:
    try:
        content = open_content(runtime, claimed, settings)
    except PortError as error:
        with runtime.transaction() as session:
            standing = claims.renew(session, claimed, now=runtime.now(), lease_s=runtime.config.lease_s)
            stages.pause_for_fault(session, claimed.dispatch_id, str(error), now=runtime.now())
            stages.leave(session, claimed, list(claimed.numbers), standing, now=runtime.now())
        return
    BatchSender(runtime, claimed, settings, content.stream, throttle, texts_of(runtime, claimed, content.gaps)).run()


@dataclass
class BatchSender:
    """One claim of one batch on its way out.

    Attributes:
        texts: what fills the gaps of the content, by reader; who is not there gets the fallbacks.
        waiting: readers in no submission, in the order of their ids; those of the same text together.
        ready: groups that are written down and have not left.
        leaving: readers of each submission whose answer is not written down, of those in `ready` too.
        answers: what came back and is not written down.
        stopped: no further group is to leave under this claim.
        rate: recipients a second of the dispatch over all its batches, or None; learnt anew with each transaction.
        _warned: an answer wants no further group to leave before it is heeded.
    """

    runtime: Runtime
    claimed: ClaimedBatch
    settings: PortSettings
    stream: SubmitStream
    throttle: Throttle
    texts: Texts = field(default_factory=dict, repr=False)
    waiting: deque[int] = field(init=False)
    ready: deque[OutboundGroup] = field(default_factory=deque)
    leaving: dict[int, tuple[int, ...]] = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)
    group_size: int = field(init=False)
    rate: float | None = field(init=False)
    slots: Slots = field(init=False)
    departures: Departures = field(init=False)
    written: int = 0
    stopped: bool = False
    deferred: bool = False
    _flying: int = 0
    _wait_s: float = 0.0
    _looked: float = 0.0
    _renewed: float = 0.0
    _answered: float = 0.0
    _in_doubt: bool = False
    _warned: bool = False

    def __post_init__(self) -> None:
        self.waiting = deque(in_turn(self.claimed.numbers, self.texts))
        self.group_size = min(self.settings.max_recipients, _group_sizes.get(self.settings.port_id, self.settings.max_recipients))
        self.rate = self.claimed.rate
        self.slots = slots_of(self.settings.port_id)
        self.stream.landed = self.slots.free
        self.departures = Departures(self.throttle, port_key(self.settings.port_id), self.stream.moments)
        self._looked = self._renewed = time.monotonic()

    def run(self) -> None:
        """Send until nobody waits, or until somebody says stop; then let the batch go."""
        try:
            while True:
                self._let_leave()
                if not self._turn_is_due():
                    self._take()
                elif not self._turn_kept():
                    return
        finally:
            self.departures.close()

    def _let_leave(self) -> None:
        """Let go of what the window and the throttle let go now."""
        self._wait_s = 0.0
        going: list[OutboundGroup] = []
        try:
            while self.ready and not self.stopped and not self._warned:
                if not self.slots.take(self.settings.in_flight, urgent=self.claimed.lane in lanes.URGENT):
                    self._wait_s = SLOT_S
                    break
                self._wait_s = self._acquire(self.ready[0])
                if self._wait_s:
                    self.slots.free(1)
                    break
                self._flying += 1
                going.append(self.ready.popleft())
        finally:
            if going:
                self.stream.put(going)

    def _acquire(self, group: OutboundGroup) -> float:
        recipients = len(group.recipients)
        if recipients > self._most():
            return WAIT_S_MAX  # of a rate that was faster; the next transaction takes it back
        tokens, own = self.stream.tokens(recipients), own_limit(self.claimed.dispatch_id, self.rate, recipients)
        rate, burst = pace.effective(self.settings, self.runtime.now())
        return self.departures.acquire(group.submission_id, tokens, rate=max(rate, tokens), burst=burst, lane=self.claimed.lane, own=own)

    def _most(self) -> int:
        """Recipients of a group that the dispatch's own rate has room for in a second."""
        return self.group_size if self.rate is None else max(1, min(self.group_size, int(self.rate)))

    def _turn_is_due(self) -> bool:
        """Whether there is enough to write down, or to learn, for a transaction."""
        if self.waiting and not self.ready and not self.stopped and self._room() > 0:
            return True
        if self.answers and (self._warned or not self._flying or len(self.answers) >= AHEAD_GROUPS or time.monotonic() - self._answered > RECORD_S):
            return True
        return self._is_over() or time.monotonic() - self._looked > NEWS_S

    def _turn_kept(self) -> bool:
        """One turn, tried again while the database is out of reach and the lease lasts; False when the batch was let go."""
        while True:
            before = self._memory()
            try:
                return self._turn()
            except OperationalError as error:
                if time.monotonic() + OUTAGE_S > self._renewed + self.runtime.config.lease_s:
                    raise
                log.warning("database out of reach in the middle of a batch", batch=self.claimed.batch_id, error=type(error).__name__)
                self.waiting, self.ready, self.leaving, self.answers, self.stopped, self.deferred, self.group_size = before
                self._in_doubt = True  # the commit may have arrived all the same
                time.sleep(OUTAGE_S)

    def _memory(self) -> tuple[deque[int], deque[OutboundGroup], dict[int, tuple[int, ...]], list[Answer], bool, bool, int]:
        return deque(self.waiting), deque(self.ready), dict(self.leaving), list(self.answers), self.stopped, self.deferred, self.group_size

    def _turn(self) -> bool:
        """One transaction: answers in, next submissions out; False when the batch was let go."""
        now = self.runtime.now()
        with self.runtime.transaction() as session:
            standing = claims.renew(session, self.claimed, now=now, lease_s=self.runtime.config.lease_s)
            renewed = time.monotonic()
            if self._in_doubt:
                journal.unwrite(session, self.claimed, keep=self.leaving)
            if renewed - self._looked > NEWS_S:
                self._look(session, now)
            if self.answers:
                self._record(session, now)
            self.stopped |= not standing.may_send(now) or not is_ours(self.settings)
            changed, self.rate = standing.rate != self.rate, standing.rate
            if self.stopped or changed or any(len(group.recipients) > self._most() for group in self.ready):
                self._take_back(session)
            if self._is_over():
                stages.leave(session, self.claimed, list(self.waiting), standing, now=now, deferred=self.deferred)
                return False
            written = self._write(session, now)
        self.ready += written
        self.written += len(written)
        self._renewed, self._in_doubt, self._warned = renewed, False, False
        return True

    def _look(self, session: Session, now: datetime) -> None:
        """Learn what somebody changed about the port; another link needs another claim."""
        settings = port_settings(session, self.settings.port_id)
        self.stopped |= settings != self.settings or not settings.may_send(now, self.claimed.service_code or None).allowed
        self.settings = settings
        self.throttle.shares = lanes.shares(session)
        self._looked = time.monotonic()

    def _write(self, session: Session, now: datetime) -> list[OutboundGroup]:
        """Write the next groups down, a little ahead of their time."""
        size = self._size(now)
        number = min(self._ahead(size, now) - len(self.ready), self._room())
        groups: list[tuple[int, ...]] = []
        while self.waiting and not self.stopped and len(groups) < number:
            groups.append(tuple(self.waiting.popleft() for _ in range(min(alike(self.waiting, self.texts, size), len(self.waiting)))))
        if not groups:
            return []
        outbound = filled(journal.write_submissions(session, self.claimed, groups, first=self.written, at=now), groups, self.texts)
        self.leaving.update((one.submission_id, group) for one, group in zip(outbound, groups, strict=True))
        return outbound

    def _size(self, now: datetime) -> int:
        """Recipients of the next groups: what the peer takes, what the burst allows, what fits a second."""
        one = pace.paced(self.settings, now)
        most = alike(self.waiting, self.texts, min(self._most(), one.group_size))
        if self.rate is not None:
            most = fitting(self.rate, most)
        return most if one.counts_submits else fitting(float(round(one.rate, 1)), most)

    def _ahead(self, size: int, now: datetime) -> int:
        rate, _ = pace.effective(self.settings, now)
        by_port, by_dispatch = rate / self.stream.tokens(size), inf if self.rate is None else self.rate / size
        return max(1, int(min(AHEAD_S * by_port, AHEAD_S * by_dispatch, self._ahead_max(size))))

    def _ahead_max(self, size: int) -> int:
        return max(self.settings.in_flight, min(AHEAD_GROUPS, AHEAD_READERS // size))

    def _room(self) -> int:
        """Groups that may still be written down."""
        return self.settings.in_flight + self._ahead_max(alike(self.waiting, self.texts, self.group_size)) - len(self.leaving)

    def _take_back(self, session: Session) -> None:
        """What is written down and did not leave was never written, and its readers wait again."""
        if self.ready:
            groups = [self.leaving.pop(group.submission_id) for group in self.ready]
            self.ready = deque()
            journal.unwrite(session, self.claimed, keep=self.leaving)
            self._unsend(groups)

    def _record(self, session: Session, now: datetime) -> None:
        answers, self.answers = [self._sized(session, answer) for answer in self.answers], []
        journal.record_answers(session, self.claimed, answers, self.leaving, at=now)
        self._warn_unknown({answer.status_code for answer in answers if not answer.documented}, session, now)
        self._unsend([group for answer in answers for group in (self.leaving.pop(answer.submission_id),) if answer.state == "deferred"])
        told = [answer for answer in answers if answer.state != "deferred" or not _is_size(answer)]
        self.stopped |= any(answer.state == "deferred" for answer in told)
        self.deferred |= health.note_answers(session, self.settings, told, now=now, deferrals=self.claimed.deferrals)

    def _sized(self, session: Session, answer: Answer) -> Answer:
        """An answer that means "too many recipients" makes smaller groups, and its readers wait again."""
        if answer.state != "refused":
            return answer
        size = len(self.leaving[answer.submission_id])
        if size == 1 or not _is_size(answer):
            self._warn(session, answer)
            return answer
        half = 1 if answer.status_code == ONE_RECIPIENT_ONLY else size // 2
        self.group_size = max(1, min(self.group_size, half))
        if answer.status_code != REJECTED:
            _group_sizes[self.settings.port_id] = self.group_size
        return Answer(answer.submission_id, "deferred", answer.message_id, answer.status_code, answer.status_text)

    def _warn(self, session: Session, answer: Answer) -> None:
        """A refusal that is about us and not about a reader calls a person."""
        if answer.status_code is not None and answer.status_code >= SERVICE_ERRORS:
            what = f"port {self.settings.name} refused a submission: {answer.status_code} {answer.status_text}"
            stages.warn(session, "delivery.refused", self.settings.name, what, now=self.runtime.now())

    def _warn_unknown(self, codes: Set[int | None], session: Session, now: datetime) -> None:
        """A code that is in no table of the port's dialect took its class's meaning, and calls a person; once for each code."""
        name = dialect_of(self.settings.kind, self.settings.options).name if codes else ""
        for code in codes:
            what = f"port {self.settings.name} answered {code}, which nobody documented; it counts as its class. Enter it into the dialect {name}, see `huabao dialects`"
            stages.warn(session, "delivery.unknown_code", f"{name}:{code}", what, now=now)

    def _unsend(self, groups: Sequence[tuple[int, ...]]) -> None:
        """Let readers wait again, in the order that they had."""
        if groups:
            self.waiting = deque(in_turn(sorted((*self.waiting, *(reader for group in groups for reader in group))), self.texts))

    def _is_over(self) -> bool:
        return not self.leaving and (self.stopped or not self.waiting)

    def _take(self) -> None:
        """What came back; waits for an answer, for the throttle, for a connection or for `WAIT_S_MAX`."""
        wait_s = min(self._wait_s or WAIT_S_MAX, WAIT_S_MAX, RECORD_S if self.answers else WAIT_S_MAX)
        if not self._flying:
            time.sleep(wait_s)
            return
        found = self.stream.take(wait_s)
        if found:
            self._flying -= len(found)
            self._answered = self._answered if self.answers else time.monotonic()
            self._warned |= any(answer.state == "deferred" or (answer.state == "refused" and _is_size(answer)) for answer in found)
            self.answers += found


def _is_size(answer: Answer) -> bool:
    return answer.status_code in (REJECTED, TOO_MANY_RECIPIENTS, ONE_RECIPIENT_ONLY)
