"""BOSS and MISC of the invented province: what they hold, what they tell, what they are asked, and now and then what they lose.

They speak the real messages: MISC's SyncOrderRelationReq and BOSS's signed events come in by the
house's own doors, its requests reach them over HTTP, and each night both lay a check file into its inbox.
"""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from console.month.house import BOSS_SECRET, House
from console.month.listeners import Listener
from console.month.readers import PRICES, Readers
from console.month.staff import HOUSE
from huabao.clock import SHANGHAI
from reconciliation.codecs.boss import BossAnswer, BossEvent, decode_request, encode_answer, encode_event, headers_for
from reconciliation.codecs.misc import (
    SubscribeServiceReq,
    SubscribeServiceResp,
    SyncOrderRelationReq,
    UnSubscribeServiceReq,
    UnSubscribeServiceResp,
    User,
    decode_envelope,
    encode_envelope,
)
from reconciliation.peers.services import set_peer
from sandbox.demo.month.papers import EVENING, MORNING

ACTIONS: Final = {"order": 1, "cancel": 2, "resume": 3, "pause": 4}
HEADER: Final = "msisdn,service_id,state,effective_at\n"
RATES: Final = {"join": 0.002, "leave": 0.0015, "pause": 0.0006, "resume": 0.0005, "bar": 0.0006}
"""Acts a day as a share of the readers."""

LOST: Final = 0.25
"""Share of MISC's messages that never come: the sides differ until the night's check files."""

ACCOUNTS, ORDERS, TERMS = range(3)
"""What is told together at an instant, in this order."""

Key = tuple[str, str]


class Row(NamedTuple):
    """An order as a side holds it."""

    state: str
    at: datetime


