"""A reader's own pages: who he is, what he is offered, what he sends, and that it counts once."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import structlog
from lxml import etree
from sqlalchemy import func, select

from content.quiz.models import OpenedQuiz, QuizAnswer
from content.slots.gaps import Gap
from content.slots.values import fillings
from content.wap.keys import personal_link
from content.wap.models import WapForm
from content.wap.tokens import Ticket
from delivery.sending.claims import ClaimedBatch
from delivery.sending.personal import texts_of
from huabao.audit import AuditEntry
from huabao.log import configure
from huabao.msisdn import MSISDN
from huabao.runtime import Runtime
from subscribers.models import Reader, Subscription, SubscriptionEvent
from subscribers.offers.models import ServiceOrder
from tests.integration.wap.conftest import NUMBER, Asking, Site, browsers
from tests.services.delivering import set_setting
from tests.wap_markup import faults_of, hrefs_of, words_of

GATEWAY = "10.0.0.172"


def own(site: Site, purpose: str = "package") -> str:
    """The token of the reader's own link."""
    with site.runtime.transaction(read_only=True) as session:
        return personal_link(session, site.runtime.config, site.reader_id, purpose, site.version_id, site.runtime.now()).rpartition("/")[2]


def fields_of(page: bytes, button: str, choice: str = "") -> dict[str, str]:
    """What a handset sends when that button is pressed."""
    root = etree.fromstring(page)
    if root.tag == "wml":
        anchor = next(one for one in root.iter("anchor") if one.text == button)
        return {one.get("name"): one.get("value").replace("$(v)", choice) for one in anchor.iter("postfield")}
    inputs = list(root.iter("{http://www.w3.org/1999/xhtml}input"))
    sent = {one.get("name"): one.get("value") for one in inputs if one.get("type") == "hidden" or one.get("value") == button}
    return {**sent, **({"c": choice} if choice else {})}


def orders(runtime: Runtime) -> list[tuple[str, str, str]]:
    with runtime.transaction(read_only=True) as session:
        return [(one.service, one.kind, one.channel) for one in session.scalars(select(ServiceOrder).order_by(ServiceOrder.id))]


def test_a_number_is_believed_from_the_gateway_only(site: Site, asking: Asking) -> None:
    number = {"x-up-calling-line-id": f"86{NUMBER}"}
    assert asking("k750", GATEWAY).get("/wap/my", headers=number).status_code == 403, "no gateway is named yet"
    set_setting(site.runtime, "wap_gateways", f"{GATEWAY}, 10.1.0.0/16")
    for host, headers in (("203.0.113.9", number), ("203.0.113.9", {**number, "x-forwarded-for": GATEWAY}), (GATEWAY, {}), (GATEWAY, {"x-msisdn": "13899999999"}), (GATEWAY, {"x-msisdn": "x" * 500})):
        answer = asking("k750", host).get("/wap/my", headers=headers)
        assert answer.status_code == 403
        assert "不知道您是谁" in words_of(answer.content)
    two = asking("k750", GATEWAY).get("/wap/my", headers=[("x-msisdn", NUMBER), ("x-msisdn", "13805510002")])
    assert two.status_code == 403, "two numbers name nobody"
    for host in (GATEWAY, "10.1.200.7"):
        entered = asking("nokia", host).get(f"/wap/my?from={site.cover}", headers=number)
        assert entered.status_code == 303
        assert entered.headers["cache-control"] == "private, no-store"
        assert NUMBER not in entered.headers["location"]
        ticket = site.address.ticket(entered.headers["location"].rpartition("/")[2])
        assert ticket is not None
        assert (ticket.reader_id, ticket.purpose, ticket.about) == (site.reader_id, "package", site.version_id)
        assert timedelta(minutes=59) < ticket.ends_at - site.runtime.now() <= timedelta(minutes=61)


@pytest.mark.parametrize("name", ["nokia", "k750", "phone"])
def test_the_package_and_all_behind_it(still_site: Site, name: str) -> None:
    site, asking = still_site, browsers(still_site)
    client, token = asking(name), own(site)
    left, seen, words = [token], set[str](), {}
    while left:
        path = left.pop()
        if path in seen:
            continue
        seen.add(path)
        answer = client.get(f"/wap/{path}")
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "private, no-store"), path
        assert faults_of(answer.content) == []
        assert NUMBER not in answer.text
        words[path] = answer.text
        left += hrefs_of(answer.content)
    first = words[token]
    assert "我的套餐" in first
    assert "138****0001" in first
    assert "畅游体验组合" in first
    everything = "".join(words.values())
    assert "确认退订" in everything
    assert "退订江城" in everything, "a paper of ours is called by its title"
    assert orders(site.runtime) == [], "whoever only looks orders nothing"
    assert client.get("/wap/my?w=128").headers["content-type"] == "image/png"


