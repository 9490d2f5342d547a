"""A web process that is killed while MISC calls it, and a database that goes away: what was answered is there, what was not comes again, nothing counts twice."""

from __future__ import annotations

import os
import signal
import socket

import psycopg
from sqlalchemy import func, select

from huabao.runtime import Runtime
from reconciliation.journal.models import ExchangeMessage
from tests import servers
from tests.command_line import process_environment
from tests.integration.misc.ground import PAPER, serving, states
from tests.integration.sandbox.running import MISCSandbox, misc
from tests.services.forked import Fork, run_text
from tests.services.waiting import wait_until

READERS = 150


_ROUTE = """
import uvicorn
from console.misc import MISCApp
from huabao.config import Config
from huabao.runtime import make_runtime
uvicorn.run(MISCApp(make_runtime(Config())), host="127.0.0.1", port={tcp_port}, log_level="critical", lifespan="off")
"""


def _web(runtime: Runtime, tcp_port: int) -> Fork:
    """The route in a process of its own, as `huabao serve` has it."""
    process = Fork(run_text, _ROUTE.format(tcp_port=tcp_port), name="web", environment=process_environment(runtime))
    wait_until(lambda: _listens(tcp_port), what="the web did not start")
    return process


def _listens(tcp_port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", tcp_port)) == 0


def _settled(peer: MISCSandbox, calls: int) -> None:
    """Every call was answered."""
    peer.wait_for("taken", calls)


def _told(runtime: Runtime, peer: MISCSandbox) -> None:
    """Both sides hold the same, and every word that was taken stands in the journal."""
    held = {number: state for (number, service), state in peer.orders().items() if service == PAPER}
    assert states(runtime) == held
    with runtime.transaction(read_only=True) as session:
        verdicts = dict(session.execute(select(ExchangeMessage.verdict, func.count()).group_by(ExchangeMessage.verdict)).all())
    assert verdicts["applied"] == 2 * READERS
    assert set(verdicts) <= {"applied", "repeated"}, "what was committed and not answered came again and changed nothing"


def _story(peer: MISCSandbox) -> None:
    numbers = [f"138{n:08d}" for n in range(READERS)]
    peer.do(*({"event": "order", "msisdn": one} for one in numbers), *({"event": "pause" if n % 3 else "cancel", "msisdn": one} for n, one in enumerate(numbers)))


def test_a_web_process_that_is_killed_loses_and_doubles_nothing(postgres_runtime: Runtime) -> None:
    runtime, tcp_port = postgres_runtime, servers.free_tcp_port()
    web = _web(runtime, tcp_port)
    try:
        with misc("--report-url", f"http://127.0.0.1:{tcp_port}/misc") as peer:
            _story(peer)
            peer.wait_for("taken", READERS // 3)
            os.kill(web.pid, signal.SIGKILL)
            web.end()
            assert peer.stats()["taken"] < 2 * READERS, "it was killed in the middle"
            web = _web(runtime, tcp_port)
            _settled(peer, 2 * READERS)
            _told(runtime, peer)
    finally:
        web.kill()
        web.end()


def test_a_database_that_goes_away_in_the_middle_costs_no_word(postgres_runtime: Runtime) -> None:
    runtime = postgres_runtime
    url = runtime.engine.url.render_as_string(hide_password=False).replace("+psycopg", "")
    with serving(runtime) as tcp_port, misc("--report-url", f"http://127.0.0.1:{tcp_port}/misc", "--repeat", "0.1") as peer:
        _story(peer)
        with psycopg.connect(f"{url.rpartition('/')[0]}/postgres", autocommit=True) as other:
            for share in (4, 2, 1):
                peer.wait_for("taken", READERS // share)
                other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (url.rpartition("/")[2],))
        _settled(peer, 2 * READERS)
        _told(runtime, peer)