@dataclass
class Province:
    """The two, and the readers' will.

    Attributes:
        sides: what each holds, by number and service.
        barred: numbers whose account is barred.
        said: what is to be told: of accounts, then by MISC of orders, then of their terms.
    """

    house: House
    readers: Readers
    seed: int
    sides: dict[str, dict[Key, Row]] = field(default_factory=lambda: {"boss": {}, "misc": {}})
    barred: set[str] = field(default_factory=set)
    said: tuple[list[bytes], list[bytes], list[bytes]] = field(default_factory=lambda: ([], [], []))
    boss: Listener = field(init=False)
    misc: Listener = field(init=False)
    _told: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.draw = random.Random(f"{self.seed} province")
        self.boss = Listener(self._asked_of_boss, "application/json")
        self.misc = Listener(self._asked_of_misc)

    def open(self, since: datetime) -> None:
        """Know every order that there is, be reachable, and tell prices."""
        for number, services in self.readers.services.items():
            for service in services:
                for side in self.sides.values():
                    side[number, service] = Row("active", since)
        for one in (self.boss, self.misc):
            one.up()
        config = self.house.runtime.config.model_copy(update={"boss_url": f"http://127.0.0.1:{self.boss.tcp_port}/orders"})
        self.house.runtime = replace(self.house.runtime, config=config)
        with self.house.runtime.transaction() as session:
            set_peer(session, "misc", {"url": f"http://127.0.0.1:{self.misc.tcp_port}/misc", "sp_id": "600001"}, new=True, by=HOUSE, at=self.house.now)
        self.said[TERMS].extend(self._event("terms", key, self.house.now, price_fen=PRICES[key[1]]) for key in self.sides["boss"])
        self._tell()

    def close(self) -> None:
        """Be reachable no more."""
        for one in (self.boss, self.misc):
            one.close()

    # --- readers ---------------------------------------------------------------------------------------------------

    def live(self, part: float) -> None:
        """So large a part of a day of everybody: who joins, leaves, pauses, comes back, is barred."""
        for act, rate in RATES.items():
            mean = rate * part * len(self.readers.services)
            for _ in range(int(mean) + (self.draw.random() < mean - int(mean))):
                self._act(act)
        self._tell()

    def _act(self, act: str) -> None:
        now = self.house.now
        if act == "join":
            number = self.readers.new_number()
            services = [MORNING, *([EVENING] if self.draw.random() < 0.5 else [])]
            self.readers.services[number] = services
            self.said[ACCOUNTS].append(self._event("opened", (number, ""), now))
            for service in services:
                self._changed("order", (number, service), Row("active", now))
                self.said[TERMS].append(self._event("terms", (number, service), now, price_fen=PRICES[service]))
            return
        wanted = "paused" if act == "resume" else "active"
        keys = [key for key, row in self.sides["misc"].items() if row.state == wanted and self.sides["boss"].get(key, row).state == wanted and key[0] not in self.barred]
        if not keys:
            return
        key = self.draw.choice(keys)
        if act == "bar":
            self.barred.add(key[0])
            self._hold(key[0], "paused")
            self.said[ACCOUNTS].append(self._event("barred", (key[0], ""), now, reason="欠费停机"))
        else:
            row = {"leave": None, "pause": Row("paused", now), "resume": Row("active", now)}[act]
            self._changed({"leave": "cancel"}.get(act, act), key, row)

    def unbar(self, share: float) -> None:
        """Some of the barred paid."""
        for number in sorted(self.barred):
            if self.draw.random() < share:
                self.barred.discard(number)
                self._hold(number, "active")
                self.said[ACCOUNTS].append(self._event("unbarred", (number, ""), self.house.now))
        self._tell()

    def _hold(self, number: str, state: str) -> None:
        for side in self.sides.values():
            for key in [key for key in side if key[0] == number]:
                side[key] = Row(state, self.house.now)

    def _changed(self, event: str, key: Key, row: Row | None) -> None:
        """Both sides know of a change; whether the house hears of it is another thing."""
        for side in self.sides.values():
            put(side, key, row)
        if self.draw.random() >= LOST:
            self.said[ORDERS].append(self._message(event, key))

    def sweep(self, count: int) -> list[Key]:
        """BOSS and MISC end so many orders at once and tell nobody; which."""
        keys = self.draw.sample(sorted(key for key, row in self.sides["misc"].items() if row.state == "active"), count)
        for key in keys:
            for side in self.sides.values():
                side.pop(key, None)
        return keys

    # --- messages --------------------------------------------------------------------------------------------------

    def _id(self) -> str:
        self._told += 1
        return f"{self._told:014d}"

    def _message(self, event: str, key: Key) -> bytes:
        said = SyncOrderRelationReq(key[1], ACTIONS[event], User(msisdn=key[0]), User(msisdn=key[0]), 1)
        return encode_envelope(said, transaction_id=self._id())

    def _event(self, event: str, key: Key, at: datetime, *, price_fen: int | None = None, reason: str = "") -> bytes:
        return encode_event(BossEvent(f"B{self._id()}", event, key[0], at, key[1] or None, price_fen=price_fen, reason=reason))

    def _tell(self) -> None:
        """Say all that is to be said: BOSS of accounts, MISC, BOSS of terms."""
        stamp = int(self.house.now.timestamp())
        for at, bodies in enumerate(self.said):
            if at == ORDERS:
                self.house.tell_misc(bodies)
            else:
                self.house.tell_boss([(body, headers_for(BOSS_SECRET, stamp, body)) for body in bodies])
            bodies.clear()

    # --- what they are asked ---------------------------------------------------------------------------------------

    def _asked_of_boss(self, _headers: Mapping[str, str], body: bytes) -> bytes:
        asked = decode_request(body)
        with self._lock:
            code = self._obey("boss", asked.asked, (asked.msisdn, asked.service_id or ""))
        return encode_answer(BossAnswer(asked.transaction_id, code))

    def _asked_of_misc(self, _headers: Mapping[str, str], body: bytes) -> bytes:
        envelope = decode_envelope(body)
        asked = envelope.message
        assert isinstance(asked, SubscribeServiceReq | UnSubscribeServiceReq)
        ordering = isinstance(asked, SubscribeServiceReq)
        with self._lock:
            code = self._obey("misc", "order" if ordering else "cancel", (asked.dest_user.msisdn, asked.service.sp_service_id))
        h_ret = {"00": 0, "05": 118}.get(code, 115)
        return encode_envelope(SubscribeServiceResp(h_ret) if ordering else UnSubscribeServiceResp(h_ret), transaction_id=envelope.transaction_id)

    def _obey(self, side: str, asked: str, key: Key) -> str:
        rows, now = self.sides[side], self.house.now
        if asked == "order":
            if key in rows:
                return "05"
            rows[key] = Row("active", now)
        elif key not in rows:
            return "06"
        else:
            put(rows, key, None if asked == "cancel" else Row("paused" if asked == "pause" else "active", now))
        return "00"

    # --- check files -----------------------------------------------------------------------------------------------

    def lay_files(self, day: date, *, without: str = "") -> None:
        """Lay the check files of a day into the inbox, but that of `without`."""
        as_of = datetime.combine(day + timedelta(days=1), datetime.min.time(), SHANGHAI)
        for side, rows in self.sides.items():
            if side == without:
                continue
            path = self.house.runtime.config.data_dir / "inbox" / side / f"{side}-{day:%Y%m%d}.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("w", encoding="utf-8", newline="") as out:
                out.write(HEADER)
                for key in sorted(rows):
                    out.write(f"{key[0]},{key[1]},{rows[key].state},{rows[key].at.astimezone(SHANGHAI).isoformat(timespec='seconds')}\n")
                out.write(f"#count={len(rows)}\n#as_of={as_of.isoformat()}\n")
            at = (self.house.now - timedelta(minutes=5)).timestamp()
            os.utime(path, (at, at))


def put(side: dict[Key, Row], key: Key, row: Row | None) -> None:
    """Let a side hold a row, or no longer."""
    if row is None:
        side.pop(key, None)
    else:
        side[key] = row
