"""An edition once more to one reader: whom it may go to, what he gets, and that pressing twice sends once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select, update

from content.models import Edition, EditionVersion, Publication, Variant
from delivery.dispatch.steering import steer
from delivery.models import Batch, Dispatch, Outcome, Port, Route, Submission, deliveries
from delivery.resend import services
from delivery.resend.services import Ask
from delivery.sending import sweeps
from huabao.alarms import Alarm
from huabao.audit import AuditEntry
from huabao.errors import UsageError
from huabao.msisdn import MSISDN
from huabao.queues import Job
from huabao.runtime import Runtime
from subscribers.models import SubscriptionEvent
from tests.integration.resend.ground import (
    EDITION,
    ask,
    asked,
    call_sent,
    change_order,
    change_reader,
    dispatch,
    outcomes,
    plan_paper,
    problems,
    send_paper,
    sent,
    set_outcomes,
    state,
)
from tests.services.delivering import LONG_AGO, Peer, World, add_port, add_readers, build_world, number_of, peer, settle


@pytest.fixture
def mmsc(tmp_path: Path) -> Iterator[Peer]:
    with peer(tmp_path / "kept") as running:
        yield running


RULES = (None, {"field": "city", "op": "eq", "value": "合肥"})


@pytest.fixture
def world(runtime: Runtime) -> World:
    """A paper of two items, the second for 合肥 only; readers 1 to 3 ordered it; a port that nobody sends through here."""
    made = build_world(runtime, readers=3, rules=RULES)
    add_port(runtime, "http://127.0.0.1:1/")
    return made


@pytest.fixture
def live_world(runtime: Runtime, mmsc: Peer) -> World:
    """The same with a port to a real MMSC."""
    made = build_world(runtime, readers=3, rules=RULES)
    add_port(runtime, mmsc.url)
    return made


def variant_of(runtime: Runtime, dispatch_id: int | None, reader: int) -> Variant:
    with runtime.transaction(read_only=True) as session:
        found = session.scalar(select(deliveries.c.variant_id).where(deliveries.c.dispatch_id == dispatch_id, deliveries.c.reader_id == reader))
        return session.get_one(Variant, found)


def test_it_is_a_dispatch_of_its_own_that_overtakes(runtime: Runtime, mmsc: Peer, live_world: World) -> None:
    first = send_paper(runtime, live_world)
    answer = ask(runtime, 2)
    row = dispatch(runtime, answer.dispatch_id)
    assert (answer.state, answer.repeated, answer.port) == ("sent", False, "main")
    assert (row.kind, row.lane, row.parent_id, row.audience, row.planned, row.state, row.created_by) == ("resend", "resend", first, 1, 1, "sending", "zhou")
    with runtime.transaction(read_only=True) as session:
        batch = session.scalars(select(Batch).where(Batch.dispatch_id == row.id)).one()
        job = session.scalars(select(Job).where(Job.state == "queued")).one()
    assert (batch.lane, batch.size, batch.handset_class) == ("resend", 1, "100kb-240x320")
    assert (job.queue, job.args["batch_id"]) == ("express", batch.id)
    settle(runtime, until=lambda: sent(runtime, row.id))
    assert outcomes(runtime, row.id) == {"submitted": 1}
    assert sorted(mmsc.recipients()) == sorted([number_of(1), number_of(2), number_of(2), number_of(3)])
    assert problems(runtime, mmsc) == []
    [copy] = answer.copies
    assert (copy.dispatch_id, copy.kind, copy.outcome) == (first, "edition", Outcome.SUBMITTED)
    assert copy.sent_at is not None


def test_who_when_and_why_are_kept(runtime: Runtime, world: World) -> None:
    answer = ask(runtime, 1, reason="phone was off")
    [row] = asked(runtime)
    assert (row.id, row.reader_id, row.dispatch_id, row.reason, row.requested_by, row.refused) == (answer.resend_id, 1, answer.dispatch_id, "phone was off", "zhou", None)
    with runtime.transaction(read_only=True) as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "resend.send")).one()
    assert (entry.actor, entry.object_id, entry.detail["reason"]) == ("zhou", str(row.id), "phone was off")
    assert number_of(1) not in str(entry.detail)


def test_without_any_record_it_goes_by_todays_rules(runtime: Runtime, world: World) -> None:
    """Nobody was ever sent this edition; the order is in force, and that is enough."""
    change_reader(runtime, 3, city="合肥")
    answer = ask(runtime, 3)
    assert dispatch(runtime, answer.dispatch_id).parent_id is None
    assert variant_of(runtime, answer.dispatch_id, 3).items == ["articles/1.md", "articles/2.md"]
    assert problems(runtime) == []


def test_one_who_came_later_gets_the_version_that_went_out(runtime: Runtime, world: World) -> None:
    call_sent(runtime, plan_paper(runtime, world))
    with runtime.transaction() as session:
        old = session.get_one(EditionVersion, world.version_id)
        draft = EditionVersion(
            edition_id=world.edition_id, version=2, title="草稿", issue_date=old.issue_date, manuscript=old.manuscript, source_sha256="1" * 64, created_at=runtime.now(), created_by="li"
        )
        session.add(draft)
        session.flush()
        session.get_one(Edition, world.edition_id).current_version_id = draft.id
    add_readers(runtime, 1, service_id="paper", first=50)
    answer = ask(runtime, 50)
    assert dispatch(runtime, answer.dispatch_id).edition_version_id == world.version_id


def test_he_gets_his_own_items_for_the_handset_that_he_has_now(runtime: Runtime, world: World) -> None:
    change_reader(runtime, 1, city="合肥", handset_class="30kb-128x160")
    first = call_sent(runtime, plan_paper(runtime, world))
    assert (variant_of(runtime, first, 1).handset_class, len(variant_of(runtime, first, 1).items)) == ("30kb-128x160", 2)
    change_reader(runtime, 1, city="芜湖", handset_class="600kb-480x800")
    again = variant_of(runtime, ask(runtime, 1).dispatch_id, 1)
    assert (again.handset_class, again.items) == ("600kb-480x800", ["articles/1.md", "articles/2.md"])


def test_a_stopped_reader_gets_it(runtime: Runtime, mmsc: Peer, live_world: World) -> None:
    change_order(runtime, 2, stop_state="stopped")
    first = send_paper(runtime, live_world)
    assert outcomes(runtime, first) == {"submitted": 2}
    answer = ask(runtime, 2)
    settle(runtime, until=lambda: sent(runtime, answer.dispatch_id or 0))
    assert outcomes(runtime, answer.dispatch_id or 0) == {"submitted": 1}
    assert answer.copies == []
    assert problems(runtime, mmsc) == []


def test_an_edition_past_its_age_may_be_sent_again(runtime: Runtime, mmsc: Peer, live_world: World) -> None:
    with runtime.transaction() as session:
        session.execute(update(Publication).values(stale_after_s=0.001))
    answer = ask(runtime, 2)
    settle(runtime, until=lambda: sent(runtime, answer.dispatch_id or 0))
    assert outcomes(runtime, answer.dispatch_id or 0) == {"submitted": 1}


def test_a_cancellation_counts_from_the_day_that_it_takes_effect(runtime: Runtime, world: World) -> None:
    with runtime.transaction() as session:
        values = {"service_id": "paper", "event": "order", "state": "active", "source": "boss", "effective_at": LONG_AGO, "recorded_at": LONG_AGO}
        session.execute(insert(SubscriptionEvent), [{"reader_id": 1, **values}])
    change_order(runtime, 1, state="cancelled", effective_at=runtime.now() + timedelta(hours=1))
    assert ask(runtime, 1).state == "sent"
    change_order(runtime, 1, effective_at=runtime.now() - timedelta(seconds=1))
    refused = ask(runtime, 1, again=True)
    assert (refused.state, refused.refusal, refused.dispatch_id) == ("refused", "cancelled", None)
    assert "cancelled since" in (refused.refused or "")


REFUSED: dict[str, tuple[Callable[[Runtime, int], None], str]] = {
    "paused": (lambda runtime, reader: change_order(runtime, reader, state="paused"), "paused"),
    "not yet": (lambda runtime, reader: change_order(runtime, reader, effective_at=runtime.now() + timedelta(days=1)), "not_yet"),
    "handset cannot": (lambda runtime, reader: change_reader(runtime, reader, handset_class="no-mms"), "handset_cannot"),
    "another paper's reader": (lambda runtime, reader: change_order(runtime, reader, service_id="another"), "not_ordered"),
}


def test_what_is_refused_says_why_and_is_written_down(runtime: Runtime) -> None:
    build_world(runtime, readers=len(REFUSED))
    add_port(runtime, "http://127.0.0.1:1/")
    for reader, (name, (change, code)) in enumerate(REFUSED.items(), 1):
        change(runtime, reader)
        answer = ask(runtime, reader)
        assert (answer.state, answer.refusal, answer.dispatch_id) == ("refused", code, None), name
        row = asked(runtime)[-1]
        assert (row.refusal, row.refused, row.reader_id) == (code, answer.refused, reader)
    with runtime.transaction(read_only=True) as session:
        assert session.scalars(select(Dispatch)).all() == []
        assert session.scalars(select(AuditEntry.action).where(AuditEntry.object_kind == "resend")).all() == ["resend.refuse"] * len(REFUSED)


def test_an_unknown_number_is_refused_and_written_down(runtime: Runtime) -> None:
    build_world(runtime, readers=1)
    answer = ask(runtime, 99)
    assert (answer.state, answer.refusal) == ("refused", "unknown_number")
    assert [(row.reader_id, row.refusal) for row in asked(runtime)] == [(None, "unknown_number")]


def test_without_a_port_nothing_goes(runtime: Runtime) -> None:
    build_world(runtime, readers=1)
    assert ask(runtime, 1).refusal == "no_port"


def test_a_killed_edition_goes_to_nobody(runtime: Runtime, world: World) -> None:
    first = plan_paper(runtime, world)
    steer(runtime, first, "kill", by="wang", reason="wrong name")
    answer = ask(runtime, 2)
    assert (answer.state, answer.refusal) == ("refused", "killed")
    assert "by wang" in (answer.refused or "")
    assert "wrong name" in (answer.refused or "")


def test_the_same_key_is_the_same_resend(runtime: Runtime, world: World) -> None:
    first = ask(runtime, 1, key="ticket-7")
    again = ask(runtime, 1, key="ticket-7")
    assert (again.resend_id, again.dispatch_id, again.state, again.repeated) == (first.resend_id, first.dispatch_id, "sent", True)
    assert len(asked(runtime)) == 1
    with pytest.raises(UsageError, match="was used for another resend"):
        ask(runtime, 2, key="ticket-7")


def test_pressing_twice_says_who_sent_it(runtime: Runtime, world: World) -> None:
    first = ask(runtime, 1, by="zhou")
    second = ask(runtime, 1, by="chen")
    assert (second.state, second.refusal, second.dispatch_id) == ("already", "resent_lately", first.dispatch_id)
    assert "by zhou" in (second.refused or "")
    third = ask(runtime, 1, by="chen", again=True)
    assert third.state == "sent"
    assert third.dispatch_id != first.dispatch_id
    assert [one.dispatch_id for one in third.copies] == [first.dispatch_id]
    with runtime.transaction(read_only=True) as session:
        assert len(session.scalars(select(Dispatch.id)).all()) == 2


def test_a_copy_that_failed_does_not_guard(runtime: Runtime, world: World) -> None:
    first = ask(runtime, 1)
    set_outcomes(runtime, int(Outcome.REJECTED), [1], first.dispatch_id or 0)
    assert ask(runtime, 1).state == "sent"


def test_after_the_guards_time_it_goes_again(runtime: Runtime, world: World) -> None:
    first = ask(runtime, 1)
    with runtime.transaction() as session:
        session.execute(update(Dispatch).where(Dispatch.id == first.dispatch_id).values(created_at=runtime.now() - timedelta(seconds=601)))
    assert ask(runtime, 1).state == "sent"


def test_a_dry_run_writes_nothing(runtime: Runtime, world: World) -> None:
    found = services.look_only(runtime, Ask(MSISDN(number_of(1)), EDITION, "dry run"), actor="zhou")
    assert (found.state, found.dispatch_id, found.port) == ("sent", None, "main")
    assert (found.variant or "").startswith("100kb-240x320-")
    assert asked(runtime) == []


def test_a_reason_is_needed(runtime: Runtime, world: World) -> None:
    with pytest.raises(UsageError, match="a reason of up to 500 characters"):
        ask(runtime, 1, reason="  ")


def test_a_port_that_is_up_carries_it(runtime: Runtime, world: World) -> None:
    add_port(runtime, "http://127.0.0.1:1/", name="big", rate=200_000, burst=10, state="paused")
    assert ask(runtime, 1).port == "main"


def test_it_may_be_cancelled_before_it_leaves(runtime: Runtime, world: World) -> None:
    answer = ask(runtime, 1)
    assert steer(runtime, answer.dispatch_id or 0, "cancel", by="chen") == "cancelled"
    assert outcomes(runtime, answer.dispatch_id or 0) == {"cancelled": 1}
    assert state(runtime, answer.dispatch_id or 0) == "cancelled"
    assert ask(runtime, 1).state == "sent"


def test_one_whose_handset_takes_no_mms_gets_a_link_where_a_port_carries_links(runtime: Runtime, world: World) -> None:
    change_reader(runtime, 1, handset_class="no-mms")
    assert ask(runtime, 1).refusal == "handset_cannot"
    with runtime.transaction() as session:
        session.add(Port(name="sms", kind="smpp", url="smpp://127.0.0.1:1/", rate=50, burst=1, options={}, created_at=runtime.now()))
    answer = ask(runtime, 1)
    assert (answer.state, answer.port) == ("sent", "sms")
    assert variant_of(runtime, answer.dispatch_id, 1).channel == "wap-push"
    with runtime.transaction(read_only=True) as session:
        assert session.scalar(select(deliveries.c.route).where(deliveries.c.dispatch_id == answer.dispatch_id)) == int(Route.LINK_HANDSET)
        assert session.scalars(select(Job.queue).where(Job.state == "queued")).one().endswith("-express")
    assert ask(runtime, 2).port == "main"


def test_single_resends_that_wait_for_a_report_are_asked_for_together(runtime: Runtime, world: World) -> None:
    ids = [call_sent(runtime, ask(runtime, reader).dispatch_id) for reader in (1, 2, 3)]
    set_outcomes(runtime, int(Outcome.REJECTED), [3], ids[2])
    sweeps.advance(runtime)
    with runtime.transaction() as session:
        session.execute(update(Submission).where(Submission.dispatch_id == ids[2]).values(state="refused"))
    assert [state(runtime, one) for one in ids] == ["draining", "draining", "draining"]
    with runtime.transaction() as session:
        session.execute(delete(Alarm))
        session.execute(update(Dispatch).where(Dispatch.id == ids[1]).values(started_at=LONG_AGO))
        session.execute(update(deliveries).where(deliveries.c.dispatch_id == ids[1]).values(submitted_at=LONG_AGO))
    sweeps.advance(runtime)
    assert [state(runtime, one) for one in ids] == ["draining", "closed", "closed"]
    assert outcomes(runtime, ids[1]) == {"no_report": 1}
