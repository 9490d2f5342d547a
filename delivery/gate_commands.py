"""`huabao seeds …`, and of `huabao dispatch …` what is held back: `block` and `brake`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from delivery.dispatch_commands import dispatch
from huabao.cli import Invocation, Report, operation
from huabao.clock import shanghai_text
from huabao.errors import UsageError
from huabao.msisdn import MSISDN, parse_msisdn

if TYPE_CHECKING:
    from delivery.dispatch.seeds import Group
    from delivery.models import Brake

REASON = click.option("--reason", required=True, metavar="TEXT", help="Why, for the audit trail.")


# --- seeds -----------------------------------------------------------------------------------------------------------


@click.group("seeds")
def seeds() -> None:
    """Seed groups: who gets an edition before everybody else."""


@seeds.command("add")
@click.argument("group")
@click.argument("numbers", metavar="[MSISDN]…", nargs=-1)
@click.option("--kind", type=click.Choice(("test", "member")), help="Handsets of the house, never counted (default), or readers, who count once and get one copy.")
@click.option("--handset-class", metavar="C", help="Which class these test handsets stand for.")
@click.option("--segment", metavar="NAME", help="Readers whom this segment fits are members too.")
@operation
def add(invocation: Invocation, group: str, numbers: tuple[str, ...], kind: str | None, handset_class: str | None, segment: str | None) -> Report:
    """Add numbers to GROUP; a new group is made."""
    from delivery.dispatch.seeds import add_seeds
    from subscribers.handset_classes import handset_class as known_class

    if not numbers and segment is None:
        raise UsageError("name numbers to add, or a segment with --segment")
    if handset_class is not None:
        known_class(handset_class)
    with invocation.runtime.transaction() as session:
        made = add_seeds(
            session, group, [parse_msisdn(one) for one in numbers], kind=kind, handset_class=handset_class, segment=segment, by=invocation.actor, at=invocation.runtime.now()
        )  # fmt: skip
    return Report(document_of(made), lines=[f"seed group {made.name} ({made.kind}): {len(made.seeds)} numbers" + (f" and segment {made.segment}" if made.segment else "")])


@seeds.command("list")
@operation
def list_(invocation: Invocation) -> Report:
    """Every group with its numbers."""
    from delivery.dispatch.seeds import list_groups

    with invocation.runtime.transaction(read_only=True) as session:
        groups = list_groups(session)
    rows = [(one.name, one.kind, one.segment or "", number, handset_class or "") for one in groups for number, handset_class in one.seeds or (("", ""),)]
    return Report([document_of(one) for one in groups], columns=("group", "kind", "segment", "msisdn", "handset class"), rows=rows)


@seeds.command("remove")
@click.argument("group")
@click.argument("numbers", metavar="[MSISDN]…", nargs=-1)
@operation
def remove(invocation: Invocation, group: str, numbers: tuple[str, ...]) -> Report:
    """Take numbers out of GROUP, or the whole group where none is named."""
    from delivery.dispatch.seeds import remove_seeds

    chosen: list[MSISDN] = [parse_msisdn(one) for one in numbers]
    with invocation.runtime.transaction() as session:
        removed = remove_seeds(session, group, chosen, by=invocation.actor, at=invocation.runtime.now())
    line = f"{removed} numbers taken out of seed group {group}" + ("" if chosen else ", which is gone")
    return Report({"group": group, "removed": removed, "group_removed": not chosen}, lines=[line])


def document_of(group: Group) -> dict[str, Any]:
    """A seed group as `--json` prints it."""
    return {
        "group": group.name,
        "kind": group.kind,
        "segment": group.segment,
        "seeds": [{"msisdn": number, "handset_class": handset_class} for number, handset_class in group.seeds],
    }


# --- what is held back -----------------------------------------------------------------------------------------------


@dispatch.command("block")
@click.argument("dispatch_id", metavar="ID", type=int)
@click.option("--handset-class", required=True, metavar="C", help="The class that is held back; all others go on.")
@click.option("--yes", is_flag=True, help="Do it; without it the readers are only counted.")
@REASON
@operation
def block(invocation: Invocation, dispatch_id: int, handset_class: str, yes: bool, reason: str) -> Report:
    """Hold back a failing handset class; says first how many readers that is."""
    from delivery import lifecycle
    from delivery.dispatch import brake, steering

    with invocation.runtime.transaction(read_only=True) as session:
        readers = brake.readers_left(session, lifecycle.find_dispatch(session, dispatch_id), brake.HANDSET_CLASS, handset_class)
    if not yes:
        line = f"{readers:,} readers of handset class {handset_class} are left to send to in dispatch {dispatch_id}; --yes holds them back"
        return Report({"dispatch_id": dispatch_id, "handset_class": handset_class, "readers": readers, "blocked": False}, lines=[line])
    made = steering.block(invocation.runtime, dispatch_id, handset_class, by=invocation.actor, reason=reason)
    line = f"brake {made.id}: {made.readers:,} readers of handset class {handset_class} are held back in dispatch {dispatch_id}"
    return Report({**brake_document(made), "blocked": True}, lines=[line])


@dispatch.group("brake")
def brake_group() -> None:
    """What is held back because it fails, and letting it go."""


@brake_group.command("list")
@click.option("--dispatch", "dispatch_id", type=int, metavar="ID", help="Of this dispatch only.")
@click.option("--open", "only_open", is_flag=True, help="Those that still hold something.")
@operation
def brake_list(invocation: Invocation, dispatch_id: int | None, only_open: bool) -> Report:
    """Brakes, the newest first."""
    from delivery.dispatch.brake import all_brakes

    with invocation.runtime.transaction(read_only=True) as session:
        found = [brake_document(one) for one in all_brakes(session, dispatch_id, only_open=only_open)]
    rows = [
        (one["brake_id"], one["dispatch_id"], one["scope"], one["key"], f"{one['readers']:,}", shanghai_text(one["at"]), one["by"], one["reason"], one["release_reason"] or "")
        for one in found
    ]
    return Report(found, columns=("brake", "dispatch", "holds", "which", "readers", "since", "by", "why", "released"), rows=rows)


@brake_group.command("release")
@click.argument("brake_id", metavar="ID", type=int)
@REASON
@operation
def brake_release(invocation: Invocation, brake_id: int, reason: str) -> Report:
    """Let go what a brake holds."""
    from delivery.dispatch import steering

    found = steering.let_go(invocation.runtime, brake_id, by=invocation.actor, reason=reason)
    return Report(brake_document(found), lines=[f"brake {brake_id} is released: {found.scope.replace('_', ' ')} {found.key} of dispatch {found.dispatch_id} goes on"])


@brake_group.command("drop")
@click.argument("brake_id", metavar="ID", type=int)
@REASON
@operation
def brake_drop(invocation: Invocation, brake_id: int, reason: str) -> Report:
    """Give up sending to whom a brake holds; they become cancelled."""
    from delivery.dispatch import steering

    batches = steering.give_up(invocation.runtime, brake_id, by=invocation.actor, reason=reason)
    return Report({"brake_id": brake_id, "batches": batches}, lines=[f"whom brake {brake_id} held ({batches} batches) is not sent to any more"])


def brake_document(one: Brake) -> dict[str, Any]:
    """A brake as `--json` prints it."""
    return {
        "brake_id": one.id,
        "dispatch_id": one.dispatch_id,
        "scope": one.scope,
        "key": one.key,
        "readers": one.readers,
        "reason": one.reason,
        "at": one.at,
        "by": one.by,
        "released_at": one.released_at,
        "released_by": one.released_by,
        "release_reason": one.release_reason,
    }
