"""`huabao edition schedule` and `edition countdown`: when an edition leaves, and how long the desk has."""

from __future__ import annotations

import click

from huabao.cli import Invocation, Report, operation
from huabao.clock import parse_time, shanghai_text


@click.command("schedule")
@click.argument("edition", metavar="ID")
@click.option("--start", metavar="TIME", help="When (default: at the opening of its window).")
@click.option("--deadline", metavar="TIME", help="When it must be through.")
@click.option("--ports", "ports", multiple=True, metavar="NAME[,NAME…]", help="Ports that share the load (default: all that are up).")
@click.option("--seed-group", metavar="G", help="Who gets it first; the rest goes when their reports say Retrieved.")
@click.option("--block-class", "block_classes", multiple=True, metavar="C", help="Hold this handset class back and send to all others; may be repeated.")
@click.option("--yes", is_flag=True, help="More than 256 variants are wanted.")
@click.option("--no-personal", is_flag=True, help="Readers get the fallbacks of slots, in groups, where the time is short.")
@operation
def schedule(
    invocation: Invocation, edition: str, start: str | None, deadline: str | None, ports: tuple[str, ...], seed_group: str | None, block_classes: tuple[str, ...], yes: bool,
    no_personal: bool,
) -> Report:  # fmt: skip
    """Freeze the audience of an approved edition and let it leave at its time; `huabao serve` or the workers send it."""
    from delivery.dispatch import planning, scheduling

    request = planning.Request(
        edition, tuple(name.strip() for given in ports for name in given.split(",") if name.strip()), parse_time(start) if start else None,
        parse_time(deadline) if deadline else None, many_variants=yes, seed_group=seed_group, block_classes=block_classes, personal=not no_personal,
    )  # fmt: skip
    with invocation.progress("variants", None) as advance:
        made = scheduling.schedule(invocation.runtime, request, by=invocation.actor, progress=advance)
    told = f"edition {made.edition_id} is {made.state}: dispatch {made.dispatch_id} to {made.planned:,} readers, not before {shanghai_text(made.start_at)} and its window"
    return Report(made.to_document(), lines=(told, f"`huabao dispatch status {made.dispatch_id}` shows it"))


@click.command("countdown")
@click.argument("slug")
@operation
def countdown(invocation: Invocation, slug: str) -> Report:
    """How long the desk has for today's paper: the last approval time, and how many readers would be late after it."""
    from delivery.dispatch.countdown import countdown as count

    now = invocation.runtime.now()
    with invocation.runtime.transaction(read_only=True) as session:
        found = count(session, slug, now)
    left = None if found.last_at is None else int((found.last_at - now).total_seconds() // 60)
    lines = [f"{one} is {state}" for one, state in found.editions] or ["there is no edition of today"]
    if found.approved:
        lines.append("it is approved")
    elif left is None:
        lines.append(f"however soon it is approved, readers are late at {shanghai_text(found.window.end)}")
    else:
        lines.append(f"{left} minutes left: approved by {shanghai_text(found.last_at)}, nobody of {found.readers:,} readers is late")
    rows = [(shanghai_text(at), f"{readers:,}") for at, readers in found.late]
    return Report(found.to_document(), lines=lines, columns=("approved at", "readers late"), rows=rows, problem=not found.approved and left is None)


SUBCOMMANDS: tuple[tuple[str, click.Command], ...] = (("edition", schedule), ("edition", countdown))
"""What this adds to groups of commands, see `console.registry`."""
