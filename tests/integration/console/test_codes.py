"""What the peers said, code by code: outcome, cause and advice, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select, update
from starlette.testclient import TestClient

from delivery.models import Port, Submission
from huabao.runtime import Runtime
from tests.integration.console.dispatch_rows import add_dispatch, add_report, add_submission

SignedIn = Callable[[str], TestClient]


@pytest.fixture
def dispatch_id(runtime: Runtime) -> int:
    """A dispatch of a China Mobile port: two accepted submissions, one refused, one put off by HTTP, one silent."""
    made = add_dispatch(runtime)
    for state, code in (("accepted", 1000), ("accepted", 1000), ("refused", 2004), ("deferred", 503), ("unknown", None)):
        add_submission(runtime, made, state=state)
        answered(runtime, code)
    with runtime.transaction() as session:
        session.execute(update(Port).values(options={"dialect": "cmcc"}))
    return made


def answered(runtime: Runtime, code: int | None) -> None:
    with runtime.transaction() as session:
        last = session.scalars(select(Submission).order_by(Submission.id.desc()).limit(1)).one()
        last.status_code = code


def test_every_code_says_cause_and_advice(runtime: Runtime, signed_in: SignedIn, dispatch_id: int) -> None:
    other = add_dispatch(runtime, number="1523")
    add_submission(runtime, other, state="refused")
    for _ in range(3):
        add_report(runtime, 1, "Expired", "4446")
    add_report(runtime, 2, "Retrieved")
    add_report(runtime, 2, "Teleported")
    add_report(runtime, 6, "Rejected")  # of the other dispatch
    client = signed_in("zhou")
    page = client.get(f"/dispatches/{dispatch_id}/codes").text
    for wanted in (
        "<code>Expired 4446</code>", "3 reports", "look at how often, at the last success", "cause: the handset · a later attempt may succeed · Port mm-1",
        "<code>Retrieved</code>", "1 report", "<code>Teleported</code>", "in no table; enter it",
        "<code>2004</code>", "1 request", "Refused", "<code>503</code>", "Put off", "no table speaks of it", "<code>—</code>", "Unanswered", "the peer gave no code", "counted at ",
    ):  # fmt: skip
        assert wanted in page, wanted
    assert "Rejected" not in page
    assert "cause: none" not in page
    assert "<code>1000</code>" not in page, "what was simply accepted needs no word"
    chinese = client.get(f"/dispatches/{dispatch_id}/codes", headers={"accept-language": "zh-CN"}).text
    for wanted in ("超期未取。仅凭此类不能断定原因", "原因：手机 · 可以再试 · 端口 mm-1", "3 条", "码表里没有，请补录"):
        assert wanted in chinese, wanted
    assert f'href="/dispatches/{dispatch_id}/codes"' in client.get(f"/dispatches/{dispatch_id}").text


def test_an_smsc_has_tables_of_its_own(runtime: Runtime, signed_in: SignedIn, dispatch_id: int) -> None:
    with runtime.transaction() as session:
        session.execute(update(Port).values(kind="smpp", options={}))
        session.execute(update(Submission).where(Submission.id == 3).values(status_code=0x0B))
    add_report(runtime, 1, "UNDELIV")
    page = signed_in("li").get(f"/dispatches/{dispatch_id}/codes").text
    assert "<code>UNDELIV</code>" in page
    assert "<code>11</code>" in page
    assert "cause: the number" in page


def test_a_dispatch_without_any_and_none_at_all(runtime: Runtime, signed_in: SignedIn) -> None:
    dispatch_id = add_dispatch(runtime)
    client = signed_in("li")
    page = client.get(f"/dispatches/{dispatch_id}/codes").text
    assert "No reports yet." in page
    assert "Every request was accepted." in page
    assert client.get("/dispatches/99/codes").status_code == 404
