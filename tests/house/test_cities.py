"""Every page and every operation says what an account of one city gets of it, in one place."""

from __future__ import annotations

import pytest

from console.api.operations import OPERATIONS
from console.rights import PUBLIC, RIGHTS
from console.rights import cities as ways

PAGES = [one.name for one in RIGHTS if one.roles is not PUBLIC]


def test_every_route_and_operation_states_its_way_with_cities() -> None:
    assert ways.unstated(ways.PAGES, PAGES) == []
    assert ways.unstated(ways.OPERATIONS, [one.name for one in OPERATIONS]) == []


def test_no_way_is_stated_of_what_is_not_there() -> None:
    assert set(ways.PAGES) - set(PAGES) == set()
    assert set(ways.OPERATIONS) - {one.name for one in OPERATIONS} == set()


@pytest.mark.parametrize("table", [ways.PAGES, ways.OPERATIONS])
def test_each_way_has_a_reason(table: dict[str, ways.Way]) -> None:
    assert all(one.kind in ways.KINDS and one.why for one in table.values())


def test_what_is_shut_for_looking_at_is_shut_for_doing() -> None:
    for one in RIGHTS:
        if one.method == "POST" and one.name.endswith("_act") and one.name.removesuffix("_act") in ways.PAGES and ways.PAGES[one.name].is_open:
            assert ways.PAGES[one.name.removesuffix("_act")].is_open, one.name


def test_nobody_said_means_shut() -> None:
    assert not ways.page_way("a page of tomorrow").is_open
    assert not ways.operation_way("anOperationOfTomorrow").is_open
