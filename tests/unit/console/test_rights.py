"""One table says who may do what; nothing stands outside it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console import rights, web
from console.rights import ADMIN, EDITOR, GRANTS, KINDS, OPS, PUBLIC, RIGHTS, ROLES, SUPPORT, Grant, may, reach


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


CITIES = ["", "合肥", "蚌埠"]
GIVEN = st.builds(Grant, st.sampled_from(GRANTS), st.sampled_from(CITIES), st.sampled_from(["", *KINDS]))


@given(st.sampled_from([None, *ROLES]), st.sampled_from([None, *CITIES]), st.lists(GIVEN, max_size=4))
def test_no_grant_reaches_beyond_an_account_s_city_and_no_city_beyond_what_keeps_to_it(role: str | None, city: str | None, grants: list[Grant]) -> None:
    for one in RIGHTS:
        found = reach(role, city, grants, one.name)
        if one.roles is PUBLIC:
            assert found == ("",)
            continue
        assert role is not None or found == ()
        assert not city or set(found) <= {city}
        assert one.by_city or set(found) <= {""}
        assert not found or role in one.roles or any(grant.name == one.grant and grant.kind in ("", one.kind) for grant in grants)
        assert role not in one.roles or bool(found) == (not city or one.by_city)


def test_a_grant_opens_its_kind_and_its_city() -> None:
    assert reach(EDITOR, None, [Grant("statistics", "合肥", "recovery")], "recovery") == ("合肥",)
    assert reach(EDITOR, None, [Grant("statistics", "合肥"), Grant("statistics", "蚌埠", "recovery")], "recovery") == ("合肥", "蚌埠")
    assert reach(EDITOR, None, [Grant("statistics", "合肥", "month")], "recovery") == ()
    assert reach(EDITOR, "蚌埠", [Grant("statistics", "合肥", "recovery")], "recovery") == ()
    assert reach(OPS, None, [Grant("system")], "accounts") == ("",)
    assert reach(OPS, "合肥", [Grant("system")], "accounts") == (), "the whole house's, and he is of one city"
