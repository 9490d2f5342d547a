"""Operations on accounts: made, changed, shut, helped, given rights beside their role; the services of the pages.

A client gives nobody more than it has itself: a role only where its scopes hold everything that the role may do over the API, and
never that of an administrator nor system administration. It touches no account that has either.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from console import auth
from console.api.calls import Call, Operation, Reply
from console.api.problems import Problem
from console.api.schemas import Agent, Msisdn, Strict
from console.api.scopes import ACCOUNTS, ROLE_SCOPES
from console.auth import second
from console.auth.accounts import CITY_CHARS_MAX, SUBJECT_CHARS_MAX
from console.auth.names import NAME_CHARS_MAX
from console.hashing import hash_password
from console.models import User
from console.rights import ADMIN, GRANTS, KINDS, ROLES, SYSTEM, Grant
from huabao import audit
from huabao.msisdn import MSISDN, parse_msisdn

Role = Literal[ROLES]  # type: ignore[valid-type]  # a table of ours
Right = Literal[GRANTS]  # type: ignore[valid-type]
Kind = Literal[("", *KINDS)]  # type: ignore[valid-type]
City = Annotated[str, Field(max_length=CITY_CHARS_MAX, description="Whose readers alone it sees; empty for all")]


class AccountRequest(Strict):
    """A new account."""

    name: Annotated[str, Field(min_length=1, max_length=NAME_CHARS_MAX, description="What it signs in with; letters of one script, no blank at its ends")]
    role: Role = Field(description="What it may; rights beside it are given by `changeGrant`")
    city: City = ""
    phone: Msisdn | None = Field(default=None, description="Where a trial edition is sent; null for none")
    agent: Agent = None


class AccountChange(Strict):
    """What is to be changed; null leaves it as it is. A changed role or city ends its sign-ins."""

    role: Role | None = Field(default=None, description="The new role")
    city: City | None = Field(default=None, description="The new city; empty for all")
    phone: Annotated[str | None, Field(max_length=20, description="Empty takes it away")] = None
    subject: Annotated[str | None, Field(max_length=SUBJECT_CHARS_MAX, description="Who it is to the identity provider; empty for nobody")] = None
    agent: Agent = None


class AccountAct(Strict):
    """What is to be done with an account."""

    act: Annotated[
        Literal["shut", "open", "reset-code", "password", "sign-out"],
        Field(description="open unlocks it too; password makes a new one, shown once; sign-out ends every sign-in of it"),
    ]
    agent: Agent = None


class GrantRequest(Strict):
    """One right beside the role, given or taken."""

    right: Right = Field(description="Which right")
    city: City = ""
    kind: Annotated[Kind, Field(description="Of statistics; empty for all")] = ""
    take: Annotated[bool, Field(description="Take it away")] = False
    agent: Agent = None


class GrantDocument(BaseModel):
    """One right beside the role."""

    right: str = Field(description="system, notices, trials, opinions, ranks or statistics")
    city: str = Field(description="For readers of that city alone; empty for all")
    kind: str = Field(description="Of statistics: which report; empty for all of them")


class AccountDocument(BaseModel):
    """An account."""

    account_id: int = Field(description="Id of the account, as its operations take it")
    name: str = Field(description="What it signs in with, up to 80 characters")
    role: str = Field(description="editor, ops, support or admin")
    city: str | None = Field(description="Whose readers alone it sees; null for all")
    phone: str | None = Field(description="Masked")
    state: Literal["active", "locked", "shut"] = Field(description="locked: too many wrong passwords; shut: by an administrator")
    second_factor: bool = Field(description="Whether a sign-in asks for a code, too")
    grants: list[GrantDocument] = Field(description="Rights beside those of the role")
    last_sign_in_at: datetime | None = Field(description="null where nobody signed in yet")
    created_at: datetime = Field(description="When it was made")


class AccountMade(AccountDocument):
    """An account with its new password, which is shown this once and must be changed at the next sign-in."""

    password: str | None = Field(description="null where the act made none")


class AccountList(BaseModel):
    """Every account by name."""

    accounts: list[AccountDocument] = Field(description="By name, the shut ones too")


def list_accounts(call: Call) -> Reply:
    """Every account."""
    with call.runtime.transaction(read_only=True) as session:
        users = auth.list_users(session)
        grants = auth.grants_of(session, [one.id for one in users])
        return Reply(200, AccountList(accounts=[_document(one, grants[one.id], call.runtime.now()) for one in users]))


def add_account(call: Call) -> Reply:
    """One more; its password is made here."""
    body = call.body
    assert isinstance(body, AccountRequest)
    _may_give(call, body.role)
    phone = None if body.phone is None else parse_msisdn(body.phone)
    password = auth.made_password()
    hashed = hash_password(password)
    with call.runtime.transaction() as session:
        user = auth.add_user(session, body.name, hashed, body.role, city=body.city, phone=phone, by=call.actor(body.agent), now=call.runtime.now(), once=True)
        return Reply(201, _made(call, session, user, password), f"/api/v1/accounts/{user.id}")


def show_account(call: Call) -> Reply:
    """One account."""
    with call.runtime.transaction(read_only=True) as session:
        user = session.get(User, call.path["account_id"])
        if user is None:
            raise Problem("not-found", f"there is no account {call.path['account_id']}")
        return Reply(200, _document(user, auth.grants_of(session, [user.id])[user.id], call.runtime.now()))


def change_account(call: Call) -> Reply:
    """Role, city, phone, subject."""
    body, now = call.body, call.runtime.now()
    assert isinstance(body, AccountChange)
    by = call.actor(body.agent)
    phone = parse_msisdn(body.phone) if body.phone else None
    with call.runtime.transaction() as session:
        user = _reached(call, session)
        if body.role is not None:
            _may_give(call, body.role)
        before = user.role, user.city
        auth.set_person(session, user, role=body.role, city=body.city, phone=phone, no_phone=body.phone == "", by=by, now=now)
        if body.subject is not None:
            auth.set_subject(session, user, body.subject, by=by, now=now)
        if before != (user.role, user.city):
            auth.end_sessions(session, user.id)
        return Reply(200, _document(user, auth.grants_of(session, [user.id])[user.id], now))


def act_on_account(call: Call) -> Reply:
    """Shut it, open it, reset its second factor, give it a new password, sign it out."""
    body, now = call.body, call.runtime.now()
    assert isinstance(body, AccountAct)
    by, password = call.actor(body.agent), None
    hashed = ""
    if body.act == "password":
        password = auth.made_password()
        hashed = hash_password(password)
    with call.runtime.transaction() as session:
        user = _reached(call, session)
        if body.act == "shut":
            auth.disable_user(session, user, by=by, now=now)
        elif body.act == "open":
            auth.enable_user(session, user, by=by, now=now)
        elif body.act == "password":
            auth.set_password(session, user, hashed, by=by, now=now, once=True)
        else:
            if body.act == "reset-code":
                second.turn_off(session, user, by=by, now=now)
            auth.end_sessions(session, user.id)
            audit.record(session, actor=by, action="user.sign_out", object_kind="user", object_id=user.name, at=now, all=True)
        session.flush()
        return Reply(200, _made(call, session, user, password))


def change_grant(call: Call) -> Reply:
    """Give or take one right."""
    body, now = call.body, call.runtime.now()
    assert isinstance(body, GrantRequest)
    with call.runtime.transaction() as session:
        user = _reached(call, session)
        grant = auth.checked_grant(body.right, body.city, body.kind)
        if grant.name == SYSTEM:
            raise Problem("forbidden", "system administration is given and taken by an administrator in the console")
        (auth.take if body.take else auth.give)(session, user, grant, by=call.actor(body.agent), now=now)
        return Reply(200, _document(user, auth.grants_of(session, [user.id])[user.id], now))


def _may_give(call: Call, role: str) -> None:
    """Refuse a role that may do more than the token.

    Raises:
        Problem: it may.
    """
    if role == ADMIN:
        raise Problem("forbidden", "an administrator's account is made and changed by an administrator in the console")
    missing = ROLE_SCOPES[role] - call.client.scopes
    if missing:
        raise Problem("forbidden", f"the role {role} may do more than this token, which lacks {', '.join(sorted(missing))}")


def _reached(call: Call, session: Session) -> User:
    """The account that the address names, locked.

    Raises:
        Problem: there is none, or it may do more than the token.
    """
    user = session.get(User, call.path["account_id"], with_for_update=True)
    if user is None:
        raise Problem("not-found", f"there is no account {call.path['account_id']}")
    _may_give(call, user.role)
    if any(one.name == SYSTEM for one in auth.grants_of(session, [user.id])[user.id]):
        raise Problem("forbidden", f"{user.name} has system administration; an administrator looks after it in the console")
    return user


def _document(user: User, grants: tuple[Grant, ...], now: datetime) -> AccountDocument:
    state: Literal["active", "locked", "shut"] = "shut" if user.disabled_at is not None else "active" if auth.may_sign_in(user, now) else "locked"
    return AccountDocument(
        account_id=user.id, name=user.name, role=user.role, city=user.city, phone=MSISDN(user.msisdn).masked if user.msisdn else None, state=state,
        second_factor=user.totp_at is not None, grants=[GrantDocument(right=one.name, city=one.city, kind=one.kind) for one in grants],
        last_sign_in_at=user.last_sign_in_at, created_at=user.created_at,
    )  # fmt: skip


def _made(call: Call, session: Session, user: User, password: str | None) -> AccountMade:
    whole = _document(user, auth.grants_of(session, [user.id])[user.id], call.runtime.now())
    return AccountMade(**whole.model_dump(), password=password)


_ONE, _PROBLEMS = "/accounts/{account_id:int}", ("not-found",)

OPERATIONS: tuple[Operation, ...] = (
    Operation("listAccounts", "GET", "/accounts", (ACCOUNTS,), "Every account by name, with its rights", list_accounts, {200: AccountList}),
    Operation("addAccount", "POST", "/accounts", (ACCOUNTS,), "A new account, with a password that is shown once", add_account, {201: AccountMade}, ("shown-once",),
              AccountRequest, shown_once=True),
    Operation("showAccount", "GET", _ONE, (ACCOUNTS,), "One account with its rights", show_account, {200: AccountDocument}, _PROBLEMS),
    Operation("changeAccount", "POST", _ONE, (ACCOUNTS,), "Change role, city, phone or subject", change_account, {200: AccountDocument}, _PROBLEMS, AccountChange),
    Operation("actOnAccount", "POST", _ONE + "/acts", (ACCOUNTS,), "Shut, open, help or sign out an account", act_on_account, {200: AccountMade}, (*_PROBLEMS, "shown-once"),
              AccountAct, shown_once=True),
    Operation("changeGrant", "POST", _ONE + "/grants", (ACCOUNTS,), "Give or take a right beside the role", change_grant, {200: AccountDocument}, _PROBLEMS, GrantRequest),
)  # fmt: skip
