"""`python -m console.rehearsal FOLDER SECONDS`: play the rehearsal that lies in a room; a process of its own, which ends by itself."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from sqlalchemy import select

from console.mm7 import MM7App
from console.registry import import_models, registry
from console.rehearsal.room import FIRST_NUMBER, KEEP, ORDER, PORT, RESULT, config_of
from content.models import Edition, EditionVersion
from delivery.dispatch.house import Copy, Occasion, send_copies
from delivery.ledger.peer import read_peer
from delivery.ledger.proof import verify
from delivery.models import Dispatch, Outcome, Port, deliveries
from huabao.db import Base
from huabao.embedded import work_until
from huabao.errors import HuabaoError
from huabao.msisdn import MSISDN
from huabao.runtime import Runtime, make_runtime
from subscribers.models import Reader

RATE_PER_S = 50.0
OVER_S = 30
"""So long after its time the process ends, whatever it does."""

END_S = 5.0


def main(folder: Path, seconds: float) -> None:
    """Send, wait for the reports, verify, write down what came of it."""
    signal.signal(signal.SIGALRM, lambda *_: sys.exit("out of time"))
    signal.alarm(int(seconds) + OVER_S)
    import_models()
    runtime = make_runtime(config_of(folder))
    Base.metadata.create_all(runtime.engine)
    order = json.loads((folder / ORDER).read_text("utf-8"))
    with _listener(runtime) as tcp_port, _mmsc(folder, tcp_port) as url:
        dispatch_id = _send(runtime, order, url)
        until = time.monotonic() + seconds
        work_until(runtime, registry(), lambda: time.monotonic() > until or _is_closed(runtime, dispatch_id))
        document = _outcome(runtime, folder, dispatch_id)
    (folder / RESULT).write_text(json.dumps(document, ensure_ascii=False), "utf-8")


@contextmanager
def _listener(runtime: Runtime) -> Iterator[int]:
    """The way in of the reports, on loopback; its TCP port."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(MM7App(runtime), log_config=None, access_log=False, timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        yield int(listening.getsockname()[1])
        server.should_exit = True
        thread.join(END_S)


@contextmanager
def _mmsc(folder: Path, tcp_port: int) -> Iterator[str]:
    """The sandbox MMSC; its address."""
    command = [sys.executable, "-m", "sandbox.mmsc", "--port", "0", "--keep", str(folder / KEEP), "--report-url", f"http://127.0.0.1:{tcp_port}/mm7/{PORT}", "--delay-ms", "10-60"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        said = process.stdout.readline().split()
        if not said:
            raise HuabaoError("the sandbox MMSC did not start")
        yield said[-1]
    finally:
        process.terminate()
        try:
            process.wait(END_S)
        except subprocess.TimeoutExpired:
            process.kill()


def _send(runtime: Runtime, order: dict[str, Any], url: str) -> int:
    now = runtime.now()
    with runtime.transaction() as session:
        port = Port(name=PORT, kind="mm7", url=url, rate=RATE_PER_S, burst=1, options={}, created_at=now)
        readers = [
            Reader(msisdn=str(MSISDN(FIRST_NUMBER + place)), handset_class=one["handset_class"], topics=[], attributes={}, created_at=now, updated_at=now)
            for place, one in enumerate(order["variants"])
        ]
        session.add_all([port, *readers])
        session.flush()
        copies = [Copy(reader.id, one["id"], one["handset_class"]) for reader, one in zip(readers, order["variants"], strict=True)]
        edition, version = session.get_one(Edition, order["edition_id"]), session.get_one(EditionVersion, order["version_id"])
        return send_copies(session, edition, version, port, copies, Occasion("rehearsal", "a rehearsal", {}), runtime).id


def _is_closed(runtime: Runtime, dispatch_id: int) -> bool:
    with runtime.transaction(read_only=True) as session:
        return session.get_one(Dispatch, dispatch_id).closed_at is not None


def _outcome(runtime: Runtime, folder: Path, dispatch_id: int) -> dict[str, Any]:
    with runtime.transaction(read_only=True) as session:
        rows = session.execute(
            select(Reader.msisdn, deliveries.c.variant_id, deliveries.c.outcome).join(Reader, Reader.id == deliveries.c.reader_id).where(deliveries.c.dispatch_id == dispatch_id)
        ).all()
        proof = verify(session, dispatch_id, peers=[read_peer(folder / KEEP)])
        closed = session.get_one(Dispatch, dispatch_id).closed_at is not None
    messages = [{"number": number, "variant_id": variant_id, "outcome": Outcome(outcome).name.lower()} for number, variant_id, outcome in rows]
    return {"messages": messages, "closed": closed, "balanced": not proof.problems, "problems": list(proof.problems)[:10]}


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))
