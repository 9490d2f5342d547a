"""A number change that was never told, or too late: a person joins the two histories, never those of two people."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import select

from console.forgetting import forgetters
from console.reader_view import reader_view
from huabao.audit import AuditEntry
from huabao.errors import UsageError
from huabao.msisdn import MSISDN
from huabao.runtime import Runtime
from reconciliation.intake.joining import join
from subscribers import services, store
from subscribers.models import Consent, Reader, SubscriptionEvent
from subscribers.orders.as_of import state_at
from subscribers.orders.change import Change
from tests.command_line import CLI
from tests.integration.orders.test_apply import ANNA, NOW, at, change, tell, verdicts

NEW, OTHER = "13800000005", "13800000006"


def _repaired(runtime: Runtime, *, day: int = 5) -> None:
    """The day's run stopped the old number and served the new one, since the instant that MISC says."""
    stop = change("cancel", 24 * day, source="repair")
    serve = change("order", 1, source="repair", msisdn=NEW)
    tell(runtime, stop, serve, now=at(24 * day))


def _join(runtime: Runtime, old: str = ANNA, new: str = NEW, days: int = 19) -> int:
    with runtime.transaction() as session:
        return join(session, MSISDN(old), MSISDN(new), by="li", at=at(24 * days), reason="he called from the new one and named the old")


def _reader(runtime: Runtime, msisdn: str) -> Reader:
    with runtime.transaction(read_only=True) as session:
        return session.scalars(select(Reader).where(Reader.msisdn == msisdn)).one()


def _served(runtime: Runtime, instant: datetime) -> dict[str, str]:
    with runtime.transaction(read_only=True) as session:
        return {one.msisdn: one.state for one in state_at(session, instant)}


def test_a_past_is_joined_to_who_has_the_new_number(runtime: Runtime) -> None:
    tell(runtime, change("order", 1), now=at(2))
    with runtime.transaction() as session:
        past = session.scalars(select(Reader)).one()
        past.topics, past.preferred_hour, past.attributes = ["sport"], 0, {"branch": "west"}
        session.add(Consent(reader_id=past.id, kind="contact", given=True, source="form", recorded_at=at(2)))
        before = past.id
    _repaired(runtime)
    was = _served(runtime, at(24 * 4))
    assert _join(runtime) == before
    him = _reader(runtime, NEW)
    assert (him.topics, him.preferred_hour, him.attributes) == (["sport"], 0, {"branch": "west"})
    with runtime.transaction(read_only=True) as session:
        assert store.ids_of(session, him.id) == [him.id, before]
        assert store.consent_of(session, him) is True
        assert [(one.event, one.source) for one in store.events_of(session, him)] == [("order", "misc"), ("order", "repair"), ("cancel", "repair"), ("joined", "platform")]
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "subscribers.join")).one()
        assert (entry.actor, entry.detail["past"]) == ("li", before) and ANNA not in str(entry.detail)
        assert session.scalars(select(Reader.msisdn).where(store.has_number_sql())).all() == [NEW]
    assert _served(runtime, at(24 * 4)) == was and _served(runtime, NOW)[NEW] == "active", "what was, was"
    with pytest.raises(UsageError, match="nothing is left to join"):
        _join(runtime)
    assert verdicts(tell(runtime, change("order", 24 * 19 + 2)))[0] == "applied" and _reader(runtime, ANNA).topics == [], "the next owner of the old number begins anew"
    with runtime.transaction() as session:
        assert services.forget(session, MSISDN(NEW), by="li", at=NOW, others=forgetters())["readers"] == 2
        assert session.scalars(select(Reader.msisdn)).all() == [ANNA]
        assert session.scalars(select(SubscriptionEvent.reader_id).where(SubscriptionEvent.reader_id.in_((before, him.id)))).all() == []


def test_a_change_that_was_told_late_leaves_a_reader_whom_a_person_joins(runtime: Runtime) -> None:
    tell(runtime, change("order", 1), now=at(2))
    _repaired(runtime)
    first, second = _reader(runtime, ANNA).id, _reader(runtime, NEW).id
    tell(runtime, change("number_change", 24 * 3, source="boss", new_msisdn=NEW), now=at(24 * 8))
    assert _reader(runtime, NEW).id == first, "everything of his goes along"
    assert _join(runtime) == second
    with runtime.transaction(read_only=True) as session:
        assert store.ids_of(session, first) == [first, second]
    assert _served(runtime, NOW)[NEW] == "active"


