"""`huabao link` while Redis freezes, dies and comes back empty: it waits, keeps its binds, and serves everybody once."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import redis
from sqlalchemy import select

from delivery.ledger import proof
from delivery.ledger.peer import read_peer
from delivery.models import Submission
from huabao.runtime import Runtime
from tests import servers
from tests.fault.test_killed_link import SETTINGS, begin, counted, link_process, nobody_waits
from tests.services.delivering import set_setting
from tests.services.texting import add_smpp_port, settle_texts, smsc

READERS = 400
RATE = 100
MARGIN = 60
"""What may still arrive when Redis is gone: granted, and on its way."""


def test_a_link_outlives_redis(postgres_runtime: Runtime, tmp_path: Path) -> None:
    for name, value in {**SETTINGS, "ramp_readers_min": READERS + 1}.items():
        set_setting(postgres_runtime, name, value)
    tcp_port = servers.free_tcp_port()
    url = f"redis://127.0.0.1:{tcp_port}/0"
    runtime = replace(postgres_runtime, config=postgres_runtime.config.model_copy(update={"redis_url": url}))
    with smsc(tmp_path / "kept", "--delay-ms", "0-20", "--answer-delay-ms", "5") as peer:
        add_smpp_port(runtime, peer.url, window=8, rate=RATE, burst=5)

        def arrived(more: int) -> None:
            wanted = len(peer.recipients()) + more
            settle_texts(postgres_runtime, until=lambda: len(peer.recipients()) >= wanted)

        def nothing_arrives() -> None:
            time.sleep(0.7)
            before = len(peer.recipients())
            time.sleep(1.0)
            assert len(peer.recipients()) == before, "it sent without a throttle"

        with link_process(runtime):
            with servers.redis_server(tcp_port) as _:
                dispatch_id = begin(runtime, READERS)
                arrived(MARGIN)
                with redis.Redis.from_url(url) as client:
                    pid = int(client.info("server")["process_id"])
                os.kill(pid, signal.SIGSTOP)
                nothing_arrives()
                os.kill(pid, signal.SIGCONT)
                arrived(MARGIN)
                os.kill(pid, signal.SIGKILL)
            nothing_arrives()
            assert peer.stats()["bound"] == 1, "the binds need no Redis"
            with servers.redis_server(tcp_port):
                settle_texts(postgres_runtime, until=lambda: nobody_waits(runtime, dispatch_id))
        got = peer.recipients()
        assert len(got) == len(set(got)) == READERS
        assert counted(runtime, dispatch_id)["retrieved"] == READERS
        with runtime.transaction(read_only=True) as session:
            assert session.scalars(select(Submission.id).where(Submission.state == "unknown")).all() == []
            assert proof.verify(session, peers=[read_peer(peer.keep)]).problems == []
