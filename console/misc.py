"""`POST /misc`: MISC tells of orders, on a raw ASGI route.

An answer with hRet 0 leaves after what it answers is committed, since MISC makes its order
upon it; requests share a commit (`console.group_commit`). The database away means
HTTP 503, which is no hRet at all: MISC keeps what it has and calls again. No lock and no
transaction is held for a peer: an order that we ask MISC for comes back here while
our request waits for its answer, and is taken like any other.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from console.group_commit import LINGER_S, GroupCommit, NotStoredError
from console.kept import Kept
from console.raw_route import GoneError, Receive, Reply, Scope, Send, answer_with, away, has_length, is_too_long, read_body, text, too_large
from console.short_way import Hear
from delivery.codecs import http_auth
from delivery.codecs.http_auth import Credentials
from huabao.errors import CodecError, UsageError
from huabao.ids import new_token
from huabao.log import get_logger
from huabao.runtime import Runtime
from reconciliation.codecs.misc import BYTES_MAX, NAMESPACE, VERSION, SyncOrderRelationReq, SyncOrderRelationResp, decode_envelope, encode_envelope, find_transaction_id
from reconciliation.dialects import dialects_in
from reconciliation.intake import misc
from reconciliation.intake.misc import Arrival
from reconciliation.peers import Peer, peers

log = get_logger("misc")

PEERS_KEPT_S: Final = 2.0
"""How long a changed peer may go unseen."""

_CHARSETS: Final = ("gbk", "gb2312", "gb18030")
"""What a Content-Type may say beyond the document; peers name others by habit, whatever they write."""


@dataclass(frozen=True, eq=False)
class Door:
    """A peer as the route needs him; `credentials` is None where his password is not set."""

    peer: Peer
    networks: tuple[IPv4Network | IPv6Network, ...]
    credentials: Credentials | None


class MISCApp:
    """The ASGI application of `/misc`, with a short way in."""

    def __init__(self, runtime: Runtime, *, linger_s: float = LINGER_S) -> None:
        self._runtime = runtime
        self._linger_s = linger_s
        secret = runtime.config.secret_key.get_secret_value() or new_token()
        self._seal = hashlib.sha256(f"misc nonce {secret}".encode()).digest()
        self._doors = Kept(self._load, PEERS_KEPT_S)
        self._dialects = dialects_in(runtime.config.dialects_folder)
        self._commit: GroupCommit[Arrival, int] | None = None

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
            return text(405, "MISC's messages come by POST", (b"allow", b"POST"))
        headers = dict(scope["headers"])
        if is_too_long(headers, BYTES_MAX):
            return too_large(BYTES_MAX)
        try:
            doors = await self._doors.get()
        except SQLAlchemyError as error:
            return away(error)
        client = scope.get("client")
        near = _near(doors, client[0] if client else "")
        if not near:
            return text(403, "this address is no configured peer's; `huabao misc list` shows them")
        if not any(one.credentials is not None for one in near):
            return text(503, "this peer's password is not set here")
        let_in = _let_in(near, (scope.get("raw_path") or scope["path"].encode()).decode("latin-1"), headers)
        if not let_in:
            challenges = dict.fromkeys(said for one in near if one.credentials for said in http_auth.challenge(one.credentials, time.time()))
            return text(401, "who are you?", *((b"www-authenticate", one.encode()) for one in challenges))
        body = await read_body(receive, BYTES_MAX)
        if body is None:
            return too_large(BYTES_MAX)
        answered: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._hear(let_in, _charset(headers), body, lambda reply: None if answered.done() else answered.set_result(reply))
        return await answered

    def entry(self, target: str, headers: Mapping[bytes, bytes], client: str) -> Hear | None:
        """Who hears a plain POST to `target`; the long way finds out for whom a proxy asks. See `console.short_way`."""
        doors = self._doors.now()
        if doors is None or b"x-forwarded-for" in headers or not has_length(headers, BYTES_MAX):
            return None
        let_in = _let_in(_near(doors, client), target, headers)
        return partial(self._hear, let_in, _charset(headers)) if let_in else None

    def _hear(self, doors: Sequence[Door], charset: str | None, body: bytes, done: Callable[[Reply], None]) -> None:
        try:
            arrival = self._arrival(doors, body, charset)
        except UsageError as error:
            log.error("a peer's dialect cannot be used", reason=str(error))
            done(text(503, "not now; nothing was taken", (b"retry-after", b"5")))
            return
        self._committer().put(arrival, lambda h_ret: done(away(h_ret) if isinstance(h_ret, NotStoredError) else _said(arrival, h_ret)))

    def _arrival(self, doors: Sequence[Door], body: bytes, charset: str | None) -> Arrival:
        """The message, and whose it is.

        Raises:
            UsageError: its peer's dialect cannot be used.
        """
        try:
            envelope = decode_envelope(body, charset=charset)
        except CodecError as error:
            peer = doors[0].peer
            return Arrival(peer.name, self._dialects.get(peer.options.dialect), body, None, find_transaction_id(body), str(error))
        message = envelope.message
        device = message.send_address.device_id if isinstance(message, SyncOrderRelationReq) else ""
        fitting = [one.peer for one in doors if one.peer.options.device_id in ("", device)]
        chosen = max(fitting, key=lambda one: bool(one.options.device_id), default=None)
        peer = chosen or doors[0].peer
        why = "" if chosen else "its DeviceID is no configured peer's"
        return Arrival(peer.name, self._dialects.get(peer.options.dialect), body, envelope, envelope.transaction_id, why)

    def _load(self) -> tuple[Door, ...]:
        with self._runtime.transaction(read_only=True) as session:
            return tuple(self._door_of(one) for one in peers(session))

    def _door_of(self, peer: Peer) -> Door:
        options = peer.options
        credentials: Credentials | None = Credentials("none")
        if options.auth != "none":
            try:
                credentials = Credentials(options.auth, options.user, options.password(), self._seal)
            except UsageError as error:
                log.error("a peer is refused", peer=peer.name, reason=str(error))
                credentials = None
        return Door(peer, tuple(ip_network(one) for one in options.addresses), credentials)

    def _committer(self) -> GroupCommit[Arrival, int]:
        loop = asyncio.get_running_loop()
        if self._commit is None or self._commit.loop is not loop:
            self._commit = GroupCommit(self._runtime, loop, self._store, name="misc", apart=self._store_apart, linger_s=self._linger_s)
        return self._commit

    def _store(self, session: Session, arrivals: Sequence[Arrival]) -> Sequence[int]:
        return misc.take(session, arrivals, now=self._runtime.now())

    def _store_apart(self, session: Session, arrival: Arrival) -> int:
        return misc.take_broken(session, arrival, now=self._runtime.now())


@lru_cache(maxsize=256)
def _near(doors: tuple[Door, ...], client: str) -> tuple[Door, ...]:
    """The peers that may call from an address, "" where it is not known."""
    try:
        address = ip_address(client)
    except ValueError:
        return ()
    return tuple(door for door in doors if any(address in network for network in door.networks))


def _let_in(doors: Sequence[Door], target: str, headers: Mapping[bytes, bytes]) -> list[Door]:
    said = headers.get(b"authorization")
    words = said.decode("latin-1") if said else None
    return [one for one in doors if one.credentials is not None and http_auth.is_allowed(one.credentials, "POST", target, words, time.time())]


def _charset(headers: Mapping[bytes, bytes]) -> str | None:
    said = headers.get(b"content-type", b"").lower().decode("latin-1").partition("charset=")[2].partition(";")[0].strip(" \"'")
    return said if said in _CHARSETS else None


def _said(arrival: Arrival, h_ret: int) -> Reply:
    """The answer in the words (namespace, version) of the request."""
    envelope = arrival.envelope
    answer = SyncOrderRelationResp(h_ret)
    try:
        version, namespace = (envelope.version, envelope.namespace) if envelope else (VERSION, NAMESPACE)
        return Reply(200, encode_envelope(answer, transaction_id=arrival.transaction_id, version=version, namespace=namespace or NAMESPACE))
    except CodecError:  # what the peer called its request cannot be said back
        return Reply(200, encode_envelope(answer, transaction_id=""))
