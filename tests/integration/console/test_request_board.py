"""Requests to BOSS and MISC for ops: who answers, what waits, asked again or dropped one by one and together, on the page and over the API."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select, update
from starlette.testclient import TestClient

from huabao.alarms import raise_alarm
from huabao.audit import AuditEntry
from huabao.runtime import Runtime
from reconciliation.outbox import Request, enqueue
from reconciliation.outbox.breaker import Health
from reconciliation.outbox.models import DONE, DROPPED, PERSON, WAITING, OutboundRequest
from reconciliation.outbox.sending import PERSON_ALARM
from reconciliation.outbox.store import write_health
from tests.integration.api.conftest import ClientOf, client_of, fits  # noqa: F401  # the fixture, by its name
from tests.integration.console.conftest import csrf_of
from tests.integration.reconciliation.installing import add_readers, numbers

SignedIn = Callable[[str], TestClient]
PATH = "/reconcile/requests"


@pytest.fixture
def world(runtime: Runtime) -> Runtime:
    """Six requests: 1 to 3 need a person over code 9999, 4 waits, 5 is on its way, 6 is done; MISC is away."""
    readers = add_readers(runtime, numbers(6))
    now = runtime.now()
    with runtime.transaction() as session:
        for at, (number, reader_id) in enumerate(readers.items(), 1):
            enqueue(session, Request("misc" if at == 4 else "boss", "cancel", f"k{at}", reader_id, service_id="paper"), now=now)
            assert number
        row = OutboundRequest
        session.execute(update(row).where(row.id <= 3).values(state=PERSON, code="9999", text="busy with migration", asked_at=now, answered_at=now, attempts=2))
        session.execute(update(row).where(row.id == 5).values(state="asking", asked_at=now))
        session.execute(update(row).where(row.id == 6).values(state=DONE, code="00"))
        write_health(session, "misc", Health(7, now, now, "connection refused"))
        raise_alarm(session, PERSON_ALARM, "boss", "3 requests wait for a person", at=now)
    return runtime


def press(client: TestClient, verb: str, query: str, **fields: str) -> str:
    """The sheet's form, filled in, and what is shown then."""
    path = f"{PATH}/{verb}?{query}"
    sheet = client.get(path).text
    answer = client.post(path, data={"csrf": csrf_of(sheet), "count": sheet.split('name="count" value="')[1].split('"')[0], **fields})
    return str(client.get(answer.headers["location"]).text if answer.status_code == 303 else answer.text)


def states(runtime: Runtime) -> list[str]:
    with runtime.transaction(read_only=True) as session:
        return list(session.scalars(select(OutboundRequest.state).order_by(OutboundRequest.id)))


def test_the_board_says_who_answers_what_waits_and_what_the_peer_said(world: Runtime, signed_in: SignedIn) -> None:
    client = signed_in("王敏")
    page = client.get(PATH).text
    for said in ("away since", "connection refused", "9999", "this code stands in no table", "busy with migration", "138****0000", "on its way", "2 tries"):
        assert said in page, said
    assert "13800000000" not in page
    assert 'id="request-6"' not in page, "what is settled is no work"
    only = client.get(f"{PATH}?peer=boss&state=person&code=9999").text
    assert [f'id="request-{n}"' in only for n in (1, 2, 3, 4, 5)] == [True, True, True, False, False]
    chinese = client.get(PATH, headers={"accept-language": "zh"}).text
    for said in ("待办请求", "等人处理", "没有应答", "退订"):
        assert said in chinese, said
    assert signed_in("zhou").get(PATH).status_code == 403


def test_one_is_asked_again_and_all_of_a_code_are_dropped_with_a_reason(world: Runtime, signed_in: SignedIn) -> None:
    client = signed_in("王敏")
    assert 'id="request-1"' in press(client, "retry", "id=1")
    assert states(world)[:3] == [WAITING, PERSON, PERSON]
    assert "please give a reason" in press(client, "drop", "peer=boss&state=person&code=9999", reason=" ")
    assert "no such requests" in press(client, "drop", "peer=boss&state=person&code=9999", reason="settled by telephone").lower()
    assert states(world)[:3] == [WAITING, DROPPED, DROPPED]
    with world.transaction(read_only=True) as session:
        kept = session.execute(select(AuditEntry.action, AuditEntry.actor).where(AuditEntry.object_kind == "outbox").order_by(AuditEntry.id)).all()
    assert [tuple(one) for one in kept] == [("outbox.retry", "王敏"), ("outbox.drop", "王敏"), ("outbox.drop", "王敏")]


def test_what_newer_ones_overtook_is_left_and_said(world: Runtime, signed_in: SignedIn) -> None:
    with world.transaction() as session:
        row = OutboundRequest
        session.execute(update(row).where(row.id == 6).values(line=select(row.line).where(row.id == 2).scalar_subquery()))
    client = signed_in("王敏")
    said = press(client, "retry", "peer=boss&state=person")
    assert "2 were done." in said
    assert "request 6 about the same reader was done since" in said
    assert states(world)[:3] == [WAITING, PERSON, WAITING]
    assert "之后已经办妥" in client.post(
        f"{PATH}/retry?id=2", data={"csrf": csrf_of(client.get(f"{PATH}/retry?id=2").text), "count": "1"}, headers={"accept-language": "zh"}
    ).text


def test_more_than_were_confirmed_are_asked_about_again(world: Runtime, signed_in: SignedIn) -> None:
    client = signed_in("王敏")
    path = f"{PATH}/drop?peer=boss&state=person"
    answer = client.post(path, data={"csrf": csrf_of(client.get(path).text), "count": "1", "reason": "enough"})
    assert "The count has moved: 1 when you opened this, 3 now" in answer.text
    assert client.get(f"{PATH}/burn?id=1").status_code == 404
    assert states(world)[:3] == [PERSON] * 3


def test_the_same_over_the_api(world: Runtime, client_of: ClientOf) -> None:  # noqa: F811  # the fixture
    client, path = client_of("settle"), "/api/v1/reconcile/requests"
    page = fits(client.get(f"{path}?peer=boss&limit=2"), path, "get")
    assert ([one["request_id"] for one in page["requests"]], page["next_after"], page["requests"][0]["msisdn"]) == ([1, 2], 2, "138****0000")
    assert {one["peer"]: (one["away_since"] is not None, one["waiting"]) for one in page["peers"]} == {"boss": (False, {"asking": 1, "person": 3}), "misc": (True, {"waiting": 1})}

    def act(**body: object) -> dict[str, object]:
        answer = client.post(f"{path}/acts", json=body, headers={"Idempotency-Key": f"k-{len(str(body))}-{body.get('confirmed')}"})
        found: dict[str, object] = fits(answer, f"{path}/acts", "post")
        return found

    assert act(act="drop", state="person", dry_run=True) == {"requests": 3, "done": 0, "refused": {}}
    assert act(act="drop", state="person", reason="enough", confirmed=1)["type"] == "urn:huabao:problem:moved"
    assert act(act="drop", state="person", reason="settled", confirmed=3) == {"requests": 3, "done": 3, "refused": {}}
    assert act(act="retry", request_id=5, reason="slow", confirmed=1)["refused"] == {"5": "request 5 is asking; nothing is left to ask"}
