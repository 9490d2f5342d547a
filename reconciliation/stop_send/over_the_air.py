"""Settings for MMS sent over the air: a provisioning document to the handset, with a PIN by text where one signs it.

A handset never answers: that they are saved shows in a message that is fetched later, or
is said by a person or the operator's own system (`confirm`), which is a sign of life.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.codecs.provisioning import Security, mms_document, netwpin_key, userpin_key, write_provisioning
from delivery.sending import replies
from huabao import audit
from huabao.db import in_ids
from huabao.errors import CodecError, UsageError
from huabao.runtime import Runtime
from reconciliation.stop_send import moving
from reconciliation.stop_send.barriers import barriers
from reconciliation.stop_send.causes import SETTINGS, TIP
from reconciliation.stop_send.lifecycle import WAITING
from reconciliation.stop_send.models import RecoveryAttempt, SettingsPush
from reconciliation.stop_send.provisioning import FILE, NETWPIN, UNSIGNED, USERPIN, Profile, profiles_in
from reconciliation.stop_send.settings import RECOVERY_SETTINGS, RECOVERY_SETTINGS_WAIT_H
from subscribers.contacts import note_contacts
from subscribers.models import Reader

PURPOSE: Final = "settings"
IMSI: Final = "imsi"
"""A reader's attribute, where somebody imported it."""

NOT_WANTED: Final = "no settings are sent (recovery_settings is empty)"
CHUNK: Final = 5000
"""Numbers of one question."""

NO_PORT: Final = "no port sends texts"
PIN_TEXT: Final = "【{name}】我们将向您的手机发送彩信参数，请在提示时输入 PIN 码 {pin} 并保存，即可恢复接收。本条免费。"


def send_settings(runtime: Runtime, ids: Sequence[int]) -> int:
    """Send settings to those who may have them; all go on. How many attempts."""
    with runtime.transaction() as session:
        now = runtime.now()
        rows = moving.locked(session, ids, WAITING, TIP)
        profile, name, why_none = profile_in_force(runtime, session)
        why_not = barriers(session, rows, PURPOSE, now)
        readers = {one.id: one for one in session.scalars(select(Reader).where(in_ids(session, Reader.id, sorted({row.reader_id for row in rows}))))}
        wait_h = RECOVERY_SETTINGS_WAIT_H.get(session)
        told: list[int] = []
        for row in rows:
            reader = readers.get(row.reader_id)
            why = why_none or why_not.get(row.reader_id, "he had them lately" if row.reader_id in told else "")
            if not why and reader is not None and profile is not None:
                why, said = _send(session, row, reader, profile, name, now)
            if not why:
                told.append(row.reader_id)
            moving.enter(row, SETTINGS, f"no settings: {why}" if why else said, wait_h=0.0 if why else wait_h, now=now, helps=not why)
        note_contacts(session, told, channel="sms", purpose=PURPOSE, reference="recovery", at=now)
        return len(rows)


def profile_in_force(runtime: Runtime, session: Session) -> tuple[Profile | None, str, str]:
    """The settings that are sent, their name, and why none are."""
    name = RECOVERY_SETTINGS.get(session)
    if not name:
        return None, "", NOT_WANTED
    try:
        found = profiles_in(runtime.config.data_dir).get(name)
    except UsageError as error:
        return None, name, str(error)[:160]
    return found, name, "" if found is not None else f"{FILE} has no operator {name[:40]!r}"


def _send(session: Session, row: RecoveryAttempt, reader: Reader, profile: Profile, name: str, now: datetime) -> tuple[str, str]:
    """Write down the PIN's text and the push; why not, or what the attempt says of it."""
    security, key, pin = _signing(reader, profile)
    pdu = write_provisioning(mms_document(profile.settings), security=security, key=key, transaction_id=row.id)
    if pin and not replies.ask(session, f"recovery-pin:{row.id}", reader.msisdn, PIN_TEXT.format(name=profile.settings.name, pin=pin), port_id=None, now=now):
        return NO_PORT, ""
    if not replies.ask(session, f"recovery-settings:{row.id}", reader.msisdn, "", port_id=None, push=pdu, now=now):
        return NO_PORT, ""
    how = UNSIGNED if security is None else NETWPIN if security is Security.NETWPIN else USERPIN
    session.add(SettingsPush(reader_id=row.reader_id, attempt_id=row.id, profile=name[:40], security=how, asked_at=now))
    return "", f"settings of {name[:40]}, {how}"


def _signing(reader: Reader, profile: Profile) -> tuple[Security | None, bytes, str]:
    """How a document is signed, with which key, and the PIN that the reader must be told; "" where none is."""
    if profile.security == UNSIGNED:
        return None, b"", ""
    if profile.security == NETWPIN:
        try:
            return Security.NETWPIN, netwpin_key(str(reader.attributes.get(IMSI, ""))), ""
        except CodecError:  # nobody told his IMSI: a PIN does it too
            pass
    pin = f"{secrets.randbelow(10_000):04}"
    return Security.USERPIN, userpin_key(pin), pin


def confirm(session: Session, numbers: Sequence[str], *, by: str, now: datetime) -> dict[str, Any]:
    """Somebody says that these readers' settings are saved: an attempt that waits for it goes on, and who is stopped is tried.

    Returns:
        `confirmed`: how many readers; `unknown`: numbers of nobody, in the order given.
    """
    found: dict[str, int] = {}
    for at in range(0, len(numbers), CHUNK):
        found |= dict(session.execute(select(Reader.msisdn, Reader.id).where(Reader.msisdn.in_(numbers[at : at + CHUNK]))).all())
    ids = in_ids(session, SettingsPush.reader_id, sorted(found.values()))
    open_ = {one.reader_id: one for one in session.scalars(select(SettingsPush).where(ids, SettingsPush.confirmed_at.is_(None)).order_by(SettingsPush.id))}
    for reader_id in sorted(found.values()):
        push = open_.get(reader_id)
        if push is None:  # the operator's own system sent them
            push = SettingsPush(reader_id=reader_id, asked_at=now)
            session.add(push)
        push.confirmed_at, push.confirmed_by = now, by[:80]
    one = RecoveryAttempt
    waiting = select(one).where(in_ids(session, one.reader_id, sorted(found.values())), one.ended_at.is_(None), one.state == SETTINGS).with_for_update(skip_locked=True)
    for row in session.scalars(waiting):
        row.due_at = now
        moving.note(row, "confirmed", f"{by[:80]} says that the settings are saved", now)
    session.flush()
    for reader_id in sorted(found.values()):
        audit.record(session, actor=by, action="recovery.confirm", object_kind="reader", object_id=reader_id, at=now)
    return {"confirmed": len(found), "unknown": [one for one in numbers if one not in found]}
