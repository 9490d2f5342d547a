"""Sign-ins that are half done: a random text in a cookie of its own, and what the second half needs, for some minutes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from console.auth.sessions import token_sha256
from console.models import SignInStep
from huabao.ids import new_token

CODE, OIDC = "code", "oidc"
STEP_AGE_S = 600


def open_step(session: Session, kind: str, *, user_id: int | None, now: datetime, **detail: Any) -> str:
    """The token of a new step; those that nobody finished go."""
    session.execute(delete(SignInStep).where(SignInStep.expires_at <= now))
    token = new_token(32)
    session.add(SignInStep(token_sha256=token_sha256(token), kind=kind, user_id=user_id, detail=detail, created_at=now, expires_at=now + timedelta(seconds=STEP_AGE_S)))
    session.flush()
    return token


def find_step(session: Session, kind: str, token: str | None, *, now: datetime, lock: bool = False) -> SignInStep | None:
    """The step of that token, where it still counts."""
    if not token:
        return None
    wanted = select(SignInStep).where(SignInStep.token_sha256 == token_sha256(token), SignInStep.kind == kind, SignInStep.expires_at > now)
    return session.scalar(wanted.with_for_update() if lock else wanted)


def end_step(session: Session, step: SignInStep) -> None:
    """It counts no more."""
    session.delete(step)
    session.flush()
