"""`huabao misc …`: the peers that speak MISC's language; `huabao dialects misc`: what their numbers mean."""

from __future__ import annotations

from typing import Any

import click

from huabao.cli import Invocation, Report, operation
from reconciliation.peers import Peer

COLUMNS = ("name", "device", "calls from", "dialect", "identifies itself", "is called at", "services")


@click.group()
def misc() -> None:
    """MISC and its like: from where they call, by which numbers they mean what, where they are called."""


@misc.command("list")
@operation
def list_peers(invocation: Invocation) -> Report:
    """Every peer; without any there is one that calls from this machine."""
    from reconciliation.peers import peers

    with invocation.runtime.transaction(read_only=True) as session:
        found = peers(session)
    return Report([_document(one) for one in found], columns=COLUMNS, rows=[_row(one) for one in found])


def _options(command: Any) -> Any:
    for option in reversed((
        click.option("--dialect", help="By which code table its numbers are read; `huabao dialects misc` lists them."),
        click.option("--address", "addresses", multiple=True, metavar="NET", help="From where it calls, e.g. 10.1.2.0/24; again for more."),
        click.option("--device-id", help="Its DeviceID; empty for any."),
        click.option("--auth", type=click.Choice(("none", "basic", "digest")), help="How it identifies itself to us; basic is used towards it, too."),
        click.option("--user"),
        click.option("--password-env", metavar="VAR", help="The variable that holds the password."),
        click.option("--url", help="Where it is asked for orders; empty for nowhere."),
        click.option("--service", "services", multiple=True, metavar="ID", help="SPServiceIDs that are ordered from it; again for more; none means all."),
        click.option("--sp-id", help="How it names us."),
        click.option("--own-device-id", help="Our DeviceID."),
    )):  # fmt: skip
        command = option(command)
    return command


@misc.command("add")
@click.argument("name")
@_options
@operation
def add(invocation: Invocation, name: str, **options: Any) -> Report:
    """Configure a peer."""
    return _set(invocation, name, options, new=True)


@misc.command("set")
@click.argument("name")
@_options
@operation
def set_(invocation: Invocation, name: str, **options: Any) -> Report:
    """Change what is given of a peer."""
    return _set(invocation, name, options, new=False)


@misc.command("remove")
@click.argument("name")
@operation
def remove(invocation: Invocation, name: str) -> Report:
    """Take a peer away; nothing from it is let in any more."""
    from reconciliation.peers.services import remove_peer

    with invocation.runtime.transaction() as session:
        remove_peer(session, name, by=invocation.actor, at=invocation.runtime.now())
    return Report({"removed": name}, lines=[f"{name} is no peer any more"])


def _set(invocation: Invocation, name: str, options: dict[str, Any], *, new: bool) -> Report:
    from reconciliation.dialects import dialects_in
    from reconciliation.peers.services import set_peer

    changes = {key: value for key, value in options.items() if value not in (None, ())}
    if changes.get("dialect"):
        dialects_in(invocation.runtime.config.dialects_folder).get(changes["dialect"])
    with invocation.runtime.transaction() as session:
        found = set_peer(session, name, changes, new=new, by=invocation.actor, at=invocation.runtime.now())
    return Report(_document(found), columns=COLUMNS, rows=[_row(found)])


def _row(one: Peer) -> tuple[str, ...]:
    options = one.options
    return one.name, options.device_id or "any", ", ".join(options.addresses), options.dialect, options.auth, options.url or "not called", ", ".join(options.services) or "all"


def _document(one: Peer) -> dict[str, Any]:
    return {"name": one.name, **one.options.model_dump(mode="json")}


@click.command("misc")
@click.argument("name", required=False)
@operation
def misc_dialects(invocation: Invocation, name: str | None) -> Report:
    """What the numbers of MISC and its like mean: every dialect, or each line of NAME; exit 1 where a file cannot be used."""
    from huabao.errors import UsageError
    from reconciliation.dialects import dialects_in

    known = dialects_in(invocation.runtime.config.dialects_folder)
    if name is not None:
        found = known.get(name)
        entries = list(found.entries())
        document = {"name": found.name, "version": found.version, "title": found.title, "source": found.source}
        keys = ("table", "code", "says", "en", "zh")
        return Report(
            {**document, "entries": [dict(zip(keys, one, strict=True)) for one in entries]},
            lines=[f"{found.name} {found.version}: {found.title} ({found.source})"],
            columns=keys,
            rows=entries,
        )
    usable, faults = [], []
    for one in known.names():
        try:
            usable.append(known.get(one))
        except UsageError as error:
            faults.append(str(error))
    documents = [{"name": one.name, "version": one.version, "title": one.title, "source": one.source} for one in usable]
    lines = [f"your own files: {known.folder}", *(f"NOT in force: {fault}" for fault in faults)]
    rows = [(one.name, one.version, one.title, one.source) for one in usable]
    data = {"folder": str(known.folder), "dialects": documents, "faults": faults}
    return Report(data, lines=lines, columns=("dialect", "version", "title", "file"), rows=rows, problem=bool(faults))


SUBCOMMANDS: tuple[tuple[str, click.Command], ...] = (("dialects", misc_dialects),)
