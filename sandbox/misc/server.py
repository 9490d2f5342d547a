"""The simulator's HTTP side: a platform's requests, and what a test wants to happen.

`POST /` takes SubscribeServiceReq and UnSubscribeServiceReq; `POST /do` takes JSON,
one event or a list of `{"event", "msisdn", "service_id", "fee_msisdn", "action", "reason"}`;
`GET /stats`, `/orders` and `/feed` tell what it did and holds.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from huabao.errors import CodecError
from sandbox import serving
from sandbox.misc import wire
from sandbox.misc.caller import Call, Caller
from sandbox.misc.options import DIALECTS, EVENTS, Options
from sandbox.misc.orders import Orders
from sandbox.misc.script import decide
from sandbox.mmsc.keep import Keep
from sandbox.mmsc.options import Dice

BODY_BYTES_MAX = 1_000_000
STALL_S = 3600.0
ALREADY, NOT_THERE = 118, 115
FIRST_NUMBER = 13_900_000_000
FEED = "orders.csv"


class MISC:
    """One simulated MISC; `app` is its web application."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.orders = Orders()
        self.counts: Counter[str] = Counter()
        self._dice = Dice(options.seed)
        self._random = random.Random(options.seed)
        self._keep = Keep(options.keep)
        self._began = time.monotonic()
        self._caller: Caller | None = None
        self.app = web.Application(client_max_size=BODY_BYTES_MAX)
        self.app.router.add_get("/stats", self._stats)
        self.app.router.add_get("/orders", self._orders)
        self.app.router.add_get("/feed", self._feed)
        self.app.router.add_post("/do", self._do)
        self.app.router.add_post("/{path:.*}", self._asked)
        self.app.cleanup_ctx.append(self._lifetime)

    async def _lifetime(self, _app: web.Application) -> Any:
        self._caller = Caller(self.options, self._dice, self._keep, self._taken)
        events = asyncio.get_running_loop().create_task(self._happen()) if self.options.tps > 0 else None
        yield
        if events is not None:
            events.cancel()
        await self._caller.close()
        self._keep.close()
        if self.options.keep is not None:
            with (self.options.keep / FEED).open("w", encoding="utf-8") as file:
                file.writelines(self.orders.feed(datetime.now(UTC)))

    def _taken(self, call: Call) -> None:
        self.orders.change(call.event, call.msisdn, call.service_id, call.fee_msisdn or call.msisdn, datetime.now(UTC))

    async def _happen(self) -> None:
        """Events by themselves, `tps` a second."""
        assert self._caller is not None
        events, shares = list(self.options.mix), list(self.options.mix.values())
        began = time.monotonic()
        for number in range(10**12):
            await asyncio.sleep(max(0.0, began + number / self.options.tps - time.monotonic()))
            msisdn = str(FIRST_NUMBER + self._random.randrange(self.options.readers))
            self._caller.later(Call(self._random.choices(events, shares)[0], msisdn, self._random.choice(self.options.services)))

    # --- what a platform asks ----------------------------------------------------------------------------------------

    async def _asked(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        if not self._is_known(request):
            self.counts["strangers"] += 1
            return web.Response(status=401, text="who are you?", headers={"WWW-Authenticate": 'Basic realm="misc"'})
        try:
            asked = wire.read_request(body)
        except CodecError as error:
            self.counts["malformed"] += 1
            return web.Response(status=400, text=str(error))
        self.counts["requests"] += 1
        number = self.counts["requests"]
        elapsed_s = time.monotonic() - self._began
        do = decide(self.options.script, elapsed_s=elapsed_s, number=number, event=asked.event, msisdn=asked.msisdn, service_id=asked.service_id)
        if do.get("http"):
            return web.Response(status=do["http"], text="refused by the simulator")
        h_ret = await self._done(asked, do, number)
        dropped = bool(do.get("drop") or do.get("stall")) or self._dice.roll("drop", number) < self.options.drop
        self._keep.line("requests", {"transaction_id": asked.transaction_id, "event": asked.event, "msisdn": asked.msisdn, "service_id": asked.service_id,
                                     "h_ret": h_ret, "answered": not dropped})  # fmt: skip
        delay_ms = do.get("answer_delay_ms") or self._dice.between(self.options.answer_delay_ms, "answer", number)
        await asyncio.sleep(delay_ms / 1000)
        if dropped:
            self.counts["dropped"] += 1
            await asyncio.sleep(STALL_S if do.get("stall") else 0)
            if request.transport is not None:
                request.transport.close()
            return web.Response()
        return web.Response(body=wire.write_answer(asked.name, asked.transaction_id, h_ret), content_type="text/xml", charset="utf-8")

    async def _done(self, asked: wire.Asked, do: Mapping[str, Any], number: int) -> int:
        """Check a request, call the platform, and only then order; the hRet."""
        assert self._caller is not None
        state = self.orders.state(asked.msisdn, asked.service_id)
        if asked.event == "order" and state in ("active", "paused"):
            return ALREADY
        if asked.event == "cancel" and state in (None, "cancelled"):
            return NOT_THERE
        refused = do.get("code") or self._dice.pick(self.options.errors, 0, "error", number)
        if refused:
            return int(refused)
        call = Call(asked.event, asked.msisdn, asked.service_id, asked.fee_msisdn)
        before = self.orders.copy(asked.msisdn, asked.service_id)
        h_ret = None if do.get("no_call") else await self._caller.now(call)
        late = do.get("late_code") or self._dice.pick(self.options.late_errors, 0, "late", number)
        if late:
            self.orders.put_back(asked.msisdn, asked.service_id, before)
            return int(late)
        if h_ret is None:
            self._taken(call)
        return h_ret or 0

    def _is_known(self, request: web.Request) -> bool:
        if self.options.auth is None:
            return True
        wanted = "Basic " + base64.b64encode(":".join(self.options.auth).encode()).decode()
        return hmac.compare_digest(request.headers.get("Authorization", ""), wanted)

    # --- what a test asks --------------------------------------------------------------------------------------------

    async def _do(self, request: web.Request) -> web.Response:
        assert self._caller is not None
        try:
            document = await request.json()
            calls = [self._call_of(one) for one in (document if isinstance(document, list) else [document])]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return web.json_response({"error": f"events are {{event, msisdn, service_id …}}, event one of {', '.join(EVENTS)}: {error}"}, status=400)
        for call in calls:
            self._caller.later(call)
        return web.json_response({"calls": len(calls)})

    def _call_of(self, document: Any) -> Call:
        codes = (int(document["action"]), int(document.get("reason", 1))) if "action" in document else None
        event = str(document.get("event", "order"))
        if codes is None and event not in DIALECTS[self.options.dialect]:
            raise ValueError(f"{self.options.dialect} has no {event!r}")
        return Call(event, str(document["msisdn"]), str(document.get("service_id", self.options.services[0])), str(document.get("fee_msisdn", "")), codes)

    async def _stats(self, _request: web.Request) -> web.Response:
        caller = self._caller
        return web.json_response({**self.counts, **(caller.counts if caller else {}), "calls_pending": caller.pending if caller else 0, "orders": len(self.orders.document())})

    async def _orders(self, _request: web.Request) -> web.Response:
        return web.json_response(self.orders.document())

    async def _feed(self, _request: web.Request) -> web.Response:
        return web.Response(text="".join(self.orders.feed(datetime.now(UTC))), content_type="text/csv")


def serve(options: Options, *, ready: Callable[[int], None] | None = None) -> None:
    """Serve until SIGINT or SIGTERM; `ready(tcp_port)` is called once the socket listens."""
    serving.serve(lambda: MISC(options).app, options.host, options.port, ready=ready)