@pytest.mark.parametrize(("name", "button", "kind"), [("nokia", "我要体验", "try"), ("k750", "订购", "subscribe")])
def test_an_order_counts_once(site: Site, asking: Asking, name: str, button: str, kind: str) -> None:
    client, token = asking(name), own(site)
    offered = client.get(f"/wap/{token}").content
    sent = fields_of(offered, button, "phonebook")
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: client.post(f"/wap/{token}", data=sent), range(4)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({words_of(answer.content) for answer in answers}) == 1, "a second tap is told the same"
    assert faults_of(answers[0].content) == []
    assert orders(site.runtime) == [("phonebook", kind, "wap")]
    again = client.post(f"/wap/{token}", data=fields_of(client.get(f"/wap/{token}").content, button, "phonebook"))
    assert "登记中" in words_of(again.content)
    assert len(orders(site.runtime)) == 1


def test_leaving_asks_first_and_is_on_record(site: Site, asking: Asking) -> None:
    client, token = asking("k750"), own(site, "leave")
    held = client.get(f"/wap/{token}")
    link = next(one for one in hrefs_of(held.content) if "v=leave" in one)
    confirm = client.get(f"/wap/{link}")
    button = "确认退订"
    with site.runtime.transaction(read_only=True) as session:
        assert session.scalar(select(func.count()).select_from(Subscription).where(Subscription.state == "active")) == 2
    done = client.post(f"/wap/{token}", data=fields_of(confirm.content, button))
    assert "已为您退订" in words_of(done.content)
    assert words_of(client.post(f"/wap/{token}", data=fields_of(confirm.content, button)).content) == words_of(done.content)
    with site.runtime.transaction(read_only=True) as session:
        gone = session.scalars(select(Subscription).where(Subscription.state == "cancelled")).one()
        event = session.scalars(select(SubscriptionEvent)).one()
        assert (event.event, event.state, event.source, event.service_id) == ("cancel", "cancelled", "wap", gone.service_id)
        assert [(one.kind, one.service_id, one.state) for one in session.scalars(select(ServiceOrder))] == [("cancel", gone.service_id, "recorded")]
        kept = session.scalars(select(AuditEntry).where(AuditEntry.action == "subscription.leave")).one()
        assert NUMBER not in f"{kept.object_id}{kept.detail}"
    assert "已经退订" in words_of(client.get(f"/wap/{link}").content)


def test_another_readers_subscription_is_not_his_to_end(site: Site, asking: Asking) -> None:
    now = site.runtime.now()
    with site.runtime.transaction() as session:
        other = Reader(msisdn="13805510009", created_at=now, updated_at=now)
        session.add(other)
        session.flush()
        theirs = Subscription(reader_id=other.id, service_id="mail139", state="active", effective_at=now, updated_at=now)
        session.add(theirs)
        session.flush()
        foreign = site.address.personal_token(Ticket(other.id, "form", 7, now + timedelta(hours=1)))
        theirs_id = theirs.id
    client, token = asking("k750"), own(site)
    mine = fields_of(client.get(f"/wap/{token}").content, "订购", "phonebook")["form"]
    assert "没有这一项" in words_of(client.post(f"/wap/{token}", data={"form": mine, f"do-leave.{theirs_id}": "x"}).content)
    for form in (foreign, token, "", "x" * 40, site.cover):
        answer = client.post(f"/wap/{token}", data={"form": form, "do-try.phonebook": "x"})
        assert (answer.status_code, "没有收到" in words_of(answer.content)) == (403, True)
    assert client.post(f"/wap/{site.cover}", data={"form": mine, "do-try.phonebook": "x"}).status_code == 404
    assert client.get(f"/wap/{mine}").status_code == 404, "a form's token opens no page"
    assert orders(site.runtime) == []
    with site.runtime.transaction(read_only=True) as session:
        assert session.get_one(Subscription, theirs_id).state == "active"


def test_odd_forms_do_nothing(still_site: Site) -> None:
    site, asking = still_site, browsers(still_site)
    client, token = asking("k750"), own(site)
    huge = {"do-quiz.99999999999999999999": "x", "c": "1"}
    for sent in ({}, {"do-": ""}, {"do-try": "x"}, {"do-try.": "x", "c": "nothing"}, huge, {"do-leave.-1": "x"}, {"do-leave.²": "x"}, {"do-drop.1": "x"}, {"c": "phonebook"}):
        form = fields_of(client.get(f"/wap/{token}").content, "订购")["form"]
        answer = client.post(f"/wap/{token}", data={"form": form, **sent})
        assert answer.status_code == 200, sent
        assert faults_of(answer.content) == []
    assert client.post(f"/wap/{token}", data={"form": "x" * 70_000}).status_code == 413
    assert client.post(f"/wap/{token}", content=b"\xff=\xff", headers={"content-type": "application/x-www-form-urlencoded"}).status_code == 400
    assert client.post(f"/wap/{token}", content=b"{}").status_code == 400
    assert orders(site.runtime) == []


