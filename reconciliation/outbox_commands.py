"""`huabao outbox …`: requests to BOSS and MISC, for people."""

from __future__ import annotations

from typing import Any

import click

from huabao.cli import Invocation, Report, operation
from huabao.clock import shanghai_text
from huabao.msisdn import parse_msisdn
from reconciliation.outbox.models import PERSON, STATES, OutboundRequest
from reconciliation.outbox.peers import PEERS


@click.group()
def outbox() -> None:
    """Requests to BOSS and MISC: what waits, what was answered, what needs a person."""


@outbox.command("list")
@click.option("--state", "states", multiple=True, type=click.Choice(STATES), help="Only these; may be repeated (default: what is not settled).")
@click.option("--peer", type=click.Choice(tuple(PEERS)), help="Only to this one.")
@click.option("--msisdn", help="Only about this number.")
@click.option("--limit", default=200, show_default=True, type=click.IntRange(1, 10_000))
@operation
def list_requests(invocation: Invocation, states: tuple[str, ...], peer: str | None, msisdn: str | None, limit: int) -> Report:
    """Requests, oldest first, and whether the peers answer; exit 1 where one waits for a person or a peer is away."""
    from reconciliation.outbox import people, store

    number = None if msisdn is None else str(parse_msisdn(msisdn))
    with invocation.runtime.transaction(read_only=True) as session:
        found = people.list_requests(session, states=states or people.UNSETTLED, peer=peer, msisdn=number, limit=limit)
        health = {name: store.health_of(session, name) for name in PEERS}
        data: dict[str, Any] = {
            "requests": [_document(row) for row in found],
            "peers": {name: {"away_since": one.down_since, "failures": one.failures, "why": one.why} for name, one in health.items()},
        }
    away = [f"{name} is away since {shanghai_text(one.down_since)}: {one.why}" for name, one in health.items() if one.is_down]
    rows = [(row.id, row.peer, row.kind, row.service_id or "", row.state, row.attempts, row.code, shanghai_text(row.created_at), row.text) for row in found]
    columns = ("id", "peer", "kind", "service", "state", "tries", "code", "asked for at", "says")
    return Report(data, lines=away, columns=columns, rows=rows, problem=bool(away) or any(row.state == PERSON for row in found))


def _document(row: OutboundRequest) -> dict[str, Any]:
    return {
        "id": row.id,
        "peer": row.peer,
        "kind": row.kind,
        "service_id": row.service_id,
        "state": row.state,
        "attempts": row.attempts,
        "code": row.code,
        "text": row.text,
        "key": row.key,
        "created_at": row.created_at,
        "due_at": row.due_at,
        "asked_at": row.asked_at,
        "answered_at": row.answered_at,
    }


@outbox.command()
@click.argument("request_id", type=int)
@operation
def show(invocation: Invocation, request_id: int) -> Report:
    """One request with all that is known of it."""
    from reconciliation.outbox import people, store
    from reconciliation.outbox.answers import answers_in, meaning_of

    with invocation.runtime.transaction(read_only=True) as session:
        row = people.require(session, request_id)
        number = row.payload.get("msisdn") or (store.numbers_of(session, [row.reader_id]).get(row.reader_id) if row.reader_id is not None else None)
        data = {**_document(row), "transaction_id": row.transaction_id, "msisdn": number, "payload": row.payload}
    if row.code:
        data["meaning"] = meaning_of(answers_in(invocation.runtime.config.data_dir), row.peer, row.code, row.kind).meaning
    lines = [f"{name}: {shanghai_text(value) if name.endswith('_at') else value}" for name, value in data.items() if value not in (None, "", {})]
    return Report(data, lines=lines)


@outbox.command()
@click.argument("request_ids", type=int, nargs=-1, required=True, metavar="ID…")
@operation
def retry(invocation: Invocation, request_ids: tuple[int, ...]) -> Report:
    """Ask again at once; what the peer did already it does not do twice."""
    from reconciliation.outbox import people

    with invocation.runtime.transaction() as session:
        for one in request_ids:
            people.retry(session, one, by=invocation.actor, at=invocation.runtime.now())
    return Report({"requests": list(request_ids)}, lines=[f"{len(request_ids)} requests are asked again"])


@outbox.command()
@click.argument("request_ids", type=int, nargs=-1, required=True, metavar="ID…")
@click.option("--reason", required=True, help="Why nobody need be asked; kept with the request.")
@operation
def drop(invocation: Invocation, request_ids: tuple[int, ...], reason: str) -> Report:
    """Ask no more."""
    from reconciliation.outbox import people

    with invocation.runtime.transaction() as session:
        for one in request_ids:
            people.drop(session, one, why=reason, by=invocation.actor, at=invocation.runtime.now())
    return Report({"requests": list(request_ids)}, lines=[f"{len(request_ids)} requests are dropped"])
