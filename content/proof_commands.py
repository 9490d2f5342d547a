"""`huabao edition proof`: what is read, signed and put away."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from content.edition_commands import CLASSES, SIGNATURE, YES, edition
from huabao.cli import Invocation, Report, operation
from huabao.errors import UsageError

if TYPE_CHECKING:
    from content.manuscript import Manuscript
    from content.proof.facts import Proof
    from content.proof.messages import Message

LANGUAGE = click.option("--language", type=click.Choice(("zh", "en")), default="zh", help="Of the words around the edition (default: zh).")


@edition.command("proof")
@click.argument("edition_id", metavar="ID")
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), metavar="FILE.pdf", help="The PDF; written whole, or not at all.")
@click.option("--contact", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="A contact sheet of each variant too, as a PNG.")
@SIGNATURE
@CLASSES
@LANGUAGE
@YES
@operation
def proof(invocation: Invocation, edition_id: str, out: Path, contact: Path | None, signatures: str, classes: str | None, language: str, yes: bool) -> Report:
    """The proof for sign-off (付印样): each variant as its handsets show it, who gets it, preflight, word hits, and the digest that a signature is for."""
    from content.audience import wanted_variants
    from content.compose.issue import design_of
    from content.models import Asset
    from content.proof.gathering import gather
    from content.proof.rendering import render_pdf
    from content.services import find_edition, load_version
    from content.variants import check_count

    runtime = invocation.runtime
    with runtime.transaction(read_only=True) as session:
        found = find_edition(session, edition_id)
        loaded = load_version(session, found)
        wanted = wanted_variants(session, loaded, signatures, classes)
        design = design_of(loaded.manuscript, lambda sha256: session.get_one(Asset, sha256).data)
    check_count(len(wanted), yes=yes)
    sheets: list[Path] = []

    def keep_sheet(made: Message, manuscript: Manuscript) -> None:
        if contact is not None:
            sheets.append(contact / f"{made.name}.png")
            write_whole(sheets[-1], made.sheet(manuscript))

    with invocation.progress("variants", len(wanted)) as advance:
        gathered = gather(runtime, found, wanted, language, advance, keep_sheet)
    write_whole(out, render_pdf(gathered, language, design))
    return _told(gathered, out, sheets)


def _told(found: Proof, out: Path, sheets: Sequence[Path]) -> Report:
    hindrances = {"failing_variants": len(found.failing), "open_hits": found.open_hits, "open_points": found.left, "open_comments": len(found.comments)}
    data = {
        "file": str(out), "version": found.version, "digest": found.digest, "audience": found.audience, "variants": [one.name for one in found.variants],
        "groups": len(found.groups), "approved": found.approval is not None, "contact": [str(path) for path in sheets], **hindrances,
    }  # fmt: skip
    told = [f"{out}: version {found.version}, {len(found.variants)} variants for {found.audience:,} readers; digest {found.digest[:16]}"]
    told += [f"{name.replace('_', ' ')}: {count}" for name, count in hindrances.items() if count]
    return Report(data, lines=told)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file that is either there whole or as it was.

    Raises:
        UsageError: it cannot be written.
    """
    made: str | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, made = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(made).chmod(0o644)
        Path(made).replace(path)
    except OSError as error:
        if made is not None:
            with contextlib.suppress(OSError):
                Path(made).unlink()
        raise UsageError(f"{path} cannot be written: {error.strerror}; give another name") from error
