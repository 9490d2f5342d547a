"""The ledger tells a resend that was asked for from one that nobody can explain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from delivery.dispatch import planning as dispatches
from delivery.dispatch.planning import Request
from delivery.ledger import proof
from delivery.models import Dispatch, Resend
from huabao.runtime import Runtime
from tests.integration.resend.ground import ask, problems
from tests.services.delivering import add_port, build_world


def resent(runtime: Runtime) -> None:
    """Three readers planned in dispatch 1, and reader 2 once more in dispatch 2."""
    world = build_world(runtime, readers=3)
    add_port(runtime, "http://127.0.0.1:1/")
    assert dispatches.create(runtime, Request(world.edition), actor="test") == 1
    assert ask(runtime, 2).dispatch_id == 2


def test_it_balances_and_says_what_it_is(runtime: Runtime) -> None:
    resent(runtime)
    with runtime.transaction(read_only=True) as session:
        found = proof.verify(session)
    assert found.problems == []
    assert [(one.kind, one.parent_id, one.planned) for one in found.dispatches] == [("edition", None, 3), ("resend", 1, 1)]
    assert found.to_document()["dispatches"][1]["kind"] == "resend"


Lie = Callable[[Session], object]
LIES: dict[str, tuple[Lie, str]] = {
    "nobody asked": (lambda session: session.execute(update(Resend).values(dispatch_id=None)), "dispatch 2: it is a resend, and nobody asked for it"),
    "asked for another": (lambda session: session.execute(update(Resend).values(reader_id=3)), "dispatch 2: 1 reader sent again, though nobody asked for him"),
    "a second start": (lambda session: session.execute(update(Dispatch).where(Dispatch.id == 2).values(kind="edition", parent_id=None)), "1 readers were sent the version of dispatch 1 once more"),
}


def test_what_nobody_explains_is_a_problem(sqlite_runtime: Runtime) -> None:
    resent(sqlite_runtime)
    for lie, said in LIES.values():
        with pytest.raises(AssertionError, match="undo"), sqlite_runtime.transaction() as session:
            lie(session)
            found = list(proof.verify(session).problems)
            assert any(said in one for one in found), found
            raise AssertionError("undo")
    assert problems(sqlite_runtime) == []


def test_a_resend_is_no_obstacle_to_the_paper_and_again_explains_itself(runtime: Runtime) -> None:
    world = build_world(runtime, readers=3)
    add_port(runtime, "http://127.0.0.1:1/")
    assert ask(runtime, 2).state == "sent"
    first = dispatches.create(runtime, Request(world.edition), actor="test")
    again = dispatches.create(runtime, Request(world.edition, again=True), actor="test")
    assert (first, again) == (2, 3)
    assert problems(runtime) == []
    copies: Any = ask(runtime, 2, again=True).copies
    assert [(one.dispatch_id, one.kind) for one in copies] == [(3, "edition"), (2, "edition"), (1, "resend")]
