"""`huabao api-token …`: which other systems may call `/api/v1`."""

from __future__ import annotations

import click

from console.api import tokens
from console.api.scopes import SCOPES, parse_scopes
from console.models import ApiToken
from huabao.cli import Invocation, Report, operation
from huabao.clock import shanghai_text


@click.group("api-token")
def api_token() -> None:
    """Tokens of other systems for `/api/v1`."""


@api_token.command("add")
@click.argument("name")
@click.option("--scope", "scope", required=True, metavar="SCOPE[,SCOPE…]", help="; ".join(f"{name}: {what}" for name, what in SCOPES.items()))
@click.option("--rate", "rate_per_min", type=int, metavar="N", help="Requests a minute (default: the setting `api_rate_per_min`).")
@click.option("--city", help="The city whose readers alone it sees and reaches (default: all).")
@operation
def add(invocation: Invocation, name: str, scope: str, rate_per_min: int | None, city: str | None) -> Report:
    """Make a token for the system NAME; it is shown this once."""
    with invocation.runtime.transaction() as session:
        row, token = tokens.add_token(session, name, parse_scopes(scope), rate_per_min=rate_per_min, city=city, by=invocation.actor, now=invocation.runtime.now())
    return Report({**_document(row), "token": token}, [f"{name} may {', '.join(SCOPES[one] for one in row.scopes)}", f"token (shown once): {token}"])


@api_token.command("list")
@operation
def list_(invocation: Invocation) -> Report:
    """Every token, without its secret."""
    with invocation.runtime.transaction(read_only=True) as session:
        found = tokens.list_tokens(session)
    rows = [(one.name, ", ".join(one.scopes), one.rate_per_min, shanghai_text(one.last_used_at), "revoked" if one.revoked_at else "valid", one.created_by) for one in found]
    return Report([_document(one) for one in found], rows=rows, columns=("name", "scopes", "a minute", "last used", "state", "by"))


@api_token.command("revoke")
@click.argument("name")
@operation
def revoke(invocation: Invocation, name: str) -> Report:
    """End the token NAME at once."""
    with invocation.runtime.transaction() as session:
        row = tokens.revoke_token(session, name, by=invocation.actor, now=invocation.runtime.now())
        return Report(_document(row), [f"the token {name} is revoked"])


def _document(row: ApiToken) -> dict[str, object]:
    return {
        "name": row.name, "scopes": list(row.scopes), "rate_per_min": row.rate_per_min, "city": row.city, "created_at": row.created_at, "created_by": row.created_by,
        "last_used_at": row.last_used_at, "revoked_at": row.revoked_at,
    }  # fmt: skip


COMMANDS: tuple[click.Command, ...] = (api_token,)
