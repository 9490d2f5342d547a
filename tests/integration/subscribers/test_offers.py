"""What readers are shown, what they hold, what they ask for, and where that goes."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from huabao.errors import UsageError
from huabao.runtime import Runtime
from subscribers.models import BlacklistEntry, Reader, Subscription
from subscribers.offers import held, others, recommended, recommended_many, record_order, services, store
from subscribers.offers.files import export_orders, import_results
from subscribers.offers.models import ServiceOrder

NOW = datetime(2009, 8, 24, 4, 0, tzinfo=UTC)
ALICE, BOB, CAROL = "13800000001", "13800000002", "13800000003"

EXTRA = """
[[package]]
slug = "readers"
title = "爱读书的人"
level = "group"
rule = {field = "attributes.reads", op = "eq", value = "yes"}
services = ["newspaper", "fetion"]

[[package]]
slug = "dalian"
title = "大连"
level = "city"
city = "大连"
services = ["video"]
"""


def _reader(session: Session, number: str, name: str | None, city: str | None = None, **attributes: str) -> int:
    one = Reader(msisdn=number, attribute_class=name, city=city, attributes=attributes, topics=[], created_at=NOW, updated_at=NOW)
    session.add(one)
    session.flush()
    return one.id


def _holds(session: Session, reader_id: int, service_id: str, state: str = "active") -> None:
    session.add(Subscription(reader_id=reader_id, service_id=service_id, state=state, effective_at=NOW, updated_at=NOW))
    session.flush()


def test_the_package_of_his_class_less_what_he_holds(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        alice, bob = _reader(session, ALICE, "B"), _reader(session, BOB, None)
        for service_id, state in (("fetion", "active"), ("phonebook", "paused"), ("mail139", "cancelled"), ("jianghuai-morning", "active")):
            _holds(session, alice, service_id, state)
        assert [one.slug for one in recommended(session, alice)] == ["life-12580", "mail139"], "what was cancelled may be offered again"
        assert [(one.slug, one.title) for one in held(session, alice)] == [("fetion", "飞信"), ("phonebook", "号簿管家"), ("", "jianghuai-morning")]
        assert [one.slug for one in recommended(session, bob)] == ["fetion", "sports-brief"], "a reader of no class is an ordinary one"
        rest = {one.slug for one in others(session, alice)}
        assert "newspaper" in rest
        assert not rest & {"fetion", "phonebook", "life-12580", "mail139"}
        assert recommended(session, 999_999) == []


def test_levels_add_up_province_first_and_many_readers_are_asked_at_once(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        services.import_catalogue(session, store.current(session).source + EXTRA, "ours.toml", by="ops", at=NOW)
        ids = [_reader(session, ALICE, "F", "大连", reads="yes"), _reader(session, BOB, "E", "沈阳"), _reader(session, CAROL, "F", "大连")]
        _holds(session, ids[2], "video")
        found = {key: [one.slug for one in value] for key, value in recommended_many(session, ids).items()}
        assert found == {ids[0]: ["fetion", "sports-brief", "newspaper", "video"], ids[1]: ["fetion", "mail139", "sports-news"], ids[2]: ["fetion", "sports-brief"]}
        assert found == {one: [service.slug for service in recommended(session, one)] for one in ids}, "one by one is the same"


def test_a_bad_catalogue_leaves_the_old_one_in_force(sqlite_runtime: Runtime) -> None:
    with sqlite_runtime.transaction() as session, pytest.raises(UsageError, match=r"ours\.toml"):
        services.import_catalogue(session, "[[service]]\n", "ours.toml", by="ops", at=NOW)
    with sqlite_runtime.transaction() as session:
        assert store.current(session).file == "catalogue.toml"


def test_an_order_is_on_record_once_while_it_is_open(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        alice = _reader(session, ALICE, "B")
        first = record_order(session, alice, "phonebook", "try", "wap", NOW)
        again = record_order(session, alice, "phonebook", "try", "sms", NOW, answer="Y")
        other = record_order(session, alice, "phonebook", "subscribe", "wap", NOW)
        assert (first.outcome, again.outcome, other.outcome) == ("recorded", "already", "recorded")
        assert again.order_id == first.order_id
        assert "号簿管家" in first.reply
        with pytest.raises(IntegrityError), session.begin_nested():
            session.add(ServiceOrder(reader_id=alice, service="phonebook", service_id="phonebook", kind="try", channel="wap", recorded_at=NOW))
            session.flush()
        with pytest.raises(UsageError, match="no order of 'qq'"):
            record_order(session, alice, "qq", "try", "wap", NOW)
        with pytest.raises(UsageError, match="the reader was forgotten"):
            record_order(session, 999_999, "fetion", "try", "wap", NOW)


def test_who_may_not_try_and_who_has_it_is_told_so(sqlite_runtime: Runtime) -> None:
    with sqlite_runtime.transaction() as session:
        alice = _reader(session, ALICE, "B")
        session.add(BlacklistEntry(kind="experience", msisdn=ALICE, reason="", recorded_at=NOW))
        _holds(session, alice, "fetion")
        assert not services.may_try(session, alice)
        outcomes = [record_order(session, alice, slug, kind, "wap", NOW).outcome for slug, kind in (("mail139", "try"), ("mail139", "subscribe"), ("fetion", "subscribe"))]
        assert outcomes == ["barred", "recorded", "held"]
        assert session.scalars(select(ServiceOrder.service)).all() == ["mail139"]


def test_orders_leave_in_one_file_and_their_answers_come_back(runtime: Runtime, tmp_path: Path) -> None:
    with runtime.transaction() as session:
        alice = _reader(session, ALICE, "B")
        for slug in ("phonebook", "fetion"):
            record_order(session, alice, slug, "subscribe", "wap", NOW)
    assert export_orders(runtime, tmp_path / "one.csv", by="ops")[0] == 2
    assert export_orders(runtime, tmp_path / "two.csv", by="ops")[0] == 0, "what went out once is not handed out again"
    with pytest.raises(UsageError, match="exists already"):
        export_orders(runtime, tmp_path / "one.csv", by="ops")
    rows = list(csv.DictReader((tmp_path / "one.csv").read_text("utf-8-sig").splitlines()))
    assert [(row["msisdn"], row["service_id"], row["kind"]) for row in rows] == [(ALICE, "phonebook", "subscribe"), (ALICE, "fetion", "subscribe")]
    answer = tmp_path / "answer.csv"
    answer.write_text(f"msisdn,service_id,kind,result,reason\n{ALICE},phonebook,subscribe,confirmed,\n{ALICE},fetion,subscribe,refused,欠费\n{BOB},fetion,try,confirmed,\n")
    outcome = import_results(runtime, answer, by="ops")
    assert (outcome.changed, outcome.rejected) == (2, 1)
    assert "no open order" in (tmp_path / "answer.rejected.csv").read_text("utf-8-sig")
    with runtime.transaction() as session:
        assert [(one.state, one.reason) for one in session.scalars(select(ServiceOrder).order_by(ServiceOrder.id))] == [("confirmed", ""), ("refused", "欠费")]
        assert record_order(session, alice, "fetion", "subscribe", "wap", NOW).outcome == "recorded", "what was refused may be asked for again"


def test_orders_go_with_the_reader(sqlite_runtime: Runtime) -> None:
    with sqlite_runtime.transaction() as session:
        alice, bob = _reader(session, ALICE, "B"), _reader(session, BOB, "B")
        for one in (alice, bob):
            record_order(session, one, "fetion", "try", "wap", NOW)
        assert services.forget_number(session, ALICE) == {"service_orders": 1}
        assert session.scalars(select(ServiceOrder.reader_id)).all() == [bob]
        assert services.forget_number(session, "13899999999") == {"service_orders": 0}
