"""The simulator's HTTP side: one request in, taken or refused, its reports scheduled."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal, cast

from aiohttp import web

from delivery.codecs import http_auth
from delivery.codecs.http_auth import Credentials
from huabao.errors import CodecError
from sandbox import serving
from sandbox.mmsc import recalls, wire
from sandbox.mmsc.keep import Keep
from sandbox.mmsc.limits import SlidingSecond
from sandbox.mmsc.messages import Message, Messages
from sandbox.mmsc.options import STATUSES, Dice, Options
from sandbox.mmsc.reporter import Reporter
from sandbox.mmsc.reports import Report
from sandbox.mmsc.script import Moment, decide

BODY_BYTES_MAX = 4_000_000
STALL_S = 3600.0
TOLD_S = 0.05
"""A report that a message was called back comes so soon at the latest."""

TEXTS = {
    1000: "Success",
    1100: "Partial success",
    2000: "Client error",
    2001: "Operation restricted",
    2002: "Address error",
    2003: "Address not found",
    2004: "Multimedia content refused",
    2005: "Message ID not found",
    2007: "Message format corrupt",
    3000: "Server error",
    3001: "Not possible",
    3501: "Too many recipients",
    4000: "General service error",
    4001: "Improper identification",
    4003: "Unsupported operation",
    4004: "Validation error",
    4005: "Service error",
    4006: "Service unavailable",
    4007: "Service denied",
}


class MMSC:
    """One simulated MMSC; `app` is its web application."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.counts: Counter[str] = Counter()
        self._dice = Dice(options.seed)
        self._keep = Keep(options.keep)
        self._limit = SlidingSecond(options.tps)
        self._messages = Messages()
        self._began = time.monotonic()
        scheme, user, password = options.auth or ("none", "", "")
        self._credentials = Credentials(cast(Literal["none", "basic", "digest"], scheme), user, password, options.seed.encode())
        self._reporter: Reporter | None = None
        self.app = web.Application(client_max_size=BODY_BYTES_MAX)
        self.app.router.add_get("/stats", self._stats)
        self.app.router.add_post("/{path:.*}", self._submit)
        self.app.cleanup_ctx.append(self._lifetime)

    async def _lifetime(self, _app: web.Application) -> Any:
        if self.options.report_url:
            self._reporter = Reporter(self.options.report_url, self.options.report_connections, self.options.report_auth)
        yield
        if self._reporter is not None:
            await self._reporter.close()
        self._keep.close()

    async def _stats(self, _request: web.Request) -> web.Response:
        reports = self._reporter
        return web.json_response(
            {
                **self.counts,
                "worst_second": self._limit.worst,
                "reports_pending": reports.pending if reports else 0,
                "reports_posted": reports.counts.posted if reports else 0,
                "reports_retried": reports.counts.retried if reports else 0,
                "reports_refused": reports.counts.refused if reports else 0,
            }
        )

    async def _submit(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        if not http_auth.is_allowed(self._credentials, "POST", request.raw_path, request.headers.get("Authorization"), time.time()):
            self.counts["strangers"] += 1
            refused = web.Response(status=401, text="who are you?")
            for one in http_auth.challenge(self._credentials, time.time()):
                refused.headers.add("WWW-Authenticate", one)
            return refused
        try:
            found = wire.read_request(request.headers.get("Content-Type", ""), body)
        except CodecError as error:
            found = wire.Refusal(error.status_code, str(error))
        if isinstance(found, wire.Refusal):
            self.counts["refused"] += 1
            return _xml(wire.write_fault(found))
        if isinstance(found, wire.Recall):
            return await self._recall(found)
        self.counts["submits"] += 1
        number = self.counts["submits"]
        moment = Moment(time.monotonic() - self._began, number, self.counts["recipients"], found.recipients, found.vasp_id)
        do = decide(self.options.script, moment)
        code = self._code(found, do, number)
        if code not in (1000, 1100):
            return self._refuse(found, code)
        return await self._take(request, found, do, number)

    def _code(self, submit: wire.Submit, do: Mapping[str, Any], number: int) -> int:
        """What to answer: 1000, an MM7 code, or an HTTP status below 1000."""
        scripted = do.get("http") or do.get("code") or self._dice.pick(self.options.errors, 0, "error", number, submit.transaction_id)
        if scripted:
            return int(scripted)
        if self.options.max_recipients is not None and len(submit.recipients) > self.options.max_recipients:
            return 3501
        if not submit.recipients:
            return 2002
        if not self._limit.take(len(submit.recipients), time.monotonic()):
            return 4006
        return 1000

    def _refuse(self, submit: wire.Submit, code: int) -> web.Response:
        self.counts["refused"] += 1
        self._keep.line("refusals", {"transaction_id": submit.transaction_id, "received_at": _now(), "recipients": len(submit.recipients), "status_code": code})
        if code < 1000:
            return web.Response(status=code, text="refused by the simulator")
        return _xml(wire.write_answer(submit, code, TEXTS.get(code, "Error"), None))

    async def _take(self, request: web.Request, submit: wire.Submit, do: Mapping[str, Any], number: int) -> web.StreamResponse:
        message_id = f"{number:08d}{int(self._dice.roll('id', number, time.time_ns()) * 16**8):08x}"
        bad = set(do.get("refuse", ()))
        taken = tuple(one for one in submit.recipients if one not in bad)
        refused = (*submit.bad, *(one for one in submit.recipients if one in bad))
        code = 1100 if refused else 1000
        drop = bool(do.get("drop") or do.get("stall") or do.get("reset")) or self._dice.roll("drop", number, submit.transaction_id) < self.options.drop
        self.counts["recipients"] += len(taken)
        answer_delay_ms = do.get("answer_delay_ms") or self._dice.between(self.options.answer_delay_ms, "answer", number)
        self._keep.body(submit.content_sha256, submit.content)
        self._keep.line(
            "submissions",
            {
                "message_id": message_id,
                "transaction_id": submit.transaction_id,
                "received_at": _now(),
                "recipients": taken,
                "status_code": code,
                "answered": not drop,
                "body_sha256": submit.content_sha256,
            },
        )
        await self._report(submit, self._hold(submit, message_id, taken, do), taken, do)
        if answer_delay_ms:
            await asyncio.sleep(answer_delay_ms / 1000)
        if drop:
            return await self._vanish(request, do)
        self.counts["answered"] += 1
        response = _xml(wire.write_answer(submit, code, TEXTS[code], message_id, refused))
        if do.get("close"):
            response.force_close()
        return response

    def _hold(self, submit: wire.Submit, message_id: str, taken: tuple[str, ...], do: Mapping[str, Any]) -> Message:
        """Hold a message until each recipient fetches it, which is when his report is due."""
        taken_s, sha256 = asyncio.get_running_loop().time(), submit.content_sha256
        together = taken if self._dice.roll("grouped", message_id) < self.options.grouped else ()

        def fetch_at(recipient: str) -> float | None:
            status = self._status(sha256, recipient, do)
            first = next((one for one in together if self._status(sha256, one, do) == status), recipient)
            return taken_s + self._delay_s(message_id, first, do) if status else None

        return self._messages.take(message_id, submit, taken, fetch_at)

    def _status(self, sha256: str, recipient: str, do: Mapping[str, Any]) -> str:
        """The MMStatus that a recipient's report will have, "" for none."""
        return str(do.get("status") or STATUSES[self._dice.pick(self.options.mix, "none", "mix", sha256, recipient)])

    def _delay_s(self, message_id: str, recipient: str, do: Mapping[str, Any]) -> float:
        """From the SubmitReq to the report of a recipient, or of the group that he is the first of."""
        if self._dice.roll("early", message_id, recipient) < self.options.early:
            return 0.0
        return float(do.get("delay_ms") or self._dice.between(self.options.delay_ms, "delay", message_id, recipient)) / 1000

    async def _recall(self, request: wire.Recall) -> web.Response:
        """Call a message back or put another in its place, for whoever has not fetched it."""
        found = recalls.judge(request, self._messages, self.options.recalls, asyncio.get_running_loop().time())
        self.counts[f"{request.kind}s"] += 1
        self.counts["recalled"] += len(found.recipients)
        if found.recipients and request.kind == "replace":
            self._keep.body(request.content_sha256, request.content)
        record = {
            "kind": request.kind, "message_id": request.message_id, "transaction_id": request.transaction_id, "received_at": _now(),
            "recipients": found.recipients, "status_code": found.code, "body_sha256": request.content_sha256 if request.kind == "replace" else None,
        }  # fmt: skip
        self._keep.line("recalls", record)
        message = self._messages.find(request.message_id)
        if message is not None and self._reporter is not None:
            for recipient in found.recipients:
                self._reporter.later(Report(message, (recipient,), recalls.STATUS[request.kind]), min(self.options.delay_ms[0] / 1000, TOLD_S))
        answer_delay_ms = self._dice.between(self.options.answer_delay_ms, "recall", request.transaction_id)
        if answer_delay_ms:
            await asyncio.sleep(answer_delay_ms / 1000)
        return _xml(wire.write_recall_answer(request, found.code, TEXTS[found.code]))

    async def _vanish(self, request: web.Request, do: Mapping[str, Any]) -> web.StreamResponse:
        self.counts["dropped"] += 1
        if do.get("stall"):
            await asyncio.sleep(STALL_S)
        if request.transport is not None:
            if do.get("reset"):
                request.transport.abort()
            else:
                request.transport.close()
        return web.Response()

    async def _report(self, submit: wire.Submit, message: Message, taken: tuple[str, ...], do: Mapping[str, Any]) -> None:
        """Schedule the reports of a message that was taken; early ones are posted before this returns."""
        if self._reporter is None:
            return
        groups: dict[str, list[str]] = defaultdict(list)
        together = self._dice.roll("grouped", message.message_id) < self.options.grouped
        for recipient in taken:
            status = self._status(submit.content_sha256, recipient, do)
            if not status:
                continue
            if together:
                groups[status].append(recipient)
            else:
                await self._one_report(message, (recipient,), status, do)
        for status, recipients in groups.items():
            await self._one_report(message, tuple(recipients), status, do)

    async def _one_report(self, message: Message, recipients: tuple[str, ...], status: str, do: Mapping[str, Any]) -> None:
        assert self._reporter is not None
        about = (message.message_id, recipients[0])
        report = Report(message, recipients, status, swapped=len(recipients) == 1 and self._dice.roll("swapped", *about) < self.options.swapped, unless_cancelled=True)
        delay_s = self._delay_s(*about, do)
        if self._dice.roll("early", *about) < self.options.early:
            await self._reporter.now(report)
        else:
            self._reporter.later(report, delay_s)
        if self._dice.roll("double", *about) < self.options.double:
            self._reporter.later(report, delay_s + 0.05)


def _xml(body: bytes, status: int = 200) -> web.Response:
    return web.Response(body=body, status=status, content_type="text/xml", charset="utf-8")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def serve(options: Options, *, ready: Callable[[int], None] | None = None) -> None:
    """Serve until SIGINT or SIGTERM; `ready(tcp_port)` is called once the socket listens."""
    serving.serve(lambda: MMSC(options).app, options.host, options.port, ready=ready)
