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


def test_nobody_takes_a_lease_while_the_clock_is_in_doubt(runtime: Runtime) -> None:
    now = runtime.now()
    with runtime.transaction() as session:
        take_lease(session, "leader", "a", now=now, lease_s=10)
        later = now + timedelta(hours=1)
        assert take_lease(session, "leader", "b", now=later, lease_s=10, in_doubt=True) is None
        assert take_lease(session, "leader", "a", now=later, lease_s=10, in_doubt=True) == 2, "who held it goes on"
        assert take_lease(session, "leader", "b", now=later, lease_s=10) is None


def test_a_lease_that_a_clock_wrote_which_was_ahead_holds_nobody_up(runtime: Runtime) -> None:
    now = runtime.now()
    with runtime.transaction() as session:
        take_lease(session, "leader", "a", now=now + timedelta(hours=1), lease_s=10)
        assert lease_holder(session, "leader", now=now) is None
        assert take_lease(session, "leader", "b", now=now, lease_s=10) == 2
