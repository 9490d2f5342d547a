"""A reader asks by a text to stop: what ends, what he is told, and how BOSS and MISC hear of it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from delivery.models import InboundMessage, ReaderReply
from delivery.sending import replies
from huabao.runtime import Runtime
from reconciliation.ordering.outcomes import read_answers
from reconciliation.ordering.routing import route_new
from reconciliation.outbox.models import OutboundRequest
from reconciliation.outbox.sending import work
from subscribers.models import Subscription
from subscribers.offers.models import ServiceOrder
from subscribers.offers.orders import record_order
from subscribers.offers.services import import_catalogue
from subscribers.orders.change import Change
from subscribers.orders.services import apply
from tests.integration.misc.ground import journal_rows, states
from tests.integration.misc.test_ordering import both
from tests.integration.reconciliation.installing import add_readers, set_values, with_boss
from tests.integration.reconciliation.ordering.test_second_confirmation import CATALOGUE, NUMBER, House, _house
from tests.integration.sandbox.running import boss
from tests.services.texting import add_smpp_port, owning, smsc
from tests.services.waiting import wait_until

HELD = ("anhui-paper", "anhui-comic")


def holding(runtime: Runtime, *services: str) -> House:
    """A house whose reader holds these."""
    house = _house(runtime, None)
    house.runtime = with_boss(runtime, "http://127.0.0.1:9/")
    with runtime.transaction() as session:
        apply(session, [Change(NUMBER, "order", "misc", f"t{one}", house.now, one) for one in services], now=house.now)
    house.now += timedelta(minutes=1)
    return house


def held(runtime: Runtime) -> set[str]:
    with runtime.transaction(read_only=True) as session:
        return set(session.scalars(select(Subscription.service_id).where(Subscription.state == "active")))


@pytest.mark.parametrize(
    ("holds", "said", "left", "reply"),
    [
        (HELD[:1], "TD", set(), "已为您退订安徽手机报，感谢您的使用。"),
        (HELD, "退订漫画。", {"anhui-paper"}, "已为您退订漫画，感谢您的使用。"),
        (HELD, "ｔｄ comic", {"anhui-paper"}, "已为您退订漫画，感谢您的使用。"),
        (HELD, "TD ANHUI-PAPER", {"anhui-comic"}, "已为您退订安徽手机报，感谢您的使用。"),
        (HELD, "00000", set(), "已为您退订漫画、安徽手机报，感谢您的使用。"),
        (HELD, "退订全部", set(), "已为您退订漫画、安徽手机报，感谢您的使用。"),
        (HELD, "TD", set(HELD), "您已订购：漫画、安徽手机报。退订请回复“退订”加名称，如：退订漫画；全部退订请回复：退订全部。"),
        (HELD[:1], "退订 足球", set(HELD[:1]), "您已订购：安徽手机报。退订请回复“退订”加名称，如：退订安徽手机报；全部退订请回复：退订全部。"),
        ((), "TD", set(), "您目前没有订购本平台的业务，详询10086。"),
    ],
)
def test_what_ends_and_what_he_is_told(sqlite_runtime: Runtime, holds: tuple[str, ...], said: str, left: set[str], reply: str) -> None:
    house = holding(sqlite_runtime, *holds)
    house.say(said, status="stop-asked")
    assert (held(sqlite_runtime), house.texts()) == (left, [reply])
    house.say(said, status="stop-asked")
    assert held(sqlite_runtime) == left, "the network repeats itself"
    ended = [one for one in house.rows(ServiceOrder) if one.kind == "cancel"]
    assert {one.service_id for one in ended} == set(holds) - left
    assert {(one.kind, one.service_id) for one in house.rows(OutboundRequest)} == {("cancel", one) for one in set(holds) - left}


def test_where_the_setting_asks_he_says_it_twice_and_silence_keeps_it(runtime: Runtime) -> None:
    set_values(runtime, stop_confirm=True)
    house = holding(runtime, *HELD)
    house.say("退订漫画", status="stop-asked")
    assert held(runtime) == set(HELD)
    assert house.texts() == ["您申请退订漫画。回复Y确认退订；24小时内不回复则继续为您服务。"]
    house.pass_time(90_000)
    house.pass_time(90_000)
    assert (held(runtime), house.rows(ServiceOrder)[0].state) == (set(HELD), "lapsed")
    house.say("TD COMIC", status="stop-asked")
    house.say("Y")
    assert held(runtime) == {"anhui-paper"}
    house.pass_time()
    assert [(one.kind, one.service_id) for one in house.rows(OutboundRequest)] == [("cancel", "anhui-comic")]
    assert house.texts()[-1] == "已为您退订漫画，感谢您的使用。"


def test_a_numbers_next_owner_does_not_stop_for_the_last(sqlite_runtime: Runtime) -> None:
    house = holding(sqlite_runtime, *HELD)
    with sqlite_runtime.transaction() as session:
        moved = Change(NUMBER, "number_change", "boss", "moved", house.now, new_msisdn="13800138999")
        apply(session, [moved], now=house.now)
    house.say("00000", status="stop-asked")
    assert (held(sqlite_runtime), [one.status for one in house.rows(InboundMessage)]) == (set(HELD), ["stop-stranger"])


def test_what_boss_does_not_end_holds_again_and_he_is_told(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    script = tmp_path / "boss.yaml"
    script.write_text("- when: {operation: cancel}\n  do: {code: '101'}\n", "utf-8")
    with boss("--script", script) as peer:
        house = _house(sqlite_runtime, peer)
        house.order("mail")
        house.pass_time()
        assert held(sqlite_runtime) == {"mail"}
        house.say("TD", status="stop-asked")
        house.pass_time()
        house.pass_time()
    assert held(sqlite_runtime) == {"mail"}, "BOSS goes on billing it, so it goes on here"
    assert [(one.kind, one.state, one.reason) for one in house.rows(ServiceOrder)][1:] == [("cancel", "refused", "boss 101: ")]
    assert house.texts()[1:] == ["已为您退订139邮箱，感谢您的使用。", "您退订139邮箱未成功，将继续为您服务，详询10086。"]


def test_by_a_real_smsc_he_says_yes_again_and_later_stops_and_misc_calls_back(runtime: Runtime, tmp_path: Path) -> None:
    """The question leaves over SMPP, his Y comes in, MISC is asked and calls before it answers; so when he stops."""
    with runtime.transaction() as session:
        import_catalogue(session, CATALOGUE, "test.toml", by="test", at=runtime.now())
    reader_id = add_readers(runtime, [NUMBER])[NUMBER]
    with both(runtime) as misc, smsc(tmp_path / "kept", "--delay-ms", "0") as peer:
        add_smpp_port(runtime, peer.url)

        def sent() -> list[tuple[str, str]]:
            with runtime.transaction(read_only=True) as session:
                return [(text, state) for text, state in session.execute(select(ReaderReply.text, ReaderReply.state).order_by(ReaderReply.id))]

        def go_on() -> None:
            route_new(runtime)
            read_answers(runtime)
            work(runtime, "misc")
            replies.heal(runtime)

        def until(*texts: str) -> None:
            """Let all go on until he was sent these texts."""

            def over() -> bool:
                go_on()
                return sent() == [(one, "sent") for one in texts]

            wait_until(over, what=lambda: str(sent()))

        def say(text: str) -> None:
            peer.say("mo", **{"from": NUMBER, "to": "10658666", "text": text})

        misc.do({"event": "order", "msisdn": NUMBER, "service_id": "anhui-paper"})
        misc.wait_for("taken", 1)
        with runtime.transaction() as session:
            record_order(session, reader_id, "comic", "subscribe", "wap", runtime.now())
        with owning(runtime):
            wait_until(lambda: peer.stats()["bound"] > 0)
            asked = "您申请订购漫画，资费5.5元/月。回复Y确认订购；24小时内不回复视为放弃，不收费。"
            until(asked)
            say("Y")
            until(asked, opened := "您订购的漫画已开通。")
            assert states(runtime, "anhui-comic") == {NUMBER: "active"} and misc.orders()[NUMBER, "anhui-comic"] == "active"
            say("退订漫画")
            until(asked, opened, "已为您退订漫画，感谢您的使用。")

            def called() -> bool:
                go_on()
                told = [(one.direction, one.verdict) for one in journal_rows(runtime)][-4:]
                return told == [("in", "applied"), ("out", "asked"), ("in", "unchanged"), ("in", "done")]

            wait_until(called, what=lambda: f"he left, MISC was asked, called and answered; not {[(one.direction, one.verdict) for one in journal_rows(runtime)]}")
            assert misc.orders()[NUMBER, "anhui-comic"] == "cancelled"
        assert {line["recipients"][0][-11:] for line in peer.lines()} == {NUMBER}
