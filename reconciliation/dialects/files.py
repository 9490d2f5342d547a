"""Where dialects of MISC-like peers come from: the built-in files, and those that an operator puts into `<dialects>/misc/`.

Found and looked at again as the dialects of ports are (`delivery.dialects.folders`). A built-in file never stands in for
an own one that cannot be read: the same number may mean another thing there.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from delivery.dialects.folders import DataFolder
from reconciliation.dialects.reading import NAME, read_dialect
from reconciliation.dialects.tables import MISCDialect

BUILT_IN: Final = Path(__file__).parent
DEFAULT: Final = "misc-1.5.0"
FOLDER: Final = "misc"
"""Inside the operator's folder of dialects: those of MISC-like peers."""


class MISCDialects(DataFolder[MISCDialect]):
    """The dialects of one folder, over the built-in ones."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(folder, BUILT_IN, NAME, lambda text, source, _parent, name: read_dialect(text, source, name=name), falls_back=False, clock=clock)


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
