"""Who owns a port: one at a time, by a lease; embedded, the one process; never a Celery worker."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from console.registry import registry
from delivery.ledger import proof
from delivery.ledger.peer import read_peer
from delivery.links.owners import DOWN, MISCONFIGURED, Owners, lease_name
from delivery.models import InboundMessage, Port
from delivery.settings import LINK_DOWN_S
from huabao import leases, queues
from huabao.alarms import Alarm
from huabao.embedded import EmbeddedWorker
from huabao.queues import Job
from huabao.runtime import Runtime
from huabao.settings import set_value
from tests.command_line import CLI
from tests.integration.links.test_texts_end_to_end import begin, is_closed, outcomes
from tests.services.delivering import add_port, add_readers, build_world, number_of
from tests.services.texting import REGISTRY, add_smpp_port, owning, settle_texts, smsc
from tests.services.waiting import wait_until


def holder(runtime: Runtime, port_id: int) -> str | None:
    with runtime.transaction(read_only=True) as session:
        return leases.lease_holder(session, lease_name(port_id), now=runtime.now())


def alarms_of(runtime: Runtime) -> list[str]:
    with runtime.transaction(read_only=True) as session:
        return list(session.scalars(select(Alarm.kind).where(Alarm.closed_at.is_(None))))


def test_embedded_the_one_process_does_it_all(runtime: Runtime, tmp_path: Path) -> None:
    with smsc(tmp_path / "kept", "--delay-ms", "0-20") as peer:
        add_smpp_port(runtime, peer.url)
        dispatch_id = begin(runtime, 20)
        worker = EmbeddedWorker(runtime, registry())
        assert worker.take_lease()
        worker.start()
        try:
            wait_until(lambda: is_closed(runtime, dispatch_id))
            peer.say("mo", **{"from": number_of(3), "to": "10658", "text": "退订"})
            wait_until(lambda: _texts(runtime) == [(number_of(3), "stop-done")])
        finally:
            worker.stop()
        assert outcomes(runtime, dispatch_id) == {"retrieved": 20}
        wait_until(lambda: peer.stats()["bound"] == 0)  # a busy SMSC hears of it a little later
        with runtime.transaction(read_only=True) as session:
            assert proof.verify(session, peers=[read_peer(peer.keep)]).problems == []


def _texts(runtime: Runtime) -> list[tuple[str, str | None]]:
    with runtime.transaction(read_only=True) as session:
        return [(row.sender, row.status) for row in session.scalars(select(InboundMessage).where(InboundMessage.kind == "sms"))]


def test_dispatch_start_sends_texts_in_its_own_process(cli: CLI, tmp_path: Path) -> None:
    with smsc(tmp_path / "kept", "--delay-ms", "0-20") as peer:
        cli("port", "add", "sms", "--kind", "smpp", "--url", peer.url, "--rate", 500, "--system-id", "huabao", "--window", 20)
        add_port(cli.runtime, "http://127.0.0.1:9/", name="mms")
        world = build_world(cli.runtime)
        add_readers(cli.runtime, 10, service_id="paper", handset_class="text-only")
        said = cli("dispatch", "start", world.edition, "--json")
        assert said.json["state"] == "closed"
        assert said.json["outcomes"]["retrieved"] == 10
        assert sorted(peer.recipients()) == [number_of(one) for one in range(1, 11)]


def test_a_port_has_one_owner_and_the_next_one_takes_over(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    with smsc(tmp_path / "kept") as peer:
        port_id = add_smpp_port(sqlite_runtime, peer.url)
        first = Owners(sqlite_runtime, REGISTRY)
        first.start()
        wait_until(lambda: holder(sqlite_runtime, port_id) == first.holder)
        second = Owners(sqlite_runtime, REGISTRY)
        second.start()
        time.sleep(1.2)
        assert holder(sqlite_runtime, port_id) == first.holder
        first.stop()
        wait_until(lambda: holder(sqlite_runtime, port_id) == second.holder)
        wait_until(lambda: peer.stats()["bound"] == 1)
        second.stop()
        assert holder(sqlite_runtime, port_id) is None
        assert peer.stats()["bound"] == 0


def test_whoever_lost_his_lease_gives_the_port_up(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    with smsc(tmp_path / "kept") as peer:
        port_id = add_smpp_port(sqlite_runtime, peer.url)
        with owning(sqlite_runtime) as owners:
            wait_until(lambda: peer.stats()["bound"] == 1)
            with sqlite_runtime.transaction() as session:
                lease = session.get_one(leases.Lease, lease_name(port_id))
                lease.holder, lease.expires_at = "somebody else", sqlite_runtime.now() + timedelta(minutes=5)
            owners._renew_at[port_id] = 0.0
            wait_until(lambda: peer.stats()["bound"] == 0)
            assert holder(sqlite_runtime, port_id) == "somebody else"


def test_a_change_of_the_port_takes_hold_and_of_its_rate_leaves_the_binds(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    with smsc(tmp_path / "kept") as peer:
        port_id = add_smpp_port(sqlite_runtime, peer.url)
        with owning(sqlite_runtime):
            wait_until(lambda: peer.stats()["bound"] == 1)
            bound = peer.stats()["binds"]
            _set(sqlite_runtime, port_id, rate=77.0, burst=2)
            time.sleep(2.2)
            assert peer.stats()["binds"] == bound
            _set(sqlite_runtime, port_id, options={"system_id": "huabao", "window": 5, "binds": 3})
            wait_until(lambda: peer.stats()["bound"] == 3)


def _set(runtime: Runtime, port_id: int, **values: object) -> None:
    with runtime.transaction() as session:
        session.execute(update(Port).where(Port.id == port_id).values(**values))


def test_a_port_without_its_password_calls_a_person_and_leaves_it_to_others(sqlite_runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SMSC_PASSWORD", raising=False)
    monkeypatch.setattr("delivery.links.owners.AGAIN_S", 0.5)
    with smsc(tmp_path / "kept", "--esme", "huabao:geheim") as peer:
        port_id = add_smpp_port(sqlite_runtime, peer.url, password_env="SMSC_PASSWORD")
        with owning(sqlite_runtime):
            wait_until(lambda: alarms_of(sqlite_runtime) == [MISCONFIGURED])
            wait_until(lambda: holder(sqlite_runtime, port_id) is None)
            monkeypatch.setenv("SMSC_PASSWORD", "geheim")
            wait_until(lambda: peer.stats()["bound"] == 1)
            wait_until(lambda: alarms_of(sqlite_runtime) == [])


def test_binds_that_do_not_stand_raise_an_alarm_that_ends_with_them(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    with sqlite_runtime.transaction() as session:
        set_value(session, (LINK_DOWN_S,), LINK_DOWN_S.name, "1", by="test", at=sqlite_runtime.now())
    with smsc(tmp_path / "kept") as peer:
        port_id = add_smpp_port(sqlite_runtime, "smpp://127.0.0.1:9")
        with owning(sqlite_runtime):
            wait_until(lambda: alarms_of(sqlite_runtime) == [DOWN])
            _set(sqlite_runtime, port_id, url=peer.url)
            wait_until(lambda: alarms_of(sqlite_runtime) == [])


def test_celery_is_never_told_of_a_port_that_has_an_owner(runtime: Runtime) -> None:
    port_id = add_smpp_port(runtime, "smpp://127.0.0.1:9")
    begin(runtime, 3)
    settle_texts(runtime, until=lambda: bool(_jobs(runtime)))
    with runtime.transaction() as session:
        published = queues.take_unpublished(session, now=runtime.now())
        assert {queue for _, queue in published} <= set(queues.QUEUES)
    assert _jobs(runtime) == [f"port-{port_id}"]


def _jobs(runtime: Runtime) -> list[str]:
    with runtime.transaction(read_only=True) as session:
        return list(session.scalars(select(Job.queue).where(Job.task == "delivery.send_batch", Job.state == "queued")))


# --- the command line ------------------------------------------------------------------------------------------------


def test_an_smpp_port_on_the_command_line(cli: CLI) -> None:
    made = ("port", "add", "sms", "--kind", "smpp", "--url", "smpp://127.0.0.1:9", "--rate", 20)
    assert "--system-id" in cli(*made, code=2).err
    assert "no option 'auth'" in cli(*made, "--system-id", "huabao", "--auth", "basic", code=2).err
    assert "--url" in cli("port", "add", "sms", "--kind", "smpp", "--url", "http://x/", "--rate", 20, "--system-id", "h", code=2).err
    said = cli(*made, "--system-id", "huabao", "--window", 100, "--binds", 2)
    assert "2 binds with a window of 100" in said.out
    assert "warning: a window of 200" in said.out
    assert cli("port", "set", "sms", "--window", 25, "--json").json["warnings"] == []
    assert cli("port", "set", "sms", "--window", 0, code=2).err
    assert "cannot be reached" in cli("port", "test", "sms", code=1).out
    assert "no smpp port 'mms'" in cli("link", "--ports", "mms", code=2).err
