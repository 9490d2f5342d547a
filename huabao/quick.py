"""Statements of hot paths: built and compiled once, run by the driver's own cursor, on PostgreSQL several in one round trip.

SQLAlchemy's way from an expression to a cursor costs more than a small statement takes, and a
round trip costs more than its answer. What many peers wait for goes by here: `ask` sends any
number of statements together and gives the rows of each. They take effect one after the other,
in the order given, each as though it had been sent alone.

Rows to be written travel as one text (JSON) on PostgreSQL, and by executemany on SQLite.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeVar, cast

from sqlalchemy import ARRAY, JSON, ColumnElement, Float, String, Table, TextClause, any_, bindparam, column, func, insert, select, text, update
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler

from huabao.db import is_postgres
from huabao.outages import fullness

Process = Callable[[Any], Any]
Key = TypeVar("Key", str, int)

_SQLITE: Final = sqlite_dialect(paramstyle="named")
_ROWS: Final = "bound_rows"
_FLOAT8: Final = 701
"""What PostgreSQL calls its type of a Float; the driver asks."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A statement with its values; `rows` where it is run for many."""

    quick: Quick
    values: Mapping[str, Any] = field(default_factory=dict)
    rows: Sequence[Mapping[str, Any]] | None = None


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A statement as one driver takes it; `results` are what is to be made of columns of its answer."""

    sql: str
    constants: Mapping[str, Any]
    binds: tuple[tuple[str, Process], ...]
    results: tuple[tuple[int, Process], ...]

    def bound(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The driver's values."""
        found = {**self.constants, **values}
        for name, process in self.binds:
            found[name] = process(found[name])
        return found

    def read(self, rows: Sequence[tuple[Any, ...]]) -> Sequence[tuple[Any, ...]]:
        """The driver's rows with values of ours."""
        if not self.results or not rows:
            return rows
        columns = list(zip(*rows, strict=True))
        for at, process in self.results:
            columns[at] = tuple(map(process, columns[at]))
        return list(zip(*columns, strict=True))


class Quick:
    """A Core statement with named binds.

    Args:
        build: called once as build(postgres) for each kind of database.
    """

    def __init__(self, build: Callable[[bool], Any]) -> None:
        self._build = build
        self._compiled: dict[bool, _Compiled] = {}

    def __call__(self, **values: Any) -> Asked:
        """The statement with these values."""
        return Asked(self, values)

    def over(self, rows: Sequence[Mapping[str, Any]]) -> Asked:
        """A statement of `insert_rows` or `update_rows` over these rows."""
        return Asked(self, rows=rows)

    def compiled(self, dialect: Dialect) -> _Compiled:
        """The statement for one kind of database."""
        postgres = dialect.name == "postgresql"
        found = self._compiled.get(postgres)
        if found is None:
            found = self._compiled[postgres] = _compile(self._build(postgres), dialect if postgres else _SQLITE)
        return found


def _compile(statement: Any, dialect: Dialect) -> _Compiled:
    made = cast(SQLCompiler, statement.compile(dialect=dialect))
    binds = [(name, bind.type.dialect_impl(dialect).bind_processor(dialect)) for name, bind in made.binds.items()]
    answer = statement.exported_columns if getattr(statement, "is_select", False) or getattr(statement, "_returning", ()) else ()
    results = [(at, one.type.dialect_impl(dialect).result_processor(dialect, _FLOAT8 if isinstance(one.type, Float) else None)) for at, one in enumerate(answer)]
    constants = {name: bind.effective_value for name, bind in made.binds.items() if not bind.required}
    return _Compiled(str(made), constants, _processes(binds), _processes(results))


def _processes(found: Iterable[tuple[Key, Process | None]]) -> tuple[tuple[Key, Process], ...]:
    return tuple((key, process) for key, process in found if process is not None)


def ask(session: Session, *asked: Asked) -> list[Sequence[tuple[Any, ...]]]:
    """Run statements in the order given; the rows of each, none of one that gives none.

    What the session has not flushed is not seen.

    Raises:
        DBAPIError: one failed; the transaction is over.
    """
    connection = session.connection()
    driver: Any = connection.connection.driver_connection
    ready = [(one.quick.compiled(connection.dialect), one) for one in asked]
    try:
        if not is_postgres(connection):
            return [_run(driver.cursor(), *each) for each in ready]
        if len(ready) == 1:
            return [_read(_sent(driver.cursor(), *ready[0]), ready[0][0])]
        with driver.pipeline():
            cursors = [_sent(driver.cursor(), *each) for each in ready]
        return [_read(cursor, statement) for cursor, (statement, _) in zip(cursors, ready, strict=True)]
    except connection.dialect.loaded_dbapi.Error as error:
        raise _said(connection, error, driver) from error


