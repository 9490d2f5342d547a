"""`huabao port …`: configured links."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from huabao.cli import Invocation, Report, operation
from huabao.errors import PortError


@click.group("port")
def port() -> None:
    """Configured links to MMSCs and SMSCs."""


_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option("--url", help="Where SubmitReqs go, http:// or https://; no credentials in it."),
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
    click.option("--ca-file", metavar="PEM", help="A private certificate authority for https."),
    click.option("--vasp-id", metavar="ID", help="VASPID."),
    click.option("--vas-id", metavar="ID", help="VASID."),
    click.option("--sender-address", metavar="CODE", help="SenderAddress."),
    click.option("--namespace", metavar="NAME", help="MM7 schema: REL-6-MM7-1-0 (default), REL-5-MM7-1-0, REL-6-MM7-1-4, or a whole URI."),
    click.option("--version", "version", metavar="V", help="MM7Version (default: the namespace's own, 6.3.0)."),
    click.option("--recipient-field", type=click.Choice(("to", "bcc")), help="Where group recipients stand; to may show them to each other (default to)."),
    click.option("--number-form", type=click.Choice(("86", "+86", "national")), help="How numbers are written (default 86)."),
    click.option("--message-class", type=click.Choice(("Personal", "Informational", "Advertisement", "Auto")), help="MessageClass."),
    click.option("--max-message-bytes", type=int, metavar="N", help="Largest request that the peer takes."),
    click.option("--message-id", type=click.Choice(("exact", "nocase", "nozeros", "nocase-nozeros")), help="How MessageIDs of answers and reports are compared."),
    click.option("--report-auth", type=click.Choice(("none", "basic", "digest")), help="How the peer must identify itself at POST /mm7/NAME."),
    click.option("--report-user", metavar="U", help="With --report-auth."),
    click.option("--report-password-env", metavar="VAR", help="With --report-auth."),
)


def _with_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def _given(options: dict[str, Any]) -> dict[str, Any]:
    from delivery.ports.mm7.options import NAMESPACE_PRESETS

    if options.get("namespace"):
        options["namespace"] = NAMESPACE_PRESETS.get(options["namespace"], options["namespace"])
    return options


def _report(document: dict[str, Any], done: str) -> Report:
    lines = [f"port {document['name']} {done}: {document['rate']:g} a second, burst {document['burst']}, groups of up to {document['group_size']} recipients"]
    if document["group_size"] < document["max_recipients"]:
        lines.append("groups are no larger than the burst; where the contract counts SubmitReqs say --counts submits, else --burst N")
    return Report(document, lines=lines)


@port.command("add")
@click.argument("name")
@click.option("--kind", type=click.Choice(("mm7",)), default="mm7", show_default=True, help="Protocol.")
@_with_options
@operation
def add(invocation: Invocation, name: str, kind: str, **options: Any) -> Report:
    """Make a port."""
    from delivery.ports import services

    with invocation.runtime.transaction() as session:
        made = services.add_port(session, name, kind, _given(options), by=invocation.actor, now=invocation.runtime.now())
        return _report(services.to_document(made), "added")


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
        changed = services.set_port(session, name, _given(options), by=invocation.actor, now=invocation.runtime.now())
        return _report(services.to_document(changed), "changed")


@port.command("list")
@operation
def list_(invocation: Invocation) -> Report:
    """All ports."""
    from delivery.ports import services

    with invocation.runtime.transaction(read_only=True) as session:
        documents = [services.to_document(one) for one in services.list_ports(session)]
    columns = ("name", "kind", "url", "rate", "burst", "group_size", "connections", "state", "state_reason")
    if not documents:
        return Report(documents, lines=("no port yet; `huabao port add` makes one",))
    return Report(documents, columns=columns, rows=[[one[key] for key in columns] for one in documents])


@port.command("test")
@click.argument("name")
@operation
def test(invocation: Invocation, name: str) -> Report:
    """Ask the peer whether it is there and knows us, without sending a message; exit 1 where not."""
    from delivery.ports import PortSettings, open_link, services

    with invocation.runtime.transaction(read_only=True) as session:
        settings = PortSettings.of(services.find_port(session, name))
    try:
        said = open_link(settings).probe()
    except PortError as error:
        return Report({"name": name, "reachable": False, "retryable": error.retryable, "text": str(error)}, lines=[f"port {name}: {error}"], problem=True)
    return Report({"name": name, "reachable": True, "text": said}, lines=[f"port {name}: {said}"])


COMMANDS: tuple[click.Command, ...] = (port,)
