"""A reader orders, is asked once more, answers or is silent; what he agreed to is ordered once, by the interface."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from delivery.models import InboundMessage, Port, ReaderReply
from huabao.runtime import Runtime
from reconciliation.ordering.leaving import leave
from reconciliation.ordering.models import OrderConfirmation
from reconciliation.ordering.outcomes import read_answers
from reconciliation.ordering.routing import route_new
from reconciliation.outbox.models import OutboundRequest
from reconciliation.outbox.sending import work
from subscribers.models import Subscription
from subscribers.offers.models import ServiceOrder
from subscribers.offers.orders import list_orders, record_order
from subscribers.offers.services import import_catalogue
from tests.integration.reconciliation.installing import AT, add_readers, at, set_values, with_boss
from tests.integration.sandbox.running import BOSSSandbox, boss

NUMBER = "13800138000"

CATALOGUE = """
[[service]]
slug = "paper"
title = "安徽手机报"
service_id = "anhui-paper"
charge = "monthly"
price_fen = 300

[[service]]
slug = "comic"
title = "漫画"
service_id = "anhui-comic"
charge = "monthly"
price_fen = 550
reply = "y"

[[service]]
slug = "mail"
title = "139邮箱"
charge = "free"
confirm = false

[[service]]
slug = "other"
title = "号簿管家"
direction = "from-boss"

[[package]]
slug = "all"
title = "全部"
attribute_class = "F"
services = ["paper", "comic", "mail", "other"]
"""


@dataclass
class House:
    """An installation with one reader and an SMSC's port, at a time that passes by hand."""

    runtime: Runtime
    reader_id: int
    port_id: int
    peer: BOSSSandbox | None = None
    now: datetime = AT

    def order(self, service: str, kind: str = "subscribe") -> None:
        with self.runtime.transaction() as session:
            record_order(session, self.reader_id, service, kind, "wap", self.now)

    def pass_time(self, seconds: float = 1.0) -> None:
        """Let what is periodic run, and what waits to leave leave."""
        self.now += timedelta(seconds=seconds)
        present = at(self.runtime, self.now)
        route_new(present)
        read_answers(present)
        if self.peer is not None:
            work(present, "boss")
        with self.runtime.transaction() as session:
            for one in session.scalars(select(ReaderReply).where(ReaderReply.state == "waiting")):
                one.state, one.left_at = "sent", self.now

    def say(self, text: str, *, status: str | None = None, port_id: int | None = None) -> None:
        self.now += timedelta(seconds=5)
        with self.runtime.transaction() as session:
            row = InboundMessage(received_at=self.now, port_id=port_id or self.port_id, kind="sms", sender=NUMBER, recipient="10658666", status=status)
            row.content = text.encode()
            session.add(row)
        self.pass_time()

    def rows(self, model: type[Any]) -> Sequence[Any]:
        with self.runtime.transaction(read_only=True) as session:
            return session.scalars(select(model).order_by(*model.__table__.primary_key.columns)).all()

    def states(self) -> list[tuple[str, str, str | None]]:
        return [(one.service, one.state, one.way) for one in self.rows(ServiceOrder)]

    def texts(self) -> list[str]:
        return [one.text for one in self.rows(ReaderReply)]


def _house(runtime: Runtime, peer: BOSSSandbox | None, *, with_port: bool = True) -> House:
    with runtime.transaction() as session:
        import_catalogue(session, CATALOGUE, "test.toml", by="test", at=AT)
        port = Port(name="sms", kind="smpp" if with_port else "mm7", url="smpp://127.0.0.1:2775", rate=10, burst=1, state="up", options={}, created_at=AT)
        session.add(port)
        session.flush()
        port_id = port.id
    installed = with_boss(runtime, peer.url if peer else "")
    return House(installed, add_readers(runtime, [NUMBER])[NUMBER], port_id, peer)


def test_an_order_is_made_once_he_said_yes_again(runtime: Runtime) -> None:
    with boss() as peer:
        house = _house(runtime, peer)
        house.order("paper")
        house.pass_time()
        assert house.states() == [("paper", "recorded", "question")]
        assert house.texts() == ["您申请订购安徽手机报，资费3元/月。回复任意内容确认订购；24小时内不回复视为放弃，不收费。"]
        assert peer.accounts() == {}
        house.say("好的")
        house.pass_time()
        assert house.states() == [("paper", "confirmed", "interface")]
        assert peer.accounts()[NUMBER]["orders"]["anhui-paper"]["price_fen"] == 300
        assert peer.stats()["ordered"] == 1
    held = house.rows(Subscription)
    assert [(one.service_id, one.state, one.price_fen) for one in held] == [("anhui-paper", "active", 300)]
    assert house.texts()[1:] == ["您订购的安徽手机报已开通。"]


def test_silence_cancels(runtime: Runtime) -> None:
    with boss() as peer:
        house = _house(runtime, peer)
        house.order("paper")
        house.pass_time()
        house.pass_time(86_000)
        assert house.states() == [("paper", "recorded", "question")]
        house.pass_time(500)
        assert house.states() == [("paper", "lapsed", "question")]
        house.say("好的")
        assert "requests" not in peer.stats()
        house.say("好的")
    assert house.rows(OutboundRequest) == house.rows(Subscription) == []
    assert house.texts()[1:] == ["您对安徽手机报的确认已超时，未订购，不收费。如仍需要请重新申请。"], "he is told so, once"
    assert house.states() == [("paper", "lapsed", "question")]


