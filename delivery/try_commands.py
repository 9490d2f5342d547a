"""`huabao edition try`: to my phone, now."""

from __future__ import annotations

import click

from delivery.dispatch.trying import SIGNATURES
from huabao.cli import Invocation, Report, operation
from huabao.errors import UsageError
from huabao.msisdn import parse_msisdn


@click.command("try")
@click.argument("edition_id", metavar="ID")
@click.option("--to", metavar="MSISDN", help="A number of a seed group (default: the phone of your account).")
@click.option("--class", "handset_class", metavar="NAME", help="As that handset class (default: what is known of the phone).")
@click.option("--signature", type=click.Choice(SIGNATURES), default="own", show_default=True, help="The items of the phone's owner, of readers whom no rule fits, or all.")
@click.option("--detach", is_flag=True, help="Return at once; `huabao serve` or the workers send.")
@operation
def try_(invocation: Invocation, edition_id: str, to: str | None, handset_class: str | None, signature: str, detach: bool) -> Report:
    """Send an edition to your own phone now, as readers of its class will get it; in no statistics, whatever its state."""
    from delivery.dispatch import trying
    from delivery.dispatch_commands import follow

    phone = invocation.phone
    if not (to or phone):
        raise UsageError(f"the account {invocation.actor} has no phone: `huabao user set NAME --phone …`, or name a number of a seed group with --to")
    made = trying.send(invocation.runtime, trying.Ask(edition_id, parse_msisdn(to or phone), handset_class, signature, phone), by=invocation.actor)
    lines = [f"{made.edition}, version {made.version}, goes to {made.to.masked} as {made.variant} through {made.port} (dispatch {made.dispatch_id})"]
    lines += [f"preflight: {one}" for one in made.misfits]
    if detach:
        return Report(made.to_document(), lines=lines)
    seen = follow(invocation, made.dispatch_id)
    return Report({**made.to_document(), "outcomes": seen.data["outcomes"], "state": seen.data["state"]}, lines=[*lines, *seen.lines], problem=seen.problem)


COMMANDS: tuple[click.Command, ...] = ()

SUBCOMMANDS: tuple[tuple[str, click.Command], ...] = (("edition", try_),)
"""What these add to groups of commands, see `console.registry`."""
