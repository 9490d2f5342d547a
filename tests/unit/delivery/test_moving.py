"""When a port's load may move, and to whom."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from delivery.ports import PortSettings
from delivery.ports.moving import ENVELOPE_BYTES, choose, resting_for_long
from huabao.hours import Hours

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)  # ten in the morning in Shanghai


def port(port_id: int = 1, **given: Any) -> PortSettings:
    return PortSettings(**{"port_id": port_id, "name": f"p{port_id}", "kind": "mm7", "url": "http://m/", "rate": 100.0, "burst": 3, **given})


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("given", "since", "moves"),
    [
        ({}, None, False),
        ({"state": "paused"}, ago(59), False),
        ({"state": "paused"}, ago(60), True),
        ({"state": "paused"}, None, True),
        ({"breaker": "open"}, ago(10), False),
        ({"breaker": "open"}, ago(600), True),
        ({"breaker": "probing"}, ago(600), False),
        ({"hours": Hours.parse("10:01-23:00")}, None, False),
        ({"hours": Hours.parse("12:00-23:00")}, None, True),
        ({"deferred_until": NOW + timedelta(seconds=30)}, None, False),
        ({"deferred_until": NOW + timedelta(hours=1)}, None, True),
        ({"service_codes": ("other",)}, ago(1), True),
        ({"service_codes": ("mine",)}, ago(1), False),
    ],
)
def test_only_a_long_rest_moves_the_load(given: dict[str, Any], since: datetime | None, moves: bool) -> None:
    found = resting_for_long(port(**given), since, NOW, 60.0, "mine")
    assert (found is not None) == moves
    assert found is None or found.reason


@pytest.mark.parametrize(
    ("targets", "loads", "size_bytes", "expected"),
    [
        ([port(1), port(2)], {}, 1000, 1),
        ([port(1), port(2)], {1: 500}, 1000, 2),
        ([port(1), port(2, rate=1000.0)], {1: 100, 2: 500}, 1000, 2),
        ([port(1, priority=1), port(2)], {2: 10**6}, 1000, 2),
        ([port(1, priority=1), port(2, options={"max_message_bytes": 5000})], {}, 1000, 1),
        ([port(2, options={"max_message_bytes": 1000 + ENVELOPE_BYTES})], {}, 1000, 2),
        ([port(2, options={"max_message_bytes": 999 + ENVELOPE_BYTES})], {}, 1000, None),
        ([], {}, 1000, None),
    ],
)
def test_who_takes_a_batch(targets: list[PortSettings], loads: dict[int, int], size_bytes: int, expected: int | None) -> None:
    found = choose(targets, loads, size_bytes)
    assert (None if found is None else found.port_id) == expected
