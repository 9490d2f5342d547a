"""Where dialects come from: the built-in files, and those that an operator puts beside his data.

A file of the same name in `<data_dir>/dialects/` (or `HUABAO_DIALECTS_DIR`) stands
in place of the built-in one; with `extends = "<its own name>"` it only adds to it.
It is looked at again every `LOOK_S`, so that a change takes hold without a restart;
a file that broke leaves in force what was read before.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from delivery.dialects.reading import NAME, read_dialect
from delivery.dialects.tables import Dialect
from huabao.config import get_config
from huabao.errors import UsageError
from huabao.log import get_logger

log = get_logger("dialects")

LOOK_S: Final = 2.0
"""How long a changed file may go unseen."""

BUILT_IN: Final = Path(__file__).parent
DEFAULT: Final = "3gpp"
DEFAULT_DIALECTS: Final[Mapping[str, str]] = {"mm7": DEFAULT, "smpp": "smpp"}
"""Of a port that names none, by its kind."""

DEPTH_MAX: Final = 8
"""Dialects that extend each other; more is a circle."""

Stamp = tuple[tuple[str, int, int], ...]


@dataclass
class _Kept:
    dialect: Dialect
    stamp: Stamp
    looked_at: float


class Dialects:
    """The dialects of one folder, over the built-in ones.

    Args:
        folder: of the operator's own files; it need not exist.
        clock: seconds that never run backwards.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.folder = folder
        self._clock = clock
        self._kept: dict[str, _Kept] = {}

    def get(self, name: str = DEFAULT) -> Dialect:
        """The dialect as it is in force.

        Raises:
            UsageError: there is none of that name.
        """
        kept, now = self._kept.get(name), self._clock()
        if kept is not None and now - kept.looked_at < LOOK_S:
            return kept.dialect
        return self._look(name, kept, now)

    def names(self) -> list[str]:
        """Every dialect there is."""
        return sorted({path.stem for folder in (BUILT_IN, self.folder) for path in folder.glob("*.toml")})

    def usable(self) -> list[Dialect]:
        """Every dialect that is in force."""
        found = []
        for name in self.names():
            try:
                found.append(self.get(name))
            except UsageError:  # a new one whose file cannot be used; `faults` says why
                continue
        return found

    def faults(self) -> dict[str, str]:
        """What is wrong with the operator's own files, by dialect."""
        found = {}
        for name in sorted(path.stem for path in self.folder.glob("*.toml")):
            try:
                self.read(name)
            except UsageError as error:
                found[name] = str(error)
        return found

    def read(self, name: str) -> Dialect:
        """The dialect as its files say now.

        Raises:
            UsageError: there is none, or its file cannot be used.
        """
        return self._read(name, own=True, depth=0)

    def _look(self, name: str, kept: _Kept | None, now: float) -> Dialect:
        stamp = self._stamp()
        if kept is not None and kept.stamp == stamp:
            kept.looked_at = now
            return kept.dialect
        try:
            found = self.read(name)
        except UsageError as error:
            if kept is None and not (BUILT_IN / f"{name}.toml").is_file():
                raise
            log.error("a dialect's file cannot be used; what was in force stays", dialect=name, reason=str(error))
            found = kept.dialect if kept else self._read(name, own=False, depth=0)
        self._kept[name] = _Kept(found, stamp, now)
        return found

    def _stamp(self) -> Stamp:
        """Changes whenever a file of the folder does."""
        try:
            return tuple(sorted((path.name, (seen := path.stat()).st_mtime_ns, seen.st_size) for path in self.folder.glob("*.toml")))
        except OSError:
            return ()

    def _read(self, name: str, *, own: bool, depth: int) -> Dialect:
        path = self._path(name, own=own)
        if path is None:
            raise UsageError(f"there is no dialect {name!r}; there are {', '.join(self.names())}")
        if depth > DEPTH_MAX:
            raise UsageError(f"{path}: extends: dialects extend each other in a circle")

        def parent(other: str) -> Dialect:
            return self._read(other, own=own and other != name, depth=depth + 1)

        return read_dialect(read_text(path), str(path), parent, name=name)

    def _path(self, name: str, *, own: bool) -> Path | None:
        folders = (self.folder, BUILT_IN) if own else (BUILT_IN,)
        if not NAME.fullmatch(name):
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


def own_folder() -> Path:
    """Where this installation's own files lie."""
    return get_config().dialects_folder


_dialects: dict[Path, Dialects] = {}


def dialects() -> Dialects:
    """The dialects of this installation."""
    folder = own_folder()
    found = _dialects.get(folder)
    if found is None:
        found = _dialects[folder] = Dialects(folder)
    return found


def dialect(name: str = DEFAULT) -> Dialect:
    """The dialect called `name`, as it is in force now.

    Raises:
        UsageError: there is none of that name.
    """
    return dialects().get(name)


def dialect_of(kind: str, options: Mapping[str, Any]) -> Dialect:
    """The tables of a port; those of its kind where its own are gone."""
    fallback = DEFAULT_DIALECTS.get(kind, DEFAULT)
    name = options.get("dialect") or fallback
    try:
        return dialect(name)
    except UsageError as error:
        log.error("a port's dialect cannot be used", dialect=name, reason=str(error))
        return dialect(fallback)
