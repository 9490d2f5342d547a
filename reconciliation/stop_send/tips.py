"""The steps before the paper: a text that says what to mend, a probe; settings stand in `over_the_air`.

A text obeys what every contact obeys: hours, how often he was addressed of late, the
blacklist; who may not have it is tried all the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from content.models import Publication
from delivery.dispatch.probing import probe_ports, send_probe
from delivery.dispatch.progress import port_rate
from delivery.sending import replies
from huabao.db import in_ids
from huabao.runtime import Runtime
from reconciliation.stop_send import causes, moving
from reconciliation.stop_send.barriers import tip_barriers
from reconciliation.stop_send.causes import PROBE, SETTINGS, TIP
from reconciliation.stop_send.lifecycle import WAITING
from reconciliation.stop_send.models import RecoveryAttempt
from reconciliation.stop_send.settings import RECOVERY_PROBE_WAIT_H, RECOVERY_RATE_SHARE, RECOVERY_TIP_WAIT_H
from subscribers.contacts import note_contacts
from subscribers.models import Reader

PURPOSE: Final = "recovery"
NO_PORT: Final = "no port that is up can carry a probe"
RETRY_H: Final = 1.0
"""Where a probe could not leave it is tried again after so long."""

TEXTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        causes.HANDSET_SETTINGS: "【{title}】您的手机近期未能收到手机报，可能是彩信设置不正确。请在手机“彩信设置”中选择运营商彩信，并打开自动接收。恢复后继续发送，本条免费。",
        causes.MEMORY_FULL: "【{title}】您的手机近期未能收到手机报，可能是存储空间已满。请删除部分彩信和短信，恢复后我们将继续发送，本条免费。",
        causes.UNKNOWN: "【{title}】您的手机近期未能收到手机报。请检查彩信是否打开自动接收、存储空间是否已满，恢复后我们将继续发送，本条免费。",
    }
)
"""Of each cause for which a reader can do something himself; readers of Chinese papers read Chinese."""


def send_tips(runtime: Runtime, ids: Sequence[int]) -> int:
    """Send a text to those who may have one; all go on. How many attempts."""
    with runtime.transaction() as session:
        now = runtime.now()
        rows = moving.locked(session, ids, WAITING)
        why_not, numbers = tip_barriers(session, rows, PURPOSE, now), _numbers(session, rows)
        titles = dict(session.execute(select(Publication.service_id, Publication.title).order_by(Publication.id.desc())).all())
        told: list[int] = []
        wait_h = RECOVERY_TIP_WAIT_H.get(session)
        for row in rows:
            why = why_not.get(row.reader_id, "he had one lately" if row.reader_id in told else "")
            if not why:
                text = TEXTS.get(row.cause, TEXTS[causes.UNKNOWN]).format(title=titles.get(row.service_id, "手机报"))
                asked = replies.ask(session, f"recovery:{row.id}", numbers.get(row.reader_id, ""), text, port_id=None, now=now)
                why = "" if asked else "no port sends texts"
            if not why:
                told.append(row.reader_id)
            moving.enter(row, TIP, f"no text: {why}" if why else "text", wait_h=0.0 if why else wait_h, now=now, helps=not why)
        note_contacts(session, told, channel="sms", purpose=PURPOSE, reference="recovery", at=now)
        return len(rows)


def _numbers(session: Session, rows: Sequence[RecoveryAttempt]) -> dict[int, str]:
    ids = in_ids(session, Reader.id, sorted({row.reader_id for row in rows}))
    return dict(session.execute(select(Reader.id, Reader.msisdn).where(ids)).all())


def send_probes(runtime: Runtime, ids: Sequence[int]) -> int:
    """A probe to each, one dispatch for each service; how many attempts."""
    with runtime.transaction() as session:
        now = runtime.now()
        by_service: dict[str, list[RecoveryAttempt]] = defaultdict(list)
        for row in moving.locked(session, ids, WAITING, TIP, SETTINGS):
            by_service[row.service_id].append(row)
        rate = round(sum(port_rate(port) for port in probe_ports(session)) * RECOVERY_RATE_SHARE.get(session), 3) or None
        wait_h, done = RECOVERY_PROBE_WAIT_H.get(session), 0
        for service_id, rows in sorted(by_service.items()):
            dispatch_id = send_probe(session, service_id, sorted({row.reader_id for row in rows}), rate=rate, now=now)
            for row in rows:
                if dispatch_id is None:
                    row.due_at = now + timedelta(hours=RETRY_H)
                    if not row.steps or row.steps[-1][2] != NO_PORT:
                        moving.note(row, "waits", NO_PORT, now)
                else:
                    moving.enter(row, PROBE, f"dispatch {dispatch_id}", wait_h=wait_h, now=now)
                    row.probe_dispatch_id = dispatch_id
            done += len(rows) if dispatch_id is not None else 0
        return done
