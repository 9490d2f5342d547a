"""Leases: one holder, a fence that only grows."""

from datetime import timedelta

from huabao.leases import drop_lease, lease_holder, take_lease
from huabao.runtime import Runtime


def test_one_holder_until_it_falls_silent(runtime: Runtime) -> None:
    now = runtime.now()
    with runtime.transaction() as session:
        assert take_lease(session, "leader", "a", now=now, lease_s=10) == 1
    with runtime.transaction() as session:
        assert take_lease(session, "leader", "b", now=now + timedelta(seconds=9), lease_s=10) is None
        assert take_lease(session, "leader", "a", now=now + timedelta(seconds=9), lease_s=10) == 1
    with runtime.transaction() as session:
        assert take_lease(session, "leader", "b", now=now + timedelta(seconds=20), lease_s=10) == 2
        assert lease_holder(session, "leader", now=now + timedelta(seconds=21)) == "b"


def test_a_lease_given_back_is_free_at_once(runtime: Runtime) -> None:
    now = runtime.now()
    with runtime.transaction() as session:
        take_lease(session, "leader", "a", now=now, lease_s=10)
        drop_lease(session, "leader", "a", now=now)
        assert lease_holder(session, "leader", now=now) is None
        assert take_lease(session, "leader", "b", now=now, lease_s=10) == 2
