"""Connections to an MMSC: one event loop in a thread of its own, kept alive between submissions.

A POST is written once and never again by itself: aiohttp repeats idempotent
methods only, redirects are not followed, and a lost connection is an answer of
its own (`answers`). An idle connection is let go before the peer does so, since
a request on a connection that is just being closed would be unknown.
"""

from __future__ import annotations

import asyncio
import os
import queue
import threading
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import aiohttp
import uvloop

from delivery.codecs.mm7 import Address, PreparedSubmit, SubmitReq, encode_envelope, prepare_submit
from delivery.ports import Answer, MessageContent, OutboundGroup, PortSettings
from delivery.ports.mm7 import probe, recall
from delivery.ports.mm7.answers import answer_of, answer_without
from delivery.ports.mm7.options import MM7Options, password_of
from delivery.ports.recalling import RecallAnswer, RecallRequest
from huabao.errors import CodecError, PortError
from huabao.log import get_logger

log = get_logger("mm7")

ANSWER_BYTES_MAX = 1_000_000
"""A longer answer is no SubmitRsp."""

HEADERS = {"User-Agent": "Huabao", "Accept": "text/xml, multipart/related"}


@dataclass
class _Written:
    """Whether some byte of a request may have left."""

    yes: bool = False


async def _mark_written(_session: aiohttp.ClientSession, context: SimpleNamespace, _params: aiohttp.TraceRequestHeadersSentParams) -> None:
    # aiohttp calls this just before it writes the first byte of each attempt.
    context.trace_request_ctx.yes = True


