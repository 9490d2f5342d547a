"""Faults of known kind: each spoils what one side hears, and says what must be found, where, and what must become of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from tests.province.life import ACTIONS, MMARKET, Life, Message
from tests.province.world import BOSS, MISC, Key, Order, Row

REAL_TIME, DAILY, MONTHLY = "real time", "daily", "monthly"
REPAIRED, LISTED, UNHARMED, EXPLAINED = "repaired", "listed", "unharmed", "explained"
"""The sides as they should be afterwards; kept for a person, or on a list, with its class; nothing had to be done; nothing is wrong."""


@dataclass
class Fault:
    """One that was injected.

    Attributes:
        keys: orders that differ because of it; of real-time faults, whom the message is about.
        expected: class (with its mark, `xxa closed`) or verdict by key.
        loop: where it must be found.
        end: what must become of it.
        day: of the injection, counted from 0.
        due: the day by whose run it must be found; None until that is known.
        found: class or verdict by key, as it was found first; `found_day` when.
        transactions: of the messages, where they show it.
    """

    kind: str
    keys: tuple[Key, ...]
    expected: dict[Key, str]
    loop: str = DAILY
    end: str = REPAIRED
    day: int = 0
    due: int | None = None
    found: dict[Key, str] = field(default_factory=dict)
    found_day: int | None = None
    ended: str = ""
    transactions: tuple[str, ...] = ()


@dataclass
class Scene:
    """What an injection works with: messages that it adds reach the platform."""

    life: Life
    at: datetime
    messages: list[Message] = field(default_factory=list)

    def pick(self) -> Key:
        """An order that holds, whose reader is left alone from now on."""
        key = self.life.pick()
        assert key is not None, "there are not enough readers for so many faults"
        self.life.held.add(key[0])
        return key

    def single(self) -> Key:
        """An order whose reader has no other."""
        while True:
            key = self.pick()
            if len(self.life.world.keys_of(key[0])) == 1:
                return key
            self.life.held.discard(key[0])

    def only(self, messages: list[Message], *lost: str) -> list[Message]:
        """Messages without those of some peers."""
        return [one for one in messages if one.peer not in lost]

    def told(self, kind: str, key: Key, verdict: str, end: str = UNHARMED) -> Fault:
        """One that the messages themselves show, at once."""
        return Fault(kind, (key,), {key: verdict}, REAL_TIME, end, transactions=tuple({one.transaction_id for one in self.messages}))


Inject = Callable[[Scene], Fault]


def _one(kind: str, key: Key, name: str, *, end: str = REPAIRED) -> Fault:
    return Fault(kind, (key,), {key: name}, DAILY, end)


# --- messages that are lost ---


def join_lost(s: Scene) -> Fault:
    number = s.life.new_number()
    s.life.held.add(number)
    s.messages += s.only(s.life.join(number, s.at), "misc")
    keys = tuple(s.life.world.keys_of(number))
    return Fault("order lost", keys, dict.fromkeys(keys, "aax"))


def leave_lost(s: Scene) -> Fault:
    key = s.pick()
    s.life.leave(key, s.at)
    return _one("cancel lost", key, "xxa")


def pause_lost(s: Scene) -> Fault:
    key = s.pick()
    s.life.pause(key, s.at)
    return _one("pause lost", key, "ppa")


def bar_lost(s: Scene) -> Fault:
    key = s.single()
    s.life.bar(key[0], s.at)
    return _one("bar lost", key, "ppa")


def resume_lost(s: Scene) -> Fault:
    key = s.pick()
    s.messages += s.life.pause(key, s.at - timedelta(hours=3))
    s.life.resume(key, s.at)
    return _one("resume lost", key, "aap")


def unbar_lost(s: Scene) -> Fault:
    key = s.single()
    s.messages += s.life.bar(key[0], s.at - timedelta(hours=3))
    s.life.unbar(key[0], s.at)
    return _one("unbar lost", key, "aap")


def transfer_lost(s: Scene) -> Fault:
    key = s.single()
    s.life.end(key[0], "transfer", s.at)
    return _one("transfer lost", key, "xxa")


def close_lost(s: Scene) -> Fault:
    key = s.single()
    s.life.end(key[0], "closed", s.at)
    return _one("account closure lost", key, "xxa")


def renumber_lost(s: Scene) -> Fault:
    old = s.single()
    new = s.life.new_number()
    s.life.held.add(new)
    s.life.renumber(old[0], new, s.at)
    return Fault("number change lost", (old, (new, old[1])), {old: "xxa", (new, old[1]): "aax"})


def price_lost(s: Scene) -> Fault:
    key = s.pick()
    s.life.price(key, s.life.other_price(key), s.at)
    return _one("price change lost", key, "price")


def payer_lost(s: Scene) -> Fault:
    key = s.pick()
    s.life.world.change(key, payer="13700000001")
    return _one("payer change lost", key, "payer")


# --- messages that come otherwise than they left ---


def repeated(s: Scene) -> Fault:
    key = s.pick()
    told = s.life.leave(key, s.at)
    s.messages += [*told, *(replace(one, due=one.due + timedelta(minutes=70)) for one in told)]
    return s.told("message of MISC repeated", key, "repeated")


def repeated_by_boss(s: Scene) -> Fault:
    key = s.single()
    told = s.life.bar(key[0], s.at)
    s.messages += [*told, *(replace(one, due=one.due + timedelta(minutes=70)) for one in told)]
    return s.told("event of BOSS repeated", key, "repeated")


def swapped_by_boss(s: Scene) -> Fault:
    key = s.single()
    [barred], [freed] = s.life.bar(key[0], s.at - timedelta(hours=2)), s.life.unbar(key[0], s.at)
    s.messages += [freed, replace(barred, due=s.at + timedelta(minutes=70))]
    return s.told("events of BOSS out of order", key, "late")


def swapped_by_misc(s: Scene) -> Fault:
    key = s.pick()
    order = s.life.world.orders[key]
    gone = s.life.leave(key, s.at)
    s.life.world.put(key, Order("active", s.at + timedelta(minutes=5), order.price, order.payer))
    back = s.life.misc("order", key, s.at)
    s.messages += [back, *(replace(one, due=s.at + timedelta(minutes=70)) for one in gone)]
    return _one("messages of MISC out of order", key, "aax")


def delayed(s: Scene) -> Fault:
    number = s.life.new_number()
    s.life.held.add(number)
    told = s.life.join(number, s.at)
    s.messages += [replace(one, due=one.due + timedelta(hours=30)) if one.peer == "misc" else one for one in told]
    keys = tuple(s.life.world.keys_of(number))
    return Fault("order delayed over a day", keys, dict.fromkeys(keys, "aax"))


def wrong_code(s: Scene) -> Fault:
    key = s.pick()
    s.messages.append(s.life.misc("order", key, s.at, action=9))
    return s.told("message of MISC with an unknown code", key, "quarantined", LISTED)


def unknown_event(s: Scene) -> Fault:
    key = s.pick()
    body = {"event_id": s.life.new_id(), "event": "suspend14", "msisdn": key[0], "effective_at": s.at.isoformat()}
    s.messages.append(Message(s.at, "boss", json.dumps(body).encode(), "", str(body["event_id"])))
    return s.told("event of BOSS with an unknown name", key, "quarantined", LISTED)


def _mixed_up(kind: str, act: str, name: str) -> Inject:
    """M-Market's number is read by MISC's table, for somebody entered the wrong dialect."""

    def inject(s: Scene) -> Fault:
        key = s.pick()
        if act == "resume":
            s.messages += s.life.pause(key, s.at - timedelta(hours=3))
        told = {"pause": s.life.pause, "cancel": s.life.leave, "resume": s.life.resume}[act](key, s.at)
        assert ACTIONS[act] != MMARKET[act], "a number that both read alike does no harm"
        s.messages += [s.life.misc(act, key, one.due, peer="mmarket", dialect="misc-1.5.0") for one in told]
        return _one(kind, key, name)

    return inject


# --- sides that drift ---


def boss_not_told(s: Scene) -> Fault:
    number = s.life.new_number()
    s.life.held.add(number)
    s.messages += s.only(s.life.join(number, s.at, heard=(MISC,)), "boss")
    keys = tuple(s.life.world.keys_of(number))
    return Fault("BOSS not told of an order", keys, dict.fromkeys(keys, "xaa"))


def misc_only(s: Scene) -> Fault:
    number = s.life.new_number()
    s.life.held.add(number)
    s.life.join(number, s.at, heard=(MISC,))
    keys = tuple(s.life.world.keys_of(number))
    return Fault("MISC only", keys, dict.fromkeys(keys, "xax"))


def boss_only(s: Scene) -> Fault:
    key = (s.life.new_number(), "zaobao")
    s.life.held.add(key[0])
    s.life.world.hold(BOSS, key, Row("active", s.at, 500))
    return _one("BOSS only", key, "axx")


def platform_only(s: Scene) -> Fault:
    key = (s.life.new_number(), "zaobao")
    s.life.held.add(key[0])
    s.messages.append(replace(s.life.misc("order", key, s.at), peer="handmade"))
    return _one("platform only", key, "xxa")


def no_order_anywhere(s: Scene) -> Fault:
    """BOSS charges and the platform serves by an entry of somebody's; MISC never heard of it."""
    key = (s.life.new_number(), "zaobao")
    s.life.held.add(key[0])
    s.life.world.hold(BOSS, key, Row("active", s.at, 500))
    s.messages.append(replace(s.life.misc("order", key, s.at), peer="handmade"))
    return _one("charged and served without an order", key, "axa", end=LISTED)


