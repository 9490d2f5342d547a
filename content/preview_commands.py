"""`huabao edition preview`: as a named reader, as a segment, as a handset."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from content.edition_commands import edition
from content.proof_commands import LANGUAGE
from huabao.cli import Invocation, Report, operation
from huabao.errors import UsageError

if TYPE_CHECKING:
    from content.models import Edition
    from content.preview.showing import Shown

OUT = click.option("--out", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="The screens as PNG files, and a contact sheet.")
SHEETS_MAX = 40
"""Of a segment, the variants of most readers."""


@edition.command("preview")
@click.argument("edition_id", metavar="ID")
@click.option("--reader", metavar="MSISDN", help="As this reader gets it, and why each item was chosen for him or not; kept in the audit trail.")
@click.option("--segment", metavar="NAME", help="Which variants the readers of a segment get.")
@click.option("--rule", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="The same of a rule in a file.")
@click.option("--handset", metavar="MODEL|CLASS", help="As a model, or a class, shows it.")
@click.option("--all-items", is_flag=True, help="With --handset: all items, not only those for everybody.")
@OUT
@LANGUAGE
@operation
def preview(
    invocation: Invocation, edition_id: str, reader: str | None, segment: str | None, rule: Path | None, handset: str | None, all_items: bool, out: Path | None, language: str
) -> Report:  # fmt: skip
    """What a reader, a segment or a handset would get of an edition, before it is sent."""
    from content.services import find_edition

    asked = [name for name, given in (("--reader", reader), ("--segment", segment), ("--rule", rule), ("--handset", handset)) if given is not None]
    if len(asked) != 1:
        raise UsageError("say whose preview: one of --reader MSISDN, --segment NAME, --rule FILE, --handset MODEL")
    with invocation.runtime.transaction(read_only=True) as session:
        found = find_edition(session, edition_id)
    if reader is not None:
        return _reader(invocation, found, reader, out, language)
    if handset is not None:
        return _handset(invocation, found, handset, out, language, everything=all_items)
    return _segment(invocation, found, segment, rule, out, language)


def _reader(invocation: Invocation, found: Edition, number: str, out: Path | None, language: str) -> Report:
    from content.preview.showing import as_reader
    from content.preview.wording import say
    from huabao.msisdn import parse_msisdn

    seen = as_reader(invocation.runtime, found, parse_msisdn(number), language, by=invocation.actor)
    files = seen.shown.write(out, seen.loaded) if out is not None else []
    data = {
        "edition_id": found.id, "version": seen.loaded.version.version, "reader": seen.number, "would_be_sent": not seen.unsent, "unsent": seen.unsent,
        "choices": [one.to_document() for one in seen.chosen], **seen.shown.to_document(language), "files": [str(path) for path in files],
    }  # fmt: skip
    look = seen.shown.look
    lines = [
        say(language, "reader_line", number=seen.number, handset=look.model or say(language, "unknown_handset"), by=look.by, **{"class": look.handset_class}),
        say(language, "sent_no", why=seen.unsent) if seen.unsent else say(language, "sent_yes"),
        *_message_lines(seen.shown, language),
    ]
    rows = [
        ("✓" if one.chosen else "", one.section, one.title or one.key, one.why, one.rule, "; ".join(one.values), one.tone if one.tone != "plain" else "", one.level)
        for one in seen.chosen
    ]
    return Report(data, lines=lines, columns=("", "section", "item", "why", "rule", "his", "tone", "level"), rows=rows)


def _handset(invocation: Invocation, found: Edition, name: str, out: Path | None, language: str, *, everything: bool) -> Report:
    from content.preview.showing import as_handset
    from content.preview.wording import say

    shown, loaded = as_handset(invocation.runtime, found, name, language, everything=everything)
    files = shown.write(out, loaded) if out is not None else []
    data = {"edition_id": found.id, "version": loaded.version.version, **shown.to_document(language), "files": [str(path) for path in files]}
    look = shown.look
    lines = [say(language, "handset_line", handset=look.model or look.handset_class, by=look.by, **{"class": look.handset_class}), *_message_lines(shown, language)]
    return Report(data, lines=lines, problem=any(one.level == "fail" for one in shown.misfits or ()))


def _message_lines(shown: Shown, language: str) -> list[str]:
    from content.preflight.reasons import in_language
    from content.preview.wording import say

    if shown.short is not None:
        return [f"{say(language, f'channel_{shown.short[0]}')}: {shown.short[1].text} {shown.short[1].href}"]
    made = shown.message
    assert made is not None, "neither a message nor a text"
    lines = [
        say(
            language, "variant_line", name=made.name, items=len(shown.items), slides=len(made.slides), bytes=made.size_bytes, budget=made.handset.budget_bytes,
            quality=made.worst_quality,
        )
    ]  # fmt: skip
    lines += [say(language, "slots_line", names=", ".join(sorted({gap.name for gap in made.gaps})))] if made.gaps else []
    lines += [f"{say(language, 'moved')}: {one['item']} ({one['what']}) {one['where']}" for one in made.moved]
    if shown.misfits is None:
        return [*lines, say(language, "not_tried")]
    troubles: dict[tuple[str, str], list[int]] = {}
    for one in shown.misfits:
        troubles.setdefault((one.level, in_language(one.reason, language)), []).extend([one.slide] if one.slide else [])
    told = [f"{level}: {said}" + (f" ({', '.join(map(str, slides))})" if slides else "") for (level, said), slides in troubles.items()]
    return [*lines, *(told or [say(language, "fits")])]


def _segment(invocation: Invocation, found: Edition, name: str | None, path: Path | None, out: Path | None, language: str) -> Report:
    from content.preview.showing import as_segment, sheets_of
    from content.preview.wording import say
    from content.signatures import variant_name
    from subscribers.segment_commands import read_rule
    from subscribers.segments import find_segment

    runtime = invocation.runtime
    if name is not None:
        with runtime.transaction(read_only=True) as session:
            rule = find_segment(session, name)
        if rule is None:
            raise UsageError(f"there is no segment {name[:80]!r}; `huabao segment list` shows them")
    else:
        assert path is not None, "neither a segment nor a rule"
        rule = read_rule(path)
    members, counts, loaded = as_segment(runtime, found, rule)
    ordered = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    files = sheets_of(runtime, loaded, [pair for pair, _ in ordered[:SHEETS_MAX]], out) if out is not None else []
    variants = [{"variant_id": variant_name(*pair), "handset_class": pair[0], "items": list(pair[1]), "readers": count} for pair, count in ordered]
    data = {
        "edition_id": found.id, "version": loaded.version.version, "members": members, "readers": sum(counts.values()), "variants": variants,
        "files": [str(file) for file in files],
    }  # fmt: skip
    told = say(language, "segment_line", members=members, readers=sum(counts.values()), variants=len(counts))
    rows = [(variant_name(*pair), pair[0], f"{count:,}", len(pair[1]), ", ".join(pair[1])) for pair, count in ordered]
    return Report(data, lines=[told], columns=("variant", "class", "readers", "items", "which"), rows=rows)
