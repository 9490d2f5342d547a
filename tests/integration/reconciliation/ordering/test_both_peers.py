"""An order that goes to MISC and then to BOSS: both have it or neither, nobody is told back what he said, the journal makes it again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import select

from console.schema import upgrade
from console.web import make_app
from huabao.config import Config
from huabao.queues import Registry
from huabao.runtime import Runtime, make_runtime
from reconciliation.journal.models import OUT
from reconciliation.ordering.routing import route_new
from reconciliation.outbox.models import OutboundRequest
from reconciliation.outbox.sending import work
from subscribers.offers.models import ServiceOrder
from subscribers.offers.orders import record_order
from subscribers.offers.services import import_catalogue
from tests.command_line import CLI
from tests.integration.misc.ground import add_peer, journal_rows, serving, states
from tests.integration.misc.test_journal import what_holds
from tests.integration.reconciliation.installing import add_readers, set_values, with_boss
from tests.integration.sandbox.running import BOSSSandbox, MISCSandbox, boss, misc
from tests.services.waiting import wait_until

NUMBER, SERVICE = "13800138000", "mail"
CATALOGUE = '[[service]]\nslug = "mail"\ntitle = "邮箱"\ncharge = "monthly"\nprice_fen = 500\nconfirm = false\n[[package]]\nslug = "all"\ntitle = "全部"\nattribute_class = "F"\nservices = ["mail"]\n'


@contextmanager
def _three(runtime: Runtime, folder: Path, rules: list[Any] | None = None, *, with_misc: bool = True) -> Iterator[tuple[Runtime, MISCSandbox, BOSSSandbox]]:
    """The platform, a MISC and a BOSS that know each other."""
    script = folder / "boss.yaml"
    script.write_text(yaml.safe_dump(rules or []))
    with runtime.transaction() as session:
        import_catalogue(session, CATALOGUE, "test.toml", by="test", at=runtime.now())
    with boss("--script", script) as boss_peer:
        installed = with_boss(runtime, boss_peer.url)
        with serving(installed, make_app(installed, Registry())) as tcp_port, misc("--report-url", f"http://127.0.0.1:{tcp_port}/misc") as misc_peer:
            if with_misc:
                add_peer(runtime, "misc", url=misc_peer.url + "dsmp", sp_id="800123")
            yield installed, misc_peer, boss_peer


def _order(runtime: Runtime, reader_id: int) -> None:
    with runtime.transaction() as session:
        record_order(session, reader_id, SERVICE, "subscribe", "wap", runtime.now())
    route_new(runtime)
    for peer in ("misc", "boss", "misc"):
        work(runtime, peer)


def _orders(runtime: Runtime) -> list[tuple[str, str]]:
    with runtime.transaction(read_only=True) as session:
        return [(one.state, one.reason) for one in session.scalars(select(ServiceOrder).order_by(ServiceOrder.id))]


def _asked(runtime: Runtime) -> list[tuple[str, str, str, str]]:
    with runtime.transaction(read_only=True) as session:
        return [(one.peer, one.kind, one.state, one.code) for one in session.scalars(select(OutboundRequest).order_by(OutboundRequest.id))]


def _wait_until(runtime: Runtime, state: str) -> None:
    wait_until(lambda: states(runtime, SERVICE) == {NUMBER: state}, every_s=0.02)


def test_misc_first_then_boss(runtime: Runtime, tmp_path: Path) -> None:
    with _three(runtime, tmp_path) as (installed, misc_peer, boss_peer):
        _order(installed, add_readers(runtime, [NUMBER])[NUMBER])
        assert list(misc_peer.orders().values()) == ["active"]
        assert boss_peer.accounts()[NUMBER]["orders"][SERVICE]["price_fen"] == 500
    assert _asked(runtime) == [("misc", "order", "done", "0"), ("boss", "order", "done", "00")]
    assert _orders(runtime) == [("confirmed", "")]
    assert states(runtime, SERVICE) == {NUMBER: "active"}


def test_what_boss_refuses_is_undone_at_misc(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    runtime = sqlite_runtime
    with _three(runtime, tmp_path, [{"when": {"operation": "order"}, "do": {"code": "103"}}]) as (installed, misc_peer, _):
        _order(installed, add_readers(runtime, [NUMBER])[NUMBER])
        assert list(misc_peer.orders().values()) == ["cancelled"]
    assert _asked(runtime) == [("misc", "order", "done", "0"), ("boss", "order", "refused", "103"), ("misc", "cancel", "done", "0")]
    assert _orders(runtime)[0][0] == "refused"
    assert states(runtime, SERVICE) == {NUMBER: "cancelled"}


def test_what_misc_says_goes_to_boss_only_where_it_wants_to_hear_it_and_never_back(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    runtime = sqlite_runtime
    with _three(runtime, tmp_path) as (installed, misc_peer, boss_peer):
        misc_peer.do({"event": "order", "msisdn": NUMBER, "service_id": SERVICE})
        _wait_until(runtime, "active")
        assert _asked(runtime) == []
        set_values(runtime, boss_hears_misc=True)
        for event, state in (("barred", "paused"), ("cancel", "cancelled")):
            misc_peer.do({"event": event, "msisdn": NUMBER, "service_id": SERVICE})
            _wait_until(runtime, state)
        work(installed, "boss")
        work(installed, "misc")
        assert boss_peer.stats()["requests"] == 2
    assert _asked(runtime) == [("boss", "account", "refused", "100"), ("boss", "cancel", "done", "06")], "BOSS's sandbox has no account of his"


def test_the_journal_makes_again_what_boss_did_because_we_asked(runtime: Runtime, tmp_path: Path, cli: CLI) -> None:
    with _three(runtime, tmp_path, with_misc=False) as (installed, _, _):
        _order(installed, add_readers(runtime, [NUMBER])[NUMBER])
    assert states(runtime, SERVICE) == {NUMBER: "active"}
    rows = [(one.peer, one.direction, one.verdict, one.answer_code) for one in journal_rows(runtime)]
    assert rows == [("boss", OUT, "asked", ""), ("boss", "in", "answered", "00"), ("platform", "in", "applied", "")]
    empty = make_runtime(Config(database_url=f"sqlite:///{tmp_path}/again.db", data_dir=tmp_path))
    upgrade(empty)
    try:
        said = cli("journal", "replay", "--from", runtime.config.database_url, "--json", env={"HUABAO_DATABASE_URL": f"sqlite:///{tmp_path}/again.db"})
        assert (said.json["different"], said.json["applied"]) == (0, 1)
        assert states(empty, SERVICE) == states(runtime, SERVICE)
        assert what_holds(empty)[1][0]["price_fen"] == 500
    finally:
        empty.engine.dispose()
