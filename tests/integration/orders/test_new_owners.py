"""A new owner of a number inherits nothing that was kept under it; who changes his number takes it along."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from delivery.dispatch.audience import _is_test_handset
from delivery.dispatch.seeds import add_seeds
from huabao.msisdn import MSISDN
from huabao.runtime import Runtime
from reconciliation.outbox import Request, enqueue
from reconciliation.outbox.models import ASKING, PERSON, UNKNOWN, OutboundRequest
from reconciliation.outbox.sending import claim
from subscribers import services
from subscribers.blacklists import blacklisted_sql, kinds_of
from subscribers.models import Reader
from subscribers.orders.owners import is_readers
from tests.integration.orders.test_apply import ANNA, BORIS, NOW, at, change, tell

ALL = ("registration", "experience", "marketing")


def _listed(runtime: Runtime) -> dict[str, list[str]]:
    with runtime.transaction(read_only=True) as session:
        by_sql = set(session.scalars(select(Reader.id).where(blacklisted_sql(ALL))))
        found = {one.msisdn: kinds_of(session, one.id) for one in session.scalars(select(Reader)) if one.msisdn[0] == "1"}
        assert by_sql == {one.id for one in session.scalars(select(Reader)) if kinds_of(session, one.id)}
    return found


def test_a_wish_to_be_left_alone_goes_along_and_does_not_bind_the_next(runtime: Runtime) -> None:
    tell(runtime, change("order", 1), now=at(2))
    with runtime.transaction() as session:
        services.blacklist(session, "marketing", [(ANNA, "asked by telephone")], at=at(3))
    tell(runtime, change("number_change", 5, source="boss", new_msisdn=BORIS), change("order", 6), now=at(7))
    assert _listed(runtime) == {ANNA: [], BORIS: ["marketing"]}
    with runtime.transaction() as session:
        services.blacklist(session, "marketing", [(ANNA, "the next owner asked too")], at=at(9))
    assert _listed(runtime) == {ANNA: ["marketing"], BORIS: ["marketing"]}, "each for himself"
    tell(runtime, change("transfer", 10, source="boss"), change("order", 11, key="third"), now=at(12))
    assert _listed(runtime) == {ANNA: [], BORIS: ["marketing"]}, "who has it third asked for nothing"


def test_a_phone_of_the_house_that_was_given_away_is_no_seed(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        add_seeds(session, "house", [MSISDN(ANNA)], kind="test", by="li", at=at(1))
    tests = select(Reader.msisdn).where(_is_test_handset())
    with runtime.transaction(read_only=True) as session:
        assert session.scalars(tests).all() == [ANNA]
    tell(runtime, change("transfer", 5, source="boss"), change("order", 6), now=at(7))
    with runtime.transaction(read_only=True) as session:
        assert session.scalars(tests).all() == []
        assert session.scalars(select(Reader.msisdn).where(is_readers(ANNA, at(2)))).all()[0][0] == "-", "of that instant it is who had it then"


@pytest.mark.parametrize(("told", "state"), [(False, ASKING), (True, PERSON)])
def test_what_left_under_a_number_is_not_asked_of_its_next_owner(runtime: Runtime, told: bool, state: str) -> None:
    reader_id = tell(runtime, change("order", 1), now=at(2))[0].reader_id
    with runtime.transaction() as session:
        number = enqueue(session, Request("boss", "order", "order:1", reader_id, service_id="evening"), now=at(2))
        row = session.get_one(OutboundRequest, number)
        row.payload, row.state = {"msisdn": ANNA}, UNKNOWN  # it left, and its answer was lost
    if told:
        tell(runtime, change("transfer", 5, source="boss"), change("order", 6), now=NOW)
    claim(runtime, "boss")
    with runtime.transaction(read_only=True) as session:
        assert session.get_one(OutboundRequest, number).state == state