def test_a_change_that_comes_after_the_old_number_was_given_on_takes_all_along(runtime: Runtime) -> None:
    anna, other = (one.reader_id for one in tell(runtime, change("order", 1), change("order", 2, msisdn=OTHER, service_id="evening"), now=at(3)))
    tell(runtime, change("number_change", 60, source="boss", msisdn=OTHER, new_msisdn=ANNA), now=at(61))
    tell(runtime, change("order", 61, msisdn=NEW, service_id="evening"), now=at(62))
    assert verdicts(tell(runtime, change("number_change", 48, source="boss", new_msisdn=NEW), now=at(70))) == ["applied"]
    assert (_reader(runtime, ANNA).id, _reader(runtime, NEW).id) == (other, anna)
    with runtime.transaction(read_only=True) as session:
        found = [(one.msisdn, one.service_id, one.state) for one in state_at(session, at(80)) if one.state != "cancelled"]
    assert found == [(ANNA, "evening", "active"), (NEW, "evening", "active"), (NEW, "news", "active")]


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ([change("transfer", 100, source="boss")], "given up"),
        ([change("closed", 100, source="boss")], "given up"),
        ([change("order", 24 * 6, key="again")], "still reads"),
        ([change("order", 24 * 6, key="a"), change("cancel", 24 * 7, key="b")], "told of at one time"),
        ([change("number_change", 24 * 6, source="boss", new_msisdn=OTHER)], "has another one now"),
    ],
)
def test_two_people_are_never_joined(runtime: Runtime, told: list[Change], why: str) -> None:
    tell(runtime, change("order", 1), now=at(2))
    _repaired(runtime)
    tell(runtime, *told, now=at(24 * 8))
    with pytest.raises(UsageError, match=why):
        _join(runtime)
    with runtime.transaction(read_only=True) as session:
        assert session.scalars(select(Reader.id).where(Reader.joined_id.is_not(None))).all() == []


def test_who_had_the_new_number_before_the_change_is_another(runtime: Runtime) -> None:
    tell(runtime, change("order", 1), change("order", 2, msisdn=NEW), now=at(3))
    tell(runtime, change("number_change", 24 * 3, source="boss", new_msisdn=NEW), now=at(24 * 4))
    with runtime.transaction() as session:
        for one in session.scalars(select(Reader)):
            one.created_at = at(3)
    with pytest.raises(UsageError, match="before had it already"):
        _join(runtime)
    with pytest.raises(UsageError, match="no reader has"):
        _join(runtime, new="13800000009")
    with pytest.raises(UsageError, match="nobody here had"):
        _join(runtime, old="13800000009")


def test_pasts_are_joined_one_after_the_other(runtime: Runtime) -> None:
    tell(runtime, change("order", 1), now=at(2))
    _repaired(runtime)
    _join(runtime, days=6)
    tell(runtime, change("cancel", 24 * 7, source="repair", msisdn=NEW), change("order", 1, source="repair", msisdn=OTHER), now=at(24 * 7))
    _join(runtime, NEW, OTHER, days=9)
    with runtime.transaction(read_only=True) as session:
        assert len(store.ids_of(session, _reader(runtime, OTHER).id)) == 3


def test_by_command_and_on_the_readers_page(runtime: Runtime, cli: CLI) -> None:
    tell(runtime, change("order", 1), now=at(2))
    past = _reader(runtime, ANNA).id
    _repaired(runtime)
    assert cli("subscribers", "join", ANNA, NEW, code=2).err.count("--reason")
    assert cli("subscribers", "join", NEW, ANNA, "--reason", "turned round", code=2).err.count("cannot be joined")
    assert cli("subscribers", "join", ANNA, NEW, "--reason", "he named both", "--json").json == {"joined": past}
    events = cli("subscriptions", "show", NEW, "--json").json["events"]
    assert [(one["event"], one["source"]) for one in events[:2]] == [("order", "misc"), ("order", "repair")]
    with runtime.transaction(read_only=True) as session:
        shown = reader_view(session, _reader(runtime, NEW), NOW)
        assert {one.reader_id for one in shown.history} == {past, shown.reader.id}
        assert [(one.row.reader_id, one.row.state) for one in shown.orders] == [(shown.reader.id, "active")]
