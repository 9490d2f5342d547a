"""Readers join, leave, pause, change numbers and prices: each act changes the truth and gives the messages that tell the platform."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from reconciliation.codecs.boss import BossEvent, encode_event
from reconciliation.codecs.misc import SyncOrderRelationReq, User, encode_envelope
from tests.province.world import PEERS, SERVICES, Key, Order, World

RATES: Final = {"join": 0.003, "leave": 0.0025, "pause": 0.0005, "bar": 0.0015, "transfer": 0.0002, "close": 0.0002, "renumber": 0.0002, "price": 0.001, "payer": 0.0003}
"""Acts a day as a share of the readers; pauses and bars end after some days."""

OTHER_PRICES: Final = (200, 400, 600)
ACTIONS: Final = {"order": 1, "cancel": 2, "resume": 3, "pause": 4}
"""MISC's ActionID."""

MMARKET: Final = {"order": 1, "pause": 2, "cancel": 3, "resume": 4}
"""M-Market's."""


@dataclass(frozen=True, slots=True)
class Message:
    """What a peer sends the platform.

    Attributes:
        due: when it arrives.
        peer: boss, or a MISC-like peer by name.
        dialect: by which the platform reads it; "" for BOSS.
        transaction_id: as the message says it.
    """

    due: datetime
    peer: str
    body: bytes
    dialect: str = ""
    transaction_id: str = ""


