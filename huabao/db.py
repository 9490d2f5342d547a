"""The database: SQLite (WAL) in one process or PostgreSQL for many, one schema.

What differs between the two stands in this module: the type of an instant, how
a transaction begins, how many ids fit a clause and how rows are loaded in bulk.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    ColumnElement,
    DateTime,
    Dialect,
    Engine,
    FromClause,
    Integer,
    MetaData,
    String,
    Table,
    TypeDecorator,
    bindparam,
    cast,
    column,
    create_engine,
    event,
    func,
    literal,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Connection
from sqlalchemy.exc import InvalidatePoolError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

from huabao.clock import SteadyClock
from huabao.outages import fullness

BigKey = BigInteger().with_variant(Integer, "sqlite")
"""A 64-bit key that SQLite also counts up by itself."""

Document = JSON().with_variant(JSONB, "postgresql")
"""A JSON value."""

SQLITE_BUSY_MS = 30_000
"""How long a writer waits for another; the longest transaction of ours is a snapshot."""


SETS_MB = 64
"""What PostgreSQL may use for one step of a statement over a whole audience; its default of 4 goes to disk."""

PING_AFTER_S = 1.0
"""A connection that rested so long is tried before it is used."""


class UTCDateTime(TypeDecorator[datetime]):
    """An aware instant in UTC; a naive one is our mistake and refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        assert value.tzinfo is not None, "an instant without offset"
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The mother of all tables; the migrations are checked against its metadata."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UTCDateTime, dict[str, Any]: Document, list[Any]: Document}


def make_engine(url: str, *, pool_size: int = 10) -> Engine:
    """An engine for `url`; SQLite gets WAL, foreign keys and writers that queue up.

    On SQLite every transaction begins IMMEDIATE, so that two of them never
    dead-lock on the way from reading to writing.
    """
    if url.startswith("sqlite"):
        engine = create_engine(url, connect_args={"timeout": SQLITE_BUSY_MS / 1000, "check_same_thread": False}, hide_parameters=True)
        event.listen(engine, "connect", _sqlite_connect)
        _Writers().attend(engine)
        event.listen(engine, "handle_error", fullness.note)
        return engine
    engine = create_engine(url, pool_size=pool_size, max_overflow=pool_size, hide_parameters=True)
    event.listen(engine, "connect", _postgres_connect)
    _ping_after_rest(engine)
    event.listen(engine, "handle_error", fullness.note)
    return engine


def _ping_after_rest(engine: Engine) -> None:
    """Replace a connection that was lost while it rested; one just used is trusted, for a ping costs as much as a statement."""
    dialect = engine.dialect

    def checkin(_connection: Any, record: Any) -> None:
        record.info["used_at"] = time.monotonic()

    def checkout(connection: Any, record: Any, _proxy: Any) -> None:
        if time.monotonic() - record.info.get("used_at", math.inf) < PING_AFTER_S:
            return
        try:
            dialect.do_ping(connection)
        except dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError("a connection was lost while it rested") from error

    event.listen(engine, "checkin", checkin)
    event.listen(engine, "checkout", checkout)


def _postgres_connect(connection: Any, _record: Any) -> None:
    """No compiling of statements: it takes longer than our longest ones run, and their plans are not kept."""
    connection.execute("SET jit = off")
    connection.commit()


def _sqlite_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    # FULL: what was written down before a message left, and what was acknowledged to an MMSC, outlives a power cut.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={SQLITE_BUSY_MS}", "cache_size=-65536"):
        connection.execute(f"PRAGMA {pragma}")


def keep_time(engine: Engine, clock: SteadyClock, *, every_s: float) -> SteadyClock:
    """Keep `clock` by the server's clock, looked at with the next transaction once `every_s` have passed."""

    def look(connection: Connection) -> None:
        if clock.looked_s_ago >= every_s:
            ask(connection)

    def ask(connection: Connection) -> None:
        began = time.monotonic()
        at = connection.exec_driver_sql("SELECT extract(epoch FROM clock_timestamp())::float8").scalar_one()
        took_s = time.monotonic() - began
        clock.observe(at + took_s / 2, within_s=took_s)

    def now() -> None:
        with suppress(OperationalError), engine.connect() as connection:
            ask(connection)

    event.listen(engine, "begin", look)
    clock.look = now
    return clock


class _Writers:
    """The writers of one process take turns before they ask SQLite for its one write lock.

    SQLite lets those who wait poll for the lock with growing pauses; under load the
    unlucky one starves for minutes. A turn ends when its connection goes back to the pool.
    """

    def __init__(self) -> None:
        self._turn = threading.Lock()

    def attend(self, engine: Engine) -> None:
        """Begin transactions on `engine` in turns."""
        event.listen(engine, "begin", self._begin)
        event.listen(engine, "checkin", self._end)
        event.listen(engine, "invalidate", lambda connection, record, _error: self._end(connection, record))

    def _begin(self, connection: Connection) -> None:
        if connection.get_execution_options().get("huabao_read_only", False):
            connection.exec_driver_sql("BEGIN")
            return
        if not connection.info.get("turn"):
            connection.info["turn"] = self._turn.acquire(timeout=SQLITE_BUSY_MS / 1000)
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    def _end(self, _connection: Any, record: Any) -> None:
        if record.info.pop("turn", False):
            self._turn.release()


