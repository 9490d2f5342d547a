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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from console.group_commit import GroupCommit, NotStoredError
from console.raw_route import GoneError, Receive, Reply, Scope, Send, answer_with, away, is_too_long, read_body, text, too_large
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


@dataclass(frozen=True)
class Door:
    """A peer as the route needs him; `credentials` is None where his password is not set."""

    peer: Peer
    networks: tuple[IPv4Network | IPv6Network, ...]
    credentials: Credentials | None


class MISCApp:
    """The ASGI application of `/misc`."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        secret = runtime.config.secret_key.get_secret_value() or new_token()
        self._seal = hashlib.sha256(f"misc nonce {secret}".encode()).digest()
        self._doors: tuple[Door, ...] = ()
        self._doors_until = 0.0
        self._reading = asyncio.Lock()
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
            doors = await self._known_doors()
        except SQLAlchemyError as error:
            return away(error)
        near = _near(doors, scope)
        if not near:
            return text(403, "this address is no configured peer's; `huabao misc list` shows them")
        if not any(one.credentials is not None for one in near):
            return text(503, "this peer's password is not set here")
        let_in = [one for one in near if one.credentials is not None and _is_allowed(one.credentials, scope, headers)]
        if not let_in:
            challenges = dict.fromkeys(said for one in near if one.credentials for said in http_auth.challenge(one.credentials, time.time()))
            return text(401, "who are you?", *((b"www-authenticate", one.encode()) for one in challenges))
        body = await read_body(receive, BYTES_MAX)
        if body is None:
            return too_large(BYTES_MAX)
        return await self._heard(let_in, body, _charset(headers))

    async def _heard(self, doors: Sequence[Door], body: bytes, charset: str | None) -> Reply:
        try:
            arrival = self._arrival(doors, body, charset)
        except UsageError as error:
            log.error("a peer's dialect cannot be used", reason=str(error))
            return text(503, "not now; nothing was taken", (b"retry-after", b"5"))
        try:
            h_ret = await self._committer().add(arrival)
        except NotStoredError as error:
            return away(error)
        return _said(arrival, h_ret)

    def _arrival(self, doors: Sequence[Door], body: bytes, charset: str | None) -> Arrival:
        """The message, and whose it is.

        Raises:
            UsageError: its peer's dialect cannot be used.
        """
        dialects = dialects_in(self._runtime.config.dialects_folder)
        try:
            envelope = decode_envelope(body, charset=charset)
        except CodecError as error:
            peer = doors[0].peer
            return Arrival(peer.name, dialects.get(peer.options.dialect), body, None, find_transaction_id(body), str(error))
        message = envelope.message
        device = message.send_address.device_id if isinstance(message, SyncOrderRelationReq) else ""
        fitting = [one.peer for one in doors if one.peer.options.device_id in ("", device)]
        chosen = max(fitting, key=lambda one: bool(one.options.device_id), default=None)
        peer = chosen or doors[0].peer
        why = "" if chosen else "its DeviceID is no configured peer's"
        return Arrival(peer.name, dialects.get(peer.options.dialect), body, envelope, envelope.transaction_id, why)

    async def _known_doors(self) -> tuple[Door, ...]:
        if time.monotonic() >= self._doors_until:
            async with self._reading:
                if time.monotonic() >= self._doors_until:
                    self._doors = await asyncio.to_thread(self._load)
                    self._doors_until = time.monotonic() + PEERS_KEPT_S
        return self._doors

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
            self._commit = GroupCommit(self._runtime, loop, self._store, name="misc", apart=self._store_apart)
        return self._commit

    def _store(self, session: Session, arrivals: Sequence[Arrival]) -> Sequence[int]:
        return misc.take(session, arrivals, now=self._runtime.now())

    def _store_apart(self, session: Session, arrival: Arrival) -> int:
        return misc.take_broken(session, arrival, now=self._runtime.now())


def _near(doors: Sequence[Door], scope: Scope) -> list[Door]:
    """The peers that may call from where this call comes."""
    client = scope.get("client")
    try:
        address = ip_address(client[0]) if client else None
    except ValueError:
        address = None
    return [door for door in doors if address is not None and any(address in network for network in door.networks)]


def _is_allowed(credentials: Credentials, scope: Scope, headers: Mapping[bytes, bytes]) -> bool:
    said = headers.get(b"authorization")
    target = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
    return http_auth.is_allowed(credentials, "POST", target, said.decode("latin-1") if said else None, time.time())


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
