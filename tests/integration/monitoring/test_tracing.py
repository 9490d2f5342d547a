"""A send's trace from approval to report: over processes, as a real OTLP/HTTP receiver gets it; and nothing at all while it is off."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from sqlalchemy import select

from huabao import tracing
from huabao.config import Config
from huabao.runtime import Runtime
from huabao.tracing import TraceContext
from tests.integration.monitoring.conftest import Hook, House


@pytest.fixture
def traced(hook: Hook) -> Iterator[Hook]:
    """A collector, and this process tracing to it."""
    tracing.begin(Config(otlp_endpoint=f"{hook.url}/v1/traces", otlp_sample=1.0, otlp_batch_share=1.0))
    yield hook
    tracing.begin(Config())


def _spans(hook: Hook) -> dict[str, Span]:
    tracing.flush()
    found = {}
    for path, headers, body in hook.calls:
        assert (path, headers["content-type"]) == ("POST /v1/traces", "application/x-protobuf")
        told = ExportTraceServiceRequest.FromString(body)
        found.update({span.name: span for resource in told.resource_spans for scope in resource.scope_spans for span in scope.spans})
    return found


def _elsewhere() -> None:
    """As in another process: nothing is known but what the table says."""
    tracing._parents.clear()


def _kept(runtime: Runtime, kind: str, object_id: int) -> str:
    with runtime.transaction(read_only=True) as session:
        return tracing.kept(session, kind, object_id)


def test_one_trace_goes_on_from_process_to_process(house: House, traced: Hook) -> None:
    runtime = house.runtime
    with tracing.span("edition.approve", edition=3) as one, runtime.transaction() as session:
        one.keep(session, tracing.EDITION, 3, at=house.now)
    _elsewhere()
    with tracing.span("dispatch.create", lambda: _kept(runtime, tracing.EDITION, 3)) as one, runtime.transaction() as session:
        one.keep(session, tracing.DISPATCH, 7, at=house.now)
    for name in ("batch.send", "reports.fold"):
        _elsewhere()
        with tracing.span(name, lambda: _kept(runtime, tracing.DISPATCH, 7), share_of=11, dispatch=7):
            pass
    spans = _spans(traced)
    assert {span.trace_id for span in spans.values()} == {spans["edition.approve"].trace_id}
    assert spans["dispatch.create"].parent_span_id == spans["edition.approve"].span_id
    assert spans["batch.send"].parent_span_id == spans["reports.fold"].parent_span_id == spans["dispatch.create"].span_id
    assert {one.key: one.value.int_value for one in spans["batch.send"].attributes} == {"dispatch": 7}


def test_a_dispatch_that_is_not_sampled_is_in_no_process(house: House, traced: Hook) -> None:
    tracing.begin(Config(otlp_endpoint=f"{traced.url}/v1/traces", otlp_sample=0.0, otlp_batch_share=1.0))
    with tracing.span("dispatch.create") as one, house.runtime.transaction() as session:
        one.keep(session, tracing.DISPATCH, 8, at=house.now)
    tracing.begin(Config(otlp_endpoint=f"{traced.url}/v1/traces", otlp_sample=1.0, otlp_batch_share=1.0))
    with tracing.span("batch.send", lambda: _kept(house.runtime, tracing.DISPATCH, 8), share_of=1):
        pass
    assert _spans(traced) == {}


def test_of_many_batches_the_same_share_is_chosen_everywhere() -> None:
    chosen = [one for one in range(20_000) if tracing._chosen(one, 0.02)]
    assert 300 < len(chosen) < 500
    assert [one for one in chosen if not tracing._chosen(one, 0.5)] == [], "who is in a small share is in a larger one"
    assert not any(tracing._chosen(one, 0.0) for one in range(1000)) and all(tracing._chosen(one, 1.0) for one in range(1000))


def test_off_asks_for_nothing_and_keeps_nothing(house: House) -> None:
    tracing.begin(Config())

    def parent() -> str:
        raise AssertionError("asked although traces are off")

    with tracing.span("batch.send", parent, share_of=1) as one, house.runtime.transaction() as session:
        one.keep(session, tracing.DISPATCH, 9, at=house.now)
        assert session.scalars(select(TraceContext)).all() == []
    assert tracing.span("a") is tracing.span("b"), "no object is made"


def test_off_imports_nothing() -> None:
    said = "import sys, console.registry, huabao.tracing as t\nwith t.span('x'): pass\nprint([one for one in sys.modules if one.startswith('opentelemetry')])"
    assert subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True).stdout.strip() == "[]"
