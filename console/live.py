"""Live parts of pages: one event stream a page, one look at the database for all streams of a process.

A live part is a page's fragment: a GET route of `console.rights` with `refresh=True`.
A page asks for its parts by their addresses (`/events?part=/live&part=/dispatches/3/live`)
and is sent each anew whenever it reads otherwise. What one person sees is rendered once
for everybody who may see the same: a part knows what its reader may, not who he is.

The hub looks once a second whether anything was written (`console.pulse`); what is shown
is rendered again while something was lately, and every few seconds in any case. Nobody
watches: nobody looks. Events carry ids, so that a stream that comes back is sent what it missed
and nothing else. A stream ends by an event of its own (`end`), which says why.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field, replace
from threading import Event
from urllib.parse import parse_qsl, unquote

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import compile_path
from starlette.types import Receive, Scope, Send

from console import pulse, rights
from console.auth import SignedIn
from console.edge import Edge, leads_nowhere
from console.rights import Right
from console.visit import Page
from huabao.ids import new_token
from huabao.log import get_logger

log = get_logger("live")

LOOK_S = 1.0
"""Between two looks at the database; a page is painted no more often."""

RESTLESS_S = 20.0
"""So long after something was written its consequences may still come."""

REST_S = 5.0
"""What nobody wrote to is rendered again after so long: rates and ages change by themselves."""

COST_FACTOR = 4.0
"""A part is rendered at most for a fifth of the time, however dear it is."""

BEAT_S = 2.0
"""Between two signs of life."""

LIFE_S = 300.0
"""A stream is renewed after so long: who may see what is asked afresh."""

PARTS_MAX = 8
PART_CHARS_MAX = 300

SIGNED_OUT, ELSEWHERE, RENEW, LEAVING = "signed_out", "elsewhere", "renew", "leaving"
"""Why a stream ends: no sign-in any more; too many of the account, the oldest goes; come again; this process ends."""


@dataclass(frozen=True)
class View:
    """All that a person may see, and nothing that names him."""

    who: SignedIn
    language: str


@dataclass(frozen=True)
class Part:
    """One live fragment: its address, its route, the route's values."""

    address: str
    right: Right
    values: tuple[tuple[str, object], ...]


@dataclass
class Frame:
    """A part as it was rendered last.

    Attributes:
        number: grows with each change of any part.
        at: when it was rendered, on the monotonic clock; what it shows was `age_s` old then.
    """

    number: int
    html: str
    at: float
    age_s: float
    cost_s: float


@dataclass(eq=False)
class Stream:
    """One page that listens.

    Attributes:
        last: the newest number that the page has seen.
        ended: why it is over, or "".
    """

    who: SignedIn
    view: View
    parts: tuple[Part, ...]
    last: int
    born: float = field(default_factory=time.monotonic)
    sent: dict[str, int] = field(default_factory=dict)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    ended: str = ""


