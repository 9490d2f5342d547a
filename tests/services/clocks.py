"""A runtime whose clock stands where a test puts it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from huabao.clock import SHANGHAI
from huabao.runtime import Runtime


def local(text: str) -> datetime:
    """A time of Shanghai."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)


def at(runtime: Runtime, when: str | datetime) -> Runtime:
    """The same installation at another instant (a text means Shanghai)."""
    instant = local(when) if isinstance(when, str) else when
    return replace(runtime, clock=lambda: instant)


def moved(runtime: Runtime, **later: float) -> Runtime:
    """The same installation so much later, e.g. by hours=2; its clock goes on from there."""
    before = runtime.clock
    return replace(runtime, clock=lambda: before() + timedelta(**later))
