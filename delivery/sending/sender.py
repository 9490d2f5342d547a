"""Sending a batch: claim, then keep the port's window full until nobody is left.

Three things never change. A submission is committed before it leaves. Nothing is
sent again whose answer is missing: it is unknown. Every transaction proves the
fence, renews the lease and looks at the dispatch and the port, so that a pause, a
cancel or a kill takes hold with the next group. No session is open while the
network is waited for.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from delivery.ports import Answer, OutboundGroup, PortSettings, SubmitStream, health
from delivery.sending import claims, journal, stages
from delivery.sending.claims import ClaimedBatch
from delivery.sending.prepared import open_content, port_settings
from delivery.throttle import Throttle, throttle_for
from huabao.embedded import process_name
from huabao.errors import FenceError, PortError
from huabao.log import get_logger
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

LINGER_S = 0.003
"""How long one waits for further answers, so that a transaction carries several."""

GRANT_S_MAX = 0.005
"""A throttle's grant older than that is returned: what waited would leave in a burst."""

_group_sizes: dict[int, int] = {}
"""Group sizes that a port's peer made this process learn, by port."""


def send_batch(runtime: Runtime, batch_id: int) -> None:
    """Send what is left of a batch; does nothing where it is done or in other hands."""
    try:
        found = _claim(runtime, batch_id)
        if found is not None:
            _send(runtime, *found)
    except FenceError as error:
        log.warning("batch lost to another worker", batch=batch_id, reason=str(error))


def _claim(runtime: Runtime, batch_id: int) -> tuple[ClaimedBatch, PortSettings] | None:
    now = runtime.now()
    with runtime.transaction() as session:
        batch = claims.take(session, batch_id, owner=process_name(), now=now, lease_s=runtime.config.lease_s)
        if batch is None:
            return None
        claimed = claims.look_up(session, batch, now=now)
        for readers in claimed.gone.values():
            journal.cancel(session, claimed, readers, at=now)
        if batch.standing.may_send(now) and claimed.numbers:
            return claimed, port_settings(session, batch.port_id)
        stages.leave(session, claimed, list(claimed.numbers), batch.standing, now=now)
        return None


def _send(runtime: Runtime, claimed: ClaimedBatch, settings: PortSettings) -> None:
    try:
        stream = open_content(runtime, claimed, settings)
    except PortError as error:
        with runtime.transaction() as session:
            standing = claims.renew(session, claimed, now=runtime.now(), lease_s=runtime.config.lease_s)
            stages.pause_for_fault(session, claimed.dispatch_id, str(error), now=runtime.now())
            stages.leave(session, claimed, list(claimed.numbers), standing, now=runtime.now())
        return
    BatchSender(runtime, claimed, settings, stream, throttle_for(runtime)).run()


