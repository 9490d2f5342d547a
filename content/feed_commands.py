"""`huabao feed …` and `huabao edition draft`."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from huabao.cli import Invocation, Report, operation
from huabao.clock import business_day, shanghai_text
from huabao.errors import UsageError

if TYPE_CHECKING:
    from content.feeds.drafting import Drafted
    from content.feeds.gathering import Outcome
    from content.feeds.models import FeedSource


EVERY = click.option("--every", type=click.IntRange(0, 1440), metavar="MIN", help="Ask it by itself so often (0 for never).")
EXPECTED = click.option("--expected", metavar="05:00", help="An alarm where nothing new came by that hour (empty for none).")


@click.group()
def feed() -> None:
    """Sources of news: feeds and folders that become drafts."""


@feed.command("add")
@click.argument("publication")
@click.argument("name")
@click.option("--url", help="Address of an RSS or Atom feed.")
@click.option("--folder", type=click.Path(path_type=Path), help="A folder of articles: Markdown, text or HTML.")
@click.option("--section", required=True, help="Title of the section that its stories stand in.")
@click.option("--cap", type=int, help="Most of its stories in one draft.")
@click.option("--rank", type=int, default=100, show_default=True, help="Whose telling is taken and who stands first: the smallest.")
@click.option("--not-permitted", "forbidden", is_flag=True, help="Read and reported, never taken over.")
@click.option("--fallback", is_flag=True, help="Stands in where its section has nothing else.")
@click.option("--level", help="province, group or city, for its articles.")
@click.option("--topics", default="", metavar="A,B", help="Topics of all its articles.")
@click.option("--segment", help="Name of the segment that gets its articles.")
@EVERY
@EXPECTED
@operation
def add(invocation: Invocation, publication: str, name: str, folder: Path | None, forbidden: bool, topics: str, every: int | None, expected: str | None, **fields: Any) -> Report:
    """Name a source of a publication."""
    from content.feeds.arrivals import parse_hour
    from content.feeds.sources import SourceFields, add_source
    from content.services import find_publication

    wanted = SourceFields(
        folder=str(folder.resolve()) if folder is not None else None,
        permitted=not forbidden,
        topics=tuple(word.strip() for word in topics.split(",") if word.strip()),
        every_min=every or None,
        expected_at=parse_hour(expected or ""),
        **fields,
    )
    with invocation.runtime.transaction() as session:
        made = add_source(session, find_publication(session, publication), name, wanted, invocation.actor, invocation.runtime.now())
        return Report(document_of(made), lines=(f"source “{made.name}” of {publication} is named; `huabao feed fetch {publication}` asks it",))


@feed.command("set")
@click.argument("publication")
@click.argument("name")
@click.option("--section", help="Title of the section that its stories stand in.")
@click.option("--cap", type=int, help="Most of its stories in one draft.")
@click.option("--rank", type=int, help="Whose telling is taken and who stands first: the smallest.")
@click.option("--permitted/--not-permitted", default=None, help="Whether its stories may be taken over.")
@EVERY
@EXPECTED
@operation
def set_(invocation: Invocation, publication: str, name: str, every: int | None, expected: str | None, **fields: Any) -> Report:
    """Change how a source is asked and taken."""
    from content.feeds.arrivals import parse_hour
    from content.feeds.sources import set_source
    from content.services import find_publication

    changes = {field: value for field, value in fields.items() if value is not None}
    changes |= ({} if every is None else {"every_min": every or None}) | ({} if expected is None else {"expected_at": parse_hour(expected)})
    with invocation.runtime.transaction() as session:
        made = set_source(session, find_publication(session, publication), name, changes, invocation.actor, invocation.runtime.now())
        return Report(document_of(made), lines=(f"source “{made.name}” of {publication}: {', '.join(changes)} changed",))


@feed.command("list")
@click.argument("publication", required=False)
@operation
def list_(invocation: Invocation, publication: str | None) -> Report:
    """The sources, when they were asked, what failed, and whether what is expected of them came (default: of all publications)."""
    from content.feeds.arrivals import board
    from content.services import find_publication

    with invocation.runtime.transaction(read_only=True) as session:
        title = find_publication(session, publication) if publication else None
        found = [{"publication": slug, **document_of(row), "arrival": one.state or None} for slug, row, one in board(session, invocation.runtime.now(), title)]
    own = ("name", "section", "rank", "cap", "permitted", "fallback", "segment", "fetched_at", "arrived_at", "expected_at", "arrival", "failure")
    columns = own if publication else ("publication", *own)
    rows = [[shanghai_text(row[name]) if name in ("fetched_at", "arrived_at") else row[name] for name in columns] for row in found]
    return Report({"sources": found}, columns=columns, rows=rows)


@feed.command("remove")
@click.argument("publication")
@click.argument("name")
@operation
def remove(invocation: Invocation, publication: str, name: str) -> Report:
    """Take a source away with its stories; editions keep what they took."""
    from content.feeds.sources import remove_source
    from content.services import find_publication

    with invocation.runtime.transaction() as session:
        count = remove_source(session, find_publication(session, publication), name, invocation.actor, invocation.runtime.now())
    return Report({"name": name, "stories": count}, lines=(f"source “{name}” is removed with its {count} stories",))


@feed.command("fetch")
@click.argument("publication")
@click.argument("names", nargs=-1)
@operation
def fetch(invocation: Invocation, publication: str, names: tuple[str, ...]) -> Report:
    """Ask the sources, all or those named, and keep what is new; exit 1 where one failed."""
    from content.feeds.gathering import fetch_sources

    found = [_outcome(one) for one in fetch_sources(invocation.runtime, publication, names)]
    lines = [f"{one['name']}: {problem}" for one in found for problem in one["problems"]]
    columns = ("name", "new", "changed", "same", "failure")
    rows = [[row[name] for name in columns] for row in found]
    return Report({"sources": found}, lines=lines, columns=columns, rows=rows, problem=any(one["failure"] for one in found))


def _outcome(one: Outcome) -> dict[str, Any]:
    kept = one.kept
    return {
        "name": one.name,
        "new": kept.new,
        "changed": kept.changed,
        "same": kept.same,
        "unchanged": one.unchanged,
        "failure": one.failure,
        "problems": list(one.problems),
    }


def document_of(row: FeedSource) -> dict[str, Any]:
    """A source as `--json` prints it."""
    names = (
        "name", "url", "folder", "section", "cap", "rank", "permitted", "fallback", "level", "topics",
        "segment", "fetched_at", "arrived_at", "failure", "every_min", "expected_at",
    )  # fmt: skip
    return {name: getattr(row, name) for name in names}


@click.command("draft")
@click.argument("publication")
@click.option("--date", "day", metavar="2026-11-23", help="The edition's day, in Shanghai (default: today).")
@click.option("--issue", type=click.Choice(("am", "pm")), default=None, help="Morning or evening, where the paper comes twice a day.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="A new folder, which the editor corrects and `edition import` takes.")
@click.option("--from-yesterday", is_flag=True, help="Masthead, credit and order of sections of the paper before.")
@click.option("--beside", multiple=True, metavar="PUBLICATION", help="Another title whose last editions are not to be repeated either.")
@operation
def draft(invocation: Invocation, publication: str, day: str | None, issue: str | None, out: Path, from_yesterday: bool, beside: tuple[str, ...]) -> Report:
    """Make a dated draft of what the sources brought; exit 1 where a section stays empty."""
    from content.feeds.drafting import Request, make_draft

    try:
        wanted = date.fromisoformat(day) if day else business_day(invocation.runtime.now())
    except ValueError as error:
        raise UsageError(f"{day!r} is no day; write it as 2026-11-23") from error
    made = make_draft(invocation.runtime, Request(publication, wanted, issue or "", from_yesterday, beside), out)
    data = _drafted(made)
    lines = [f"{len(made.draft.stories)} stories in {len(made.draft.sections)} sections: correct {out}, then `huabao edition import {out}`"]
    lines += [f"warning: {warning}" for warning in made.warnings]
    columns = ("outcome", "source", "title", "why")
    return Report(data, lines=lines, columns=columns, rows=[[row[name] for name in columns] for row in data["stories"]], problem=bool(made.draft.missing))


def _drafted(made: Drafted) -> dict[str, Any]:
    return {
        "publication": made.head.publication,
        "number": made.head.number,
        "date": made.head.day,
        "folder": str(made.folder),
        "from": made.before or None,
        "sections": [{"title": one.title, "stories": len(one.stories), "fallback": one.fallback} for one in made.draft.sections],
        "missing": list(made.draft.missing),
        "pictures": [{"file": made.files[one.item_id], "url": one.url} for one in made.pictures],
        "stories": [
            {
                "item_id": one.telling.item_id,
                "source": one.telling.source,
                "section": one.telling.section,
                "title": one.telling.title,
                "link": one.telling.link,
                "outcome": one.outcome,
                "why": one.why,
                "into": one.into,
                "file": made.files.get(one.telling.item_id),
            }
            for one in made.draft.verdicts
        ],
        "warnings": list(made.warnings),
    }


COMMANDS: tuple[click.Command, ...] = (feed,)

SUBCOMMANDS: tuple[tuple[str, click.Command], ...] = (("edition", draft),)
"""What these add to groups of commands, see `console.registry`."""
