"""Finding designs: those of the package, and those of the operator's own folder, by name.

A folder is read again when something in it changed; a design that is in use already
is not touched by that, since a version of an edition keeps its design, see `content.designs.store`.
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from content.designs.design import Design
from content.designs.reading import BASE, PLACES, PROOF, read_design
from content.designs.styling import DESIGN_FILE, SLUG
from huabao.config import get_config
from huabao.errors import UsageError

DEFAULTS = {"newspaper": "morning", "magazine": "gallery", "comic": "paper"}
"""What an edition is set by where neither it nor its publication names a design."""


@dataclass(frozen=True)
class Shelf:
    """Where a design lies.

    Attributes:
        ours: whether it came with Huabao.
    """

    name: str
    folder: Path
    ours: bool


@lru_cache(maxsize=1)
def package_folder() -> Path:
    """The folder of the designs that come with Huabao."""
    return Path(str(importlib.resources.files("templates")))


def shelves() -> dict[str, Shelf]:
    """All designs by name, whole or broken; an operator's own goes before one of ours of the same name."""
    found: dict[str, Shelf] = {}
    for root, ours in ((package_folder(), True), (get_config().designs_folder, False)):
        for folder in _designs_in(root):
            found[folder.name] = Shelf(folder.name, folder, ours)
    return dict(sorted(found.items()))


def _designs_in(root: Path) -> Iterator[Path]:
    try:
        yield from sorted(path for path in root.iterdir() if (path / DESIGN_FILE).is_file())
    except OSError:
        return


def find_design(name: str) -> Design:
    """The design called `name`.

    Raises:
        UsageError: there is none; the message names those that there are.
        DesignError: there is, and it is broken.
    """
    if name == BASE:
        return base_design()
    known = shelves()
    if name not in known:
        raise UsageError(f"there is no design {name[:60]!r}; there are {', '.join(known)}")
    return load(known[name].folder)


def load(folder: Path) -> Design:
    """The design in a folder, as its files are now.

    Raises:
        DesignError: it is broken.
    """

    def find(name: str) -> Path | None:
        if SLUG.fullmatch(name) and (folder.parent / name / DESIGN_FILE).is_file():
            return folder.parent / name
        found = shelves().get(name)
        return found.folder if found else None

    return read_design(folder, find, base_texts())


@lru_cache(maxsize=1)
def base_texts() -> Mapping[str, str]:
    """The layouts that every design begins with; how a proof looks that a design says nothing of, `content.proof` knows."""
    return {**_texts_in(package_folder()), **_texts_in(package_folder() / BASE)}


def _texts_in(root: Path) -> dict[str, str]:
    return {
        f"{place}/{path.name}": path.read_text("utf-8")
        for place, form in PLACES.items()
        if place != PROOF
        for path in sorted((root / place).glob("*"))
        if form.fullmatch(path.name)
    }


@lru_cache(maxsize=8)
def default_design(kind: str) -> Design:
    """The design of a kind of publication where nobody chose one; ours, as it was when this process began."""
    return read_design(package_folder() / DEFAULTS[kind], lambda name: package_folder() / name, base_texts())


def base_design() -> Design:
    """What pages look like that belong to no edition."""
    return default_design("newspaper")
