"""`huabao port …`: configured links."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from huabao.cli import Invocation, Report, operation
from huabao.clock import parse_time, shanghai_text
from huabao.errors import UsageError


@click.group("port")
def port() -> None:
    """Configured links to MMSCs and SMSCs."""


_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option("--url", help="Where the peer is: http:// or https:// for mm7, smpp://host:port or smpps://host:port for smpp; no credentials in it."),
    click.option("--rate", type=float, metavar="N", help="What the contract allows in any second: recipients for mm7, PDUs for smpp."),
    click.option("--burst", type=int, metavar="N", help="Most of them at one instant, and largest group send (default: 3 % of the rate, at least 1)."),
    click.option("--counts", type=click.Choice(("recipients", "submits")), help="What the contract's rate counts; with submits a group may be as large as --max-recipients."),
    click.option("--max-recipients", type=int, metavar="N", help="Most recipients of one SubmitReq (default 100)."),
    click.option("--connections", type=int, metavar="N", help="Requests in flight at once, in each worker (default 8)."),
    click.option("--timeout-s", type=float, metavar="S", help="From the first byte of a request to the end of its answer (default 30)."),
    click.option("--connect-timeout-s", type=float, metavar="S", help="Until the connection stands (default 5)."),
    click.option("--keepalive-s", type=float, metavar="S", help="An idle connection is not used again after this; keep it below the peer's own (default 4)."),
    click.option("--auth", type=click.Choice(("none", "basic", "digest")), help="How we identify ourselves (default: basic where there is a user)."),
    click.option("--user", metavar="U", help="With --auth."),
    click.option("--password-env", metavar="VAR", help="Environment variable that holds the password; the password itself is never stored."),
    click.option("--ca-file", metavar="PEM", help="A private certificate authority for https and smpps."),
    click.option("--vasp-id", metavar="ID", help="VASPID."),
    click.option("--vas-id", metavar="ID", help="VASID."),
    click.option("--sender-address", metavar="CODE", help="SenderAddress."),
    click.option("--namespace", metavar="NAME", help="MM7 schema: REL-5-MM7-1-0 to -1-3, REL-6-MM7-1-0 (default) to -1-4, or a whole URI."),
    click.option("--version", "version", metavar="V", help="MM7Version (default: the namespace's own, 6.3.0)."),
    click.option("--recipient-field", type=click.Choice(("to", "bcc")), help="Where group recipients stand; to may show them to each other (default to)."),
    click.option("--client-form", type=click.Choice(("3gpp", "cmcc")), help="Whose manners our requests have; cmcc is China Mobile's client API (default 3gpp)."),
    click.option("--dialect", metavar="NAME", help="Whose tables say what the peer's codes mean, see `huabao dialects list` (default 3gpp)."),
    click.option("--recalls", type=click.Choice(("replace", "cancel", "none")), help="What the peer can do about a message that was not fetched yet (default replace)."),
    click.option("--read-reply/--no-read-reply", default=None, help="Ask to be told when a message was read."),
    click.option("--number-form", type=click.Choice(("86", "+86", "national")), help="How numbers are written (default 86)."),
    click.option("--message-class", type=click.Choice(("Personal", "Informational", "Advertisement", "Auto")), help="MessageClass."),
    click.option("--max-message-bytes", type=int, metavar="N", help="Largest request that the peer takes."),
    click.option("--message-id", type=click.Choice(("exact", "nocase", "nozeros", "nocase-nozeros")), help="How MessageIDs of answers and reports are compared."),
    click.option("--report-auth", type=click.Choice(("none", "basic", "digest")), help="How the peer must identify itself at POST /mm7/NAME."),
    click.option("--report-user", metavar="U", help="With --report-auth."),
    click.option("--report-password-env", metavar="VAR", help="With --report-auth."),
)


_SMPP: tuple[Callable[[Any], Any], ...] = (
    click.option("--system-id", metavar="ID", help="smpp: who we are to the SMSC."),
    click.option("--system-type", metavar="T", help="smpp: as the operator says, mostly empty."),
    click.option("--window", type=int, metavar="N", help="smpp: submit_sm without response at most, on each bind (default 10)."),
    click.option("--binds", type=int, metavar="N", help="smpp: connections at the same time, all of one process (default 1)."),
    click.option("--source-addr", metavar="CODE", help="smpp: the sender that readers see and answer to."),
    click.option("--source-ton", type=int, metavar="N", help="smpp: its type of number (default 0)."),
    click.option("--source-npi", type=int, metavar="N", help="smpp: its numbering plan (default 0)."),
    click.option("--dest-ton", type=int, metavar="N", help="smpp: type of readers' numbers (default 1, international)."),
    click.option("--dest-npi", type=int, metavar="N", help="smpp: their numbering plan (default 1)."),
    click.option("--service-type", metavar="T", help="smpp: service_type of every message (default: the first five characters of the service code)."),
    click.option("--alphabet", type=click.Choice(("gsm7", "latin-1", "gbk")), help="smpp: how the SMSC means data_coding 0 in what readers send (default gsm7)."),
    click.option("--long-text", type=click.Choice(("parts", "parts-16", "payload")), help="smpp: a long text goes in parts, joined by 8 or 16 bits, or whole (default parts)."),
    click.option("--parts-max", type=int, metavar="N", help="smpp: short messages that one text may take (default 10)."),
    click.option("--enquire-link-s", type=float, metavar="S", help="smpp: silence after which the SMSC is asked whether it is there (default 30)."),
    click.option("--reconnect-s", type=float, metavar="S", help="smpp: pause before a lost bind is made again, doubled with each failure (default 1)."),
    click.option("--reconnect-s-max", type=float, metavar="S", help="smpp: longest such pause (default 60)."),
    click.option("--receipt-id", type=click.Choice(("same", "hex", "decimal")), help="smpp: how receipts write the ids of answers (default same)."),
    click.option("--receipt-zone", type=click.Choice(("Asia/Shanghai", "UTC")), help="smpp: what the dates in receipts mean (default Asia/Shanghai)."),
)
"""What only an smpp port has."""


_CARE: tuple[Callable[[Any], Any], ...] = (
    click.option("--hours", metavar="H", help="When it may send, Asia/Shanghai: 06:00-23:00, several by comma; empty for always."),
    click.option("--service-codes", metavar="C[,C…]", help="The only service codes that it may carry; empty for any."),
    click.option("--priority", type=int, metavar="N", help="Ports of the lowest number share the load; the next takes what they cannot (default 0)."),
    click.option("--cost", "cost_fen_per_1000", type=int, metavar="FEN", help="What a thousand recipients cost, in fen."),
    click.option("--contract", metavar="FILE", help="What the operator allows, YAML (docs/ports.md); empty for nothing written."),
)
"""What every kind of port has, whatever it speaks."""


def _with_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed((*_OPTIONS, *_SMPP, *_CARE)):
        command = option(command)
    return command


def _given(options: dict[str, Any]) -> dict[str, Any]:
    from delivery.ports.mm7.options import NAMESPACE_PRESETS

    if options.get("namespace"):
        options["namespace"] = NAMESPACE_PRESETS.get(options["namespace"], options["namespace"])
    if options.get("service_codes") is not None:
        options["service_codes"] = [code.strip() for code in options["service_codes"].split(",") if code.strip()]
    if options.get("contract") is not None:
        options["contract"] = _contract(options["contract"])
    return options


def _contract(path: str) -> dict[str, Any]:
    """The contract in a YAML file, checked."""
    import yaml

    from delivery.ports.contracts import Contract

    if not path:
        return {}
    try:
        document = yaml.safe_load(Path(path).read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UsageError(f"--contract {path}: {' '.join(str(error).split())}") from error
    if not isinstance(document, dict):
        raise UsageError(f"--contract {path}: a contract says rate, hours, services … by name (docs/ports.md)")
    try:
        Contract.of(document)
    except UsageError as error:
        raise UsageError(f"--contract {path}: {error}") from error
    return document


def _report(document: dict[str, Any], done: str) -> Report:
    if document["kind"] == "smpp":
        return _report_smpp(document, done)
    lines = [f"port {document['name']} {done}: {document['rate']:g} a second, burst {document['burst']}, groups of up to {document['group_size']} recipients"]
    if document["group_size"] < document["max_recipients"]:
        lines.append("groups are no larger than the burst; where the contract counts SubmitReqs say --counts submits, else --burst N")
    return Report(document, lines=lines)


def _report_smpp(document: dict[str, Any], done: str) -> Report:
    from delivery.ports.smpp.options import SMPPOptions, advice

    options = SMPPOptions.of(document["url"], document["options"])
    lines = [f"port {document['name']} {done}: {document['rate']:g} PDUs a second, {options.binds} bind{'s' * (options.binds > 1)} with a window of {options.window}"]
    warning = advice(document["rate"], document["options"])
    return Report({**document, "warnings": [warning] if warning else []}, lines=[*lines, *([f"warning: {warning}"] if warning else [])])


@port.command("add")
@click.argument("name")
@click.option("--kind", type=click.Choice(("mm7", "smpp")), default="mm7", show_default=True, help="Protocol.")
@_with_options
@operation
def add(invocation: Invocation, name: str, kind: str, **options: Any) -> Report:
    """Make a port."""
    from delivery.ports import services

    with invocation.runtime.transaction() as session:
        now = invocation.runtime.now()
        made = services.add_port(session, name, kind, _given(options), by=invocation.actor, now=now)
        return _report(services.to_document(made, now=now), "added")


@port.command("set")
@click.argument("name")
@_with_options
@click.option("--state", type=click.Choice(("up", "paused")), help="A paused port sends nothing.")
@click.option("--reason", "state_reason", metavar="TEXT", help="Why it is paused.")
@operation
def set_(invocation: Invocation, name: str, **options: Any) -> Report:
    """Change a port; an empty text takes an option away."""
    from delivery.ports import services

    with invocation.runtime.transaction() as session:
        now = invocation.runtime.now()
        changed = services.set_port(session, name, _given(options), by=invocation.actor, now=now)
        return _report(services.to_document(changed, now=now), "changed")


@port.command("list")
@operation
def list_(invocation: Invocation) -> Report:
    """All ports, what each may send now, and why not more."""
    from delivery.ports import services
    from delivery.ports.pace import PaceRules

    with invocation.runtime.transaction(read_only=True) as session:
        rules, now = PaceRules.of(session), invocation.runtime.now()
        documents = [services.to_document(one, now=now, rules=rules) for one in services.list_ports(session)]
    columns = ("name", "kind", "url", "rate", "rate_now", "burst", "group_size", "priority", "hours", "standing", "standing_reason")
    if not documents:
        return Report(documents, lines=("no port yet; `huabao port add` makes one",))
    return Report(documents, columns=columns, rows=[[one[key] for key in columns] for one in documents])


@port.command("show")
@click.argument("name")
@operation
def show(invocation: Invocation, name: str) -> Report:
    """One port: everything about it, and the changes of its rate that lie ahead."""
    from delivery.ports import changes, services
    from delivery.ports.pace import PaceRules

    with invocation.runtime.transaction(read_only=True) as session:
        found = services.find_port(session, name)
        document = services.to_document(found, now=invocation.runtime.now(), rules=PaceRules.of(session))
        document["changes"] = [changes.to_document(one) for one in changes.ahead(session, [found]).get(found.id, ())]
    rows = [(key, value if isinstance(value, str | int | float) else json.dumps(value, ensure_ascii=False)) for key, value in document.items() if value not in ("", None, [], {})]
    return Report(document, columns=("", ""), rows=rows)


@port.command("reset")
@click.argument("name")
@click.option("--reason", default="", metavar="TEXT", help="Why, for the audit trail.")
@operation
def reset(invocation: Invocation, name: str, reason: str) -> Report:
    """Forget what the peer said: its pause, the lower rate, the open breaker; it gets its whole rate at once."""
    from delivery.ports import services

    with invocation.runtime.transaction() as session:
        now = invocation.runtime.now()
        changed = services.reset_port(session, name, by=invocation.actor, now=now, reason=reason)
        return _report(services.to_document(changed, now=now), "starts afresh")


@port.command("schedule")
@click.argument("name")
@click.option("--at", metavar="T", help="When the rate changes.")
@click.option("--rate", type=float, metavar="N", help="To what.")
@click.option("--burst", type=int, metavar="N", help="With which burst (default: 3 % of the rate, at least 1).")
@click.option("--reason", default="", metavar="TEXT", help="Why, e.g. what was agreed with the operator.")
@click.option("--list", "listing", is_flag=True, help="Show the changes.")
@click.option("--cancel", type=int, metavar="ID", help="Call a change off.")
@operation
def schedule(invocation: Invocation, name: str, at: str | None, rate: float | None, burst: int | None, reason: str, listing: bool, cancel: int | None) -> Report:
    """Change a port's rate at an instant that was agreed, e.g. a speed-up for one morning."""
    from delivery.ports import changes

    if sum((listing, cancel is not None, at is not None or rate is not None)) != 1 or (not listing and cancel is None and (at is None or rate is None)):
        raise UsageError("say --at T --rate N, or --list, or --cancel ID")
    now = invocation.runtime.now()
    with invocation.runtime.transaction(read_only=listing) as session:
        if cancel is not None:
            found = [changes.cancel_change(session, name, cancel, by=invocation.actor, now=now, reason=reason)]
        elif at is not None and rate is not None:
            found = [changes.schedule_change(session, name, parse_time(at), rate, burst=burst, reason=reason, by=invocation.actor, now=now)]
        else:
            found = list(changes.list_changes(session, name))
        documents = [changes.to_document(one) for one in found]
        rows = [(one.id, shanghai_text(one.at), f"{one.rate:g}", one.burst or "default", changes.state_of(one), one.reason, one.created_by) for one in found]
    return Report(documents if listing else documents[0], columns=("id", "at", "rate", "burst", "state", "reason", "by"), rows=rows)


@port.command("test")
@click.argument("name")
@operation
def test(invocation: Invocation, name: str) -> Report:
    """Ask the peer whether it is there and knows us, without sending a message; exit 1 where not."""
    from delivery.ports.probing import ask

    said = ask(invocation.runtime, name, by=invocation.actor)
    document = {"name": name, "reachable": said.reachable, **({} if said.reachable else {"retryable": said.retryable}), "text": said.text}
    return Report(document, lines=[f"port {name}: {said.text}"], problem=not said.reachable)


COMMANDS: tuple[click.Command, ...] = (port,)