def effective_differs(s: Scene) -> Fault:
    key = s.pick()
    row = s.life.world.sides[BOSS][key]
    s.life.world.hold(BOSS, key, row._replace(at=row.at - timedelta(days=5)))
    return _one("BOSS wrote down another day", key, "effective", end=LISTED)


def reused(s: Scene) -> Fault:
    """The old owner's end was lost; the platform hears of the next one's account."""
    key = s.single()
    s.life.end(key[0], "closed", s.at - timedelta(hours=2))
    s.messages.append(s.life.boss("opened", (key[0], ""), s.at))
    return _one("number reused", key, "xxa reused")


def reused_and_charged(s: Scene) -> Fault:
    """And BOSS goes on charging the next owner for it."""
    key = s.single()
    row = s.life.world.sides[BOSS][key]
    s.life.end(key[0], "closed", s.at - timedelta(hours=2))
    s.life.world.hold(BOSS, key, row)
    s.messages.append(s.life.boss("opened", (key[0], ""), s.at))
    return _one("number reused, its new owner charged", key, "axa reused", end=LISTED)


def charged_after_closure(s: Scene) -> Fault:
    """The account is closed, BOSS goes on charging and MISC kept the order."""
    key = s.single()
    rows = {peer: s.life.world.sides[peer][key] for peer in (BOSS, MISC)}
    s.messages += s.life.end(key[0], "closed", s.at)
    for peer, row in rows.items():
        s.life.world.hold(peer, key, row)
    return _one("closed account still charged", key, "aax closed", end=LISTED)