def data_version(connection: Connection) -> int | None:
    """A number that changes when another connection, of whatever process, writes to this SQLite database; None on PostgreSQL."""
    if is_postgres(connection):
        return None
    cursor = connection.connection.cursor()  # in no transaction, which would cost ten times as much
    cursor.execute("PRAGMA data_version")
    return int(cursor.fetchone()[0])  # type: ignore[index]  # it always answers


def database_name(engine: Engine) -> str:
    """Its address as a person may see it: without password, and without what else an address may carry."""
    return engine.url.set(query={}).render_as_string(hide_password=True)


def is_postgres(bind: Session | Connection | Engine) -> bool:
    """Whether `bind` speaks to PostgreSQL."""
    connection = bind.connection() if isinstance(bind, Session) else bind
    return connection.dialect.name == "postgresql"


@contextmanager
def transaction(sessions: sessionmaker[Session], *, read_only: bool = False, still: bool = False) -> Iterator[Session]:
    """One transaction: committed at the end, rolled back by any exception.

    `read_only` lets SQLite read beside a writer. `still`: everything is seen as it was at the
    first look, as SQLite always does it, so that what is counted twice is the same.
    """
    with sessions() as session:
        if read_only:
            isolation = {"isolation_level": "REPEATABLE READ"} if still and session.get_bind().dialect.name == "postgresql" else {}
            session.connection(execution_options={"huabao_read_only": True, **isolation})
        with session.begin() if not session.in_transaction() else _open(session):
            yield session


@contextmanager
def _open(session: Session) -> Iterator[None]:
    try:
        yield
    except BaseException:
        session.rollback()
        raise
    session.commit()


def give_room(session: Session) -> None:
    """Let the statements of this transaction that join and group millions of rows do so in memory: `SETS_MB` for each of their steps."""
    if is_postgres(session):
        session.execute(text(f"SET LOCAL work_mem = '{SETS_MB}MB'"))


def in_ids(session: Session, column: ColumnElement[int] | Any, ids: Sequence[int]) -> ColumnElement[bool]:
    """`column` is one of `ids`, however many: one bound array on PostgreSQL, one JSON text on SQLite."""
    postgres = is_postgres(session)
    return in_bound_ids(column, literal(bound_ids(ids, postgres=postgres), String), postgres=postgres)


def in_bound_ids(column: ColumnElement[int] | Any, ids: ColumnElement[str], *, postgres: bool) -> ColumnElement[bool]:
    """`column` is one of the ids in `ids`, a bound text of `bound_ids`; for statements that are built once."""
    if postgres:
        return column == func.any(cast(ids, ARRAY(BigInteger)))
    return column.in_(select(text("value")).select_from(func.json_each(ids)))


def bound_ids(ids: Iterable[int], *, postgres: bool) -> str:
    """Ids as one text, however many: it binds faster than a list."""
    return ("{%s}" if postgres else "[%s]") % ",".join(map(str, ids))


def bound_table(names: Sequence[str]) -> FromClause:
    """Rows of integers bound by `bind_table` as a table to join, on PostgreSQL; for statements that are built once."""
    arrays = (cast(bindparam(f"{name}_rows", type_=String), ARRAY(BigInteger)) for name in names)
    return func.unnest(*arrays).table_valued(*(column(name, BigInteger) for name in names)).render_derived(name="bound")


def bind_table(columns: Mapping[str, Sequence[int]]) -> dict[str, str]:
    """The parameters of `bound_table`: a column of equally many integers for each name."""
    return {f"{name}_rows": bound_ids(values, postgres=True) for name, values in columns.items()}


def bulk_insert(session: Session, table: Table | Any, rows: Iterable[Mapping[str, Any]], *, columns: Sequence[str]) -> int:
    """Append rows as fast as the database allows: COPY on PostgreSQL, executemany on SQLite.

    Args:
        table: a Table or a mapped class.
        rows: mappings that hold exactly `columns`.

    Returns:
        how many rows were written.
    """
    target: Table = table if isinstance(table, Table) else table.__table__
    session.flush()
    dialect = session.connection().dialect
    binders = [target.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in columns]
    bound = ([bind(row[name]) if bind else row[name] for name, bind in zip(columns, binders, strict=True)] for row in rows)
    cursor = session.connection().connection.cursor()
    if not is_postgres(session):
        # The driver's own executemany: through SQLAlchemy each row costs five times as much.
        cursor.executemany(f"INSERT INTO {target.name} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})", bound)  # type: ignore[arg-type]  # noqa: S608  # sqlite3 streams any iterable; names of our own tables
        return max(int(cursor.rowcount), 0)
    count = 0
    statement = f"COPY {target.name} ({', '.join(columns)}) FROM STDIN"
    with cursor.copy(statement) as copy:
        for row in bound:
            copy.write_row(row)
            count += 1
    return count
