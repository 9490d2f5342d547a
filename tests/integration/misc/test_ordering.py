"""Orders that we ask MISC for: a real MISC in a process of its own calls back before it answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import func, select

from huabao.runtime import Runtime
from huabao.settings import SettingValue
from reconciliation.ordering.asked import AskedMISC
from reconciliation.outbox import Request, enqueue
from reconciliation.outbox.models import DONE, REFUSED, UNKNOWN, OutboundRequest
from reconciliation.outbox.sending import heal, work
from subscribers.models import Subscription, SubscriptionEvent
from tests.integration.misc.ground import ANNA, PAPER, add_peer, journal_rows, serving, states
from tests.integration.reconciliation.installing import later
from tests.integration.sandbox.running import MISCSandbox, misc


@contextmanager
def both(runtime: Runtime, *arguments: object, rules: list[Any] | None = None, folder: Path | None = None) -> Iterator[MISCSandbox]:
    """The platform's route, and a MISC that knows it and is known to it."""
    script: tuple[object, ...] = ()
    if rules is not None:
        assert folder is not None
        (folder / "rules.yaml").write_text(yaml.safe_dump(rules))
        script = ("--script", folder / "rules.yaml")
    with serving(runtime) as tcp_port, misc("--report-url", f"http://127.0.0.1:{tcp_port}/misc", *script, *arguments) as peer:
        add_peer(runtime, "misc", url=peer.url + "dsmp", sp_id="800123")
        yield peer


def ask(runtime: Runtime, kind: str = "order", key: str = "k1", msisdn: str = ANNA) -> None:
    """Write a request down and let the worker have it."""
    with runtime.transaction() as session:
        enqueue(session, Request("misc", kind, key, msisdn=msisdn, service_id=PAPER), now=runtime.now())
    work(runtime, "misc")


def requests(runtime: Runtime) -> list[tuple[str, str]]:
    """State and code of each request."""
    with runtime.transaction(read_only=True) as session:
        return [(row.state, row.code) for row in session.scalars(select(OutboundRequest).order_by(OutboundRequest.id))]


def under_way(runtime: Runtime) -> int:
    """How many requests MISC has not answered."""
    with runtime.transaction(read_only=True) as session:
        return session.scalar(select(func.count()).select_from(AskedMISC)) or 0


def test_the_call_comes_back_before_the_answer_and_is_taken_meanwhile(runtime: Runtime) -> None:
    with both(runtime) as peer:
        ask(runtime)
        assert (peer.orders(), states(runtime)) == ({(ANNA, PAPER): "active"}, {ANNA: "active"})
        ask(runtime, "cancel", "k2")
        assert (peer.orders(), states(runtime)) == ({(ANNA, PAPER): "cancelled"}, {ANNA: "cancelled"})
    assert requests(runtime) == [(DONE, "0"), (DONE, "0")]
    assert [(row.direction, row.verdict) for row in journal_rows(runtime)] == [("out", "asked"), ("in", "applied"), ("in", "done")] * 2
    assert under_way(runtime) == 0


def test_an_order_that_misc_refuses_after_its_call_is_undone(runtime: Runtime, tmp_path: Path) -> None:
    with both(runtime, rules=[{"when": {"nth": 1}, "do": {"late_code": 139}}, {"when": {"nth": 3}, "do": {"late_code": 139}}], folder=tmp_path) as peer:
        ask(runtime)
        assert (peer.orders(), states(runtime)) == ({}, {ANNA: "cancelled"})
        ask(runtime, "order", "k2")
        ask(runtime, "cancel", "k3")
        assert (peer.orders()[ANNA, PAPER], states(runtime)) == ("active", {ANNA: "active"}), "a cancellation is undone, too"
    assert requests(runtime) == [(REFUSED, "139"), (DONE, "0"), (REFUSED, "139")]
    assert under_way(runtime) == 0


@pytest.mark.parametrize("said", ["code", "late_code"])
def test_what_misc_may_not_cancel_holds(sqlite_runtime: Runtime, tmp_path: Path, said: str) -> None:
    """119: MISC is the order's master. Whether it says so at once or after its call, the order is what it was."""
    with both(sqlite_runtime, rules=[{"when": {"nth": 2}, "do": {said: 119}}], folder=tmp_path) as peer:
        ask(sqlite_runtime)
        ask(sqlite_runtime, "cancel", "k2")
        assert (peer.orders(), states(sqlite_runtime)) == ({(ANNA, PAPER): "active"}, {ANNA: "active"})
    assert requests(sqlite_runtime) == [(DONE, "0"), (REFUSED, "119")]


def test_a_refusal_before_any_call_changes_nothing(sqlite_runtime: Runtime) -> None:
    with both(sqlite_runtime, "--errors", "103=1") as peer:
        ask(sqlite_runtime)
        assert (peer.orders(), states(sqlite_runtime)) == ({}, {})
    assert requests(sqlite_runtime) == [(REFUSED, "103")]


def test_a_lost_answer_is_asked_for_again_and_nobody_is_ordered_twice(runtime: Runtime, tmp_path: Path) -> None:
    with both(runtime, rules=[{"when": {"nth": 1}, "do": {"drop": True}}], folder=tmp_path) as peer:
        ask(runtime)
        assert (requests(runtime)[0][0], states(runtime), under_way(runtime)) == (UNKNOWN, {ANNA: "active"}, 1)
        after = later(runtime, 3600)
        heal(after)
        work(after, "misc")
        assert peer.orders() == {(ANNA, PAPER): "active"}
    assert requests(runtime) == [(DONE, "118")]
    with runtime.transaction(read_only=True) as session:
        assert session.scalar(select(func.count()).select_from(SubscriptionEvent).where(SubscriptionEvent.event == "order")) == 1


def test_an_order_that_misc_had_before_us_is_ours_then(sqlite_runtime: Runtime) -> None:
    runtime = sqlite_runtime
    with both(runtime):
        ask(runtime)
        with runtime.transaction() as session:
            session.query(Subscription).delete()
            session.query(SubscriptionEvent).delete()
        ask(runtime, "order", "k2")
    assert (requests(runtime)[1], states(runtime)) == ((DONE, "118"), {ANNA: "active"})


def test_a_worker_that_is_killed_between_call_and_answer_is_made_up_for(runtime: Runtime) -> None:
    """What a kill leaves: the request left, the call was taken, nothing more is written down."""
    with both(runtime) as peer:
        ask(runtime)
        with runtime.transaction() as session:
            row = session.scalars(select(OutboundRequest)).one()
            row.state, row.answered_at, row.code, row.attempts = "asking", None, "", 0
            session.merge(SettingValue(name="outbox_silent_s", value=1.0, changed_at=runtime.now(), changed_by="test"))
        after = later(runtime, 3600)
        heal(after)
        after = later(runtime, 7200)
        work(after, "misc")
        assert peer.orders() == {(ANNA, PAPER): "active"}
    assert (requests(runtime), states(runtime)) == ([(DONE, "118")], {ANNA: "active"})


@pytest.mark.parametrize("kind", ["pause", "account"])
def test_what_misc_has_no_message_for_is_a_persons(sqlite_runtime: Runtime, kind: str) -> None:
    with both(sqlite_runtime):
        ask(sqlite_runtime, kind)
    assert requests(sqlite_runtime)[0][0] == "person"