def _run(cursor: Any, statement: _Compiled, one: Asked) -> Sequence[tuple[Any, ...]]:
    """The rows on SQLite: read at once, since a cursor there looks for each row when it is asked for it."""
    if one.rows is None:
        cursor.execute(statement.sql, statement.bound(one.values))
    else:
        cursor.executemany(statement.sql, map(statement.bound, one.rows))
    return _read(cursor, statement)


def _sent(cursor: Any, statement: _Compiled, one: Asked) -> Any:
    values = statement.bound(one.values) if one.rows is None else {_ROWS: json.dumps(one.rows, default=_written)}
    return cursor.execute(statement.sql, values)


def _read(cursor: Any, statement: _Compiled) -> Sequence[tuple[Any, ...]]:
    return statement.read(cursor.fetchall()) if cursor.description else ()


def _said(connection: Connection, error: Exception, driver: Any) -> Exception:
    """A driver's error as SQLAlchemy says it; a connection that is lost is given up."""
    dialect = connection.dialect
    fullness.look(error)
    lost = dialect.is_disconnect(error, driver, None)  # type: ignore[arg-type]  # whichever of the driver's errors
    if lost:
        connection.invalidate(error)
    return DBAPIError.instance(None, None, error, dialect.loaded_dbapi.Error, hide_parameters=True, connection_invalidated=lost, dialect=dialect)


def _written(value: Any) -> str:
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    assert isinstance(value, datetime), "what JSON has no form for"
    assert value.tzinfo is not None, "an instant without offset"
    return value.isoformat()


def insert_rows(table: Table | Any, columns: Sequence[str]) -> Quick:
    """A statement that appends rows in their order; each holds exactly `columns`, and no default is filled in but the database's."""
    target = _table(table)

    def build(postgres: bool) -> Any:
        if not postgres:
            return _of_one(target, f"INSERT INTO {target.name} ({', '.join(map(_quoted, columns))}) VALUES ({', '.join(f':{name}' for name in columns)})", columns)  # noqa: S608  # names of our own tables
        bound = _recordset(target, columns)
        return insert(target).from_select(list(columns), select(*(bound.c[name] for name in columns)), include_defaults=False)

    return Quick(build)


def update_rows(table: Table | Any, key: str, columns: Sequence[str]) -> Quick:
    """A statement that sets `columns` of the rows of a table; each of ours holds them and `key`, the column by which it is found."""
    target = _table(table)

    def build(postgres: bool) -> Any:
        if not postgres:
            values = ", ".join(f"{_quoted(name)} = :{name}" for name in columns)
            return _of_one(target, f"UPDATE {target.name} SET {values} WHERE {_quoted(key)} = :{key}", (key, *columns))  # noqa: S608  # names of our own tables
        bound = _recordset(target, (key, *columns))
        return update(target).where(target.c[key] == bound.c[key]).values({name: bound.c[name] for name in columns})

    return Quick(build)


def _table(table: Table | Any) -> Table:
    return table if isinstance(table, Table) else table.__table__


def _of_one(table: Table, sql: str, columns: Sequence[str]) -> TextClause:
    """A statement about one row; SQLAlchemy's own would fill in defaults."""
    return text(sql).bindparams(*(bindparam(name, type_=table.c[name].type, required=True) for name in columns))


def _quoted(name: str) -> str:
    return _SQLITE.identifier_preparer.quote(name)


def _recordset(table: Table, columns: Sequence[str]) -> Any:
    rows = sql_cast(bindparam(_ROWS, type_=String), JSON)
    return func.json_to_recordset(rows).table_valued(*(column(name, table.c[name].type) for name in columns)).render_derived(name="bound", with_types=True)


def in_bound_texts(one: ColumnElement[Any] | Any, name: str, *, postgres: bool) -> ColumnElement[bool]:
    """`one` is among the texts bound to `name` by `bound_texts`, however many."""
    if postgres:
        return one == any_(bindparam(name, type_=ARRAY(String)))
    return one.in_(select(text("value")).select_from(func.json_each(bindparam(name, type_=String))))


def bound_texts(values: Iterable[str], *, postgres: bool) -> Any:
    """Texts as `in_bound_texts` wants them."""
    return list(values) if postgres else json.dumps(list(values))
