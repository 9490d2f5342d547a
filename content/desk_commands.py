"""`huabao words|leaders|desk`: the lists that editions are screened with, and how a publication is worked on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from huabao.cli import Invocation, Report, operation
from huabao.errors import UsageError

if TYPE_CHECKING:
    from content.models import Publication
    from content.workflow.models import Desk

FILE = click.argument("file", type=click.Path(path_type=Path))
OUT = click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Where to (default: shown here).")


@click.group("words")
def words() -> None:
    """Word lists that every edition is screened with (敏感词)."""


@words.command("import")
@FILE
@click.option("--list", "name", default="default", metavar="NAME", help="The list of lines that name none.")
@operation
def import_words(invocation: Invocation, file: Path, name: str) -> Report:
    """Replace the lists that a CSV file holds: word, and any of list, severity (block, warn, allow), note, advice."""
    from content.workflow import wordlists

    with invocation.runtime.transaction() as session:
        counts = wordlists.import_words(session, _bytes(file), name, by=invocation.actor, at=invocation.runtime.now())
    return Report({"lists": counts}, lines=[f"list {one!r}: {count:,} words" for one, count in counts.items()])


@words.command("export")
@click.option("--list", "name", default=None, metavar="NAME", help="One list (default: all).")
@OUT
@operation
def export_words(invocation: Invocation, name: str | None, out: Path | None) -> Report:
    """The words as the CSV that `import` reads."""
    from content.workflow import wordlists

    with invocation.runtime.transaction(read_only=True) as session:
        return _csv(wordlists.export_words(session, name), out)


@words.command("list")
@operation
def list_words(invocation: Invocation) -> Report:
    """The lists and how many words each has."""
    from content.workflow import wordlists

    with invocation.runtime.transaction(read_only=True) as session:
        found = wordlists.word_counts(session)
    data = [{"list": name, "severity": severity, "words": count} for name, severity, count in found]
    return Report({"lists": data}, lines=() if found else ("there are no words; `huabao words import FILE` brings them",), columns=("list", "severity", "words"), rows=found)


@click.group("leaders")
def leaders() -> None:
    """Leaders' names, titles and their order."""


@leaders.command("import")
@FILE
@operation
def import_leaders(invocation: Invocation, file: Path) -> Report:
    """Replace the list by a CSV file: name, title, order, and until for who no longer holds it."""
    from content.workflow import wordlists

    with invocation.runtime.transaction() as session:
        count = wordlists.import_leaders(session, _bytes(file), by=invocation.actor, at=invocation.runtime.now())
    return Report({"leaders": count}, lines=(f"{count:,} lines",))


@leaders.command("export")
@OUT
@operation
def export_leaders(invocation: Invocation, out: Path | None) -> Report:
    """The list as the CSV that `import` reads."""
    from content.workflow import wordlists

    with invocation.runtime.transaction(read_only=True) as session:
        return _csv(wordlists.export_leaders(session), out)


@leaders.command("list")
@operation
def list_leaders(invocation: Invocation) -> Report:
    """The list, in its order."""
    from content.workflow import wordlists

    with invocation.runtime.transaction(read_only=True) as session:
        found = [{"order": one.place, "title": one.title, "name": one.name, "until": one.until} for one in wordlists.leaders(session)]
    columns = ("order", "title", "name", "until")
    return Report({"leaders": found}, columns=columns, rows=[[row[name] for name in columns] for row in found])


@click.group("desk")
def desk() -> None:
    """How a publication is worked on: its checklist, its deputies, its sections, the levels' shares."""


@desk.command("set")
@click.argument("slug")
@click.option("--checklist", type=click.Path(path_type=Path), metavar="FILE", help="One point a line; an empty file for none.")
@click.option("--deputies", metavar="NAME,…", help="Accounts that may approve again after a few words changed; empty for none.")
@click.option("--sections", type=click.Path(path_type=Path), metavar="FILE", help="YAML: sections of every number, each title and any of city, fallback.")
@click.option("--shares", metavar="province=0.5,…", help="Of the slides, by level, where an edition sets none; empty for none.")
@operation
def set_(invocation: Invocation, slug: str, checklist: Path | None, deputies: str | None, sections: Path | None, shares: str | None) -> Report:
    """Change how a publication is worked on."""
    from content.services import find_publication
    from content.workflow import notes, standins
    from content.workflow.plans import parse_sections, parse_shares

    if checklist is None and deputies is None and sections is None and shares is None:
        raise UsageError("nothing to change; give --checklist, --deputies, --sections or --shares")
    points = None if checklist is None else [line.strip() for line in _text(checklist).splitlines() if line.strip()]
    names = None if deputies is None else [name.strip() for name in deputies.split(",") if name.strip()]
    plan = None if sections is None else parse_sections(_text(sections))
    parts = None if shares is None else parse_shares(shares)
    with invocation.runtime.transaction() as session:
        publication = find_publication(session, slug)
        made = notes.set_desk(
            session, publication.id, checklist=points, deputies=names, sections=plan, shares=parts, by=invocation.actor, at=invocation.runtime.now()
        )  # fmt: skip
        shown = _shown(publication, made)
        absent = standins.absent(session, publication, plan or ())
    strangers = [name for name in names or () if not invocation.installation.role_of(invocation.runtime, name)]
    told = [f"nobody has the account {name!r}: `huabao user add {name} --role ops` makes it" for name in strangers]
    told += [f"{publication.slug} has no edition {number!r} to stand in: import it, or name another" for number in absent]
    return replace(shown, lines=(*shown.lines, *told), data={**shown.data, "strangers": strangers, "absent": absent})


@desk.command("show")
@click.argument("slug")
@operation
def show(invocation: Invocation, slug: str) -> Report:
    """How a publication is worked on."""
    from content.services import find_publication
    from content.workflow import notes

    with invocation.runtime.transaction(read_only=True) as session:
        publication = find_publication(session, slug)
        return _shown(publication, notes.desk_of(session, publication.id))


def _shown(publication: Publication, found: Desk) -> Report:
    lines = [f"deputies: {', '.join(found.deputies) or 'none'}", *(f"{number}. {point}" for number, point in enumerate(found.checklist, 1))]
    lines += [f"section {one['title']}" + "".join(f", {key} {one[key]}" for key in ("city", "fallback") if key in one) for one in found.sections]
    lines += [f"{level}: {share:.0%} of the slides" for level, share in found.shares.items()]
    data = {
        "publication": publication.slug, "checklist": list(found.checklist), "deputies": list(found.deputies), "sections": list(found.sections), "shares": dict(found.shares),
    }  # fmt: skip
    return Report(data, lines=lines)


def _bytes(file: Path) -> bytes:
    from content.workflow.wordlists import BYTES_MAX

    try:
        with file.open("rb") as opened:
            return opened.read(BYTES_MAX + 1)
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error


def _text(file: Path) -> str:
    try:
        return _bytes(file).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{file} is no UTF-8; save it as that") from None


def _csv(text: str, out: Path | None) -> Report:
    lines = len(text.splitlines()) - 1
    if out is None:
        return Report({"csv": text, "lines": lines}, lines=text.splitlines())
    try:
        out.write_text(text, "utf-8")
    except OSError as error:
        raise UsageError(f"{out} cannot be written: {error.strerror}") from error
    return Report({"file": str(out), "lines": lines}, lines=(f"{lines:,} lines in {out}",))
