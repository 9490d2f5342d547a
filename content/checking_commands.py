"""`huabao edition hits|rule|tick|lock|unlock|locks|comment|comments|resolve`: what is looked at before an edition is approved."""

from __future__ import annotations

import click

from content.edition_commands import edition
from content.review_commands import ID
from huabao.cli import Invocation, Report, operation
from huabao.clock import shanghai_text
from huabao.words import counted

SECTION = click.option("--section", default="", metavar="TITLE", help="One section (default: the whole edition).")


@edition.command("hits")
@ID
@click.option("--all", "everything", is_flag=True, help="Those that somebody ruled on too.")
@operation
def hits(invocation: Invocation, edition_id: str, everything: bool) -> Report:
    """Screen the present version: listed words, leaders, mixed scripts, repeats; and its checklist. Exit 1 where a hit that blocks is open."""
    from content.services import find_edition, load_version
    from content.workflow.notes import ticks
    from content.workflow.screening import screen

    with invocation.runtime.transaction(read_only=True) as session:
        found = find_edition(session, edition_id)
        version = load_version(session, found).version
        findings = [one for one in screen(session, found, version) if everything or one.ruling is None]
        points = [{"point": point, "by": tick.by if tick else None, "at": tick.at if tick else None} for point, tick in ticks(session, found)]
    rows = [(one.hit.mark, one.hit.severity, one.hit.item, one.hit.where, f"{one.hit.before}【{one.hit.found}】{one.hit.after}", one.hit.rule, one.hit.advice) for one in findings]
    blocked = sum(one.open for one in findings)
    lines = [f"version {version.version}: {counted(len(findings), 'hit')}, {blocked} of them must be resolved"]
    lines += [f"[{'x' if one['by'] else ' '}] {one['point']}" + (f" ({one['by']})" if one["by"] else "") for one in points]
    data = {"edition_id": found.id, "version": version.version, "open": blocked, "hits": [one.to_document() for one in findings], "checklist": points}
    columns = ("mark", "severity", "item", "where", "found", "rule", "advice") if rows else ()
    return Report(data, lines=lines, columns=columns, rows=rows, problem=bool(blocked))


@edition.command("rule")
@ID
@click.argument("mark")
@click.option("--reason", required=True, metavar="TEXT", help="Why it may stand; kept.")
@operation
def rule(invocation: Invocation, edition_id: str, mark: str, reason: str) -> Report:
    """Let a hit stand, with the reason; it holds for the same words in the same sentence."""
    from content.services import find_edition
    from content.workflow.screening import rule_on

    with invocation.runtime.transaction() as session:
        made = rule_on(session, find_edition(session, edition_id), mark, reason=reason, by=invocation.actor, at=invocation.runtime.now())
        return Report({"mark": made.mark, "found": made.found, "by": made.by, "reason": made.reason}, lines=(f"“{made.found}” may stand: {made.reason}",))


@edition.command("tick")
@ID
@click.argument("point")
@operation
def tick(invocation: Invocation, edition_id: str, point: str) -> Report:
    """Answer for a point of the checklist, by its words or its number."""
    from content.services import find_edition
    from content.workflow import notes

    with invocation.runtime.transaction() as session:
        found = find_edition(session, edition_id)
        made = notes.tick(session, found, point, by=invocation.actor, at=invocation.runtime.now())
        left = [name for name, one in notes.ticks(session, found) if one is None]
        return Report({"point": made.point, "by": made.by, "left": left}, lines=(f"{made.by} answers for: {made.point}", *(f"left: {name}" for name in left)))


