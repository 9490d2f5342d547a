"""What is not in the messages of each handset class, and where it went: looked up while the editor still works on it.

Variants that were built are read as they are kept; the others are composed and not kept.
Of a folder that was not imported everything is composed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from content.dressing import chosen, dressed
from content.folder import read_folder
from content.introducing import introduced
from content.models import Edition, Publication, Variant
from content.services import find_edition, load_assets, load_version
from content.signatures import SignatureRules, signature_of, variant_name
from content.variants import Source, Wanted, composed, load_source
from content.wap.keys import wap_address_of
from content.workflow.customs import customary
from huabao.errors import UsageError
from huabao.runtime import Runtime
from subscribers.handset_classes import handset_classes
from subscribers.offers.store import current
from subscribers.segments.store import segment_documents

WHATS = ("item", "text", "picture")
"""What may move: an item as a whole, the rest of a text, a picture."""


@dataclass
class ClassMoved:
    """One class's part.

    Attributes:
        moved: of each item, what of it moved, in any of the variants looked at.
        kept: how many of these variants were read as they are kept.
    """

    handset_class: str
    variants: int = 0
    kept: int = 0
    slides: int = 0
    moved: dict[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)

    def add(self, slides: int, moved: Sequence[Mapping[str, Any]], *, kept: bool) -> None:
        """Take in one variant."""
        self.variants, self.kept, self.slides = self.variants + 1, self.kept + kept, max(self.slides, slides)
        for one in moved:
            self.moved.setdefault((one["item"], one["what"]), one)

    def count(self, what: str) -> int:
        """How many items moved so."""
        return sum(one == what for _, one in self.moved)

    def to_document(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {
            "handset_class": self.handset_class, "variants": self.variants, "kept": self.kept, "slides": self.slides,
            "moved": [dict(one) for one in self.moved.values()], **{what: self.count(what) for what in WHATS},
        }  # fmt: skip


def state_of(runtime: Runtime, ref: str) -> str:
    """A text that changes when what `ref` names changes: a folder's files, or an edition's version."""
    folder = Path(ref)
    if folder.is_dir():
        files = sorted((str(one.relative_to(folder)), one.stat().st_mtime_ns, one.stat().st_size) for one in folder.rglob("*") if one.is_file())
        return repr(files)
    with runtime.transaction(read_only=True) as session:
        return str(_edition(session, ref).current_version_id)


def _edition(session: Session, ref: str) -> Edition:
    """The edition that `ref` names.

    Raises:
        UsageError: there is none, and no folder of that name either.
    """
    try:
        return find_edition(session, ref)
    except UsageError as error:
        raise UsageError(f"{ref!r} is neither a folder nor an edition; `huabao edition list` shows these, by id or as publication/number") from error


def moved_by_class(runtime: Runtime, ref: str, classes: Sequence[str]) -> tuple[Source, list[ClassMoved]]:
    """What moved in each class, for readers whom no rule fits and for those who get all.

    Args:
        ref: an edition, or a folder that need not be imported.

    Raises:
        UsageError: there is no such edition, or the folder cannot be used.
    """
    source = _of_folder(runtime, Path(ref)) if Path(ref).is_dir() else _of_edition(runtime, ref)
    rules = SignatureRules(source.manuscript)
    sets = tuple(dict.fromkeys((rules.default_items, *rules.fullest)))
    wanted: list[Wanted] = [(name, items) for name in classes for items in sets]
    found = {name: ClassMoved(name) for name in classes}
    known = _kept(runtime, source.version_id)
    for one in wanted:
        row = known.get(variant_name(*one))
        if row is not None and row.signature == signature_of(one[1]):
            found[one[0]].add(row.slides, row.moved, kept=True)
    missing = [one for one in wanted if (row := known.get(variant_name(*one))) is None or row.signature != signature_of(one[1])]
    for one, made in composed(source, missing) if missing else ():
        found[one[0]].add(len(made.slides), [moved.to_document() for moved in made.moved], kept=False)
    order = list(handset_classes())
    return source, sorted(found.values(), key=lambda one: order.index(one.handset_class))


def _kept(runtime: Runtime, version_id: int) -> dict[str, Any]:
    with runtime.transaction(read_only=True) as session:
        rows = session.execute(select(Variant.name, Variant.signature, Variant.slides, Variant.moved).where(Variant.edition_version_id == version_id)).all()
    return {row.name: row for row in rows}


def _of_edition(runtime: Runtime, ref: str) -> Source:
    with runtime.transaction(read_only=True) as session:
        version_id = load_version(session, _edition(session, ref)).version.id
    return load_source(runtime, version_id)


def _of_folder(runtime: Runtime, folder: Path) -> Source:
    with runtime.transaction(read_only=True) as session:
        found = read_folder(folder, segment_documents(session))
        publication = session.scalar(select(Publication).where(Publication.slug == found.manuscript.publication))
        manuscript = found.manuscript if publication is None else customary(session, publication, found.manuscript)
        manuscript = introduced(dressed(session, manuscript, chosen(session, manuscript)), current(session).catalogue)
        assets = {**load_assets(session, manuscript), **{sha256: data for sha256, (data, _) in found.assets.items()}}
        return Source(0, manuscript, assets, wap_address_of(session, runtime.config))
