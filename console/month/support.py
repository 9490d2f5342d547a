"""The support desk of the invented house: readers complain, agents answer, send again, cancel."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from sqlalchemy import func, select

from care.complaints import causes
from care.complaints.entering import Said, answer, require_complaint, take
from care.models import Complaint
from console.month import staff
from console.month.house import House
from delivery.models import Dispatch, Outcome, deliveries
from delivery.resend import services as resends
from huabao.errors import UsageError
from huabao.msisdn import parse_msisdn
from subscribers.models import Reader, Subscription
from subscribers.offers.leaving import end_for

CHANNELS: Final = (causes.HOTLINE, causes.HOTLINE, causes.HOTLINE, causes.SHOP, causes.WEB, causes.CITY)
WORDS: Final = {
    Outcome.REJECTED: ("早报打不开，手机提示无法下载。", causes.HANDSET),
    Outcome.FAILED: ("换了手机以后再没收到过报纸。", ""),
    Outcome.EXPIRED: ("昨天的报纸没有收到。", ""),
    Outcome.RETRIEVED: ("晚报快八点才到，下班路上看不成了。", causes.LATE),
}
OTHERS: Final = (("这个月扣了五块，说好是三块。", causes.CHARGED), ("头条的图和文字对不上。", causes.CONTENT), ("没有订过，怎么会收到。", causes.UNWANTED))
ANSWERS: Final = {
    causes.HANDSET: ("settings", "已发送彩信设置，用户确认可收"),
    causes.LATE: ("explained", "当晚网络拥塞，已致歉"),
    causes.CHARGED: ("refund", "多扣部分已申请退费"),
}
OTHERWISE: Final = ("explained", "已查明并向用户说明")
PER_DAY: Final = 0.0011
"""Complaints a day as a share of the readers."""


@dataclass
class Support:
    """The two agents."""

    house: House
    seed: int
    draw: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.draw = random.Random(f"{self.seed} support")

    def hear(self, readers: int) -> None:
        """What came in over the day so far."""
        for _ in range(max(1, round(readers * PER_DAY * self.draw.uniform(0.4, 1.6)))):
            self.complain()

    def complain(self, channel: str = "") -> None:
        """Somebody complains: most about what became of the last paper, some about something else."""
        now, told = self.house.now, self.house.now - timedelta(minutes=self.draw.randint(2, 90))
        with self.house.runtime.transaction() as session:
            dispatch = session.scalar(select(Dispatch).where(Dispatch.kind == "edition", Dispatch.sent_at.is_not(None)).order_by(Dispatch.id.desc()).limit(1))
            if dispatch is None:
                return
            outcome = self.draw.choices(list(WORDS), (30, 20, 25, 25))[0]
            mine = (deliveries.c.day == dispatch.day, deliveries.c.dispatch_id == dispatch.id)
            wanted = select(Reader.msisdn).join(deliveries, deliveries.c.reader_id == Reader.id).where(*mine)
            numbers = session.scalars(wanted.where(deliveries.c.outcome == int(outcome)).order_by(Reader.id)).all()
            text, cause = WORDS[outcome]
            if not numbers or self.draw.random() < 0.2:
                numbers = numbers or session.scalars(wanted.order_by(Reader.id).limit(50)).all()
                text, cause = self.draw.choice(OTHERS)
            number = parse_msisdn(self.draw.choice(numbers))
            said = Said(number, channel or self.draw.choice(CHANNELS), told, cause, "", text, dispatch.service_id, dispatch.edition_id)
            take(session, said, by=self._agent(), now=now)
            edition_id = dispatch.edition_id
        if outcome is Outcome.EXPIRED and self.draw.random() < 0.6:
            self._send_again(number, edition_id)

    def _send_again(self, number: str, edition_id: int) -> None:
        try:
            resends.resend(self.house.runtime, resends.Ask(parse_msisdn(number), str(edition_id), "用户来电要求补发"), actor=self._agent())
        except UsageError:  # the edition is withdrawn, or he reads it no more
            return

    def settle(self) -> None:
        """Answer what is older than a few hours, but a few."""
        now = self.house.now
        with self.house.runtime.transaction() as session:
            wanted = select(Complaint.id).where(Complaint.closed_at.is_(None), Complaint.received_at < now - timedelta(hours=5)).order_by(Complaint.id)
            for complaint_id in session.scalars(wanted).all():
                if self.draw.random() < 0.85:
                    found = require_complaint(session, complaint_id)
                    what, note = ANSWERS.get(found.cause, OTHERWISE)
                    answer(session, found, what, note, by=self._agent(), now=now)

    def cancel_for(self) -> None:
        """A reader wants no more of it, and the agent enters that."""
        with self.house.runtime.transaction() as session:
            mine = (Subscription.state == "active", Subscription.stop_state == "sending")
            count = session.scalar(select(func.count()).select_from(Subscription).where(*mine)) or 0
            row = session.scalar(select(Subscription).where(*mine).order_by(Subscription.id).offset(self.draw.randrange(max(1, count))).limit(1))
            if row is not None:
                end_for(session, row, channel="desk", by=self._agent(), reason="用户来电退订", at=self.house.now)

    def _agent(self) -> str:
        return self.draw.choice((staff.AGENT, staff.SECOND_AGENT))
