"""Another rate for a dispatch that runs: what it does is shown first, it holds for the batches at once, and it can be taken back; by role."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select, update
from starlette.testclient import TestClient

from delivery.dispatch.steering import steer
from delivery.models import Batch, Dispatch
from huabao.audit import AuditEntry
from huabao.ids import pack_ids, unpack_ids
from huabao.queues import Job
from huabao.runtime import Runtime
from tests.integration.console.ops_rows import add_ports
from tests.integration.console.test_ports_page import sheet_of

SignedIn = Callable[[str], TestClient]


def _stands(runtime: Runtime, dispatch_id: int) -> tuple[float | None, list[float], int]:
    """Its rate, by how many seconds its batches are spread, how many of them have a job."""
    with runtime.transaction(read_only=True) as session:
        times = session.scalars(select(Batch.paced_at).where(Batch.dispatch_id == dispatch_id, Batch.state == "ready", Batch.paced_at.is_not(None)).order_by(Batch.position)).all()
        jobs = session.scalars(select(Job.id).where(Job.task == "delivery.send_batch", Job.state == "queued")).all()
        return session.get_one(Dispatch, dispatch_id).rate, [(at - times[0]).total_seconds() for at in times if at and times[0]], len(jobs)


def _in_three(runtime: Runtime, dispatch_id: int) -> int:
    """The dispatch's one batch cut in three."""
    with runtime.transaction() as session:
        whole = session.scalars(select(Batch).where(Batch.dispatch_id == dispatch_id)).one()
        readers = unpack_ids(whole.reader_ids)
        whole.size, whole.reader_ids = 1000, pack_ids(readers[:1000])
        for at in (1, 2):
            more = readers[1000 * at : 1000 * (at + 1)]
            session.add(Batch(dispatch_id=dispatch_id, day=whole.day, variant_id=whole.variant_id, port_id=whole.port_id, position=at, size=len(more), reader_ids=pack_ids(more)))
    return dispatch_id


def test_it_is_confirmed_with_what_it_does_and_holds_at_once(runtime: Runtime, signed_in: SignedIn) -> None:
    dispatch_id = _in_three(runtime, add_ports(runtime))
    client, path = signed_in("王敏"), f"/dispatches/{dispatch_id}/rate"
    assert 'id="act-rate"' in client.get(f"/dispatches/{dispatch_id}").text
    fields = sheet_of(client, path)
    assert (fields["count"], fields["shown"]) == ("3000", "")
    assert "Nothing was done: please give a rate" in client.post(path, data=fields | {"reason": "peak"}).text
    assert "look at what the new rate does" in client.post(path, data=fields | {"rate": "2.5", "reason": "peak"}).text
    assert "to spare" in client.get(f"{path}?rate=2.5").text.split("at the new rate")[1]
    assert " late</small>" in client.get(f"{path}?rate=0.25").text.split("at the new rate")[1]
    fields = sheet_of(client, f"{path}?rate=2.5") | {"rate": "2.5"}
    assert "give a reason" in client.post(path, data=fields).text
    assert "3,000 now" in client.post(path, data=fields | {"reason": "peak", "count": "20"}).text
    for wrong in ("-3", "nan", "inf", "1e9", "two"):
        assert "lies above 0" in client.post(path, data=fields | {"rate": wrong, "reason": "peak"}).text
    assert _stands(runtime, dispatch_id)[0] is None
    assert client.post(path, data=fields | {"reason": "their SMSC is slow"}).headers["location"] == f"/dispatches/{dispatch_id}"
    rate, spread, jobs = _stands(runtime, dispatch_id)
    assert rate == 2.5
    with runtime.transaction(read_only=True) as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "dispatch.rate")).one()
    assert spread == [0.0, 400.0, 800.0]
    assert jobs == 1
    assert (entry.actor, entry.detail["before"], entry.detail["after"]) == ("王敏", None, 2.5)
    page = client.get(f"/dispatches/{dispatch_id}").text
    assert "limited to 2.5 readers/s" in page
    assert "rate from that of its ports to 2.5/s: their SMSC is slow" in page
    assert "速率改为2.5 人/秒（原来由端口定）：their SMSC is slow" in client.get(f"/dispatches/{dispatch_id}", headers={"accept-language": "zh"}).text
    with runtime.transaction() as session:
        session.execute(update(Batch).where(Batch.dispatch_id == dispatch_id, Batch.position == 1).values(held="a class that is stopped"))
    assert client.post(path, data=sheet_of(client, f"{path}?rate=5") | {"rate": "5", "reason": "faster"}).status_code == 303
    assert _stands(runtime, dispatch_id)[1] == [0.0, 200.0], "nobody waits for what is held"
    fields = sheet_of(client, f"{path}?unlimited=1") | {"unlimited": "1", "reason": "they are well again"}
    assert client.post(path, data=fields).status_code == 303
    assert _stands(runtime, dispatch_id)[:2] == (None, [])


def test_what_has_ended_takes_no_rate_and_only_operators_give_one(runtime: Runtime, signed_in: SignedIn) -> None:
    dispatch_id = add_ports(runtime)
    path = f"/dispatches/{dispatch_id}/rate"
    for name in ("li", "zhou"):
        assert signed_in(name).get(path).status_code == 403
        assert 'id="act-rate"' not in signed_in(name).get(f"/dispatches/{dispatch_id}").text
    client = signed_in("root")
    fields = sheet_of(client, f"{path}?rate=40") | {"rate": "40", "reason": "late"}
    steer(runtime, dispatch_id, "cancel", by="wang", reason="enough")
    answer = client.post(path, data=fields)
    assert "the dispatch is “Cancelled” now" in answer.text
    assert client.get("/dispatches/99999/rate").status_code == 404
    assert _stands(runtime, dispatch_id)[0] is None
