"""A dispatch's life: what can happen, what cannot, and that every life can end, whatever anybody asks for and when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

import console.registry
from delivery import lifecycle
from delivery.lifecycle import CLOSED, DRAFT, DRAINING, ENDED, PEOPLE_ACT, SENDING, STATES, SYSTEM, TRANSITIONS, UNSENT
from delivery.models import Dispatch, DispatchTransition
from huabao.audit import AuditEntry
from huabao.db import Base
from huabao.errors import StoreError

VERBS = sorted({verb for after in TRANSITIONS.values() for verb in after})
BEGIN = datetime(2026, 11, 22, 22, 0, tzinfo=UTC)


def reachable(state: str) -> set[str]:
    found = {state}
    while True:
        more = {after for one in found for after in TRANSITIONS[one].values()} | found
        if more == found:
            return found
        found = more


def test_every_state_is_in_the_table_and_can_be_reached() -> None:
    assert set(TRANSITIONS) == set(STATES)
    assert reachable(DRAFT) == set(STATES)


@pytest.mark.parametrize("state", STATES)
def test_every_life_can_end(state: str) -> None:
    assert reachable(state) & {CLOSED, *ENDED}


@pytest.mark.parametrize("state", STATES)
def test_whatever_may_still_leave_can_be_stopped(state: str) -> None:
    stoppable = {"cancel", "kill"} <= TRANSITIONS[state].keys()
    assert stoppable == (state in UNSENT)


def test_nothing_leaves_after_the_end() -> None:
    for state in (CLOSED, *ENDED):
        assert TRANSITIONS[state] == {}


def test_people_do_not_open_verify_or_close() -> None:
    assert set(VERBS) - set(PEOPLE_ACT) == {"plan", "seed", "open", "shut", "wait", "sent", "again", "expire", "verify", "close"}
    assert set(PEOPLE_ACT) <= set(VERBS)


def test_nothing_is_sent_that_was_not_released() -> None:
    assert {before for before, after in TRANSITIONS.items() if SENDING in after.values()} == {lifecycle.RELEASED, lifecycle.PAUSED, DRAINING}


class DispatchLife(RuleBasedStateMachine):
    """Anybody asks for anything at any time; the row and its history never contradict each other."""

    @initialize()
    def begin(self) -> None:
        console.registry.import_models()
        self.engine = create_engine("sqlite://")
        Base.metadata.create_all(self.engine, tables=[Base.metadata.tables[name] for name in ("dispatches", "dispatch_transitions", "audit_entries", "editions", "edition_approvals")])
        self.session = Session(self.engine)
        self.now = BEGIN
        self.dispatch = Dispatch(edition_id=1, edition_version_id=1, service_id="s", day=BEGIN.date(), state=DRAFT, start_at=BEGIN, created_at=BEGIN, created_by="t")
        self.session.add(self.dispatch)
        self.session.flush()
        lifecycle.note_created(self.session, self.dispatch, by="t", at=BEGIN)
        self.visited = [DRAFT]
        self.notes = 0

    @rule(verb=st.sampled_from(VERBS), wait_s=st.integers(0, 3600), by=st.sampled_from(["mei", SYSTEM]))
    def ask(self, verb: str, wait_s: int, by: str) -> None:
        self.now += timedelta(seconds=wait_s)
        before = self.dispatch.state
        possible = verb in TRANSITIONS[before]
        try:
            lifecycle.act(self.session, self.dispatch, verb, by=by, at=self.now, reason=f"{verb}!")
        except StoreError as refused:
            assert not possible
            assert before in str(refused)
            assert self.dispatch.state == before
        else:
            assert possible
            self.visited.append(self.dispatch.state)

    @rule()
    def note(self) -> None:
        lifecycle.note(self.session, self.dispatch, by=SYSTEM, at=self.now, reason="a step")
        self.session.flush()
        self.notes += 1

    @invariant()
    def an_end_is_an_end(self) -> None:
        for at, state in enumerate(self.visited):
            if state in (*ENDED, CLOSED):
                assert at == len(self.visited) - 1

    @invariant()
    def the_times_are_those_of_the_states(self) -> None:
        assert (self.dispatch.started_at is not None) == (SENDING in self.visited)
        last = max((at for at, state in enumerate(self.visited) if state == SENDING), default=-1)
        assert (self.dispatch.sent_at is not None) == bool({DRAINING, *ENDED} & set(self.visited[last + 1 :]))
        assert (self.dispatch.closed_at is not None) == (CLOSED in self.visited)
        times = [one for one in (self.dispatch.started_at, self.dispatch.sent_at, self.dispatch.closed_at) if one is not None]
        assert times == sorted(times)

    @invariant()
    def every_change_is_written_down(self) -> None:
        rows = self.session.scalars(select(DispatchTransition).order_by(DispatchTransition.id)).all()
        changes = [row for row in rows if row.before != row.after]
        assert [row.after for row in changes] == self.visited
        assert [row.before for row in changes] == ["", *self.visited[:-1]]
        assert all(row.by for row in rows)
        assert all(row.reason for row in rows)
        assert len(rows) == len(self.session.scalars(select(AuditEntry.id)).all()) == len(self.visited) + self.notes
        last = lifecycle.last_transition(self.session, self.dispatch.id)
        assert last is not None
        assert last.after == self.dispatch.state

    def teardown(self) -> None:
        if hasattr(self, "session"):
            self.session.close()
            self.engine.dispose()


TestDispatchLife = DispatchLife.TestCase
TestDispatchLife.settings = settings(max_examples=30, stateful_step_count=25)
