"""In whose name a command acts: an account of the console, with the rights that it has there.

Whoever can run commands on this host reads its database anyway, so the shell itself is
trusted. But a name given with `--as` stands in the audit trail as that of a person who
decided, so it must be somebody who may; and a system account that is called as an
account of the console has that account's rights, no more.
"""

from __future__ import annotations

from console import rights
from huabao.errors import UsageError
from huabao.runtime import Runtime


def act_as(runtime: Runtime, name: str, command: str, *, named: bool) -> str:
    """The name under which `command` is kept: the account's own spelling, else the system account's.

    Args:
        command: as it is typed after `huabao`; one that stands in no table of rights may be run in any name.
        named: `--as` was given.

    Raises:
        UsageError: there is no such account, it is shut, or its role may not; the message says what helps.
    """
    roles = rights.COMMANDS.get(command)
    if roles is None:
        return name
    found = _account(runtime, name)
    if found is None:
        if not named:
            return name
        role = next(one for one in rights.ROLES if one in roles)
        raise UsageError(f"there is no account {name!r}, so nothing was done; `huabao user list` shows them all, `huabao user add {name} --role {role}` makes this one")
    own, role, shut = found
    if shut:
        raise UsageError(f"the account {own!r} is shut, so nothing was done; name another with --as")
    if role not in roles:
        may = ", ".join(one for one in rights.ROLES if one in roles)
        raise UsageError(f"{own} is {role} and may not: `huabao {command}` is for {may}; ask one of them, or name one with --as")
    return own


def role_of(runtime: Runtime, name: str) -> str:
    """The role of the account called so; empty where there is none."""
    found = _account(runtime, name)
    return "" if found is None else found[1]


def city_of(runtime: Runtime, name: str) -> str:
    """The city whose editor the account is; empty for every other account."""
    return _column(runtime, name, "city")


def phone_of(runtime: Runtime, name: str) -> str:
    """The account's own phone; empty where it has none."""
    return _column(runtime, name, "msisdn")


def _column(runtime: Runtime, name: str, column: str) -> str:
    from sqlalchemy import select

    from console.models import User

    with runtime.transaction(read_only=True) as session:
        return session.scalar(select(getattr(User, column)).where(User.name_key == name.strip().casefold())) or ""


def _account(runtime: Runtime, name: str) -> tuple[str, str, bool] | None:
    """(name, role, whether it is shut) of the account called so."""
    from sqlalchemy import select

    from console.models import User

    with runtime.transaction(read_only=True) as session:
        row = session.execute(select(User.name, User.role, User.disabled_at).where(User.name_key == name.strip().casefold())).one_or_none()
    return None if row is None else (row.name, row.role, row.disabled_at is not None)
