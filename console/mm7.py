"""`POST /mm7/<port>`: what an MMSC tells us, on a raw ASGI route.

Each request is answered after what it said is committed; requests share a
commit (`console.mm7_commit`), since one commit for each would be forty times
slower. What cannot be read is answered with an RSErrorRsp in a SOAP Fault over
HTTP 400: a peer that gets a 5xx sends the same again. The database away means 503,
and nothing is acknowledged.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from console.group_commit import LINGER_S, NotStoredError
from console.kept import Kept
from console.mm7_commit import ReportCommit, Write
from console.raw_route import GoneError, Receive, Reply, Scope, Send, answer_with, away, has_length, is_too_long, read_body, text, too_large
from console.short_way import Hear
from delivery.codecs import http_auth
from delivery.codecs.http_auth import Credentials
from delivery.codecs.mm7 import (
    DeliverReq,
    DeliverRsp,
    DeliveryReportReq,
    DeliveryReportRsp,
    Envelope,
    MM7Fault,
    ReadReplyReq,
    ReadReplyRsp,
    RSErrorRsp,
    Status,
    decode_http,
    encode_envelope,
)
from delivery.codecs.mm7.encode import transaction_id_text
from delivery.codecs.mm7.names import DEFAULT_NAMESPACE
from delivery.models import Port
from delivery.ports.mm7.options import MM7Options, password_of
from delivery.reports.folding import event_rows
from delivery.reports.inbound import store_deliver, store_read_reply
from huabao.errors import CodecError, PortError
from huabao.ids import new_token
from huabao.log import get_logger
from huabao.runtime import Runtime

log = get_logger("mm7")

BODY_BYTES_MAX: Final = 2_000_000
"""A DeliverReq with a message of the largest class is 600 KB."""

PORTS_KEPT_S: Final = 2.0
"""How long a changed port may go unseen."""

SUCCESS: Final = Status(1000, "Success")
UNSUPPORTED: Final = 4003
_TAKEN: Final = DeliveryReportRsp(SUCCESS)
_WORDS_CHARS_MAX: Final = 300
"""Longer namespaces and versions are nobody's, and a stranger's must not fill the memory."""

_HERE: Final = "TransactionID"


@dataclass(frozen=True)
class Door:
    """A port as `/mm7` needs it; `credentials` is None where its password is not set."""

    port_id: int
    options: dict[str, Any]
    credentials: Credentials | None


class MM7App:
    """The ASGI application of `/mm7`, and what `console.short_way` asks of it beside."""

    def __init__(self, runtime: Runtime, *, linger_s: float = LINGER_S) -> None:
        self._runtime = runtime
        self._linger_s = linger_s
        secret = runtime.config.secret_key.get_secret_value() or new_token()
        self._seal = hashlib.sha256(f"mm7 nonce {secret}".encode()).digest()
        self._doors = Kept(self._load, PORTS_KEPT_S)
        self._commit: ReportCommit | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; a client that hung up gets nothing and harms nobody."""
        if scope["type"] != "http":
            return
        try:
            reply = await self._answer(scope, receive)
        except GoneError:
            return
        await answer_with(send, reply)

    async def _answer(self, scope: Scope, receive: Receive) -> Reply:
        if scope["method"] != "POST":
            return text(405, "MM7 is spoken by POST", (b"allow", b"POST"))
        headers = dict(scope["headers"])
        if is_too_long(headers, BODY_BYTES_MAX):
            return too_large(BODY_BYTES_MAX)
        try:
            door = _door(await self._doors.get(), _port_name(scope["path"]))
        except SQLAlchemyError as error:
            return away(error)
        if door is None:
            return text(404, "there is no such port; POST to /mm7/<port>")
        if door.credentials is None:
            return text(503, "this port's password is not set here")
        if not _is_allowed(door.credentials, _target(scope), headers):
            challenges = http_auth.challenge(door.credentials, time.time())
            return text(401, "who are you?", *((b"www-authenticate", one.encode()) for one in challenges))
        body = await read_body(receive, BODY_BYTES_MAX)
        if body is None:
            return too_large(BODY_BYTES_MAX)
        answered: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self.hear(door, headers.get(b"content-type", b""), body, lambda reply: None if answered.done() else answered.set_result(reply))
        return await answered

    def entry(self, target: str, headers: Mapping[bytes, bytes], _client: str) -> Hear | None:
        """Who hears a plain POST to `target`, where its port is known and lets it in; see `console.short_way`."""
        doors = self._doors.now()
        if doors is None or not has_length(headers, BODY_BYTES_MAX):
            return None
        door = _door(doors, _port_name(target.partition("?")[0]))
        if door is None or door.credentials is None or not _is_allowed(door.credentials, target, headers):
            return None
        return partial(self.hear, door, headers.get(b"content-type", b""))

    def hear(self, door: Door, content_type: bytes, body: bytes, done: Callable[[Reply], None]) -> None:
        """Take what a request says; `done` gets the answer, once, after the commit."""
        try:
            envelope = decode_http(content_type.decode("latin-1"), body)
        except CodecError as error:
            done(_fault(None, Status(error.status_code, str(error))))
            return
        write, answer = self._understood(door, envelope)
        if write is None:
            done(_fault(envelope, Status(UNSUPPORTED, f"{type(envelope.message).__name__} is not for us")))
            return

        def stored(error: NotStoredError | None) -> None:
            if error is None:
                done(_xml(200, envelope, answer))
            else:
                done(away(error) if error.retryable else _fault(envelope, Status(2007, str(error))))

        self._committer().put(write, stored)

    def _load(self) -> dict[str, Door]:
        with self._runtime.transaction(read_only=True) as session:
            ports = session.scalars(select(Port).where(Port.kind == "mm7")).all()
            return {port.name: self._door_of(port) for port in ports}

    def _door_of(self, port: Port) -> Door:
        options = MM7Options(**port.options)
        credentials: Credentials | None = Credentials("none")
        if options.report_auth != "none":
            try:
                password = password_of(options.report_password_env)
                credentials = Credentials(options.report_auth, options.report_user or "", password, self._seal)
            except PortError as error:
                log.error("reports are refused", port=port.name, reason=str(error))
                credentials = None
        return Door(port.id, dict(port.options), credentials)

    def _understood(self, door: Door, envelope: Envelope) -> tuple[Write | None, DeliveryReportRsp | ReadReplyRsp | DeliverRsp]:
        """What to write for a message, and what to answer then; None for what is not for us."""
        message = envelope.message
        at = self._runtime.now()
        match message:
            case DeliveryReportReq():
                return Write(event_rows(door.port_id, message, at, door.options)), _TAKEN
            case ReadReplyReq():
                return Write(more=partial(store_read_reply, port_id=door.port_id, message=message, received_at=at, options=door.options)), ReadReplyRsp(SUCCESS)
            case DeliverReq():
                return Write(more=partial(store_deliver, port_id=door.port_id, message=message, content=envelope.content, received_at=at)), DeliverRsp(SUCCESS)
        return None, DeliveryReportRsp(SUCCESS)

    def _committer(self) -> ReportCommit:
        loop = asyncio.get_running_loop()
        if self._commit is None or self._commit.loop is not loop:
            self._commit = ReportCommit(self._runtime, loop, linger_s=self._linger_s)
        return self._commit


