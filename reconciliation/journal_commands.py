"""`huabao journal …`: raw messages of BOSS and MISC, for people."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import click

from huabao.cli import Invocation, Report, operation
from huabao.clock import shanghai_text
from huabao.errors import UsageError
from huabao.msisdn import parse_msisdn
from reconciliation.journal.models import ExchangeMessage

GROUPS_AT_ONCE = 200
"""Groups of one instant that share a transaction."""

COLUMNS = ("id", "at", "peer", "way", "transaction", "verdict", "answer", "why")


@click.group()
def journal() -> None:
    """Every raw message of BOSS and MISC, in and out, sealed with a key of its reader."""


@journal.command("list")
@click.option("--verdict", help="Only these: applied, repeated, late, unchanged, refused, waiting, quarantined, malformed, broken, asked, done, declined.")
@click.option("--peer", help="Only of this peer.")
@click.option("--msisdn", help="Only of the reader with this number.")
@click.option("--transaction", help="Only of this transaction id.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 10_000))
@operation
def list_messages(invocation: Invocation, verdict: str | None, peer: str | None, msisdn: str | None, transaction: str | None, limit: int) -> Report:
    """Messages, newest first, without what stands in them."""
    from reconciliation.journal import looking

    number = None if msisdn is None else parse_msisdn(msisdn)
    with invocation.runtime.transaction(read_only=True) as session:
        found = looking.find(session, verdict=verdict, peer=peer, msisdn=number, transaction_id=transaction, limit=limit)
    rows = [(row.id, shanghai_text(row.received_at), row.peer, row.direction, row.transaction_id, row.verdict, row.answer_code, row.why) for row in found]
    return Report([_document(row) for row in found], columns=COLUMNS, rows=rows)


@journal.command("show")
@click.argument("message_id", type=click.IntRange(1))
@operation
def show(invocation: Invocation, message_id: int) -> Report:
    """One message as it came."""
    from sqlalchemy import select

    from reconciliation.journal import services

    with invocation.runtime.transaction(read_only=True) as session:
        found = services.opened(session, select(ExchangeMessage).where(ExchangeMessage.id == message_id))
    if not found:
        raise UsageError(f"there is no message {message_id}; `huabao journal list` shows them")
    row, content = found[0].row, found[0].content
    said = "its reader was forgotten, nobody can read it any more" if content is None else content.decode("utf-8", "backslashreplace")
    about = f"{row.peer} {row.direction} {shanghai_text(row.received_at)}: {row.verdict}{f', {row.why}' if row.why else ''}; answered {row.answer_code or 'nothing'}"
    return Report({**_document(row), "content": None if content is None else said}, lines=[about, said])


@journal.command("replay")
@click.option("--from", "source", required=True, metavar="URL", help="The database whose journal it is, e.g. postgresql://… or sqlite:///…")
@operation
def replay(invocation: Invocation, source: str) -> Report:
    """Apply the journal of another database to this empty one; exit 1 where a message comes out otherwise than it did."""
    from huabao.config import Config
    from huabao.runtime import make_runtime
    from reconciliation.dialects import dialects_in
    from reconciliation.intake.replay import Replayed, require_empty
    from reconciliation.intake.replay import replay as replay_messages
    from reconciliation.journal import read_all

    if not source.startswith(("postgresql://", "sqlite:///")):
        raise UsageError("--from is the URL of a database: postgresql://… or sqlite:///…")
    runtime = invocation.runtime
    origin = make_runtime(Config(database_url=source, data_dir=runtime.config.data_dir))
    found = Replayed()
    dialects = dialects_in(runtime.config.dialects_folder)
    try:
        with runtime.transaction() as session:
            require_empty(session)
        with origin.transaction(read_only=True, still=True) as read:
            batch: list[Any] = []
            for number, (_, group) in enumerate(groupby(read_all(read), key=lambda one: one.row.received_at), 1):
                batch += group
                if number % GROUPS_AT_ONCE == 0:
                    with runtime.transaction() as session:
                        replay_messages(session, batch, dialects, found)
                    batch = []
                    invocation.say(f"{found.messages} messages …")
            with runtime.transaction() as session:
                replay_messages(session, batch, dialects, found)
    finally:
        origin.engine.dispose()
    told = f"{found.messages} messages: {found.applied} applied again, {found.skipped} had changed nothing, {found.unreadable} nobody can read any more"
    lines = [told, *found.differences]
    if found.other_dialect:
        lines.append(f"{found.other_dialect} were read by another version of their code table than is in force now")
    return Report(vars(found), lines=lines, problem=bool(found.different or found.other_dialect))


def _document(row: ExchangeMessage) -> dict[str, Any]:
    return {
        "id": row.id,
        "received_at": row.received_at,
        "peer": row.peer,
        "codec": row.codec,
        "direction": row.direction,
        "transaction_id": row.transaction_id,
        "dialect": row.dialect,
        "verdict": row.verdict,
        "answer_code": row.answer_code,
        "why": row.why,
    }