@dataclass
class BatchSender:
    """One claim of one batch on its way out.

    Attributes:
        waiting: readers in no submission, in the order of their ids.
        leaving: readers of each submission whose answer is awaited.
        stopped: no further group is to leave under this claim.
    """

    runtime: Runtime
    claimed: ClaimedBatch
    settings: PortSettings
    stream: SubmitStream
    throttle: Throttle
    waiting: deque[int] = field(init=False)
    leaving: dict[int, tuple[int, ...]] = field(default_factory=dict)
    group_size: int = field(init=False)
    written: int = 0
    stopped: bool = False
    deferred: bool = False
    _wait_s: float = 0.0
    _renewed: float = 0.0

    def __post_init__(self) -> None:
        self.waiting = deque(self.claimed.numbers)
        self.group_size = min(self.settings.group_size, _group_sizes.get(self.settings.port_id, self.settings.group_size))

    def run(self) -> None:
        """Send until nobody waits, or until somebody says stop; then let the batch go."""
        answers: list[Answer] = []
        while True:
            groups = self._granted()
            if groups or answers or self._is_over() or self._lease_is_old():
                granted = time.monotonic()
                outbound = self._turn(answers, groups)
                if outbound is None:
                    return
                self._put(outbound, granted)
            answers = self._answers()

    def _granted(self) -> list[tuple[int, ...]]:
        """Groups that the window and the throttle let leave now."""
        groups: list[tuple[int, ...]] = []
        self._wait_s = 0.0
        while not self.stopped and self.waiting and len(self.leaving) + len(groups) < self.settings.connections:
            size = min(self.group_size, len(self.waiting))
            self._wait_s = self._acquire(size)
            if self._wait_s > 0:
                break
            groups.append(tuple(self.waiting.popleft() for _ in range(size)))
        return groups

    def _acquire(self, size: int) -> float:
        one = self.settings
        return self.throttle.acquire(f"port:{one.port_id}", one.tokens(size), rate=one.rate, burst=one.burst)

    def _give_back(self, size: int) -> None:
        one = self.settings
        self.throttle.give_back(f"port:{one.port_id}", one.tokens(size), rate=one.rate, burst=one.burst)

    def _put(self, outbound: Sequence[OutboundGroup], granted: float) -> None:
        """Let groups leave; a grant that grew old while they were written is exchanged for a fresh one."""
        for group in outbound:
            size = len(group.recipients)
            if time.monotonic() - granted > GRANT_S_MAX:
                self._give_back(size)
                while (wait_s := self._acquire(size)) > 0:
                    time.sleep(min(wait_s, WAIT_S_MAX))
            self.stream.put([group])

    def _turn(self, answers: Sequence[Answer], groups: list[tuple[int, ...]]) -> list[OutboundGroup] | None:
        """One transaction: answers in, next submissions out; None when the batch was let go."""
        now = self.runtime.now()
        with self.runtime.transaction() as session:
            standing = claims.renew(session, self.claimed, now=now, lease_s=self.runtime.config.lease_s)
            self._renewed = time.monotonic()
            if answers:
                self._record(session, answers, now)
            if self.stopped or not standing.may_send(now):
                self.stopped = True
                self._unsend(groups)
                for group in groups:
                    self._give_back(len(group))
                groups = []
            if not groups and self._is_over():
                stages.leave(session, self.claimed, list(self.waiting), standing, now=now, deferred=self.deferred)
                return None
            if not groups:
                return []
            outbound = journal.write_submissions(session, self.claimed, groups, first=self.written, at=now)
        self.written += len(groups)
        self.leaving.update((one.submission_id, group) for one, group in zip(outbound, groups, strict=True))
        return outbound

    def _record(self, session: Session, answers: Sequence[Answer], now: datetime) -> None:
        answers = [self._sized(session, answer) for answer in answers]
        journal.record_answers(session, self.claimed, answers, self.leaving, at=now)
        for answer in answers:
            group = self.leaving.pop(answer.submission_id)
            if answer.state == "deferred":
                self._unsend([group])
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

    def _unsend(self, groups: Sequence[tuple[int, ...]]) -> None:
        """Let readers wait again, in the order that they had."""
        self.waiting = deque(sorted((*self.waiting, *(reader for group in groups for reader in group))))

    def _is_over(self) -> bool:
        return not self.leaving and (self.stopped or not self.waiting)

    def _lease_is_old(self) -> bool:
        return time.monotonic() - self._renewed > self.runtime.config.lease_s / 3

    def _answers(self) -> list[Answer]:
        """What came back; waits for an answer, for the throttle or for `WAIT_S_MAX`."""
        wait_s = min(self._wait_s or WAIT_S_MAX, WAIT_S_MAX)
        if not self.leaving:
            time.sleep(wait_s if self._wait_s else 0.0)
            return []
        answers = self.stream.take(wait_s)
        until = time.monotonic() + LINGER_S
        while 0 < len(answers) < len(self.leaving) and (left_s := until - time.monotonic()) > 0:
            answers += self.stream.take(left_s)
        return answers


def _is_size(answer: Answer) -> bool:
    return answer.status_code in (REJECTED, TOO_MANY_RECIPIENTS, ONE_RECIPIENT_ONLY)
