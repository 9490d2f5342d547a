"""`huabao edition grey|moved`: days without colour, and what is not in the messages while an editor still works on them."""

from __future__ import annotations

import time
from datetime import date
from typing import TYPE_CHECKING

import click

from huabao.cli import Invocation, Report, operation, table_text
from huabao.clock import business_day, shanghai_text
from huabao.errors import UsageError
from subscribers.handset_classes import handset_class, handset_classes

if TYPE_CHECKING:
    from content.moving import ClassMoved
    from content.variants import Source

WATCH_EVERY_S = 0.5

WORDS = {
    "en": {
        "class": "class", "slides": "slides", "item": "not in the message", "text": "text goes on by link", "picture": "picture left out",
        "none": "everything is in the messages",
    },
    "zh": {"class": "机型档", "slides": "帧数", "item": "未进彩信", "text": "正文转链接", "picture": "图片未用", "none": "内容全部在彩信中"},
}  # fmt: skip

LEFT_STATES = ("scheduled", "sent", "corrected")
"""In which a dispatch is bound to the version before."""


def day_of(text: str | None, today: date) -> date:
    """A day as it was written, or today.

    Raises:
        UsageError: it is none.
    """
    try:
        return date.fromisoformat(text) if text else today
    except ValueError as error:
        raise UsageError(f"{text!r} is no day; write it as 2026-11-23") from error


@click.command("grey")
@click.option("--date", "day", metavar="2026-11-23", help="The day, in Shanghai (default: today).")
@click.option("--publication", metavar="SLUG", help="One publication (default: all).")
@click.option("--off", is_flag=True, help="Take it back.")
@click.option("--list", "only_list", is_flag=True, help="Only show the days from that one on.")
@click.option("--reason", default="", metavar="TEXT", help="Why; kept.")
@operation
def grey(invocation: Invocation, day: str | None, publication: str | None, off: bool, only_list: bool, reason: str) -> Report:
    """Declare a day of mourning: the papers of that day appear without colour, those that are there already as a new version."""
    from content import greying
    from content.services import find_publication

    now = invocation.runtime.now()
    wanted = day_of(day, business_day(now))
    if only_list:
        return _listed(invocation, wanted)
    if invocation.city:
        raise UsageError(f"an editor of {invocation.city} declares no day of mourning; ask the main desk")
    why = invocation.why(reason)
    with invocation.runtime.transaction() as session:
        title = find_publication(session, publication) if publication else None
        act = greying.revoke if off else greying.declare
        found = act(session, wanted, title, reason=why, by=invocation.actor, now=now)
    whose = publication or "every publication"
    lines = [f"{wanted}: {whose} appears {'in colour again' if off else 'without colour'}; {len(found)} editions have a new version"]
    lines += [f"{one.name}: `huabao edition reapprove {one.edition_id}` approves it again" for one in found if one.approval_ended]
    left = [one for one in found if one.before in LEFT_STATES]
    lines += [f"{one.name} was {one.before}: what waits is still the old one; `huabao edition correct {one.edition_id}` sends this one instead" for one in left]
    columns = ("edition", "version", "before", "state") if found else ()
    rows = [(one.name, one.version, one.before, one.state) for one in found]
    return Report({"date": wanted, "publication": publication, "grey": not off, "editions": [one.to_document() for one in found]}, lines=lines, columns=columns, rows=rows)


def _listed(invocation: Invocation, first: date) -> Report:
    from content.models import Publication
    from content.workflow import greydays

    with invocation.runtime.transaction(read_only=True) as session:
        days = [
            {"date": one.day, "publication": session.get_one(Publication, one.publication_id).slug if one.publication_id else None, "reason": one.reason, "by": one.by}
            for one in greydays.listed(session, first)
        ]
    columns = ("date", "publication", "reason", "by")
    rows = [[row[name] or "all" for name in columns] for row in days]
    return Report({"days": days}, lines=() if days else (f"no day without colour from {first} on",), columns=columns if days else (), rows=rows)


@click.command("moved")
@click.argument("edition", metavar="ID|FOLDER")
@click.option("--classes", metavar="NAME,…", help="Handset classes (default: all).")
@click.option("--watch", is_flag=True, help="Look again whenever the folder or the edition changes, until interrupted.")
@click.option("--language", type=click.Choice(("zh", "en")), default="zh", show_default=True, help="Of the words in the table.")
@operation
def moved(invocation: Invocation, edition: str, classes: str | None, watch: bool, language: str) -> Report:
    """What is not in the messages of each handset class and where it went; of a folder before it is imported too. Nothing is kept."""
    from content.moving import moved_by_class, state_of

    names = [handset_class(name.strip()).name for name in classes.split(",")] if classes else list(handset_classes())
    while True:
        seen = state_of(invocation.runtime, edition)
        try:
            report = _moved(*moved_by_class(invocation.runtime, edition, names), language)
        except UsageError as error:
            if not watch:
                raise
            report = Report({"problem": str(error)}, lines=(str(error),))
        if not watch:
            return report
        invocation.say("\n".join((shanghai_text(invocation.runtime.now()), *report.lines, table_text(report.columns, report.rows) if report.columns else "")))
        try:
            while state_of(invocation.runtime, edition) == seen:
                time.sleep(WATCH_EVERY_S)
        except KeyboardInterrupt:
            return report


def _moved(source: Source, found: list[ClassMoved], language: str) -> Report:
    words = WORDS[language]
    titles = {item.key: item.article.title if item.article else item.key for item in source.manuscript.items}
    by_item: dict[tuple[str, str], list[str]] = {}
    for one in found:
        for pair in one.moved:
            by_item.setdefault(pair, []).append(one.handset_class)
    lines = [f"{titles.get(item, item)} ({item}): {words[what]}, {', '.join(names)}" for (item, what), names in by_item.items()] or [words["none"]]
    columns = tuple(words[name] for name in ("class", "slides", "item", "text", "picture"))
    rows = [(one.handset_class, one.slides, *(one.count(what) for what in ("item", "text", "picture"))) for one in found]
    return Report({"publication": source.manuscript.publication, "number": source.manuscript.number, "classes": [one.to_document() for one in found]}, lines, rows, columns)


COMMANDS: tuple[click.Command, ...] = ()

SUBCOMMANDS: tuple[tuple[str, click.Command], ...] = (("edition", grey), ("edition", moved))
"""What these add to groups of commands, see `console.registry`."""
