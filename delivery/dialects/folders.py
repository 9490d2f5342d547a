"""A folder of data files over the built-in ones: looked at again while all runs, and never worse for a file that broke.

A file in the operator's own folder stands in place of the built-in one of its name, or is a new
one. The folder is looked at every `LOOK_S`, so that a change takes hold without a restart; a
file that broke leaves in force what was read before.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Generic, TypeVar

from huabao.errors import UsageError
from huabao.log import get_logger

log = get_logger("dialects")

LOOK_S: Final = 2.0
"""How long a changed file may go unseen."""

DEPTH_MAX: Final = 8
"""Files that extend each other; more is a circle."""

T = TypeVar("T")
Stamp = tuple[tuple[str, int, int], ...]
Parse = Callable[[str, str, Callable[[str], T], str], T]
"""From a file's text, what it is called in messages, the reader of another by its name, and its own name."""


@dataclass
class _Kept(Generic[T]):
    found: T
    stamp: Stamp
    looked_at: float


class DataFolder(Generic[T]):
    """What the files of two folders say.

    Args:
        folder: of the operator's own files; it need not exist.
        built_in: of those that come with Huabao.
        name: the form of a name.
        parse: one file; raises UsageError where it cannot be used.
        falls_back: whether the built-in file of the same name is used while an own one was never readable.
        clock: seconds that never run backwards.
    """

    def __init__(self, folder: Path, built_in: Path, name: re.Pattern[str], parse: Parse[T], *, falls_back: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self.folder = folder
        self._built_in, self._name, self._parse, self._falls_back, self._clock = built_in, name, parse, falls_back, clock
        self._kept: dict[str, _Kept[T]] = {}

    def get(self, name: str) -> T:
        """What is in force under a name.

        Raises:
            UsageError: there is none of that name, or none was ever readable.
        """
        kept, now = self._kept.get(name), self._clock()
        if kept is not None and now - kept.looked_at < LOOK_S:
            return kept.found
        return self._look(name, kept, now)

    def names(self) -> list[str]:
        """Every name there is."""
        return sorted({path.stem for folder in (self._built_in, self.folder) for path in folder.glob("*.toml")})

    def usable(self) -> list[T]:
        """Everything that is in force."""
        found = []
        for name in self.names():
            try:
                found.append(self.get(name))
            except UsageError:  # a new one whose file cannot be used; `faults` says why
                continue
        return found

    def faults(self) -> dict[str, str]:
        """What is wrong with the operator's own files, by name."""
        found = {}
        for name in sorted(path.stem for path in self.folder.glob("*.toml")):
            try:
                self.read(name)
            except UsageError as error:
                found[name] = str(error)
        return found

    def read(self, name: str) -> T:
        """What the files say now.

        Raises:
            UsageError: there is none, or its file cannot be used.
        """
        return self._read(name, own=True, depth=0)

    def _look(self, name: str, kept: _Kept[T] | None, now: float) -> T:
        stamp = self._stamp()
        if kept is not None and kept.stamp == stamp:
            kept.looked_at = now
            return kept.found
        try:
            found = self.read(name)
        except UsageError as error:
            if kept is None and not (self._falls_back and (self._built_in / f"{name}.toml").is_file()):
                raise
            log.error("a dialect's file cannot be used; what was in force stays", dialect=name, reason=str(error))
            found = kept.found if kept else self._read(name, own=False, depth=0)
        self._kept[name] = _Kept(found, stamp, now)
        return found

    def _stamp(self) -> Stamp:
        """Changes whenever a file of the folder does."""
        try:
            return tuple(sorted((path.name, (seen := path.stat()).st_mtime_ns, seen.st_size) for path in self.folder.glob("*.toml")))
        except OSError:
            return ()

    def _read(self, name: str, *, own: bool, depth: int) -> T:
        path = self._path(name, own=own)
        if path is None:
            raise UsageError(f"there is no dialect {name!r}; there are {', '.join(self.names())}; your own go to {self.folder}")
        if depth > DEPTH_MAX:
            raise UsageError(f"{path}: extends: dialects extend each other in a circle")

        def parent(other: str) -> T:
            return self._read(other, own=own and other != name, depth=depth + 1)

        return self._parse(read_text(path), str(path), parent, name)

    def _path(self, name: str, *, own: bool) -> Path | None:
        folders = (self.folder, self._built_in) if own else (self._built_in,)
        if not self._name.fullmatch(name):
            return None
        return next((path for folder in folders if (path := folder / f"{name}.toml").is_file()), None)


def read_text(path: Path) -> str:
    """The text of a file.

    Raises:
        UsageError: it cannot be read, or is no UTF-8.
    """
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: is no UTF-8; save it as such") from error
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