@edition.command("lock")
@ID
@SECTION
@click.option("--minutes", type=click.IntRange(1, 720), metavar="N", help="How long (default: the setting edition_lock_min); again renews it.")
@click.option("--take-over", default="", metavar="REASON", help="End the lock of whoever works there; kept.")
@operation
def lock(invocation: Invocation, edition_id: str, section: str, minutes: int | None, take_over: str) -> Report:
    """Say that you work on an edition or on a section: nobody else imports a change of it meanwhile."""
    from content.services import find_edition, load_version, lock_edition
    from content.workflow import cities, locks

    with invocation.runtime.transaction() as session:
        found = lock_edition(session, find_edition(session, edition_id).id)
        if invocation.city:
            cities.guard_section(load_version(session, found).manuscript, section, invocation.city)
        made = locks.take(session, found, section, by=invocation.actor, at=invocation.runtime.now(), minutes=minutes, take_over=take_over)
        return Report({"edition_id": found.id, "section": made.section, "holder": made.holder, "expires_at": made.expires_at}, lines=(locks.say(made),))


@edition.command("unlock")
@ID
@SECTION
@operation
def unlock(invocation: Invocation, edition_id: str, section: str) -> Report:
    """Give your lock back."""
    from content.services import find_edition, lock_edition
    from content.workflow import locks

    with invocation.runtime.transaction() as session:
        found = lock_edition(session, find_edition(session, edition_id).id)
        locks.give_back(session, found, section, by=invocation.actor, at=invocation.runtime.now())
        return Report({"edition_id": found.id, "section": section}, lines=("unlocked",))


@edition.command("locks")
@ID
@operation
def locks_(invocation: Invocation, edition_id: str) -> Report:
    """Who works on what."""
    from content.services import find_edition
    from content.workflow import locks

    with invocation.runtime.transaction(read_only=True) as session:
        found = locks.held(session, find_edition(session, edition_id).id, invocation.runtime.now())
        data = [{"section": one.section, "holder": one.holder, "taken_at": one.taken_at, "expires_at": one.expires_at} for one in found]
        return Report({"locks": data}, lines=[locks.say(one) for one in found] or ["nobody works on it"])


@edition.command("comment")
@ID
@click.argument("text")
@click.option("--item", default="", metavar="KEY", help="About one item (default: the edition).")
@operation
def comment(invocation: Invocation, edition_id: str, text: str, item: str) -> Report:
    """Say something about an edition or an item of it; it is open until somebody resolves it."""
    from content.services import find_edition
    from content.workflow import notes

    with invocation.runtime.transaction() as session:
        made = notes.comment(session, find_edition(session, edition_id), text, item=item, by=invocation.actor, at=invocation.runtime.now())
        return Report({"comment": made.id, "item": made.item, "text": made.text, "by": made.by}, lines=(f"comment {made.id}",))


@edition.command("comments")
@ID
@operation
def comments(invocation: Invocation, edition_id: str) -> Report:
    """What was said, by whom, and who resolved it."""
    from content.services import find_edition
    from content.workflow import notes

    with invocation.runtime.transaction(read_only=True) as session:
        found = [
            {
                "comment": one.id, "item": one.item, "text": one.text, "by": one.by, "at": one.at, "resolved_by": one.resolved_by, "resolved_at": one.resolved_at,
                "resolution": one.resolution,
            }
            for one in notes.comments(session, find_edition(session, edition_id).id)
        ]  # fmt: skip
    columns = ("comment", "at", "by", "item", "text", "resolved_by", "resolution") if found else ()
    rows = [[shanghai_text(row["at"]) if name == "at" else row[name] for name in columns] for row in found]  # type: ignore[arg-type]  # `at` is a time
    return Report({"comments": found}, lines=() if found else ("nobody said anything",), columns=columns, rows=rows)


@edition.command("resolve")
@ID
@click.argument("comment_id", metavar="COMMENT", type=int)
@click.option("--reason", default="", metavar="TEXT", help="What was done; kept.")
@operation
def resolve(invocation: Invocation, edition_id: str, comment_id: int, reason: str) -> Report:
    """Say that a comment was dealt with."""
    from content.services import find_edition
    from content.workflow import notes

    with invocation.runtime.transaction() as session:
        made = notes.resolve(session, find_edition(session, edition_id), comment_id, resolution=reason, by=invocation.actor, at=invocation.runtime.now())
        return Report({"comment": made.id, "resolved_by": made.resolved_by, "resolution": made.resolution}, lines=(f"comment {made.id} is resolved",))
