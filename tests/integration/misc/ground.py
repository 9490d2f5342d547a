"""MISC's side of the tests: messages with ids of their own, the route behind a real server, and what stands in the database."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import uvicorn
from sqlalchemy import select

from console.boss import BossApp
from console.listening import listener_of
from console.misc import MISCApp
from huabao.runtime import Runtime
from reconciliation.codecs.misc import Device, SyncOrderRelationReq, SyncOrderRelationResp, User, decode_envelope, encode_envelope
from reconciliation.journal.models import ExchangeMessage
from reconciliation.peers.services import set_peer
from subscribers.models import Reader, Subscription
from tests.services.waiting import PATIENCE_S

ANNA, BEN = "13800138001", "13800138002"
PAPER = "TJSJB"
ORDER, CANCEL, RESUME, PAUSE = 1, 2, 3, 4


def message(transaction_id: str, action: int = ORDER, msisdn: str = ANNA, *, reason: int | None = 1, service: str = PAPER, payer: str = "", device: str = "0431") -> bytes:
    """One SyncOrderRelationReq."""
    asked = SyncOrderRelationReq(service, action, User(1, msisdn), User(1, payer or msisdn), reason, "800123", 3, "SP", "10658000 DZ", Device(0, device), Device(400, "0"))
    return encode_envelope(asked, transaction_id=transaction_id)


@contextmanager
def serving(runtime: Runtime, app: Any = None) -> Iterator[int]:
    """The route with its short way, or another application, behind a server; its TCP port."""
    app = app or MISCApp(runtime)
    listener = listener_of({path: app for path, kind in (("/misc", MISCApp), ("/boss", BossApp)) if isinstance(app, kind)})
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical", lifespan="off", http=listener))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()


def post(tcp_port: int, body: bytes, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
    """One request on a connection of its own: status and body."""
    connection = http.client.HTTPConnection("127.0.0.1", tcp_port, timeout=PATIENCE_S)
    try:
        connection.request("POST", "/misc", body, {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""', **(headers or {})})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def tell(tcp_port: int, body: bytes) -> int:
    """The hRet of a message, whose answer must name its transaction."""
    status, answer = post(tcp_port, body)
    assert status == 200, answer
    envelope = decode_envelope(answer)
    assert isinstance(envelope.message, SyncOrderRelationResp)
    return envelope.message.h_ret


def add_peer(runtime: Runtime, name: str, **options: Any) -> None:
    """A configured peer."""
    with runtime.transaction() as session:
        set_peer(session, name, options, new=True, by="ops", at=runtime.now())


def states(runtime: Runtime, service: str = PAPER) -> dict[str, str]:
    """The derived state of each reader's subscription, by number."""
    with runtime.transaction(read_only=True) as session:
        rows = session.execute(select(Reader.msisdn, Subscription.state).join(Subscription, Subscription.reader_id == Reader.id).where(Subscription.service_id == service))
        return {row.msisdn: row.state for row in rows}


def journal_rows(runtime: Runtime) -> list[ExchangeMessage]:
    """Every row of the journal."""
    with runtime.transaction(read_only=True) as session:
        return list(session.scalars(select(ExchangeMessage).order_by(ExchangeMessage.id)))
