"""A second factor: codes of an app that change every 30 seconds, and recovery codes for a lost phone.

A code counts once: the step of the last one taken is kept, and neither it nor an
earlier one is taken again. A clock may be one step off. Until the first code was
given right, the secret lies ready and protects nothing.

Spec: RFC 6238 (TOTP, SHA-1, six digits, 30 s), RFC 4226 5.3; RFC 6238 5.2 (a code is accepted once).
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from io import BytesIO

import pyotp
import segno
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from console.auth.sealing import seal, sealing_key, unseal
from console.models import RecoveryCode, User
from huabao import audit
from huabao.config import Config

STEP_S = 30
STEPS_OFF_MAX = 1
RECOVERY_CODES = 10
ISSUER = "Huabao"
_SECRET_BYTES = 20  # RFC 4226 4, R6
_RECOVERY_BYTES = 10


def begin(session: Session, config: Config, user: User) -> str:
    """A new secret for the account, in base32; nothing asks for it until `confirm`."""
    raw = secrets.token_bytes(_SECRET_BYTES)
    user.totp_sealed, user.totp_at, user.totp_step = seal(sealing_key(config), user.id, raw), None, None
    session.flush()
    return base64.b32encode(raw).decode()


def waiting_secret(config: Config, user: User) -> str | None:
    """The secret that waits for its first code, in base32, or None."""
    if user.totp_sealed is None or user.totp_at is not None:
        return None
    return base64.b32encode(unseal(sealing_key(config), user.id, user.totp_sealed)).decode()


def picture(secret: str, name: str) -> bytes:
    """The secret as a QR code that apps read, an SVG without styles of its own."""
    out = BytesIO()
    segno.make(pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER), error="m", micro=False).save(
        out, kind="svg", border=4, scale=5, dark="#000", light="#fff", xmldecl=False
    )
    return out.getvalue()


def confirm(session: Session, config: Config, user: User, code: str, *, now: datetime) -> list[str] | None:
    """The account's recovery codes, shown this once, where `code` is right and codes are asked for from now on; else None."""
    if user.totp_at is not None or not _takes(config, user, code, now):
        return None
    user.totp_at = now
    audit.record(session, actor=user.name, action="user.code_on", object_kind="user", object_id=user.name, at=now)
    return renew_recovery(session, user, by=user.name, now=now)


def fits(session: Session, config: Config, user: User, typed: str, *, now: datetime) -> bool:
    """Whether `typed` is the code of now or a recovery code not yet used; it is used up by that."""
    if user.totp_at is None:
        return False
    return _takes(config, user, typed, now) or _recovers(session, user, typed, now)


def _takes(config: Config, user: User, typed: str, now: datetime) -> bool:
    code = "".join(typed.split())
    if user.totp_sealed is None or len(code) != 6 or not (code.isascii() and code.isdigit()):
        return False
    one = pyotp.TOTP(base64.b32encode(unseal(sealing_key(config), user.id, user.totp_sealed)).decode())
    step = int(now.timestamp()) // STEP_S
    fitting = [near for near in range(step - STEPS_OFF_MAX, step + STEPS_OFF_MAX + 1) if secrets.compare_digest(one.generate_otp(near), code)]
    if not fitting or (user.totp_step is not None and fitting[-1] <= user.totp_step):
        return False
    user.totp_step = fitting[-1]
    return True


def _recovers(session: Session, user: User, typed: str, now: datetime) -> bool:
    one = RecoveryCode
    used = session.execute(update(one).where(one.user_id == user.id, one.code_sha256 == _hashed(user.id, typed), one.used_at.is_(None)).values(used_at=now))
    if not used.rowcount:  # type: ignore[attr-defined]  # a cursor's result
        return False
    audit.record(session, actor=user.name, action="user.recovery_code", object_kind="user", object_id=user.name, at=now, left=recovery_left(session, user))
    return True


def _hashed(user_id: int, code: str) -> str:
    plain = "".join(one for one in code.upper() if one.isalnum())[:40]
    return hashlib.sha256(f"{user_id}:{plain}".encode()).hexdigest()


def recovery_left(session: Session, user: User) -> int:
    """Recovery codes not yet used."""
    return int(session.scalar(select(func.count()).select_from(RecoveryCode).where(RecoveryCode.user_id == user.id, RecoveryCode.used_at.is_(None))) or 0)


def renew_recovery(session: Session, user: User, *, by: str, now: datetime) -> list[str]:
    """New recovery codes of 80 bits each, in groups of four letters; the old ones open nothing any more."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    made = [base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode() for _ in range(RECOVERY_CODES)]
    session.add_all(RecoveryCode(user_id=user.id, code_sha256=_hashed(user.id, one)) for one in made)
    session.flush()
    audit.record(session, actor=by, action="user.recovery_codes", object_kind="user", object_id=user.name, at=now)
    return ["-".join(one[at : at + 4] for at in range(0, len(one), 4)) for one in made]


def turn_off(session: Session, user: User, *, by: str, now: datetime) -> None:
    """No code is asked for any more: his own wish, or an administrator's reset."""
    user.totp_sealed, user.totp_at, user.totp_step = None, None, None
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    audit.record(session, actor=by, action="user.code_off", object_kind="user", object_id=user.name, at=now)


def roles_of(setting: str) -> Sequence[str]:
    """The roles that the setting `second_factor_roles` names."""
    return [one.strip() for one in setting.split(",") if one.strip()]
