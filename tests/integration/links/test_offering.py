"""Readers ask by SMS what there is for them, over a real link: a link of their own, or their package and a Y."""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy import select
from starlette.testclient import TestClient

from console.web import make_app
from delivery.models import InboundMessage, ReaderReply
from huabao.queues import Registry
from huabao.runtime import Runtime
from subscribers.models import BlacklistEntry, Handset, Reader, Subscription
from subscribers.offers.models import ServiceOrder
from tests.integration.quiz.ground import NUMBER, number_of
from tests.integration.quiz.test_by_text import states, told
from tests.services.texting import SMSC, add_smpp_port, owning, settle_texts, smsc
from tests.services.waiting import wait_until
from tests.wap_markup import words_of

PAYS, LINKED, BARRED, HOLDS, SILENT = range(1, 6)
STRANGER = 9


def people(runtime: Runtime) -> None:
    """A reader of each kind; class E has 飞信, 139邮箱 and 体育新闻, class F 飞信 and 体育短新闻."""
    now = runtime.now()
    with runtime.transaction() as session:
        session.add(Handset(model="K750", handset_class="50kb-176x220", records={"uaprof": {"wap_push": True}}))
        session.flush()
        for one in (PAYS, LINKED, BARRED, HOLDS, SILENT):
            attributes = {"data_plan": "是"} if one == LINKED else {"data_plan": "否"}
            session.add(Reader(id=one, msisdn=number_of(one), attribute_class="E", handset_model="K750", topics=[], attributes=attributes, created_at=now, updated_at=now))
        session.add(BlacklistEntry(msisdn=number_of(BARRED), kind="experience", recorded_at=now))
        for service_id in ("fetion", "mail139", "sports-news"):
            session.add(Subscription(reader_id=HOLDS, service_id=service_id, state="active", effective_at=now, updated_at=now))
        session.add(Subscription(reader_id=PAYS, service_id="mail139", state="paused", effective_at=now, updated_at=now))


def _whole(peer: SMSC, reader: int) -> str:
    """A text of several parts, joined."""
    bodies = [peer.keep / "bodies" / f"{line['body_sha256']}.mime" for line in peer.lines() if line["recipients"][0].endswith(number_of(reader))]
    return "".join(one.read_bytes().decode("utf-16-be") for one in bodies)


def test_who_asks_is_told_what_there_is_for_him_and_a_y_is_on_record(runtime: Runtime, tmp_path: Path) -> None:
    people(runtime)
    with smsc(tmp_path / "kept", "--delay-ms", "0") as peer:
        add_smpp_port(runtime, peer.url)

        def say(reader: int, text: str) -> None:
            peer.say("mo", **{"from": number_of(reader), "to": NUMBER, "text": text})

        with owning(runtime):
            wait_until(lambda: peer.stats()["bound"] > 0)
            for reader in (PAYS, LINKED, BARRED, HOLDS, STRANGER):
                say(reader, "ｙｗ。")
            say(PAYS, "业务")  # at once again
            say(SILENT, "Y")  # nobody asked him
            settle_texts(runtime, until=lambda: states(runtime) == ["sent"] * 5)
            first = told(peer)
            say(PAYS, "y")
            say(LINKED, "Y")
            settle_texts(runtime, until=lambda: states(runtime) == ["sent"] * 6)
        assert set(first) == {number_of(one) for one in (PAYS, LINKED, BARRED, HOLDS, STRANGER)}
        assert first[number_of(PAYS)] == "为您推荐畅阅体验组合2：飞信、体育新闻。回复Y申请体验。"
        assert "暂不能体验" in first[number_of(BARRED)]
        assert "都有了" in first[number_of(HOLDS)]
        assert "不是我们的读者" in first[number_of(STRANGER)]
        assert told(peer)[number_of(PAYS)] == "已登记飞信、体育新闻，开通后另行通知。"
        link = re.search(r"/wap/([a-z2-7]{40})$", _whole(peer, LINKED))
    assert link is not None
    page = TestClient(make_app(runtime, Registry({}, ()))).get(f"/wap/{link[1]}")
    assert "138****0002" in words_of(page.content)
    with runtime.transaction(read_only=True) as session:
        found = session.scalars(select(ServiceOrder).order_by(ServiceOrder.id)).all()
        assert [(one.reader_id, one.service, one.kind, one.channel, one.answer) for one in found] == [(PAYS, "fetion", "try", "sms", "y"), (PAYS, "sports-news", "try", "sms", "y")]
        kept = sorted((sender[-1], status) for sender, status in session.execute(select(InboundMessage.sender, InboundMessage.status)) if status)
        assert kept == [("1", "offer-asked"), ("1", "offer-ordered"), ("1", "offer-repeated"), ("2", "offer-led"), ("3", "offer-barred"), ("4", "offer-nothing"), ("9", "offer-stranger")]
        assert link[1] not in "".join(session.scalars(select(ReaderReply.text))), "no table holds what opens his pages"
