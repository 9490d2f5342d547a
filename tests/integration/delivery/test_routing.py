"""By what each reader is reached: MMS, a pushed link, a text; through a real SMSC simulator and a real MMSC simulator."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import insert, select, update

from content.models import Variant, WapPage
from content.variants import load_short
from content.wap.keys import wap_address_of
from delivery.dispatch import planning as dispatches
from delivery.dispatch import rerouting
from delivery.dispatch.planning import Request
from delivery.dispatch.routing import _months
from delivery.ledger import proof
from delivery.ledger.peer import read_peer
from delivery.models import Batch, Dispatch, DispatchTransition, Exclusion, Port, Route, deliveries
from huabao.errors import UsageError
from huabao.runtime import Runtime
from subscribers.models import CONTACT_CONSENT, Consent, Contact, Reader, ReaderServiceMonth
from tests.services.clocks import local
from tests.services.delivering import LONG_AGO, add_port, add_readers, build_world, number_of, peer, set_setting
from tests.services.texting import add_smpp_port, owning, settle_texts, smsc


def routes(runtime: Runtime, dispatch_id: int) -> dict[int, tuple[Route, str]]:
    """Route and port of each reader."""
    with runtime.transaction(read_only=True) as session:
        rows = session.execute(
            select(deliveries.c.reader_id, deliveries.c.route, Port.name).join(Port, Port.id == deliveries.c.port_id).where(deliveries.c.dispatch_id == dispatch_id)
        )
        return {row[0]: (Route(row[1]), row[2]) for row in rows}


def excluded(runtime: Runtime, dispatch_id: int) -> dict[int, str]:
    with runtime.transaction(read_only=True) as session:
        return dict(session.execute(select(Exclusion.reader_id, Exclusion.reason).where(Exclusion.dispatch_id == dispatch_id)).all())


def drained(runtime: Runtime, dispatch_id: int) -> bool:
    with runtime.transaction(read_only=True) as session:
        return session.get_one(Dispatch, dispatch_id).state in ("draining", "verified", "closed")


def classes(runtime: Runtime, **readers: tuple[int, ...]) -> None:
    with runtime.transaction() as session:
        for name, ids in readers.items():
            session.execute(update(Reader).where(Reader.id.in_(ids)).values(handset_class=name.replace("_", "-")))


def test_handsets_without_mms_get_a_link_or_a_text(runtime: Runtime) -> None:
    world = build_world(runtime, readers=6)
    add_port(runtime, "http://127.0.0.1:1/")
    classes(runtime, no_mms=(2, 3), text_only=(4,))
    without = dispatches.create(runtime, Request(world.edition), actor="test")
    assert excluded(runtime, without) == dict.fromkeys((2, 3, 4), "handset_cannot")
    add_smpp_port(runtime, "smpp://127.0.0.1:1")
    dispatch_id = dispatches.create(runtime, Request(world.edition, again=True), actor="test")
    assert excluded(runtime, dispatch_id) == {}
    link, text, mms = (Route.LINK_HANDSET, "sms"), (Route.TEXT_HANDSET, "sms"), (Route.MMS, "main")
    assert routes(runtime, dispatch_id) == {1: mms, 2: link, 3: link, 4: text, 5: mms, 6: mms}
    with runtime.transaction(read_only=True) as session:
        batches = session.scalars(select(Batch).where(Batch.dispatch_id == dispatch_id)).all()
        assert {(batch.handset_class, batch.size) for batch in batches} == {("100kb-240x320", 3), ("wap-push", 2), ("sms", 1)}
        assert proof.verify(session, dispatch_id).problems == []
        assert proof.counts(session, dispatch_id).to_document()["routes"] == {"mms": 3, "link_handset": 2, "text_handset": 1}
        for variant in session.scalars(select(Variant).where(Variant.channel != "mms")):
            short = load_short(session, variant.id)
            page = session.get(WapPage, wap_address_of(session, runtime.config).page_name(short.href.rpartition("/")[2]))
            assert page is not None
            assert "第1条" in page.body.decode()
            assert (short.href in short.text) == (variant.channel == "sms")
            assert len(short.text) <= 134


def test_ports_for_texts_only_are_refused(runtime: Runtime) -> None:
    world = build_world(runtime, readers=1)
    add_smpp_port(runtime, "smpp://127.0.0.1:1")
    with pytest.raises(UsageError, match="sms carries no MMS"):
        dispatches.create(runtime, Request(world.edition), actor="test")


def test_an_activity_reaches_the_silent_by_text_and_a_paid_paper_does_not(runtime: Runtime) -> None:
    activity, paper = build_world(runtime, klass="activity", slug="games"), build_world(runtime, slug="paper")
    add_port(runtime, "http://127.0.0.1:1/")
    add_smpp_port(runtime, "smpp://127.0.0.1:1")
    add_readers(runtime, 6, service_id="paper")
    now = runtime.now()
    said = {"kind": CONTACT_CONSENT, "source": "test", "given": True, "recorded_at": LONG_AGO}
    with runtime.transaction() as session:
        session.execute(insert(Consent), [{"reader_id": one, **said} for one in range(1, 7)])
        session.execute(update(Reader).values(created_at=now - timedelta(days=400)))
        session.execute(update(Reader).where(Reader.id == 2).values(last_active_at=now - timedelta(days=179)))
        session.execute(update(Reader).where(Reader.id == 3).values(last_active_at=now - timedelta(days=181)))
        session.execute(update(Reader).where(Reader.id == 6).values(created_at=now - timedelta(days=2)))
        counters = {"service_id": "paper", "retrieved": 1, "failed": 0}
        for reader, days in ((4, 170), (5, 190)):
            success = now - timedelta(days=days)
            session.add(ReaderServiceMonth(month=success.date().replace(day=1), reader_id=reader, last_success_at=success, **counters))
    silent = dispatches.create(runtime, Request(activity.edition), actor="test")
    assert {reader for reader, (route, _) in routes(runtime, silent).items() if route is Route.TEXT_SILENT} == {1, 3, 5}
    paid = dispatches.create(runtime, Request(paper.edition), actor="test")
    assert {route for route, _ in routes(runtime, paid).values()} == {Route.MMS}


def test_the_months_of_a_silence() -> None:
    found = _months(local("2026-11-30T12:00"), local("2027-02-01T00:30"))
    assert [(one.year, one.month) for one in found] == [(2026, 11), (2026, 12), (2027, 1), (2027, 2)]


def test_everybody_is_reached_and_the_ledger_balances(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    runtime = sqlite_runtime
    with peer(tmp_path / "mmsc") as mmsc, smsc(tmp_path / "smsc") as texts:
        world = build_world(runtime, klass="activity")
        set_setting(runtime, "quiet_hours", '{"default": ""}')  # whatever hour it is
        add_port(runtime, mmsc.url)
        add_smpp_port(runtime, texts.url)
        add_readers(runtime, 20, service_id=None)
        said = {"kind": CONTACT_CONSENT, "source": "test", "given": True, "recorded_at": LONG_AGO}
        with runtime.transaction() as session:
            session.execute(insert(Consent), [{"reader_id": one, **said} for one in range(1, 21)])
            session.execute(update(Reader).values(last_active_at=runtime.now()))
            session.execute(update(Reader).where(Reader.id.in_([20])).values(last_active_at=None))
        classes(runtime, no_mms=(1, 2, 3), text_only=(4, 5))
        with owning(runtime):
            dispatch_id = dispatches.create(runtime, Request(world.edition, lane="special"), actor="test")
            settle_texts(runtime, until=lambda: drained(runtime, dispatch_id))
        assert sorted(mmsc.recipients()) == sorted(number_of(one) for one in range(6, 20))
        assert sorted(texts.recipients()) == sorted(number_of(one) for one in (1, 2, 3, 4, 5, 20))
        with runtime.transaction(read_only=True) as session:
            found = proof.verify(session, dispatch_id, peers=[read_peer(mmsc.keep), read_peer(texts.keep)])
            assert found.problems == []
            channels = session.scalars(select(Contact.channel).order_by(Contact.reader_id)).all()
        assert channels == ["wap-push"] * 3 + ["sms"] * 2 + ["mms"] * 14 + ["sms"]


def test_the_duty_editor_reroutes_a_failing_class(runtime: Runtime) -> None:
    world = build_world(runtime, readers=9)
    add_port(runtime, "http://127.0.0.1:1/")
    classes(runtime, **{"30kb_128x160": (1, 2, 3), "300kb_320x480": (4,)})
    dispatch_id = dispatches.create(runtime, Request(world.edition), actor="test")
    reroute = partial(rerouting.reroute, runtime, dispatch_id, by="mei", reason="white screens")
    with pytest.raises(UsageError, match="no port carries links"):
        reroute("30kb-128x160", "link")
    add_smpp_port(runtime, "smpp://127.0.0.1:1")
    asked = reroute("30kb-128x160", "link", dry_run=True)
    assert (asked.readers, asked.port) == (3, "sms")
    assert {route for route, _ in routes(runtime, dispatch_id).values()} == {Route.MMS}
    assert reroute("30kb-128x160", "link").readers == 3
    assert reroute("300kb-320x480", "text").readers == 1
    turned = routes(runtime, dispatch_id)
    assert {reader: route for reader, (route, _) in turned.items() if route is not Route.MMS} == {
        1: Route.LINK_BLOCKED, 2: Route.LINK_BLOCKED, 3: Route.LINK_BLOCKED, 4: Route.TEXT_BLOCKED,
    }  # fmt: skip
    assert {port for route, port in turned.values() if route is not Route.MMS} == {"sms"}
    with runtime.transaction(read_only=True) as session:
        assert proof.verify(session, dispatch_id).problems == []
        said = session.scalars(select(DispatchTransition.reason).where(DispatchTransition.by == "mei")).all()
    assert said == ["30kb-128x160: 3 readers get a link through sms: white screens", "300kb-320x480: 1 readers get a text through sms: white screens"]
    with pytest.raises(UsageError, match="nothing of 30kb-128x160 waits"):
        reroute("30kb-128x160", "link")


def test_the_link_of_a_push_is_an_address(runtime: Runtime) -> None:
    world = build_world(runtime, readers=1)
    add_port(runtime, "http://127.0.0.1:1/")
    add_smpp_port(runtime, "smpp://127.0.0.1:1")
    classes(runtime, no_mms=(1,))
    dispatches.create(runtime, Request(world.edition), actor="test")
    with runtime.transaction(read_only=True) as session:
        variant = session.scalars(select(Variant)).one()
        assert (variant.channel, variant.handset_class, variant.name[:9]) == ("wap-push", "wap-push", "wap-push-")
        assert urlsplit(load_short(session, variant.id).href).scheme in ("http", "https")
