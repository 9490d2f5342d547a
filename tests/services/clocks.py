"""The same runtime at another time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from huabao.runtime import Runtime


def moved(runtime: Runtime, **later: float) -> Runtime:
    """`runtime` with its clock moved, e.g. by hours=2; it shares the database."""
    before = runtime.clock
    return replace(runtime, clock=lambda: before() + timedelta(**later))
