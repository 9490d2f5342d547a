"""`huabao edition …`: import, look at, check and build."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from sqlalchemy import select

from content.manuscript import LEVELS
from content.models import Edition, EditionVersion, Publication
from huabao.cli import Invocation, Report, operation
from huabao.clock import shanghai_text
from subscribers.handset_classes import handset_class

if TYPE_CHECKING:
    from content.compose.boxes import PageBoxes
    from content.manuscript import Manuscript
    from content.preflight.checking import Outcome
    from content.remarks import Remarks
    from content.services import LoadedVersion

WARNINGS_SHOWN = 20
"""In the table for people; `--json` has all."""

SIGNATURES = ("audience", "default", "all")
CLASSES = click.option("--classes", metavar="NAME,…", default=None, help="Handset classes (default: those of the audience; all five without readers).")
YES = click.option("--yes", is_flag=True, help="More than 256 variants are wanted.")
SIGNATURE = click.option("--signatures", type=click.Choice(SIGNATURES), default="audience", help="Of the audience, of readers whom no rule fits, or with all items.")


@click.group()
def edition() -> None:
    """Editions: one number of a publication each."""


@edition.command("import")
@click.argument("folder", type=click.Path(path_type=Path))
@operation
def import_(invocation: Invocation, folder: Path) -> Report:
    """Import an edition folder; the same publication and number again makes a new version."""
    from content.services import import_folder

    with invocation.runtime.transaction() as session:
        result = import_folder(session, folder, invocation.actor, invocation.runtime.now(), city=invocation.city)
    data = {
        "edition_id": result.edition_id,
        "version": result.version,
        "kind": result.kind,
        "items": result.items,
        "warnings": list(result.warnings),
        "publication": result.publication,
        "number": result.number,
    }
    told = f"edition {result.edition_id} ({result.publication}/{result.number}), version {result.version}: a {result.kind} of {result.items} items"
    return Report(data, lines=(told, *(f"warning: {warning}" for warning in result.warnings)))


@edition.command("list")
@operation
def list_(invocation: Invocation) -> Report:
    """All editions, the newest first."""
    with invocation.runtime.transaction(read_only=True) as session:
        rows = session.execute(
            select(Edition, Publication, EditionVersion)
            .join(Publication, Publication.id == Edition.publication_id)
            .join(EditionVersion, EditionVersion.id == Edition.current_version_id)
            .order_by(Edition.id.desc())
        ).all()
        found = [_document(one, title, version) for one, title, version in rows]
    columns = ("edition_id", "publication", "number", "version", "kind", "state", "issue_date", "title")
    return Report({"editions": found}, columns=columns, rows=[[row[name] for name in columns] for row in found])


@edition.command("show")
@click.argument("edition_id", metavar="ID")
@operation
def show(invocation: Invocation, edition_id: str) -> Report:
    """One edition: its items, who gets them, and its versions. ID is a number or publication/number.

    Of a comic also the panels of each page, as `edition.yaml` takes them.
    """
    from content.compose.boxes import page_boxes
    from content.services import find_edition, load_assets, load_version

    with invocation.runtime.transaction(read_only=True) as session:
        found = find_edition(session, edition_id)
        loaded = load_version(session, found)
        versions = session.scalars(select(EditionVersion).where(EditionVersion.edition_id == found.id).order_by(EditionVersion.version)).all()
        items = _items(loaded)
        pictures = load_assets(session, loaded.manuscript) if loaded.manuscript.kind == "comic" else {}
        data = {
            **_document(found, loaded.publication, loaded.version),
            "items": items,
            "shares": dict(loaded.manuscript.shares),
            "level_items": _levels(loaded.manuscript),
            "pages": [one.to_document() for one in page_boxes(loaded.manuscript, pictures.__getitem__)],
            "versions": [{"version": one.version, "created_at": one.created_at, "created_by": one.created_by, "source_sha256": one.source_sha256} for one in versions],
        }
    lines = [f"edition {found.id} ({loaded.publication.slug}/{found.number}): {loaded.version.title}, {loaded.version.issue_date}, {found.state}"]
    lines += [f"version {one.version}: {shanghai_text(one.created_at)} by {one.created_by}" for one in versions]
    lines += [f"{page['item']}: panels {page['panels']}" + (" as named" if page["named"] else "") for page in data["pages"]]
    rows = [[row["item"], row["section"], row["title"], "a segment" if row["rule"] else "everybody"] for row in items]
    return Report(data, lines=lines, columns=("item", "section", "title", "for"), rows=rows)


def _levels(manuscript: Manuscript) -> dict[str, int]:
    return {level: sum(item.level == level for item in manuscript.items) for level in LEVELS}


def _items(loaded: LoadedVersion) -> list[dict[str, Any]]:
    return [
        {
            "item": item.key,
            "section": section.title,
            "part": section.part,
            "title": item.article.title if item.article else "",
            "rule": item.rule,
            "level": item.level,
            "tone": item.tone,
            "story": item.story,
            "hero": item.hero,
        }
        for section in loaded.manuscript.sections
        for item in section.items
    ]


def _document(one: Edition, title: Publication, version: EditionVersion) -> dict[str, Any]:
    return {
        "edition_id": one.id,
        "publication": title.slug,
        "number": one.number,
        "version": version.version,
        "kind": one.kind,
        "state": one.state,
        "issue_date": version.issue_date,
        "title": version.title,
    }


@edition.command("build")
@click.argument("edition_id", metavar="ID")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="An empty folder, or one that holds an earlier build.")
@SIGNATURE
@CLASSES
@YES
@operation
def build(invocation: Invocation, edition_id: str, out: Path, signatures: str, classes: str | None, yes: bool) -> Report:
    """Build the messages and write them as files. ID is a number or publication/number."""
    from content.audience import wanted_variants
    from content.package import Naming, write_package
    from content.services import find_edition, load_version
    from content.variants import check_count, load_source, store_variant

    runtime = invocation.runtime
    with runtime.transaction(read_only=True) as session:
        found = find_edition(session, edition_id)
        loaded = load_version(session, found)
        wanted = wanted_variants(session, loaded, signatures, classes)
    check_count(len(wanted), yes=yes)
    naming = Naming(found.id, loaded.publication.slug, found.number, loaded.version.version)
    source = load_source(runtime, loaded.version.id)
    with invocation.progress("variants", len(wanted)) as advance:
        manifest = write_package(source, naming, wanted, out, advance, lambda one, made: store_variant(runtime, source.version_id, one, made))
    columns = ("variant_id", "slides", "size_bytes", "budget_bytes", "worst_quality", "items", "moved")
    rows = [[len(entry[name]) if isinstance(entry[name], list) else entry[name] for name in columns] for entry in manifest["variants"]]
    return Report(manifest, lines=(f"{len(wanted)} variants in {out}",), columns=columns, rows=rows)


@edition.command("check")
@click.argument("edition_id", metavar="ID")
@SIGNATURE
@CLASSES
@click.option("--all-handsets", is_flag=True, help="Every handset of each class (default: those of most readers and the mainstream; all without readers).")
@YES
@operation
def check(invocation: Invocation, edition_id: str, signatures: str, classes: str | None, all_handsets: bool, yes: bool) -> Report:
    """Build every variant and try it on its class and on real handsets (preflight); exit 1 where one fails."""
    from content.audience import models, wanted_variants
    from content.compose.boxes import page_boxes
    from content.preflight.checking import Outcome
    from content.preflight.facts import facts_of
    from content.preflight.message import failures_of
    from content.preflight.panel import panel_of
    from content.remarks import Remarks
    from content.services import find_edition, load_version
    from content.signatures import SignatureRules, variant_name
    from content.variants import check_count, composed, load_source

    runtime = invocation.runtime
    with runtime.transaction(read_only=True) as session:
        loaded = load_version(session, find_edition(session, edition_id))
        wanted = wanted_variants(session, loaded, signatures, classes)
        found = Outcome(panel_of(session, loaded.publication, everything=all_handsets))
        having = models(session, loaded.publication, SignatureRules(loaded.manuscript))
    check_count(len(wanted), yes=yes)
    source = load_source(runtime, loaded.version.id)
    remarks = Remarks(source.manuscript)
    with invocation.progress("variants", len(wanted)) as advance:
        for done, (one, made) in enumerate(composed(source, wanted), start=1):
            remarks.look(one[0], made)
            misfits = failures_of(made, handset_class(one[0]))
            found.fail_class(variant_name(*one), one[0], misfits)
            if not any("does not read back" in reason for _, reason in misfits):
                found.try_message(variant_name(*one), one[0], facts_of(made.mime, made.size_bytes_max, made.gaps), having.get(one, {}))
            advance(done)
    return _checked(found, len(wanted), page_boxes(source.manuscript, source.assets.__getitem__), remarks)


def _checked(found: Outcome, variants: int, pages: Sequence[PageBoxes], remarks: Remarks) -> Report:
    failures, warnings = found.of("fail"), found.of("warn")
    classes = {name: {"readers": found.panel.readers.get(name, 0), "handsets": len(trials)} for name, trials in found.panel.trials.items()}
    told = f"{variants} variants on {found.panel.tried:,} handsets: {'all fit' if not failures else f'{len(failures):,} failures'}, {len(warnings):,} warnings"
    if not found.panel.tried:
        told += "; no model is known, so each was tried on the limits of its class only: `huabao handsets import`"
    lines = [told, *(f"{name} fails: {readers:,} readers" for name, readers in found.failing_classes().items())]
    if found.panel.tried:
        lines += [f"{name}: no model of its {readers:,} readers is known, so it was tried on the limits of the class only" for name, readers in found.panel.untried.items()]
    if found.panel.unknown:
        lines.append(f"no record of {', '.join(found.panel.unknown)}; `huabao handsets import` brings it, `huabao settings set preflight_mainstream …` names others")
    lines += [*(warning for page in pages if (warning := page.warning())), *remarks.lines()]
    columns = ("level", "variant_id", "handset", "readers", "slide", "reason")
    rows = [[getattr(one, name) for name in columns] for one in (*failures, *warnings[:WARNINGS_SHOWN])]
    data = {
        "passed": not failures,
        "failures": [one.to_document() for one in failures],
        "warnings": [one.to_document() for one in warnings],
        "variants": variants,
        "handsets": found.panel.tried,
        "classes": classes,
        "untried_classes": found.panel.untried,
        "failing_classes": found.failing_classes(),
        "mainstream_unknown": list(found.panel.unknown),
        "pages": [page.to_document() for page in pages],
        **remarks.to_document(),
    }
    return Report(data, lines=lines, columns=columns if rows else (), rows=rows, problem=bool(failures))
