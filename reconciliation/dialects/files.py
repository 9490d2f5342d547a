"""Where dialects come from: the built-in files, and those that an operator puts beside his data.

A file in `<dialects>/misc/` stands in place of the built-in one of its name, or is a
new one. It is looked at again every `LOOK_S`; a file that broke leaves in force
what was read before.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from huabao.errors import UsageError
from huabao.log import get_logger
from reconciliation.dialects.reading import NAME, read_dialect
from reconciliation.dialects.tables import MISCDialect

log = get_logger("dialects")

LOOK_S: Final = 2.0
BUILT_IN: Final = Path(__file__).parent
DEFAULT: Final = "misc-1.5.0"
FOLDER: Final = "misc"
"""Inside the operator's folder of dialects: those of MISC-like peers."""


@dataclass
class _Kept:
    dialect: MISCDialect
    stamp: tuple[str, int, int]
    looked_at: float


class MISCDialects:
    """The dialects of one folder, over the built-in ones.

    Args:
        folder: of the operator's own files; it need not exist.
        clock: seconds that never run backwards.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.folder = folder
        self._clock = clock
        self._kept: dict[str, _Kept] = {}

    def names(self) -> list[str]:
        """Every dialect there is."""
        return sorted({path.stem for folder in (BUILT_IN, self.folder) for path in folder.glob("*.toml")})

    def get(self, name: str) -> MISCDialect:
        """The dialect as it is in force.

        Raises:
            UsageError: there is none of that name, or none was ever readable.
        """
        kept, now = self._kept.get(name), self._clock()
        if kept is not None and now - kept.looked_at < LOOK_S:
            return kept.dialect
        path = self._path(name)
        try:
            stamp = _stamp(path)
            if kept is not None and kept.stamp == stamp:
                kept.looked_at = now
                return kept.dialect
            found = read_dialect(read_text(path), str(path), name=name)
        except UsageError as error:
            if kept is None:
                raise
            log.error("a dialect's file cannot be used; what was in force stays", dialect=name, reason=str(error))
            kept.looked_at = now
            return kept.dialect
        self._kept[name] = _Kept(found, stamp, now)
        return found

    def _path(self, name: str) -> Path:
        found = [path for folder in (self.folder, BUILT_IN) if NAME.fullmatch(name) and (path := folder / f"{name}.toml").is_file()]
        if not found:
            raise UsageError(f"there is no dialect {name!r} of MISC; there are {', '.join(self.names())}; your own go to {self.folder}")
        return found[0]


def _stamp(path: Path) -> tuple[str, int, int]:
    try:
        seen = path.stat()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
    return str(path), seen.st_mtime_ns, seen.st_size


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


_all: dict[Path, MISCDialects] = {}


def dialects_in(folder: Path) -> MISCDialects:
    """The dialects of an installation.

    Args:
        folder: its `Config.dialects_folder`.
    """
    own = folder / FOLDER
    found = _all.get(own)
    if found is None:
        found = _all[own] = MISCDialects(own)
    return found
