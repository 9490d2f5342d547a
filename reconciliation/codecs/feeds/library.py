"""Finding dialects by name: those that come with Huabao, and an operator's own before them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from huabao.errors import UsageError
from reconciliation.codecs.feeds.dialect import NAME, FeedDialect, read_dialect

BUILT_IN: Final = Path(__file__).parent


def dialect_names(own: Path | None = None) -> list[str]:
    """Every dialect there is."""
    return sorted({path.stem for folder in (BUILT_IN, own) if folder is not None for path in folder.glob("*.toml")})


def find_dialect(name: str, own: Path | None = None) -> FeedDialect:
    """The dialect called `name`, as its file is now.

    Args:
        own: folder of the operator's own files; one of the same name stands in place of a built-in one.

    Raises:
        UsageError: there is none, or its file cannot be used.
    """
    for folder in (own, BUILT_IN):
        path = None if folder is None or not NAME.fullmatch(name) else folder / f"{name}.toml"
        if path is not None and path.is_file():
            try:
                return read_dialect(path.read_text("utf-8"), str(path), name=name)
            except (OSError, UnicodeDecodeError) as error:
                raise UsageError(f"{path}: cannot be read as UTF-8 text") from error
    raise UsageError(f"there is no dialect {name[:60]!r}; there are {', '.join(dialect_names(own))}")
