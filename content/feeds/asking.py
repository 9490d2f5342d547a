"""The job that asks one source."""

from __future__ import annotations

from huabao.errors import UsageError
from huabao.queues import Task
from huabao.runtime import Runtime


def _fetch(runtime: Runtime, *, publication: str, name: str) -> None:
    from content.feeds.gathering import fetch_sources

    try:
        fetch_sources(runtime, publication, (name,))
    except UsageError:
        return  # the source, or its publication, was taken away meanwhile


FETCH = Task("content.fetch_feed", _fetch, max_attempts=1, lease_s=900.0)
"""A try that fails is a failure of the source, and the next one comes soon."""