@pytest.mark.parametrize(("text", "status"), [("不要", None), ("ｎ", None), ("TD", "stop-asked"), ("退订。", None)])
def test_no_is_no_where_any_reply_agrees(sqlite_runtime: Runtime, text: str, status: str | None) -> None:
    house = _house(sqlite_runtime, None)
    house.runtime = with_boss(sqlite_runtime, "http://127.0.0.1:9/")
    house.order("paper")
    house.pass_time()
    house.say(text, status=status)
    assert [(one.state, one.reason) for one in house.rows(ServiceOrder)] == [("lapsed", "declined")]


def test_the_expected_reply_and_no_other_agrees_one_question_after_the_other(runtime: Runtime) -> None:
    house = _house(runtime, None)
    house.runtime = with_boss(runtime, "http://127.0.0.1:9/")
    house.order("comic")
    house.order("paper")
    house.pass_time()
    assert house.states() == [("comic", "recorded", "question"), ("paper", "recorded", None)], "asked one question at a time"
    house.say("什么？")
    house.say("Y", port_id=house.port_id + 1)
    house.say("1", status="quiz-counted")
    assert [one.state for one in house.rows(OrderConfirmation)] == ["waiting"]
    house.say(" Ｙ。")
    house.pass_time()
    assert house.states() == [("comic", "exported", "interface"), ("paper", "recorded", "question")]
    house.say("y")
    assert [one.state for one in house.rows(OrderConfirmation)] == ["agreed", "waiting"], "the same again at once is no answer to the next question"
    house.pass_time(120)
    house.say("好")
    assert [one.state for one in house.rows(OrderConfirmation)] == ["agreed", "agreed"]
    assert [(one.kind, one.service_id) for one in house.rows(OutboundRequest)] == [("order", "anhui-comic"), ("order", "anhui-paper")]


def test_without_an_interface_and_where_it_takes_nothing_the_file_stays(runtime: Runtime) -> None:
    house = _house(runtime, None)
    house.order("paper")
    house.pass_time()
    house.runtime = with_boss(runtime, "http://127.0.0.1:9/")
    house.order("other")
    house.order("comic", "try")
    house.pass_time()
    assert house.states() == [("paper", "recorded", "file"), ("other", "recorded", "file"), ("comic", "recorded", "file")]
    with runtime.transaction() as session:
        assert [one.order.service for one in list_orders(session, ("recorded",), to_export=True)] == ["paper", "other", "comic"]
    assert house.texts() == []


def test_what_needs_no_second_yes_and_what_ends_go_at_once(sqlite_runtime: Runtime) -> None:
    runtime = sqlite_runtime
    with boss() as peer:
        house = _house(runtime, peer)
        house.order("mail")
        house.pass_time()
        assert house.states() == [("mail", "confirmed", "interface")]
        with runtime.transaction() as session:
            leave(session, session.scalars(select(Subscription)).one(), channel="wap", at=house.now + timedelta(seconds=1))
        house.pass_time(2)
        assert house.states() == [("mail", "confirmed", "interface")] * 2
        assert peer.accounts()[NUMBER]["orders"]["mail"]["state"] == "cancelled"
    assert [one.state for one in house.rows(Subscription)] == ["cancelled"]
    with runtime.transaction() as session:
        assert list_orders(session, ("recorded",), to_export=True) == []


def test_what_boss_refuses_is_refused_and_he_is_told(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    runtime = sqlite_runtime
    with boss() as peer:
        house = _house(runtime, peer)
        peer.post("events", {"event": "barred", "msisdn": NUMBER})
        house.order("mail")
        house.pass_time()
    assert [(one.state, one.reason) for one in house.rows(ServiceOrder)] == [("refused", "boss 102: 停机")]
    assert house.texts() == ["您订购的139邮箱未能开通，详询10086。"]
    assert house.rows(Subscription) == []


def test_a_question_that_never_left_gives_the_order_back_to_the_file(sqlite_runtime: Runtime) -> None:
    house = _house(sqlite_runtime, None)
    house.runtime = with_boss(sqlite_runtime, "http://127.0.0.1:9/")
    house.order("paper")
    route_new(house.runtime)
    with sqlite_runtime.transaction() as session:
        session.scalars(select(ReaderReply)).one().state = "stale"
    house.pass_time()
    assert house.states() == [("paper", "recorded", "file")]
    assert house.rows(OrderConfirmation) == []


def test_nobody_is_asked_where_no_port_sends_texts(sqlite_runtime: Runtime) -> None:
    house = _house(sqlite_runtime, None, with_port=False)
    house.runtime = with_boss(sqlite_runtime, "http://127.0.0.1:9/")
    house.order("paper")
    house.pass_time()
    assert house.states() == [("paper", "recorded", "file")]


def test_a_setting_says_how_long_silence_is_waited_for(sqlite_runtime: Runtime) -> None:
    set_values(sqlite_runtime, confirm_wait_s=3600.0, confirm_silent_text="您未确认订购{service}。")
    house = _house(sqlite_runtime, None)
    house.runtime = with_boss(sqlite_runtime, "http://127.0.0.1:9/")
    house.order("comic")
    house.pass_time()
    house.pass_time(3700)
    assert house.texts() == ["您申请订购漫画，资费5.5元/月。回复Y确认订购；1小时内不回复视为放弃，不收费。", "您未确认订购漫画。"]
