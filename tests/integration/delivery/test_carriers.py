"""What waits at each port, and how long it takes there: counted by readers, a text by its parts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from content.models import Variant
from content.variants import load_short
from delivery.codecs.smpp import write_text
from delivery.dispatch import carriers, foresight, planning, plans
from delivery.dispatch.planning import Request
from delivery.dispatch.progress import progress
from delivery.models import Batch, Dispatch, Outcome, deliveries
from delivery.sending import claims
from huabao.alarms import Alarm
from huabao.ids import unpack_ids
from huabao.runtime import Runtime
from monitoring.measures import count_progress
from subscribers.models import Reader
from tests.services.delivering import add_port, build_world, set_setting
from tests.services.texting import add_smpp_port


def waiting(runtime: Runtime, dispatch_id: int) -> int:
    with runtime.transaction(read_only=True) as session:
        stands = progress(session, dispatch_id, now=runtime.now())
        assert sum(one.waiting for one in stands.ports) == stands.counts.outcomes["pending"]
        return sum(one.waiting for one in stands.ports)


@pytest.mark.parametrize("begun_max", [50, 0], ids=["batch by batch", "in one pass"])
def test_who_was_sent_to_does_not_wait_though_his_batch_is_unfinished(runtime: Runtime, monkeypatch: pytest.MonkeyPatch, begun_max: int) -> None:
    monkeypatch.setattr(carriers, "BEGUN_MAX", begun_max)
    set_setting(runtime, "batch_readers_max", 50)
    world = build_world(runtime, readers=120)
    add_port(runtime, "http://127.0.0.1:9/mm7")
    dispatch_id = planning.create(runtime, Request(world.edition), actor="ops")
    assert waiting(runtime, dispatch_id) == 120
    with runtime.transaction() as session:
        batch = session.scalars(select(Batch).order_by(Batch.id).limit(1)).one()
        assert claims.take(session, batch.id, owner="w", now=runtime.now(), lease_s=30) is not None
        sent = unpack_ids(batch.reader_ids)[:30]
        session.execute(update(deliveries).where(deliveries.c.reader_id.in_(sent)).values(outcome=int(Outcome.SUBMITTED)))
    assert waiting(runtime, dispatch_id) == 90
    with runtime.transaction() as session:
        session.execute(update(Batch).where(Batch.fence > 0).values(state="ready", owner=None))
    assert waiting(runtime, dispatch_id) == 90, "given back, its sent readers wait no more either"


def test_a_text_of_two_parts_takes_twice_as_long(runtime: Runtime) -> None:
    world = build_world(runtime, readers=1000, rules=(None,) * 12)
    with runtime.transaction() as session:
        session.execute(update(Reader).where(Reader.id <= 600).values(handset_class="text-only"))
    add_port(runtime, "http://127.0.0.1:9/mm7", rate=400, burst=1)
    add_smpp_port(runtime, "smpp://127.0.0.1:1", rate=20, burst=1)
    start = runtime.now() + timedelta(hours=1)
    request = Request(world.edition, start_at=start, deadline_at=start + timedelta(seconds=45))
    found = plans.plan(runtime, request)
    with runtime.transaction(read_only=True) as session:
        variant = session.scalars(select(Variant).where(Variant.channel == "sms")).one()
        parts = len(write_text(load_short(session, variant.id).text).user_data)
    assert parts == 2, "the text of this edition is a long one"
    assert found.outlook.loads["sms"] == 600
    assert found.outlook.forecast_s == 600 * parts / 20
    assert (found.outlook.deadline_met, found.outlook.short) == (False, 600 - 45 * 10)
    dispatch_id = planning.create(runtime, request, actor="ops")
    with runtime.transaction(read_only=True) as session:
        stands = progress(session, dispatch_id, now=runtime.now())
        finish = session.get_one(Dispatch, dispatch_id).start_at + timedelta(seconds=60)
        assert stands.forecast_finish_at == count_progress(session, dispatch_id, runtime.now()).forecast_finish_at == finish, "the page says what the command says"
    assert foresight.watch(runtime) == 1
    with runtime.transaction(read_only=True) as session:
        assert "600 readers take 1 m at 10 a second" in session.scalars(select(Alarm.text)).one()
