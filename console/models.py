"""Tables of console accounts and their sign-ins, and of other systems that call the API.

A password is kept as its argon2id hash, a session and an API token by the SHA-256
of its random text: whoever reads the database can sign in as nobody.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from huabao.db import Base, BigKey, Document


class User(Base):
    """One person who may sign in.

    Attributes:
        name: as it is typed at sign-in, compared without regard to case (`name_key`).
        role: one of `console.rights.ROLES`.
        city: the city whose pages a city editor works on, and whose readers alone an account sees, or None for all.
        msisdn: his own phone, to which an edition may be sent for a look before anybody has it, or None.
        failed_attempts: wrong passwords in a row since the last right one.
        locked_until: no sign-in before that, however right the password.
        disabled_at: since when the account is shut, or None.
        password_once: somebody else made the password; it is changed before anything else.
        totp_sealed: the secret of his second factor, sealed (`console.auth.sealing`), or None; asked for since `totp_at`, before that only made.
        totp_step: of the last code that was taken, in 30 s since 1970; no earlier one is taken again.
        oidc_subject: who he is to the identity provider, once known.
    """

    __tablename__ = "users"
    __table_args__ = (Index("uq_users_oidc_subject", "oidc_subject", unique=True),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    name_key: Mapped[str] = mapped_column(String(80), unique=True)
    password_hash: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(String(10))
    city: Mapped[str | None] = mapped_column(String(40))
    msisdn: Mapped[str | None] = mapped_column(String(20))
    failed_attempts: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    last_sign_in_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    password_once: Mapped[bool] = mapped_column(default=False)
    totp_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    totp_at: Mapped[datetime | None]
    totp_step: Mapped[int | None] = mapped_column(BigInteger)
    oidc_subject: Mapped[str | None] = mapped_column(String(255))


class UserGrant(Base):
    """One right given to one account beside its role, see `console.rights.Grant`."""

    __tablename__ = "user_grants"
    __table_args__ = (UniqueConstraint("user_id", "name", "city", "kind", name="uq_user_grants_user_id_name_city_kind"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(12))
    city: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(16))
    given_at: Mapped[datetime]
    given_by: Mapped[str] = mapped_column(String(80))


class RecoveryCode(Base):
    """A way in for whoever lost his second factor; it opens once. Its 80 random bits need no salt, only the account's id."""

    __tablename__ = "user_recovery_codes"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False)
    code_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    used_at: Mapped[datetime | None]


class SignInStep(Base):
    """A sign-in that is half done: the password was right and the code is awaited, or the identity provider was asked.

    Attributes:
        token_sha256: of the cookie's value, in hex.
        kind: `code` or `oidc`.
        user_id: whose, once known.
        detail: what the second half needs: where to go on, and what the provider must answer to.
    """

    __tablename__ = "sign_in_steps"

    token_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    detail: Mapped[dict[str, Any]] = mapped_column(Document)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class UserSession(Base):
    """One signed-in browser.

    Attributes:
        token_sha256: of the cookie's value, in hex.
        csrf_secret: what each form of this session must carry.
        last_seen_at: of the last act of the person; a page that refreshes itself is none.
        expires_at: the end, however busy the session is.
        way: how he signed in: `password`, `code` (both factors) or `oidc`.
        address, agent: of the browser at sign-in, for the list that its owner sees.
    """

    __tablename__ = "user_sessions"

    token_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    csrf_secret: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    way: Mapped[str] = mapped_column(String(8), default="password")
    address: Mapped[str] = mapped_column(String(45), default="")
    agent: Mapped[str] = mapped_column(String(200), default="")


class ApiToken(Base):
    """One system that may call `/api/v1`.

    Attributes:
        token_sha256: of the token, in hex; the token itself was shown once.
        scopes: what it may do, see `console.api.scopes`.
        rate_per_min: requests a minute, or None for the setting's.
        city: whose readers alone it sees and reaches, or None for all.
    """

    __tablename__ = "api_tokens"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[Any]] = mapped_column(Document)
    rate_per_min: Mapped[int | None]
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(80))
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    city: Mapped[str | None] = mapped_column(String(40))


class ApiAnswer(Base):
    """The answer to a POST with an Idempotency-Key, so that the same request gets the same answer again.

    Attributes:
        fingerprint: SHA-256 of method, path and body.
        status: None while the first request is worked on.
        body: JSON as it was sent, whole.
    """

    __tablename__ = "api_answers"

    token_id: Mapped[int] = mapped_column(ForeignKey("api_tokens.id", ondelete="CASCADE"), primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    status: Mapped[int | None]
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    asked_at: Mapped[datetime] = mapped_column(index=True)
