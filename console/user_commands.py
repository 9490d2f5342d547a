"""`huabao user`: console accounts.

A password never stands on a command line: it is asked for, read from an
environment variable that is named, or (for the first admin) made here and shown once.
"""

from __future__ import annotations

import os
from dataclasses import asdict, astuple
from datetime import datetime

import click
from sqlalchemy import func, select

from console import auth
from console.auth import second
from console.models import User
from console.rights import ADMIN, GRANTS, KINDS, ROLES
from huabao.cli import Invocation, Report, operation
from huabao.clock import shanghai_text
from huabao.errors import UsageError
from huabao.msisdn import MSISDN, parse_msisdn

PASSWORD_ENV_HELP = "Take the password from this environment variable instead of asking."  # noqa: S105  # a help text


def _given_password(variable: str | None) -> str:
    if variable is None:
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    value = os.environ.get(variable)
    if not value:
        raise UsageError(f"the environment variable {variable} is empty; put the password in it")
    return value


@click.group("user")
def user() -> None:
    """Console accounts: who may sign in, in which role."""


@user.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--city", default=None, help="The city whose pages this editor works on, or whose readers alone this account sees.")
@click.option("--phone", default=None, metavar="MSISDN", help="Its own phone, to which it may have editions sent for a look.")
@click.option("--password-env", metavar="VAR", default=None, help=PASSWORD_ENV_HELP)
@operation
def add(invocation: Invocation, name: str, role: str, city: str | None, phone: str | None, password_env: str | None) -> Report:
    """Add the account NAME."""
    number = parse_msisdn(phone) if phone else None
    hashed = auth.hash_password(_given_password(password_env))
    with invocation.runtime.transaction() as session:
        made = auth.add_user(session, name, hashed, role, city=city, phone=number, by=invocation.actor, now=invocation.runtime.now())
        return Report({"name": made.name, "role": role, "city": city, "phone": number and number.masked}, [f"{made.name} may sign in as {role}"])


@user.command("set")
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), default=None, help="Its role; a changed one signs it out everywhere.")
@click.option("--city", default=None, help="The city on whose sections and readers alone it works; empty for all.")
@click.option("--phone", default=None, metavar="MSISDN", help="Its own phone; empty for none.")
@operation
def set_(invocation: Invocation, name: str, role: str | None, city: str | None, phone: str | None) -> Report:
    """Change the role, the city or the phone of the account NAME."""
    if role is None and city is None and phone is None:
        raise UsageError("nothing to change; give --role, --city or --phone")
    number = parse_msisdn(phone) if phone else None
    with invocation.runtime.transaction() as session:
        found = auth.find_user(session, name)
        auth.set_person(session, found, role=role, city=city, phone=number, no_phone=phone == "", by=invocation.actor, now=invocation.runtime.now())
        if role is not None:
            auth.end_sessions(session, found.id)
        shown = MSISDN(found.msisdn).masked if found.msisdn else None
        said = f"{found.name}: {found.role}, city {found.city or 'all'}, phone {shown or 'none'}"
        return Report({"name": found.name, "role": found.role, "city": found.city, "phone": shown}, [said])


@user.command("bootstrap")
@click.option("--name", default="admin", show_default=True)
@operation
def bootstrap(invocation: Invocation, name: str) -> Report:
    """Make the first admin; its password is shown this once."""
    password = auth.made_password()
    hashed = auth.hash_password(password)
    with invocation.runtime.transaction() as session:
        if session.scalar(select(func.count()).select_from(User).where(User.role == ADMIN, User.disabled_at.is_(None))):
            raise UsageError("there is an admin already; `huabao user password NAME` sets a new password")
        made = auth.add_user(session, name, hashed, ADMIN, city=None, by=invocation.actor, now=invocation.runtime.now())
    return Report({"name": made.name, "role": ADMIN, "password": password}, [f"{made.name} may sign in as admin", f"password (shown once): {password}"])


