"""The seeds board, the steps and what is held back, on the dispatch's page; holding a class back, letting it go."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from starlette.testclient import TestClient

from delivery import lifecycle
from delivery.dispatch import brake
from delivery.dispatch.seeds import add_seeds
from delivery.models import Batch, Brake, Dispatch, Outcome, deliveries
from huabao.audit import AuditEntry
from huabao.ids import pack_ids
from huabao.msisdn import MSISDN
from huabao.runtime import Runtime
from subscribers.models import Reader
from tests.integration.console.conftest import csrf_of
from tests.integration.console.dispatch_rows import add_dispatch, settle

SignedIn = Callable[[str], TestClient]
CLASS = "100kb-240x320"


def add_gated(runtime: Runtime, *, planned: int = 1000, state: str = "seeding", seeds: int = 4, retrieved: int = 2, bad: int = 0) -> int:
    """A dispatch before its gate: its first readers are its seeds."""
    dispatch_id = add_dispatch(runtime, planned=planned, state=state)
    now = runtime.now()
    with runtime.transaction() as session:
        session.execute(
            insert(Reader), [{"id": one, "msisdn": f"138{one:08d}", "topics": [], "attributes": {}, "created_at": now, "updated_at": now} for one in range(1, seeds + 1)]
        )
        add_seeds(session, "panel", [MSISDN(f"138{one:08d}") for one in range(1, seeds + 1)], kind="member", by="test", at=now)
        rest = session.scalars(select(Batch).where(Batch.dispatch_id == dispatch_id)).one()
        rest.handset_class, rest.reader_ids, rest.size = CLASS, pack_ids(range(seeds + 1, planned + 1)), planned - seeds
        session.add(
            Batch(
                dispatch_id=dispatch_id, day=rest.day, variant_id=rest.variant_id, port_id=rest.port_id, position=1, size=seeds, reader_ids=pack_ids(range(1, seeds + 1)),
                stage=0, lane="seed", handset_class=CLASS, state="done",
            )
        )  # fmt: skip
        gate = {"ramp": True, "seeds": seeds, "seeding_at": (now - timedelta(minutes=1)).isoformat(), "waits": state == "held"}
        session.execute(update(Dispatch).where(Dispatch.id == dispatch_id).values(seed_group="panel", gate=gate, stage=0 if state != "sending" else 1, started_at=None))
        session.execute(update(deliveries).where(deliveries.c.dispatch_id == dispatch_id, deliveries.c.reader_id <= seeds).values(outcome=int(Outcome.SUBMITTED), submitted_at=now))
    settle(runtime, dispatch_id, Outcome.RETRIEVED, range(1, retrieved + 1))
    settle(runtime, dispatch_id, Outcome.REJECTED, range(retrieved + 1, retrieved + bad + 1))
    return dispatch_id


def hold(runtime: Runtime, dispatch_id: int, scope: str, key: str) -> int:
    with runtime.transaction() as session:
        return brake.pull(session, lifecycle.lock_dispatch(session, dispatch_id), scope, key, reason="34% of 500 readers' submissions failed", by="huabao", at=runtime.now()).id


def test_the_board_says_what_the_seeds_say(runtime: Runtime, signed_in: SignedIn) -> None:
    dispatch_id = add_gated(runtime)
    page = signed_in("王敏").get(f"/dispatches/{dispatch_id}").text
    for said in ("Seed send", "2 of 4 seeds retrieved", "waiting for reports until", "138****0001", CLASS, "seed group panel", "First step", "Nothing is held back", 'id="act-release"', 'id="act-hold"'):
        assert said in page, said
    assert "13800000001" not in page
    with runtime.transaction() as session:
        session.execute(update(Dispatch).values(state="held"))
    page = signed_in("王敏").get(f"/dispatches/{dispatch_id}/live").text
    assert "已扣住" not in page
    assert 'id="seed-verdict"' in page


def test_what_is_held_back_is_shown_and_let_go_by_an_operator(runtime: Runtime, signed_in: SignedIn) -> None:
    dispatch_id = add_gated(runtime, state="sending")
    brake_id = hold(runtime, dispatch_id, "port", "mm-1")
    page = signed_in("li").get(f"/dispatches/{dispatch_id}").text
    assert "Port mm-1" in page
    assert "34% of 500 readers" in page
    assert f'id="release-{brake_id}"' not in page, "letting go is no editor's right"
    client = signed_in("王敏")
    assert f'id="release-{brake_id}"' in client.get(f"/dispatches/{dispatch_id}").text
    fields = _sheet(client, f"/brakes/{brake_id}/release")
    assert fields["count"] == "996"
    assert "give a reason" in client.post(f"/brakes/{brake_id}/release", data=fields).text
    assert client.post(f"/brakes/{brake_id}/release", data=fields | {"reason": "the MMSC is back"}).headers["location"] == f"/dispatches/{dispatch_id}"
    assert "released already" in client.post(f"/brakes/{brake_id}/release", data=fields | {"reason": "again"}).text
    page = client.get(f"/dispatches/{dispatch_id}").text
    assert "by 王敏: the MMSC is back" in page
    with runtime.transaction(read_only=True) as session:
        assert session.scalars(select(Batch.held).where(Batch.dispatch_id == dispatch_id, Batch.held.is_not(None))).all() == []
        assert session.scalars(select(AuditEntry.actor).where(AuditEntry.action == "brake.release")).all() == ["王敏"]


def _sheet(client: TestClient, path: str) -> dict[str, Any]:
    sheet = client.get(path, headers={"hx-request": "true"})
    assert sheet.status_code == 200
    return {"csrf": csrf_of(sheet.text), "count": sheet.text.split('name="count" value="')[1].split('"')[0]}


def test_the_duty_editor_holds_a_class_back(runtime: Runtime, signed_in: SignedIn) -> None:
    dispatch_id = add_gated(runtime, state="sending")
    client = signed_in("li")
    path = f"/dispatches/{dispatch_id}/classes/{CLASS}/block"
    assert path in client.get(f"/dispatches/{dispatch_id}").text
    fields = _sheet(client, path)
    assert fields["count"] == "996"
    assert "look again" in client.post(path, data=fields | {"count": "500", "reason": "garbled"}).text
    assert client.post(path, data=fields | {"reason": "garbled on three phones"}).status_code == 303
    assert "held already" in client.post(path, data=fields | {"reason": "twice"}).text
    with runtime.transaction(read_only=True) as session:
        found = session.scalars(select(Brake)).one()
        assert (found.scope, found.key, found.readers, found.by, found.reason) == ("handset_class", CLASS, 996, "li", "garbled on three phones")
    assert "garbled on three phones" in client.get(f"/dispatches/{dispatch_id}").text
    assert signed_in("zhou").get(path).status_code == 403


def test_a_class_without_a_seed_is_named(runtime: Runtime, signed_in: SignedIn) -> None:
    dispatch_id = add_gated(runtime)
    assert "no seed" not in signed_in("li").get(f"/dispatches/{dispatch_id}").text
    with runtime.transaction() as session:
        session.execute(update(Batch).where(Batch.stage > 0).values(handset_class="30kb-128x160"))
    assert "no seed" in signed_in("li").get(f"/dispatches/{dispatch_id}").text


def test_what_does_not_exist_is_not_found(runtime: Runtime, signed_in: SignedIn) -> None:
    dispatch_id = add_gated(runtime)
    client = signed_in("root")
    assert client.get("/brakes/99/release").status_code == 404
    assert client.get(f"/dispatches/99/classes/{CLASS}/block").status_code == 404
    assert "nobody of this class is left" in client.get(f"/dispatches/{dispatch_id}/classes/30kb-128x160/block").text


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_both_languages(runtime: Runtime, signed_in: SignedIn, language: str) -> None:
    dispatch_id = add_gated(runtime, state="held", bad=1)
    hold(runtime, dispatch_id, "handset_class", CLASS)
    page = signed_in("王敏").get(f"/dispatches/{dispatch_id}", headers={"accept-language": language}).text
    for said in {"zh-CN": ("种子组 panel", "不通过", "放量", f"机型档 {CLASS}", "扣住的部分"), "en": ("seed group panel", "Stop", "Ramp", f"Handset class {CLASS}", "Held back")}[language]:
        assert said in page, said