COMBINATIONS: Final = {
    "aap": "a", "aax": "a", "apa": "p", "app": "p", "apx": "p", "axa": "x", "axp": "x", "axx": "x", "paa": "p", "pap": "p", "pax": "p", "ppa": "p",
    "ppx": "p", "pxa": "x", "pxp": "x", "pxx": "x", "xaa": "a", "xap": "a", "xax": "a", "xpa": "p", "xpp": "p", "xpx": "p", "xxa": "x", "xxp": "x",
}  # fmt: skip
"""What becomes of an order that MISC once told us of, for each combination of three sides that differs (docs/reconcile.md)."""


def drifted(name: str) -> Inject:
    """The three sides stand as the letters say, each by its own mistake."""

    def inject(s: Scene) -> Fault:
        key = s.pick()
        world = s.life.world
        for peer, letter in zip((BOSS, MISC), name, strict=False):
            row = world.sides[peer][key]
            world.hold(peer, key, {"a": row, "p": row._replace(state="paused", at=s.at), "x": None}[letter])
        if name[2] != "a":
            s.messages.append(replace(s.life.misc({"p": "pause", "x": "cancel"}[name[2]], key, s.at), peer="handmade"))
        to = COMBINATIONS[name]
        if to == "x":
            world.drop(key, ())
        elif to == "p":
            world.change(key, (), state="paused", at=s.at)
        return _one(f"sides drifted to {name}", key, name)

    return inject


KINDS: Final[tuple[Inject, ...]] = (
    join_lost, leave_lost, pause_lost, bar_lost, resume_lost, unbar_lost, transfer_lost, close_lost, renumber_lost, price_lost, payer_lost,
    repeated, repeated_by_boss, swapped_by_boss, swapped_by_misc, delayed, wrong_code, unknown_event,
    _mixed_up("M-Market's pause read as MISC's cancel", "pause", "ppx"), _mixed_up("M-Market's cancel read as MISC's resume", "cancel", "xxa"),
    _mixed_up("M-Market's resume read as MISC's pause", "resume", "aap"),
    boss_not_told, misc_only, boss_only, platform_only, no_order_anywhere, effective_differs, reused, reused_and_charged, charged_after_closure,
    *(drifted(name) for name in COMBINATIONS),
)  # fmt: skip
