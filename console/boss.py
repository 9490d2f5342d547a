"""`POST /boss/events`: what BOSS tells us, on a raw ASGI route with group commit.

Each event is answered once what it changed is committed, in JSON:
`{"event_id", "result"}`, with `error` where something is wrong. Nobody is let in without
a signature of the last five minutes. The database away means 503, and nothing is taken.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from sqlalchemy.orm import Session

from console import raw_route
from console.group_commit import LINGER_S, GroupCommit, NotStoredError
from console.raw_route import GoneError, Receive, Reply, Scope, Send
from console.short_way import Hear
from huabao.runtime import Runtime
from reconciliation.codecs.boss import BODY_BYTES_MAX, SIGNATURE_HEADER, TIMESTAMP_HEADER, SignatureError, verify
from reconciliation.codecs.boss.strict_json import write_object
from reconciliation.intake import boss
from reconciliation.intake.boss import Answered, Told

_STAMP, _SIGNATURE = TIMESTAMP_HEADER.lower().encode(), SIGNATURE_HEADER.lower().encode()


class BossApp:
    """The ASGI application of `/boss`, with a short way in.

    Args:
        wall: the machine's clock, seconds since 1970; a signature's age is judged by it, whatever a rehearsal's clock says.
    """

    def __init__(self, runtime: Runtime, *, wall: Callable[[], float] = time.time, linger_s: float = LINGER_S) -> None:
        self._runtime = runtime
        self._linger_s = linger_s
        self._wall = wall
        self._commit: GroupCommit[Told, Answered] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; a client that hung up gets nothing and harms nobody."""
        if scope["type"] != "http":
            return
        try:
            reply = await self._answer(scope, receive)
        except GoneError:
            return
        await raw_route.answer_with(send, reply)

    async def _answer(self, scope: Scope, receive: Receive) -> Reply:
        if not _is_events(scope["path"]):
            return _error(404, "there is /boss/events, nothing else")
        if scope["method"] != "POST":
            return _error(405, "events come by POST", (b"allow", b"POST"))
        if not self._runtime.config.boss_keys:
            return _error(503, "no secret is shared with BOSS here: set HUABAO_BOSS_SECRETS")
        headers = dict(scope["headers"])
        body = None if raw_route.is_too_long(headers, BODY_BYTES_MAX) else await raw_route.read_body(receive, BODY_BYTES_MAX)
        if body is None:
            return _error(413, f"an event has at most {BODY_BYTES_MAX} bytes", (b"connection", b"close"))
        answered: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._hear(headers, body, lambda reply: None if answered.done() else answered.set_result(reply))
        return await answered

    def entry(self, target: str, headers: Mapping[bytes, bytes], _client: str) -> Hear | None:
        """Who hears a plain POST to `target`; see `console.short_way`."""
        may = _is_events(target.partition("?")[0]) and bool(self._runtime.config.boss_keys) and raw_route.has_length(headers, BODY_BYTES_MAX)
        return partial(self._hear, headers) if may else None

    def _hear(self, headers: Mapping[bytes, bytes], body: bytes, done: Callable[[Reply], None]) -> None:
        try:
            stamp, signature = (headers.get(name, b"").decode("latin-1") for name in (_STAMP, _SIGNATURE))
            verify(self._runtime.config.boss_keys, stamp, signature, body, now_s=self._wall())
        except SignatureError as error:
            done(_error(401, str(error)))
            return

        def stored(answered: Answered | NotStoredError) -> None:
            if isinstance(answered, NotStoredError):
                done(raw_route.away(answered) if answered.retryable else _error(500, "this event cannot be stored"))
            else:
                done(_json(answered.status, event_id=answered.event_id or None, result=answered.result, error=answered.error or None))

        self._committer().put(boss.read(body), stored)

    def _committer(self) -> GroupCommit[Told, Answered]:
        loop = asyncio.get_running_loop()
        if self._commit is None or self._commit.loop is not loop:
            self._commit = GroupCommit(self._runtime, loop, self._store, name="boss", apart=self._store_apart, linger_s=self._linger_s)
        return self._commit

    def _store(self, session: Session, told: Sequence[Told]) -> list[Answered]:
        return boss.take(session, told, now=self._runtime.now())

    def _store_apart(self, session: Session, told: Told) -> Answered:
        return boss.take_broken(session, told, now=self._runtime.now())


def _is_events(path: str) -> bool:
    return path.rpartition("/boss")[2].strip("/") == "events"


def _json(status: int, *headers: tuple[bytes, bytes], **values: str | None) -> Reply:
    return Reply(status, write_object(values), headers, b"application/json; charset=utf-8")


def _error(status: int, error: str, *headers: tuple[bytes, bytes]) -> Reply:
    return _json(status, *headers, error=error)