class MM7Link:
    """The connections of this process to one MMSC.

    Raises:
        UsageError: options that cannot work.
        PortError: the password's environment variable is not set.
    """

    def __init__(self, settings: PortSettings) -> None:
        self.settings = settings
        self.options = MM7Options.of(settings.url, settings.options)
        self._pid = os.getpid()
        self._identity, self._middlewares = self._credentials()
        self._ssl = self.options.ssl_context() if settings.url.startswith("https") else True
        self._loop = uvloop.new_event_loop()
        self._gate = asyncio.Semaphore(settings.connections)
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"mm7-{settings.name}", daemon=True)
        self._thread.start()
        self._session = self._run(self._open())

    def _credentials(self) -> tuple[dict[str, str], tuple[aiohttp.DigestAuthMiddleware, ...]]:
        """Headers and middlewares by which we identify ourselves."""
        options = self.options
        if options.auth == "none":
            return {}, ()
        user, password = options.user or "", password_of(options.password_env)
        if options.auth == "basic":
            return {"Authorization": options.form.authorization(user, password)}, ()
        return {}, (aiohttp.DigestAuthMiddleware(user, password),)

    async def _open(self) -> aiohttp.ClientSession:
        trace = aiohttp.TraceConfig()
        trace.on_request_headers_sent.append(_mark_written)
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=self.options.keepalive_s, ssl=self._ssl),
            timeout=aiohttp.ClientTimeout(total=self.settings.timeout_s, sock_connect=self.options.connect_timeout_s),
            middlewares=self._middlewares,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=HEADERS | self._identity,
            trace_configs=[trace],
        )

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run something in the loop's thread and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def prepare(self, content: MessageContent) -> PreparedSubmit:
        """The SubmitReq of `content`, cut where TransactionID and recipients go in.

        Raises:
            PortError: it is larger than the port's limit, or cannot be written.
        """
        options = self.options
        if not content.mime:
            raise PortError(f"port {self.settings.name} speaks MM7, which carries MMS; a text or a WAP push goes by a port of kind smpp", retryable=False)
        request = SubmitReq(
            vasp_id=options.vasp_id,
            vas_id=options.vas_id,
            sender_address=Address(options.sender_address, "ShortCode") if options.sender_address else None,
            service_code=content.service_code,
            linked_id=content.linked_id,
            message_class=options.message_class,
            expiry_date=timedelta(seconds=content.expiry_s) if content.expiry_s else None,
            delivery_report=True,
            read_reply=options.read_reply or None,
            subject=content.subject,
        )
        try:
            prepared = prepare_submit(request, content.mime, options.namespace, options.mm7_version, recipient_field=options.recipient_field, form=options.form)
            largest = prepared.render("0" * 40, ["8613800000000"] * self.settings.group_size)
        except CodecError as error:
            raise PortError(f"port {self.settings.name}: this content cannot be written as a SubmitReq: {error}", retryable=False) from error
        limit = options.max_message_bytes
        if limit is not None and len(largest.body) > limit:
            raise PortError(f"port {self.settings.name}: a request would have {len(largest.body):,} bytes, the MMSC takes {limit:,}", retryable=False)
        return prepared

    def tokens(self, prepared: object, recipients: int) -> int:
        """What a SubmitReq to so many recipients costs, whatever it carries."""
        assert isinstance(prepared, PreparedSubmit)
        return self.settings.tokens(recipients)

    def stream(self, prepared: object) -> MM7Stream:
        """A stream for a content of `prepare`."""
        assert isinstance(prepared, PreparedSubmit)
        return MM7Stream(self, prepared)

    def probe(self) -> str:
        """Ask the MMSC with a SubmitReq that names no recipient and carries nothing.

        Raises:
            PortError: it cannot be reached, is no MM7, or does not know us.
        """
        request = SubmitReq(vasp_id=self.options.vasp_id, vas_id=self.options.vas_id, subject="probe")
        body = encode_envelope(request, self.options.namespace, self.options.mm7_version, transaction_id="probe")
        try:
            status, headers, answer = self._run(self._post(body, {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}, _Written()))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise probe.unreachable(self.settings.url, error) from error
        return probe.read(status, headers.get("Content-Type", ""), answer, self.options.dialect)

    def recall(self, requests: Sequence[RecallRequest]) -> list[RecallAnswer]:
        """Call submissions back, or replace them; waits for every answer."""
        found: list[RecallAnswer] = self._run(self._recall_all(requests))
        return found

    async def _recall_all(self, requests: Sequence[RecallRequest]) -> list[RecallAnswer]:
        return await asyncio.gather(*map(self._recall, requests))

    async def _recall(self, request: RecallRequest) -> RecallAnswer:
        written = _Written()
        async with self._gate:
            try:
                headers, body = recall.request_of(self.options, request)
                status, answered, answer = await self._post(body, headers, written)
            except CodecError as error:
                return RecallAnswer(request.recall_id, "refused", status_text=f"cannot be written: {error}")
            except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
                return recall.answer_without(request, error, written=False)
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                return recall.answer_without(request, error, written=written.yes)
        return recall.answer_of(self.options, request, status, answered, answer)

    def submit(self, stream: MM7Stream, groups: list[OutboundGroup]) -> None:
        """Start sending groups; called by the stream, from any thread."""
        assert os.getpid() == self._pid, "a link does not survive a fork; open_link gives a new one"
        if self._closing:
            for group in groups:
                stream.answered(Answer(group.submission_id, "deferred", status_text="the link was closed before the message left"))
            return
        self._loop.call_soon_threadsafe(self._start, stream, groups)

    def _start(self, stream: MM7Stream, groups: list[OutboundGroup]) -> None:
        for group in groups:
            task = self._loop.create_task(self._send(stream, group))
            self._tasks.add(task)
            task.add_done_callback(lambda done, group=group: self._done(done, stream, group))  # type: ignore[misc]

    def _done(self, task: asyncio.Task[None], stream: MM7Stream, group: OutboundGroup) -> None:
        self._tasks.discard(task)
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if error is not None:  # our own mistake, but the sender must not wait for ever
            log.error("submission broke off", submission=group.submission_id, exc_info=error)
            stream.answered(answer_without(group, error, written=True))

    async def _send(self, stream: MM7Stream, group: OutboundGroup) -> None:
        async with self._gate:
            stream.answered(await self._exchange(stream.prepared, group))

    async def _exchange(self, prepared: PreparedSubmit, group: OutboundGroup) -> Answer:
        written = _Written()
        try:
            request = prepared.render(group.transaction_id, [self.options.number(one) for one in group.recipients])
        except CodecError as error:
            return Answer(group.submission_id, "refused", status_text=f"cannot be written as a SubmitReq: {error}")
        try:
            status, headers, body = await self._post(request.body, request.headers, written)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            return answer_without(group, error, written=False)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return answer_without(group, error, written=written.yes)
        return answer_of(group, status, headers, body, self.options.message_id, self.options.dialect)

    async def _post(self, body: bytes, headers: Mapping[str, str], written: _Written) -> tuple[int, Any, bytes]:
        async with self._session.post(self.settings.url, data=body, headers=headers, allow_redirects=False, trace_request_ctx=written) as response:
            answer = bytearray()
            async for chunk in response.content.iter_any():
                answer += chunk
                if len(answer) > ANSWER_BYTES_MAX:
                    raise aiohttp.ClientPayloadError("the answer does not end")
            return response.status, response.headers, bytes(answer)

    def close(self) -> None:
        """Finish what is in flight, close the connections, end the thread; again does nothing."""
        if self._closing or os.getpid() != self._pid:
            return
        self._closing = True
        self._run(self._finish())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _finish(self) -> None:
        while self._tasks:
            await asyncio.wait(self._tasks)
            await asyncio.sleep(0)
        await self._session.close()


class MM7Stream:
    """Submissions of one content on their way; used by one thread."""

    def __init__(self, link: MM7Link, prepared: PreparedSubmit) -> None:
        self.prepared = prepared
        self._link = link
        self._answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        self._in_flight = 0

    @property
    def in_flight(self) -> int:
        """Groups that were put and whose answer was not taken yet."""
        return self._in_flight

    def tokens(self, recipients: int) -> int:
        """See `MM7Link.tokens`."""
        return self._link.tokens(self.prepared, recipients)

    def put(self, groups: Iterable[OutboundGroup]) -> None:
        """Send these groups; returns at once."""
        going = list(groups)
        self._in_flight += len(going)
        self._link.submit(self, going)

    def take(self, timeout_s: float) -> list[Answer]:
        """All answers that are there; waits up to `timeout_s` for the first one."""
        answers = []
        try:
            answers.append(self._answers.get(timeout=timeout_s) if timeout_s > 0 else self._answers.get_nowait())
            while True:
                answers.append(self._answers.get_nowait())
        except queue.Empty:
            self._in_flight -= len(answers)
        return answers

    def answered(self, answer: Answer) -> None:
        """An answer is there; called in the link's thread."""
        self._answers.put(answer)
