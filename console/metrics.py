"""`/metrics`: what the database says (`monitoring.metrics`), and what this process answered."""

from __future__ import annotations

import time
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from huabao import __version__
from huabao.queues import Registry
from huabao.runtime import Runtime
from monitoring.metrics import families

_OURS = CollectorRegistry(auto_describe=False)
_REQUESTS = Counter("huabao_http_requests", "Requests to pages, by route and class of answer.", ("route", "status"), registry=_OURS)
_SECONDS = Histogram("huabao_http_request_seconds", "How long pages took.", ("route",), buckets=(0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 10.0), registry=_OURS)


def count_request(route: str, status: int, seconds: float) -> None:
    """Count one answer; `route` is a name of `console.rights`, so there are as many as there are routes."""
    _REQUESTS.labels(route, f"{status // 100}xx").inc()
    _SECONDS.labels(route).observe(seconds)


class _DatabaseCollector(Collector):
    def __init__(self, runtime: Runtime, registry: Registry) -> None:
        self.runtime = runtime
        self.tasks = frozenset(registry.tasks)

    def collect(self) -> Iterator[Metric]:
        began = time.monotonic()
        with self.runtime.transaction(read_only=True) as session:
            yield from families(session, self.runtime.now(), self.tasks)
        made = GaugeMetricFamily("huabao_info", "This release.", labels=("version", "database"))
        made.add_metric((__version__, self.runtime.engine.dialect.name), 1)
        yield made
        yield GaugeMetricFamily("huabao_scrape_seconds", "How long the database took to answer this.", value=time.monotonic() - began)


def exposition(runtime: Runtime, registry: Registry) -> bytes:
    """All metrics in Prometheus' text form.

    Spec: Prometheus text exposition format 0.0.4.
    """
    registered = CollectorRegistry(auto_describe=False)
    registered.register(_DatabaseCollector(runtime, registry))
    return generate_latest(registered) + generate_latest(_OURS)
