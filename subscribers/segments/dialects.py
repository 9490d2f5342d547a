"""One expression with a form for each database.

A rule is turned into SQL without knowing where it will run; where the two
databases differ (JSON, text order) both forms are kept and the compiler picks.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, ColumnElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from subscribers.models import Reader


class ByDialect(ColumnElement[bool]):
    """A condition on `Reader` in two forms; both must mean the same and neither may be NULL."""

    inherit_cache = False
    type = Boolean()

    def __init__(self, *, sqlite: ColumnElement[bool], postgresql: ColumnElement[bool]) -> None:
        self.sqlite = sqlite
        self.postgresql = postgresql

    @property
    def _from_objects(self) -> list[Any]:
        return [Reader.__table__]


@compiles(ByDialect, "sqlite")
def _on_sqlite(element: ByDialect, compiler: SQLCompiler, **options: Any) -> str:
    return f"({compiler.process(element.sqlite, **options)})"


@compiles(ByDialect, "postgresql")
def _on_postgresql(element: ByDialect, compiler: SQLCompiler, **options: Any) -> str:
    return f"({compiler.process(element.postgresql, **options)})"