@dataclass
class Life:
    """The province's readers.

    Attributes:
        busy: numbers that somebody did something with today, or that a fault is about: life leaves them alone.
        back: what ends by itself, by day: (act, key).
        payers: numbers that pay for others.
        today: the midnight at which the day began.
    """

    world: World
    chance: random.Random
    readers: list[str] = field(default_factory=list)
    busy: set[str] = field(default_factory=set)
    held: set[str] = field(default_factory=set)
    back: dict[int, list[tuple[str, Key]]] = field(default_factory=dict)
    payers: set[str] = field(default_factory=set)
    today: datetime | None = None
    last_number: int = 0
    last_id: int = 0

    def new_number(self) -> str:
        """A number that nobody has."""
        self.last_number += 1
        return f"139{self.last_number:08d}"

    def new_id(self) -> str:
        """A transaction's."""
        self.last_id += 1
        return f"{self.last_id:014d}"

    def moment(self, midnight: datetime) -> datetime:
        """Some instant between eight and twenty-two."""
        return midnight + timedelta(seconds=8 * 3600 + self.chance.randrange(13 * 3600))

    def day(self, number: int, midnight: datetime) -> list[Message]:
        """One day of everybody."""
        self.busy, self.today = set(), midnight
        found: list[Message] = []
        for act, key in self.back.pop(number, ()):
            if key[0] not in self.held and key[0] not in self.busy:
                self.busy.add(key[0])
                found += self._returns(act, key, self.moment(midnight))
        for act, rate in RATES.items():
            for _ in range(self._times(rate * len(self.readers))):
                found += self._act(act, number, self.moment(midnight))
        return found

    def _returns(self, act: str, key: Key, at: datetime) -> list[Message]:
        has_orders = bool(self.world.owned.get(key[0]))
        if act == "join":  # a number's next owner, who inherits nothing
            return [] if has_orders else self.join(key[0], at)
        if not has_orders:
            return []
        return self.unbar(key[0], at) if act == "unbar" else self.resume(key, at)

    def _times(self, mean: float) -> int:
        return int(mean) + (self.chance.random() < mean - int(mean))

    def _act(self, act: str, day: int, at: datetime) -> list[Message]:
        if act == "join":
            number = self.new_number()
            self.busy.add(number)
            return self.join(number, at)
        key = self.pick()
        if key is None:
            return []
        if act == "bar":
            self.back.setdefault(day + self.chance.randint(1, 15), []).append(("unbar", key))
            return self.bar(key[0], at)
        if act == "transfer":
            self.back.setdefault(day + self.chance.randint(1, 6), []).append(("join", key))
            return self.end(key[0], "transfer", at)
        if act == "pause":
            self.back.setdefault(day + self.chance.randint(2, 20), []).append(("resume", key))
            return self.pause(key, at)
        return {
            "leave": lambda: self.leave(key, at),
            "close": lambda: self.end(key[0], "closed", at),
            "renumber": lambda: self.renumber(key[0], self.new_number(), at),
            "price": lambda: self.price(key, self.other_price(key), at),
            "payer": lambda: self.payer(key, self.friend(), at),
        }[act]()

    def friend(self) -> str:
        """Somebody who pays for others: as a rule one who has no order himself."""
        number = self.chance.choice(self.readers)
        if number in self.held or number in self.busy or self.chance.random() < 0.5:
            number = f"137{self.chance.randrange(10**8):08d}"
        self.payers.add(number)
        return number

    def other_price(self, key: Key) -> int:
        """Another price than it has."""
        return self.chance.choice([one for one in OTHER_PRICES if one != self.world.orders[key].price])

    def pick(self, *, priced: bool = False) -> Key | None:
        """An order that holds, active, of a reader with whom nothing else happens today; he is busy from then on."""
        for _ in range(200):
            at = self.chance.randrange(len(self.readers))
            number = self.readers[at]
            keys = self.world.keys_of(number)
            if not keys:  # he left: the place is taken by the last
                self.readers[at] = self.readers[-1]
                self.readers.pop()
                continue
            free = number not in self.busy and number not in self.held and number not in self.world.barred
            if free and all(self.world.orders[key].state == "active" and not self._turns_72(key) for key in keys):
                self.busy.add(number)
                return self.chance.choice(keys)
        return None

    def _turns_72(self, key: Key) -> bool:
        """Whether his first 72 hours end today: the platform hears of an end an hour or two later than BOSS, and both would be right about him."""
        begun = self.world.begun[key]
        return self.today is not None and timedelta(hours=46) < self.today - begun < timedelta(hours=68)

    # --- acts: the truth changes, those who `heard` know of it, and the messages tell the platform ---

    def join(self, number: str, at: datetime, heard: Sequence[str] = PEERS, *, services: Sequence[str] = (), payer: str | None = None) -> list[Message]:
        """A new account orders the morning paper, and now and then the evening's."""
        services = services or (["zaobao", "wanbao"] if self.chance.random() < 0.3 else ["zaobao"])
        found = [self.boss("opened", (number, ""), at - timedelta(hours=1))]
        for service in services:
            key = (number, service)
            self.world.put(key, Order("active", at, SERVICES[service], payer), heard)
            found += [self.misc("order", key, at), self.boss("terms", key, at + timedelta(minutes=30), price_fen=SERVICES[service])]
        self.readers.append(number)
        return found

    def leave(self, key: Key, at: datetime, heard: Sequence[str] = PEERS) -> list[Message]:
        """An order ends."""
        self.world.drop(key, heard, at)
        return [self.misc("cancel", key, at)]

    def pause(self, key: Key, at: datetime, heard: Sequence[str] = PEERS) -> list[Message]:
        """An order is paused."""
        self.world.change(key, heard, state="paused", at=at)
        return [self.misc("pause", key, at)]

    def resume(self, key: Key, at: datetime, heard: Sequence[str] = PEERS) -> list[Message]:
        """And goes on."""
        if key not in self.world.orders:
            return []
        self.world.change(key, heard, state="active", at=at)
        return [self.misc("resume", key, at)]

    def bar(self, number: str, at: datetime, heard: Sequence[str] = PEERS) -> list[Message]:
        """An account is barred."""
        self.world.bar(number, at, heard)
        return [self.boss("barred", (number, ""), at)]

    def unbar(self, number: str, at: datetime, heard: Sequence[str] = PEERS) -> list[Message]:
        """And no longer."""
        self.world.bar(number, None, heard)
        return [self.boss("unbarred", (number, ""), at)]

    def end(self, number: str, event: str, at: datetime, heard: Sequence[str] = PEERS) -> list[Message]:
        """An account is closed, or the number goes to another person: every order ends."""
        for key in self.world.keys_of(number):
            self.world.drop(key, heard, at)
        self.world.barred.pop(number, None)
        return [self.boss(event, (number, ""), at)]

    def renumber(self, number: str, new: str, at: datetime, heard: Sequence[str] = PEERS) -> list[Message]:
        """A reader takes another number, and everything along."""
        for key in self.world.keys_of(number):
            self.world.rename(key, new, heard, at)
        self.readers.append(new)
        self.busy.add(new)
        return [self.boss("number_change", (number, ""), at, new_msisdn=new)]

    def price(self, key: Key, fen: int, at: datetime, heard: Sequence[str] = PEERS) -> list[Message]:
        """BOSS charges another price."""
        self.world.change(key, heard, price=fen)
        return [self.boss("terms", key, at, price_fen=fen)]

    def payer(self, key: Key, payer: str, at: datetime, heard: Sequence[str] = PEERS) -> list[Message]:
        """Somebody else pays, or the reader himself again."""
        self.world.change(key, heard, payer=None if payer == key[0] else payer)
        return [self.boss("terms", key, at, fee_msisdn=payer)]

    # --- messages ---

    def misc(self, event: str, key: Key, at: datetime, *, peer: str = "misc", dialect: str = "misc-1.5.0", action: int | None = None) -> Message:
        """A SyncOrderRelationReq."""
        numbers = MMARKET if peer == "mmarket" else ACTIONS
        payer = self.world.orders[key].payer if event == "order" and key in self.world.orders else None
        said = SyncOrderRelationReq(key[1], numbers[event] if action is None else action, User(msisdn=key[0]), User(msisdn=payer or key[0]), 1)
        transaction_id = self.new_id()
        return Message(at, peer, encode_envelope(said, transaction_id=transaction_id), dialect, transaction_id)

    def boss(self, event: str, key: Key, at: datetime, **more: object) -> Message:
        """An event of BOSS."""
        said = BossEvent(f"B{self.new_id()}", event, key[0], at, key[1] or None, **more)  # type: ignore[arg-type]  # fields of an event
        return Message(at, "boss", encode_event(said), "", said.event_id)
