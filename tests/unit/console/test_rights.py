"""One table says who may do what; nothing stands outside it."""

from __future__ import annotations

import pytest

from console import rights, web
from console.rights import ADMIN, EDITOR, OPS, PUBLIC, RIGHTS, ROLES, SUPPORT, may


def test_every_right_has_a_page_and_every_page_a_right() -> None:
    assert {one.name for one in RIGHTS} == set(web.PAGES)
    assert len({(one.method, one.path) for one in RIGHTS}) == len(RIGHTS)


def test_every_post_is_known_by_its_name() -> None:
    assert all((one.method == "POST") == one.name.endswith("_act") for one in RIGHTS)


@pytest.mark.parametrize("one", RIGHTS, ids=lambda one: one.name)
def test_nobody_signed_in_may_call_public_pages_only(one: rights.Right) -> None:
    assert may(None, one.name) == (one.roles is PUBLIC)
    assert one.roles is PUBLIC or one.roles <= frozenset(ROLES)


@pytest.mark.parametrize(("role", "allowed"), [(EDITOR, False), (SUPPORT, False), (OPS, True), (ADMIN, True)])
def test_steering_is_for_those_who_run_the_sending(role: str, allowed: bool) -> None:
    assert may(role, "steer") is allowed
    assert may(role, "steer_act") is allowed
    assert may(role, "dispatch")