class Live:
    """The streams of one process."""

    def __init__(self, edge: Edge, pages: Mapping[str, Page], stopping: Event | None = None) -> None:
        self.edge = edge
        self.pages = pages
        self.stopping = stopping or Event()
        self.name = new_token(6)
        self.streams: list[Stream] = []
        self._routes = [(one, *compile_path(one.path)) for one in rights.RIGHTS if one.refresh and one.method == "GET"]
        self._frames: dict[tuple[View, str], Frame] = {}
        self._number = 0
        self._mark: object = None
        self._moved_at = 0.0
        self._task: asyncio.Task[None] | None = None
        self._csrf = new_token(24)

    # --- who listens ---

    def part(self, address: str) -> Part | None:
        """The live part at an address, or None where there is none, or one that leads nowhere: the edge looked at the outer address only."""
        path, _, query = address.partition("?")
        for one, pattern, _, convertors in self._routes:
            if found := pattern.match(path):
                values = {name: convertors[name].convert(value) for name, value in found.groupdict().items()}
                nowhere = "\x00" in unquote(path) or leads_nowhere(values.values(), parse_qsl(query, keep_blank_values=True))
                return None if nowhere else Part(address, one, tuple(values.items()))
        return None

    def listen(self, who: SignedIn, language: str, parts: tuple[Part, ...], last_id: str) -> EventStream:
        """The answer to who wants to see these parts; `last_id` is the newest event that he has."""
        view = View(replace(who, user_id=0, name="", csrf=self._csrf, token_sha256=""), language)
        name, _, number = last_id.rpartition("-")
        last = int(number) if name == self.name and number.isdecimal() and len(number) < 18 else -1
        return EventStream(self, Stream(who, view, parts, last))

    def join(self, stream: Stream, per_account: int) -> None:
        """Serve the stream; of one account's streams the oldest goes where there are too many."""
        mine = [one for one in self.streams if one.who.user_id == stream.who.user_id and not one.ended]
        for one in mine[: max(0, len(mine) + 1 - per_account)]:
            self._end(one, ELSEWHERE)
        self.streams.append(stream)
        loop = asyncio.get_running_loop()
        if self._task is None or self._task.done() or self._task.get_loop() is not loop:
            self._task = loop.create_task(self._run())

    def leave(self, stream: Stream) -> None:
        """Nobody reads it any more."""
        if stream in self.streams:
            self.streams.remove(stream)

    def _end(self, stream: Stream, why: str) -> None:
        stream.ended = stream.ended or why
        stream.wake.set()

    # --- what is looked at ---

    async def _run(self) -> None:
        while self.streams:
            began = time.monotonic()
            try:
                await run_in_threadpool(self._look)
                for view, part in self._due(time.monotonic()):
                    await run_in_threadpool(self._render, view, part)
            except SQLAlchemyError as error:
                log.warning("database unreachable; what pages show grows old", error=type(error).__name__)
            self._prune()
            for stream in self.streams:
                if self.stopping.is_set():
                    self._end(stream, LEAVING)
                elif began - stream.born > LIFE_S:
                    self._end(stream, RENEW)
                stream.wake.set()
            await asyncio.sleep(max(0.05, LOOK_S - (time.monotonic() - began)))

    def _look(self) -> None:
        runtime, streams = self.edge.runtime, tuple(self.streams)  # who joins while the database answers is looked at next time
        with runtime.transaction(read_only=True) as session:
            mark = pulse.mark(session)
            still = pulse.still_signed_in(session, {one.who.token_sha256 for one in streams}, now=runtime.now())
        if mark != self._mark:
            self._mark, self._moved_at = mark, time.monotonic()
        for stream in streams:
            found = still.get(stream.who.token_sha256)
            if found is None:
                stream.ended = stream.ended or SIGNED_OUT
            elif found != (stream.who.role, stream.who.city):
                stream.ended = stream.ended or RENEW

    def _due(self, at: float) -> list[tuple[View, Part]]:
        """What is to be rendered at this instant, each once."""
        wanted: dict[tuple[View, str], Part] = {(one.view, part.address): part for one in self.streams if not one.ended for part in one.parts}
        every = LOOK_S * 0.9 if at - self._moved_at < RESTLESS_S else REST_S
        due = []
        for key, part in wanted.items():
            frame = self._frames.get(key)
            if frame is None or at - frame.at >= max(every, COST_FACTOR * frame.cost_s):
                due.append((key[0], part))
        return due

    def _render(self, view: View, part: Part) -> None:
        began = time.monotonic()
        answer = self.edge.part(part.right, self.pages[part.right.name], _request(part), view.who, view.language)
        if answer.status_code != 200:
            return  # what is shown grows old, and says so
        html = bytes(answer.body).decode()
        age_s = float(answer.headers.get("age", 0))
        frame = self._frames.get((view, part.address))
        if frame is None or frame.html != html:
            self._number += 1
        number = self._number if frame is None or frame.html != html else frame.number
        ended = time.monotonic()
        self._frames[view, part.address] = Frame(number, html, began, age_s, ended - began)

    def _prune(self) -> None:
        wanted = {(one.view, part.address) for one in self.streams for part in one.parts}
        for key in [key for key in self._frames if key not in wanted]:
            del self._frames[key]

    # --- what is sent ---

    async def events(self, stream: Stream) -> AsyncIterator[str]:
        """The text of the stream."""
        yield f"retry: {int(BEAT_S * 1000)}\n\n"
        beat_at = 0.0
        while True:
            stream.wake.clear()
            for text in self._news(stream):
                yield text
            if stream.ended:
                yield f"event: end\ndata: {stream.ended}\n\n"
                return
            if time.monotonic() - beat_at >= BEAT_S - LOOK_S / 2:
                beat_at = time.monotonic()
                yield self._beat(stream, beat_at)
            await stream.wake.wait()

    def _news(self, stream: Stream) -> Iterator[str]:
        found = [(frame.number, part.address, frame) for part in stream.parts if (frame := self._frames.get((stream.view, part.address))) is not None]
        for number, address, frame in sorted(found, key=lambda one: one[0]):
            if number > stream.sent.get(address, stream.last):
                stream.sent[address] = number
                document = json.dumps({"part": address, "html": frame.html.replace(self._csrf, stream.who.csrf)}, ensure_ascii=False)
                yield f"id: {self.name}-{number}\nevent: part\ndata: {document}\n\n"

    def _beat(self, stream: Stream, at: float) -> str:
        """How old the oldest of its parts is; a bare comment where one was never seen."""
        frames = [self._frames.get((stream.view, part.address)) for part in stream.parts]
        ages = [at - frame.at + frame.age_s for frame in frames if frame is not None]
        return ": \n\n" if len(ages) < len(frames) else f"event: beat\ndata: {max(ages):.1f}\n\n"


class EventStream(StreamingResponse):
    """The answer of a stream: it joins when it is sent, and leaves however that ends."""

    def __init__(self, live: Live, stream: Stream) -> None:
        super().__init__(live.events(stream), media_type="text/event-stream", headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        self.live = live
        self.stream = stream
        self.per_account = 1

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        self.live.join(self.stream, self.per_account)
        try:
            await super().__call__(scope, receive, send)
        finally:
            self.live.leave(self.stream)


def _request(part: Part) -> Request:
    path, _, query = part.address.partition("?")
    headers = [(b"host", b"console"), (b"hx-request", b"true")]
    scope = {"type": "http", "method": "GET", "scheme": "http", "path": path, "query_string": query.encode(), "headers": headers, "server": ("console", 80)}
    return Request({**scope, "path_params": dict(part.values), "root_path": ""})