def test_the_quiz_takes_an_answer_until_it_closes(site: Site, asking: Asking) -> None:
    client, token = asking("nokia"), own(site, "quiz")
    page = client.get(f"/wap/{token}")
    assert "江城新桥有几条车道" in words_of(page.content)
    client.post(f"/wap/{token}", data=fields_of(page.content, "提交", "1"))
    changed = client.post(f"/wap/{token}", data=fields_of(client.get(f"/wap/{token}").content, "提交", "2"))
    assert changed.status_code == 200
    missing = client.post(f"/wap/{token}", data=fields_of(client.get(f"/wap/{token}").content, "提交", "9"))
    assert "请先选一项" in words_of(missing.content)
    empty = fields_of(client.get(f"/wap/{token}").content, "提交", "")
    assert "请先选一项" in words_of(client.post(f"/wap/{token}", data=empty).content)
    assert "已答过" in words_of(client.post(f"/wap/{token}", data={**empty, "c": "1"}).content), "who goes back and chooses has the same form"
    late = fields_of(client.get(f"/wap/{token}").content, "提交", "3")
    with site.runtime.transaction() as session:
        found = session.scalars(select(QuizAnswer).order_by(QuizAnswer.id)).all()
        assert [(one.choice, one.channel) for one in found] == [(1, "wap"), (2, "wap"), (1, "wap")]
        session.scalars(select(OpenedQuiz)).one().closes_at = site.runtime.now() - timedelta(minutes=10)
    assert "截止" in words_of(client.post(f"/wap/{token}", data=late).content)
    assert "已经截止" in words_of(client.get(f"/wap/{token}").content)


def test_a_message_of_his_own_carries_his_link(still_site: Site) -> None:
    """The slot `package_link` is filled for each reader when his message leaves; where none leaves, the fallback stands."""
    site = still_site
    gap = Gap("package_link", "短信CX", 80, 240, 0, 8)
    claimed = ClaimedBatch(1, 1, site.runtime.now().date(), 1, 1, None, "a worker", 1, 0, {site.reader_id: MSISDN(NUMBER)}, {})
    texts = texts_of(site.runtime, claimed, [gap])
    link = texts[site.reader_id][0].decode()
    assert NUMBER not in link
    assert texts_of(site.runtime, claimed, [gap]) == texts, "a try again is the same bytes"
    answer = browsers(site)("k750").get(f"/wap/{link.rpartition('/')[2]}")
    assert "我的套餐" in words_of(answer.content)
    assert "互动问答" in words_of(answer.content), "of the edition that the message is"
    with site.runtime.transaction(read_only=True) as session:
        assert fillings(session, [gap], [site.reader_id]) == {}


def test_a_link_of_ones_own_ends(still_site: Site) -> None:
    site, asking = still_site, browsers(still_site)
    now = site.runtime.now()
    ended = site.address.personal_token(Ticket(site.reader_id, "package", 0, now - timedelta(minutes=2)))
    nobody = site.address.personal_token(Ticket(999_999, "package", 0, now + timedelta(hours=1)))
    for token in (ended, nobody):
        answer = asking("k750").get(f"/wap/{token}")
        assert (answer.status_code, "链接已过期" in words_of(answer.content)) == (410, True)


@pytest.mark.parametrize("as_json", [True, False])
def test_no_log_holds_a_token_or_a_number(site: Site, asking: Asking, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, as_json: bool) -> None:
    caplog.set_level("DEBUG")
    written = io.StringIO()
    configure("DEBUG", as_json=as_json)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(written), cache_logger_on_first_use=False)
    set_setting(site.runtime, "wap_gateways", GATEWAY)
    client, token = asking("k750", GATEWAY), own(site)
    client.get(f"/wap/my?from={site.cover}", headers={"x-msisdn": NUMBER})
    sent = fields_of(client.get(f"/wap/{token}").content, "订购", "phonebook")
    client.post(f"/wap/{token}", data=sent)
    monkeypatch.setattr("console.wap_sheets.document", lambda *_: 1 / 0)
    broken = client.get(f"/wap/{token}")
    assert broken.status_code == 500
    assert "系统繁忙" in words_of(broken.content)
    said = written.getvalue() + "".join(one.getMessage() for one in caplog.records if one.name != "httpx")  # that is the test's own client
    assert "request failed" in said
    for secret in (token, site.cover, sent["form"], NUMBER):
        assert secret not in said
    with site.runtime.transaction(read_only=True) as session:
        assert all(sent["form"] not in one.form_sha256 for one in session.scalars(select(WapForm)))
