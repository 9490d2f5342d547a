"""The simulator's HTTP side: requests of the platform in, its own events out, and what it is told to do.

`POST /orders` (any path but those below) takes a signed request. `POST /events` makes one or
several events happen and tells the platform; `POST /down {"seconds": n}` is away for so long;
`GET /stats`, `/accounts`, `/feed.csv` and `/bill.csv` tell what it knows.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime
from typing import Any, Final

from aiohttp import web

from sandbox import serving
from sandbox.boss import wire
from sandbox.boss.accounts import Accounts
from sandbox.boss.caller import Caller
from sandbox.boss.options import Options
from sandbox.boss.script import Moment, decide
from sandbox.mmsc.keep import Keep
from sandbox.mmsc.options import Dice

STALL_S: Final = 3600.0
BODY_BYTES_MAX: Final = 4_000_000
TEXTS: Final = {"00": "成功", "05": "已订购", "06": "未订购", "07": "状态相同", "98": "流水号重复", "99": "报文错误", "100": "号码不存在", "102": "停机"}
MADE_UP: Final = ("order", "cancel", "pause", "resume", "barred", "unbarred", "terms")


class BOSS:
    """One simulated BOSS; `app` is its web application."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.accounts = Accounts(options.prices)
        self.counts: Counter[str] = self.accounts.counts
        if options.accounts is not None:
            self.accounts.load(options.accounts)
        self._dice = Dice(options.seed)
        self._chance = random.Random(options.seed)
        self._keep = Keep(options.keep)
        self._began = time.monotonic()
        self._down_until = 0.0
        self._caller: Caller | None = None
        self.app = web.Application(client_max_size=BODY_BYTES_MAX)
        self.app.router.add_get("/stats", self._stats)
        self.app.router.add_get("/accounts", self._accounts)
        self.app.router.add_get("/feed.csv", self._feed)
        self.app.router.add_get("/bill.csv", self._bill)
        self.app.router.add_post("/events", self._events)
        self.app.router.add_post("/down", self._down)
        self.app.router.add_post("/{path:.*}", self._request)
        self.app.cleanup_ctx.append(self._lifetime)

    async def _lifetime(self, _app: web.Application) -> AsyncIterator[None]:
        self._caller = Caller(self.options, self.counts, self._keep)
        inventing = asyncio.create_task(self._invent()) if self.options.rate > 0 else None
        yield
        if inventing is not None:
            inventing.cancel()
        await self._caller.close()
        self._keep.close()

    # --- what the platform asks ------------------------------------------------------------------------------------------

    async def _request(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        if time.monotonic() < self._down_until:
            self.counts["refused_down"] += 1
            return web.Response(status=503, text="down")
        if not wire.is_signed(self.options.secrets, request.headers, body):
            self.counts["strangers"] += 1
            return web.Response(status=401, text="who are you?")
        asked = wire.read_request(body)
        if asked is None:
            self.counts["malformed"] += 1
            return _json(wire.write_answer("", "99", TEXTS["99"]), status=400)
        self.counts["requests"] += 1
        number = self.counts["requests"]
        do = decide(self.options.script, Moment(time.monotonic() - self._began, number, asked.operation, asked.msisdn, asked.service_id))
        if "http" in do:
            return web.Response(status=int(do["http"]), text="refused by the simulator")
        if do.get("ignore"):
            return self._vanish(request)
        code = str(do["code"]) if "code" in do else self.accounts.ask(asked)
        drop = bool(do.get("drop") or do.get("stall")) or self._dice.roll("drop", number, asked.transaction_id) < self.options.drop
        self._keep.line("requests", {"at": wire.now_text(), **vars(asked), "code": code, "answered": not drop})
        delay_ms = do.get("answer_delay_ms") or self._dice.between(self.options.answer_delay_ms, "answer", number)
        await asyncio.sleep(STALL_S if do.get("stall") else delay_ms / 1000)
        if drop:
            return self._vanish(request)
        self.counts["answered"] += 1
        return _json(wire.write_answer(asked.transaction_id, code, TEXTS.get(code, "")))

    def _vanish(self, request: web.Request) -> web.Response:
        self.counts["dropped"] += 1
        if request.transport is not None:
            request.transport.close()
        return web.Response()

    # --- what it is told to do -------------------------------------------------------------------------------------------

    async def _events(self, request: web.Request) -> web.Response:
        try:
            found = await request.json()
            events = [dict(one) for one in (found if isinstance(found, list) else [found])]
            made = [self._happen(one) for one in events]
        except (ValueError, TypeError, KeyError) as error:
            return web.json_response({"error": f"no event: {error!r}"}, status=400)
        return web.json_response({"event_ids": made})

    def _happen(self, event: dict[str, Any]) -> str:
        """Something happens and the platform is told; an event may be given whole, also one that makes no sense."""
        full = {"event_id": f"boss-{self.options.seed}-{self.counts['events'] + 1:08d}", "effective_at": wire.now_text(), **event}
        self.accounts.happen(full)
        assert self._caller is not None
        self._caller.tell(full)
        return str(full["event_id"])

    async def _down(self, request: web.Request) -> web.Response:
        self._down_until = time.monotonic() + float((await request.json())["seconds"])
        return web.json_response({"down": True})

    async def _invent(self) -> None:
        """Make events up at the rate asked for, about numbers that have accounts."""
        began, made = time.monotonic(), 0
        while True:
            due = int((time.monotonic() - began) * self.options.rate)
            numbers = sorted(self.accounts.by_number) if made < due else []
            for _ in range(due - made if numbers else 0):
                self._happen({"event": self._chance.choice(MADE_UP), "msisdn": self._chance.choice(numbers), "service_id": self.options.service})
            made = due
            await asyncio.sleep(0.02)

    # --- what it knows ---------------------------------------------------------------------------------------------------

    async def _stats(self, _request: web.Request) -> web.Response:
        return web.json_response({**self.counts, "events_pending": self._caller.pending if self._caller else 0})

    async def _accounts(self, _request: web.Request) -> web.Response:
        found = {number: {"state": one.state, "orders": {service: vars(order) for service, order in one.orders.items()}} for number, one in self.accounts.by_number.items()}
        return web.json_response(found)

    async def _feed(self, _request: web.Request) -> web.Response:
        return _csv(self.accounts.feed(datetime.now(wire.SHANGHAI)))

    async def _bill(self, _request: web.Request) -> web.Response:
        return _csv(self.accounts.bill())


def _csv(lines: Iterator[str]) -> web.Response:
    return web.Response(text="\n".join(lines) + "\n", content_type="text/csv", charset="utf-8")


def _json(body: bytes, status: int = 200) -> web.Response:
    json.loads(body)  # what is no JSON never leaves
    return web.Response(body=body, status=status, content_type="application/json", charset="utf-8")


def serve(options: Options, *, ready: Callable[[int], None] | None = None) -> None:
    """Serve until SIGINT or SIGTERM; `ready(tcp_port)` is called once the socket listens."""
    serving.serve(lambda: BOSS(options).app, options.host, options.port, ready=ready)
