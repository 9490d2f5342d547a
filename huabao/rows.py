"""Rows bound as one parameter, for PostgreSQL: one statement, prepared once, whatever the number of rows.

A statement with a place for each value is another one for each number of rows, and is taken apart by the driver each time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import JSON, FromClause, String, bindparam, cast, column, func
from sqlalchemy.types import TypeEngine


def bound_rows(columns: Mapping[str, TypeEngine[Any]]) -> FromClause:
    """Rows bound by `bind_rows` as a table of these columns; for statements that are built once."""
    rows = func.json_to_recordset(cast(bindparam("rows", type_=String), JSON))
    return rows.table_valued(*(column(name, kind) for name, kind in columns.items())).render_derived(name="bound", with_types=True)


def bind_rows(rows: Sequence[Mapping[str, object]]) -> dict[str, str]:
    """The parameter of `bound_rows`: values as JSON has them."""
    return {"rows": json.dumps(rows)}
