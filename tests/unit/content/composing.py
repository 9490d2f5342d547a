"""The editions made for tests, composed once for all who look at the same message."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

from content.compose import Composition, PictureSource, compose
from content.folder import ImportedFolder, read_folder
from subscribers.handset_classes import handset_class
from tests.unit.content import editions

KINDS: dict[str, Callable[[Path], Path]] = {"newspaper": editions.newspaper, "magazine": editions.magazine, "comic": editions.comic}
BASE = "http://wap.example.com/w"


def composed(found: ImportedFolder, name: str, keys: tuple[str, ...] | None = None) -> Composition:
    """The message for a class, of some items or all."""
    wanted = keys or tuple(item.key for item in found.manuscript.items)
    return compose(found.manuscript, wanted, handset_class(name), PictureSource(lambda sha256: found.assets[sha256][0]), BASE)


def builder(folder: Callable[[str], Path]) -> Callable[[str, str], Composition]:
    """Gives the message of a kind for a class, each composed once.

    Args:
        folder: a new folder by name.
    """

    @cache
    def read(kind: str) -> ImportedFolder:
        return read_folder(KINDS[kind](folder(kind)), {})

    @cache
    def build(kind: str, name: str) -> Composition:
        return composed(read(kind), name)

    return build