def _is_allowed(credentials: Credentials, target: str, headers: Mapping[bytes, bytes]) -> bool:
    said = headers.get(b"authorization")
    return http_auth.is_allowed(credentials, "POST", target, said.decode("latin-1") if said else None, time.time())


def _door(doors: Mapping[str, Door], name: str) -> Door | None:
    """The port called `name`; "" means the only one there is."""
    if name:
        return doors.get(name)
    return next(iter(doors.values())) if len(doors) == 1 else None


def _port_name(path: str) -> str:
    """What stands behind `/mm7/` in the path, wherever the application is mounted."""
    return path.rpartition("/mm7")[2].strip("/")


def _target(scope: Scope) -> str:
    raw = scope.get("raw_path") or scope["path"].encode()
    query = scope.get("query_string", b"")
    return (raw.partition(b"?")[0] + (b"?" + query if query else b"")).decode("latin-1")  # type: ignore[no-any-return]


def _xml(status: int, envelope: Envelope | None, message: DeliveryReportRsp | ReadReplyRsp | DeliverRsp | MM7Fault) -> Reply:
    """An MM7 answer in the words (namespace, version) of the request."""
    namespace = (envelope.namespace if envelope else "") or DEFAULT_NAMESPACE
    transaction_id = envelope.transaction_id if envelope else ""
    version = envelope.version if envelope else None
    try:
        if message == _TAKEN and len(namespace) + len(version or "") < _WORDS_CHARS_MAX:
            before, after = _taken(namespace, version)
            return Reply(status, before + transaction_id_text(transaction_id).encode() + after)
        return Reply(status, encode_envelope(message, namespace, version, transaction_id=transaction_id))
    except CodecError:  # what the peer called its request cannot be said back
        return Reply(status, encode_envelope(message, transaction_id=""))


@lru_cache(maxsize=64)
def _taken(namespace: str, version: str | None) -> tuple[bytes, bytes]:
    """The usual answer, before and after its TransactionID.

    Raises:
        CodecError: XML cannot carry the namespace or the version.
    """
    before, _, after = encode_envelope(_TAKEN, namespace, version, transaction_id=_HERE).partition(b">" + _HERE.encode() + b"<")
    return before + b">", b"<" + after


def _fault(envelope: Envelope | None, status: Status) -> Reply:
    return _xml(400, envelope, RSErrorRsp(status, "Client", status.text))
