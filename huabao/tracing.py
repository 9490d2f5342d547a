"""Traces of a send from its approval to its reports, across processes, for whoever runs a collector; off by default.

Off means that nothing is imported, kept or asked: a `span` is one look at a variable. On
(`HUABAO_OTLP_ENDPOINT`), spans leave by OTLP over HTTP in the background. Where a trace goes on in another
process stands in a table (`TraceContext`): an approval's for its dispatch, a dispatch's for its batches and reports.
A dispatch is traced by its share (`HUABAO_OTLP_SAMPLE`), of a traced one a share of the batches and reports. No span
names a reader.

Spec: W3C Trace Context 3.2 (traceparent), OpenTelemetry Protocol 1 (OTLP/HTTP).
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Index, String, delete, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from huabao.db import Base, BigKey, is_postgres

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span

    from huabao.config import Config

EDITION, DISPATCH = "edition", "dispatch"

KEEP = timedelta(days=7)
"""Reports that come later belong to no trace."""

PARENTS_KEPT: Final = 256


class TraceContext(Base):
    """Where the trace of something goes on in another process; written only while traces are on.

    Attributes:
        kind: edition or dispatch.
        parent: a W3C traceparent.
    """

    __tablename__ = "trace_contexts"
    __table_args__ = (Index("ix_trace_contexts_at", "at"),)

    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    object_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    parent: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime]


@dataclass(frozen=True)
class _Wanted:
    """Where spans go, and how many."""

    endpoint: str
    sample: float
    batch_share: float


_wanted: _Wanted | None = None
"""None: traces are off."""


def begin(config: Config) -> None:
    """Trace from now on where the installation says so; a process asks once, before anything is traced."""
    global _wanted  # one switch a process, so that off costs nothing
    _wanted = _Wanted(config.otlp_endpoint, config.otlp_sample, config.otlp_batch_share) if config.otlp_endpoint else None


def is_on() -> bool:
    """Whether anything is traced."""
    return _wanted is not None


@lru_cache(maxsize=2)
def _provider(wanted: _Wanted, _process: int) -> TracerProvider:
    """The exporter of this process; a fork has one of its own, for threads do not outlive it."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

    made = TracerProvider(sampler=ParentBased(TraceIdRatioBased(wanted.sample)), resource=Resource.create({"service.name": "huabao", "process.pid": os.getpid()}))
    made.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=wanted.endpoint, timeout=10)))
    return made


def flush() -> None:
    """Send what waits; a process that ends does so by itself."""
    if _wanted is not None:
        _provider(_wanted, os.getpid()).force_flush()


# --- spans -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Traced:
    """A span that runs, or nothing where it is not traced."""

    span: Span | None = None

    def keep(self, session: Session, kind: str, object_id: int, *, at: datetime) -> None:
        """Let the trace of that object go on from here, in whatever process; the newest word counts."""
        if self.span is None:
            return
        context = self.span.get_span_context()
        parent = f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"
        adding = (postgres_insert if is_postgres(session) else sqlite_insert)(TraceContext).values(kind=kind, object_id=object_id, parent=parent, at=at)
        session.execute(adding.on_conflict_do_update(index_elements=["kind", "object_id"], set_={"parent": parent, "at": at}))
        session.execute(delete(TraceContext).where(TraceContext.at < at - KEEP))
        _parents.pop((kind, object_id), None)


_NOTHING: Final = nullcontext(Traced())
_parents: dict[tuple[str, int], str] = {}


def span(name: str, parent: Callable[[], str] | None = None, *, share_of: int | None = None, **attributes: Any) -> AbstractContextManager[Traced]:
    """What runs inside is a span.

    Args:
        parent: gives what `kept` says; asked only where traces are on. Without it the span goes on with the one around it.
        share_of: a number by which one of many is chosen, always the same ones; None takes it in any case.
        attributes: what is told of it; no reader, no number, no text.
    """
    if _wanted is None or (share_of is not None and not _chosen(share_of, _wanted.batch_share)):
        return _NOTHING
    return _span(_wanted, name, parent, attributes)


@contextmanager
def _span(wanted: _Wanted, name: str, parent: Callable[[], str] | None, attributes: dict[str, Any]) -> Iterator[Traced]:
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    told = parent() if parent is not None else ""
    context = TraceContextTextMapPropagator().extract({"traceparent": told}) if told else None
    with _provider(wanted, os.getpid()).get_tracer("huabao").start_as_current_span(name, context=context, attributes=attributes) as running:
        yield Traced(running)


def _chosen(number: int, share: float) -> bool:
    return zlib.crc32(number.to_bytes(8, "big", signed=True)) < share * 2**32


def kept(session: Session, kind: str, object_id: int) -> str:
    """Where the trace of that object goes on, or "" where it has none; asked once for each, an object's trace does not change while it is sent."""
    if _wanted is None:
        return ""
    found = _parents.get((kind, object_id))
    if found is None:
        found = session.scalar(select(TraceContext.parent).where(TraceContext.kind == kind, TraceContext.object_id == object_id)) or ""
        if found:
            while len(_parents) >= PARENTS_KEPT:
                _parents.pop(next(iter(_parents)), None)
            _parents[kind, object_id] = found
    return found
