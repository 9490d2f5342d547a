"""The link of this process to one MMSC: its connections live in an event loop in a thread of its own, kept alive between submissions.

A POST is written once and never again by itself (`http_client`), and a lost connection is an answer of its own (`answers`).
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections import defaultdict, deque
from collections.abc import Coroutine, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import uvloop

from delivery.codecs.http_auth import DigestClient
from delivery.codecs.mm7 import Address, PreparedSubmit, SubmitReq, encode_envelope, prepare_submit
from delivery.ports import Answer, MessageContent, OutboundGroup, PortSettings
from delivery.ports.mm7 import probe, recall
from delivery.ports.mm7.answers import answer_of, answer_without
from delivery.ports.mm7.http_client import AnswerError, Failure, HTTPClient, Response, Terms
from delivery.ports.mm7.options import MM7Options, password_of
from delivery.ports.recalling import RecallAnswer, RecallRequest
from delivery.ports.streams import AnswerStream
from huabao.errors import CodecError, PortError

HEADERS = {"User-Agent": "Huabao", "Accept": "text/xml, multipart/related"}

MM7Stream = AnswerStream[PreparedSubmit]


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
        identity, digest = self._credentials()
        terms = Terms(
            url=settings.url,
            connections=settings.connections,
            connect_timeout_s=self.options.connect_timeout_s,
            timeout_s=settings.timeout_s,
            keepalive_s=self.options.keepalive_s,
            headers=HEADERS | identity,
            tls=self.options.ssl_context() if settings.url.startswith("https") else None,
        )
        self._loop = uvloop.new_event_loop()
        self._posted: deque[tuple[MM7Stream, OutboundGroup]] = deque()
        self._woken = False
        self._untold: defaultdict[MM7Stream, list[Answer]] = defaultdict(list)
        self._closing = False
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"mm7-{settings.name}", daemon=True)
        self._thread.start()
        self._client: HTTPClient = self._run(self._open(terms, digest))

    def _credentials(self) -> tuple[dict[str, str], DigestClient | None]:
        """Headers by which we identify ourselves, or who answers the MMSC's challenge."""
        options = self.options
        if options.auth == "none":
            return {}, None
        user, password = options.user or "", password_of(options.password_env)
        if options.auth == "digest":
            return {}, DigestClient(user, password)
        value = options.form.authorization(user, password)
        if not value.isprintable():
            raise PortError(f"the password in {options.password_env} holds a line end or another character that no HTTP header can carry", retryable=False)
        return {"Authorization": value}, None

    async def _open(self, terms: Terms, digest: DigestClient | None) -> HTTPClient:
        return HTTPClient(self._loop, terms, digest)

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
            gaps = [(gap.at, gap.length) for gap in content.gaps]
            prepared = prepare_submit(request, content.mime, options.namespace, options.mm7_version, recipient_field=options.recipient_field, form=options.form, gaps=gaps)
            largest = prepared.render("0" * 40, ["8613800000000"] * self.settings.group_size, fillings=[b" " * gap.bytes_max for gap in content.gaps])
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
        return MM7Stream(prepared, tokens=partial(self.tokens, prepared), submit=self.submit)

    def probe(self) -> str:
        """Ask the MMSC with a SubmitReq that names no recipient and carries nothing.

        Raises:
            PortError: it cannot be reached, is no MM7, or does not know us.
        """
        request = SubmitReq(vasp_id=self.options.vasp_id, vas_id=self.options.vas_id, subject="probe")
        body = encode_envelope(request, self.options.namespace, self.options.mm7_version, transaction_id="probe")
        found: Response | Failure = self._run(self._post({"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}, body))
        if isinstance(found, Failure):
            raise probe.unreachable(self.settings.url, found.error) from found.error
        return probe.read(found.status, found.headers.get("Content-Type", ""), found.body, self.options.dialect)

    def recall(self, requests: Sequence[RecallRequest]) -> list[RecallAnswer]:
        """Call submissions back, or replace them; waits for every answer."""
        found: list[RecallAnswer] = self._run(self._recall_all(requests))
        return found

    async def _recall_all(self, requests: Sequence[RecallRequest]) -> list[RecallAnswer]:
        return await asyncio.gather(*map(self._recall, requests))

    async def _recall(self, request: RecallRequest) -> RecallAnswer:
        try:
            headers, body = recall.request_of(self.options, request)
        except CodecError as error:
            return RecallAnswer(request.recall_id, "refused", status_text=f"cannot be written: {error}")
        found = await self._post(headers, body)
        if isinstance(found, Failure):
            return recall.answer_without(request, found.error, written=found.written)
        return recall.answer_of(self.options, request, found.status, found.headers, found.body)

    async def _post(self, headers: Mapping[str, str], body: bytes) -> Response | Failure:
        heard: asyncio.Future[Response | Failure] = self._loop.create_future()
        self._client.post(headers, body, heard.set_result)
        return await heard

    def submit(self, stream: MM7Stream, groups: list[OutboundGroup]) -> None:
        """Start sending groups; called by the stream, from any thread."""
        assert os.getpid() == self._pid, "a link does not survive a fork; open_link gives a new one"
        if self._closing:
            stream.tell([Answer(group.submission_id, "deferred", status_text="the link was closed before the message left") for group in groups])
            return
        self._posted += [(stream, group) for group in groups]
        if not self._woken:
            self._woken = True
            self._loop.call_soon_threadsafe(self._start)

    def _start(self) -> None:
        """Send what was posted since the last time."""
        self._woken = False  # before the first look: who posts from now on wakes the loop again
        while self._posted:
            stream, group = self._posted.popleft()
            self._send(stream, group)

    def _send(self, stream: MM7Stream, group: OutboundGroup) -> None:
        try:
            request = stream.prepared.render(group.transaction_id, [self.options.number(one) for one in group.recipients], fillings=group.fillings)
        except CodecError as error:
            stream.tell([Answer(group.submission_id, "refused", status_text=f"cannot be written as a SubmitReq: {error}")])
            return
        self._client.post(request.headers, request.body, partial(self._heard, stream, group), partial(stream.left, group.submission_id))

    def _heard(self, stream: MM7Stream, group: OutboundGroup, found: Response | Failure) -> None:
        answer: Answer | None = None
        try:
            answer = self._answer(group, found)
        finally:
            if answer is None:  # our own mistake, but the sender must not wait for ever
                answer = answer_without(group, AnswerError("what it says broke our reader"), written=True)
            if not self._untold:
                self._loop.call_soon(self._tell)
            self._untold[stream].append(answer)

    def _answer(self, group: OutboundGroup, found: Response | Failure) -> Answer:
        if isinstance(found, Failure):
            return answer_without(group, found.error, written=found.written)
        return answer_of(group, found.status, found.headers, found.body, self.options.message_id, self.options.dialect)

    def _tell(self) -> None:
        """Tell the senders what came with this turn of the loop: waking one of them costs as much as reading an answer."""
        heard, self._untold = self._untold, defaultdict(list)
        for stream, answers in heard.items():
            stream.tell(answers)

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
        self._start()
        await self._client.finish()
