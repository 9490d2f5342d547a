"""Where dialects come from: the built-in files, and those that an operator puts beside his data.

A file of the same name in `<data_dir>/dialects/` (or `HUABAO_DIALECTS_DIR`) stands
in place of the built-in one; with `extends = "<its own name>"` it only adds to it.
How files are found and looked at again: `folders`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from delivery.dialects.folders import LOOK_S, DataFolder, read_text
from delivery.dialects.reading import NAME, read_dialect
from delivery.dialects.tables import Dialect
from huabao.config import get_config
from huabao.errors import UsageError
from huabao.log import get_logger

__all__ = ["BUILT_IN", "DEFAULT", "LOOK_S", "Dialects", "dialect", "dialect_of", "dialects", "own_folder", "read_text"]

log = get_logger("dialects")

BUILT_IN: Final = Path(__file__).parent
DEFAULT: Final = "3gpp"
DEFAULT_DIALECTS: Final[Mapping[str, str]] = {"mm7": DEFAULT, "smpp": "smpp"}
"""Of a port that names none, by its kind."""


class Dialects(DataFolder[Dialect]):
    """The dialects of one folder, over the built-in ones."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(folder, BUILT_IN, NAME, lambda text, source, parent, name: read_dialect(text, source, parent, name=name), falls_back=True, clock=clock)


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