@user.command("list")
@operation
def list_(invocation: Invocation) -> Report:
    """Every account."""
    now = invocation.runtime.now()
    with invocation.runtime.transaction(read_only=True) as session:
        found = list(session.scalars(select(User).order_by(User.name_key)))
        data = [_shown(one, now) for one in found]
    rows = [(one.name, one.role, one.city, _state(one, now), shanghai_text(one.last_sign_in_at)) for one in found]
    return Report(data, rows=rows, columns=("name", "role", "city", "state", "last sign-in"))


def _shown(one: User, now: datetime) -> dict[str, object]:
    phone = one.msisdn and MSISDN(one.msisdn).masked
    return {"name": one.name, "role": one.role, "city": one.city, "phone": phone, "state": _state(one, now), "last_sign_in_at": one.last_sign_in_at}


def _state(one: User, now: datetime) -> str:
    if one.disabled_at is not None:
        return "disabled"
    return "locked" if one.locked_until is not None and one.locked_until > now else "active"


@user.command("password")
@click.argument("name")
@click.option("--password-env", metavar="VAR", default=None, help=PASSWORD_ENV_HELP)
@operation
def password(invocation: Invocation, name: str, password_env: str | None) -> Report:
    """Set a new password for NAME: unlocks the account and signs it out everywhere."""
    with invocation.runtime.transaction(read_only=True) as session:
        auth.find_user(session, name)
    hashed = auth.hash_password(_given_password(password_env))
    with invocation.runtime.transaction() as session:
        found = auth.find_user(session, name)
        auth.set_password(session, found, hashed, by=invocation.actor, now=invocation.runtime.now())
        return Report({"name": found.name}, [f"{found.name} has a new password and is signed out everywhere"])


@user.command("enable")
@click.argument("name")
@operation
def enable(invocation: Invocation, name: str) -> Report:
    """Open the account NAME again, and unlock it."""
    with invocation.runtime.transaction() as session:
        found = auth.find_user(session, name)
        auth.enable_user(session, found, by=invocation.actor, now=invocation.runtime.now())
        return Report({"name": found.name, "state": "active"}, [f"{found.name} may sign in"])


@user.command("reset-code")
@click.argument("name")
@operation
def reset_code(invocation: Invocation, name: str) -> Report:
    """Take the second factor of the account NAME away and sign it out everywhere."""
    with invocation.runtime.transaction() as session:
        found = auth.find_user(session, name)
        second.turn_off(session, found, by=invocation.actor, now=invocation.runtime.now())
        auth.end_sessions(session, found.id)
        return Report({"name": found.name}, [f"{found.name} signs in with the password alone, and can set up another second factor"])


@user.command("grant")
@click.argument("name")
@click.argument("right", type=click.Choice(GRANTS))
@click.option("--city", default="", help="The city whose figures alone it opens (default: all).")
@click.option("--kind", default="", help=f"Of statistics: {', '.join(KINDS)} (default: all).")
@click.option("--take", is_flag=True, help="Take it away instead.")
@operation
def grant(invocation: Invocation, name: str, right: str, city: str, kind: str, take: bool) -> Report:
    """Give the account NAME the RIGHT beside its role."""
    given = auth.checked_grant(right, city, kind)
    with invocation.runtime.transaction() as session:
        found = auth.find_user(session, name)
        (auth.take if take else auth.give)(session, found, given, by=invocation.actor, now=invocation.runtime.now())
        held = auth.grants_of(session, [found.id])[found.id]
        return Report({"name": found.name, "rights": [asdict(one) for one in held]}, [f"{found.name}: {', '.join(' '.join(filter(None, astuple(one))) for one in held) or 'none'}"])


@user.command("disable")
@click.argument("name")
@operation
def disable(invocation: Invocation, name: str) -> Report:
    """Shut the account NAME and sign it out everywhere."""
    with invocation.runtime.transaction() as session:
        found = auth.find_user(session, name)
        auth.disable_user(session, found, by=invocation.actor, now=invocation.runtime.now())
        return Report({"name": found.name, "state": "disabled"}, [f"{found.name} can no longer sign in"])


COMMANDS: tuple[click.Command, ...] = (user,)
