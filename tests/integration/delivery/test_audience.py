"""Who is planned, who is excluded and why; what a plan says; partitions."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select, text, update

from delivery import partitions
from delivery.dispatch import planning as dispatches
from delivery.dispatch import plans
from delivery.dispatch.planning import Request
from delivery.ledger import proof
from delivery.models import Batch, Dispatch, Exclusion, deliveries
from huabao.clock import business_day
from huabao.db import is_postgres
from huabao.errors import UsageError
from huabao.ids import unpack_ids
from huabao.runtime import Runtime
from huabao.settings import SettingValue
from subscribers.models import CONTACT_CONSENT, BlacklistEntry, Consent, Reader, Subscription, SubscriptionEvent
from tests.services.delivering import LONG_AGO, add_port, add_readers, build_world, number_of


def change_order(runtime: Runtime, reader: int, **values: Any) -> None:
    with runtime.transaction() as session:
        session.execute(update(Subscription).where(Subscription.reader_id == reader).values(**values))


def reasons(runtime: Runtime, dispatch_id: int) -> dict[int, str]:
    with runtime.transaction(read_only=True) as session:
        rows = session.execute(select(Exclusion.reader_id, Exclusion.reason).where(Exclusion.dispatch_id == dispatch_id))
        return {row.reader_id: row.reason for row in rows}


def balanced(runtime: Runtime) -> bool:
    with runtime.transaction(read_only=True) as session:
        return proof.verify(session).balanced


def test_a_subscribed_paper_goes_to_those_who_ordered_it(runtime: Runtime) -> None:
    world = build_world(runtime, readers=12)
    add_port(runtime, "http://127.0.0.1:1/")
    add_readers(runtime, 5, service_id="another", first=100)
    soon = runtime.now() + timedelta(days=3)
    change_order(runtime, 2, state="cancelled")
    change_order(runtime, 3, state="paused")
    change_order(runtime, 4, effective_at=soon)
    change_order(runtime, 5, stop_state="stopped")
    change_order(runtime, 6, state="cancelled", stop_state="stopped")
    with runtime.transaction() as session:
        session.execute(update(Reader).where(Reader.id.in_([6, 7])).values(handset_class="no-mms"))
        session.execute(insert(BlacklistEntry), [{"kind": "marketing", "msisdn": number_of(8), "reason": "", "recorded_at": LONG_AGO}])
    dispatch_id = dispatches.create(runtime, Request(world.edition), actor="test")
    assert reasons(runtime, dispatch_id) == {2: "not_subscribed", 3: "not_subscribed", 4: "not_subscribed", 5: "stopped", 6: "not_subscribed", 7: "handset_cannot"}
    with runtime.transaction(read_only=True) as session:
        found = proof.counts(session, dispatch_id)
    assert (found.audience, found.planned, sum(found.excluded.values())) == (12, 6, 6)
    assert balanced(runtime)


def test_a_cancellation_for_the_months_end_is_served_till_then(runtime: Runtime) -> None:
    world = build_world(runtime, readers=2)
    add_port(runtime, "http://127.0.0.1:1/")
    with runtime.transaction() as session:
        session.add(SubscriptionEvent(reader_id=1, service_id="paper", event="order", state="active", source="boss", effective_at=LONG_AGO, recorded_at=LONG_AGO))
    for reader in (1, 2):
        change_order(runtime, reader, state="cancelled", effective_at=runtime.now() + timedelta(days=9))
    dispatch_id = dispatches.create(runtime, Request(world.edition), actor="test")
    assert reasons(runtime, dispatch_id) == {2: "not_subscribed"}


def test_an_activity_asks_for_consent_and_the_marketing_blacklist(runtime: Runtime) -> None:
    world = build_world(runtime, klass="activity")
    add_port(runtime, "http://127.0.0.1:1/")
    add_readers(runtime, 6, service_id=None)
    said = {"kind": CONTACT_CONSENT, "source": "test"}
    with runtime.transaction() as session:
        session.execute(insert(Consent), [{"reader_id": one, "given": True, "recorded_at": LONG_AGO, **said} for one in (1, 2, 3, 4)])
        session.execute(insert(Consent), [{"reader_id": 2, "given": False, "recorded_at": LONG_AGO + timedelta(days=1), **said}])
        session.execute(insert(BlacklistEntry), [{"kind": "marketing", "msisdn": number_of(one), "reason": "", "recorded_at": LONG_AGO} for one in (2, 3)])
        session.execute(update(Reader).where(Reader.id == 4).values(handset_class="no-mms"))
    dispatch_id = dispatches.create(runtime, Request(world.edition), actor="test")
    assert reasons(runtime, dispatch_id) == {2: "no_consent", 3: "blacklisted", 4: "handset_cannot", 5: "no_consent", 6: "no_consent"}
    assert balanced(runtime)


@pytest.mark.parametrize(("days_old", "stale"), [(0, False), (3, True)])
def test_yesterdays_evening_paper_is_not_sent(runtime: Runtime, days_old: int, stale: bool) -> None:
    world = build_world(runtime, readers=4, stale_after_s=43_200, issue_date=business_day(runtime.now()) - timedelta(days=days_old))
    add_port(runtime, "http://127.0.0.1:1/")
    begin = runtime.now()
    found = plans.plan(runtime, Request(world.edition, start_at=begin))
    assert dict(found.count.excluded) == ({"stale_edition": 4} if stale else {})


def test_rules_make_variants_and_every_reader_is_in_one_batch(runtime: Runtime) -> None:
    rules = (None, {"field": "city", "op": "eq", "value": "杭州"}, {"field": "city", "op": "eq", "value": "宁波"})
    world = build_world(runtime, rules=rules)
    add_port(runtime, "http://127.0.0.1:1/", name="first", rate=300, burst=10)
    add_port(runtime, "http://127.0.0.1:1/", name="second", rate=100, burst=3)
    for at, city in enumerate(("杭州", "宁波", "温州")):
        add_readers(runtime, 1500, service_id="paper", first=1 + 1500 * at, city=city, handset_class=("300kb-320x480", "30kb-128x160", None)[at])
    with runtime.transaction() as session:
        session.merge(SettingValue(name="batch_readers_max", value=200, changed_at=runtime.now(), changed_by="test"))
    planned = plans.plan(runtime, Request(world.edition)).to_document()
    assert (planned["planned"], planned["variants"]) == (4500, 3)
    dispatch_id = dispatches.create(runtime, Request(world.edition), actor="test")
    with runtime.transaction(read_only=True) as session:
        batches = session.scalars(select(Batch).where(Batch.dispatch_id == dispatch_id)).all()
        assert len({batch.variant_id for batch in batches}) == 3
        assert max(batch.size for batch in batches) == 200
        assert sorted(one for batch in batches for one in unpack_ids(batch.reader_ids)) == list(range(1, 4501))
        shares = {row[0]: row[1] for row in session.execute(select(deliveries.c.port_id, func.count()).group_by(deliveries.c.port_id))}
        assert shares[1] / 4500 == pytest.approx(0.75, abs=0.02)
    assert balanced(runtime)


def test_few_readers_are_shared_evenly_too(runtime: Runtime) -> None:
    world = build_world(runtime, readers=40)
    for name in ("first", "second"):
        add_port(runtime, "http://127.0.0.1:1/", name=name)
    dispatches.create(runtime, Request(world.edition), actor="test")
    with runtime.transaction(read_only=True) as session:
        shares = session.scalars(select(func.count()).select_from(deliveries).group_by(deliveries.c.port_id)).all()
    assert sorted(shares) in ([19, 21], [20, 20], [18, 22])


def test_the_deadline_and_the_forecast(runtime: Runtime) -> None:
    world = build_world(runtime, readers=1000)
    add_port(runtime, "http://127.0.0.1:1/", rate=11, burst=1)
    start = runtime.now() + timedelta(hours=1)
    found = plans.plan(runtime, Request(world.edition, start_at=start, deadline_at=start + timedelta(seconds=50)))
    assert (found.outlook.need_rate_per_s, found.outlook.deadline_met) == (20.0, False)
    assert found.outlook.forecast_s == pytest.approx(90.9)
    with pytest.raises(UsageError, match="deadline lies before the start"):
        plans.plan(runtime, Request(world.edition, start_at=start, deadline_at=start))


def test_what_is_wrong_is_said(runtime: Runtime) -> None:
    world = build_world(runtime, readers=1)
    with pytest.raises(UsageError, match="port add"):
        dispatches.create(runtime, Request(world.edition), actor="test")
    with pytest.raises(UsageError, match="port add"):
        plans.plan(runtime, Request(world.edition, ports=("main",)))
    add_port(runtime, "http://127.0.0.1:1/")
    with pytest.raises(UsageError, match="no port 'other'; there are main"):
        plans.plan(runtime, Request(world.edition, ports=("other",)))
    with pytest.raises(UsageError):
        plans.plan(runtime, Request("nothing/1"))
    empty = build_world(runtime, slug="empty")
    with pytest.raises(UsageError, match="nobody has an order of service 'empty'"):
        dispatches.create(runtime, Request(empty.edition), actor="test")


def test_partitions_are_made_ahead_and_dropped_when_closed(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        partitions.make_ahead(session, now=runtime.now())
        assert partitions.make_ahead(session, now=runtime.now()) == 0
        if is_postgres(session):
            names = session.scalars(text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'deliveries'::regclass")).all()
            assert len(names) >= 4
    world = build_world(runtime, readers=3)
    add_port(runtime, "http://127.0.0.1:1/")
    old = runtime.now() - timedelta(days=500)
    dispatch_id = dispatches.create(runtime, Request(world.edition), actor="test")
    long_ago: date = business_day(old)
    with runtime.transaction() as session:
        partitions.ensure_day(session, long_ago)
        session.execute(update(deliveries).values(day=long_ago))
        session.execute(update(Dispatch).values(day=long_ago))
    with runtime.transaction() as session:
        assert partitions.drop_old(session, now=runtime.now()) == []
        session.execute(update(Dispatch).values(closed_at=old))
    with runtime.transaction() as session:
        assert partitions.drop_old(session, now=runtime.now()) == [long_ago]
        assert list(proof.verify(session).dropped) == [dispatch_id]
