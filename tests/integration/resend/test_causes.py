"""Beside each copy that did not arrive stands why, and what to do."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update

from delivery.models import DeliveryEvent, EventState, Outcome, Submission
from delivery.resend.copies import Copy, copies_of
from huabao.runtime import Runtime
from tests.command_line import CLI
from tests.integration.resend.ground import EDITION, call_sent, plan_paper, set_outcomes
from tests.services.delivering import add_port, build_world, number_of


def newest(runtime: Runtime, reader: int) -> Copy:
    with runtime.transaction(read_only=True) as session:
        return copies_of(session, 1, reader)[0]


def told(runtime: Runtime, reader: int, outcome: Outcome, status: str, extension: str | None = None, **more: Any) -> None:
    """A report about a reader that was folded into his delivery."""
    set_outcomes(runtime, int(outcome), [reader])
    with runtime.transaction() as session:
        event = DeliveryEvent(
            received_at=runtime.now(), port_id=1, message_id="m", number=number_of(reader), status=status, status_extension=extension, submission_id=1,
            reader_id=reader, state=int(EventState.FOLDED), outcome=int(outcome), **more,
        )  # fmt: skip
        session.add(event)


def test_what_a_report_said_stands_beside_the_copy(runtime: Runtime, cli: CLI) -> None:
    world = build_world(runtime, readers=5)
    add_port(runtime, "http://127.0.0.1:9/mm7", options={"dialect": "cmcc"})
    call_sent(runtime, plan_paper(runtime, world))
    assert newest(runtime, 1).meaning is None, "it may still come"
    told(runtime, 1, Outcome.EXPIRED, "Expired", "4446")
    told(runtime, 2, Outcome.UNKNOWN, "Teleported")
    told(runtime, 3, Outcome.RETRIEVED, "Retrieved")
    said = cli("resend", "--msisdn", number_of(1), "--edition", EDITION, "--dry-run", "--json").json["copies"][0]
    assert (said["outcome"], said["cause"]) == ("expired", "handset")
    assert said["advice"]["zh"].startswith("超期未取")
    shown = cli("resend", "--msisdn", number_of(1), "--edition", EDITION, "--dry-run").out
    assert "The handset did not fetch" in " ".join(shown.split())
    unknown, retrieved, silent = newest(runtime, 2).meaning, newest(runtime, 3).meaning, newest(runtime, 4).meaning
    assert (unknown is not None and unknown.documented, retrieved, silent) == (False, None, None)


def test_where_no_report_came_the_answer_speaks(runtime: Runtime) -> None:
    world = build_world(runtime, readers=2)
    add_port(runtime, "http://127.0.0.1:9/mm7")
    call_sent(runtime, plan_paper(runtime, world))
    set_outcomes(runtime, int(Outcome.REJECTED), [1])
    with runtime.transaction() as session:
        session.execute(update(Submission).values(state="refused", status_code=2004))
    meaning = newest(runtime, 1).meaning
    assert (meaning is not None and meaning.code) == "2004"
