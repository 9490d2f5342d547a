"""`huabao edition export`: an edition as a folder, as it is being written in the console."""

from __future__ import annotations

from pathlib import Path

import click

from huabao.cli import Invocation, Report, operation


@click.command("export")
@click.argument("edition_id", metavar="ID")
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="DIR", help="A new folder.")
@operation
def export(invocation: Invocation, edition_id: str, out: Path) -> Report:
    """Write an edition's draft (or its version, where nothing was written since) as a folder; imported again it is the same version. ID is a number or publication/number."""
    from content.drafts.folding import write_folder
    from content.drafts.saving import current
    from content.models import Edition
    from content.services import find_edition

    with invocation.runtime.transaction(read_only=True) as session:
        drafted = session.get(Edition, int(edition_id)) if edition_id.isascii() and edition_id.isdigit() and len(edition_id) < 18 else None
        edition = drafted or find_edition(session, edition_id)
        draft = current(session, edition)
        files = write_folder(session, draft.document, out)
        edition_number = edition.id
    data = {"edition_id": edition_number, "revision": draft.revision, "kept": draft.is_kept, "out": str(out), "files": files}
    return Report(data, lines=(f"{len(files)} files in {out}; `huabao edition import {out}` makes a version of them",))


COMMANDS: tuple[click.Command, ...] = ()

SUBCOMMANDS: tuple[tuple[str, click.Command], ...] = (("edition", export),)
"""What these add to groups of commands, see `console.registry`."""
