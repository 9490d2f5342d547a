"""Faults of orders that are not simply a reader's own: gifts, free and bundled services, orders that reached BOSS first, numbers that went on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

from tests.province.faults import DAILY, EXPLAINED, LISTED, REPAIRED, Fault, Inject, Scene
from tests.province.life import Message
from tests.province.world import BOSS, BUNDLED, FREE, SERVICES, Key, Order

TOLD_AFTER: Final = timedelta(days=4)
"""How long after it happened BOSS tells of a number change that was lost."""


def _newcomer(s: Scene) -> str:
    number = s.life.new_number()
    s.life.held.add(number)
    return number


def _gift(s: Scene) -> tuple[Key, list[Message]]:
    """Somebody gives a newcomer the morning paper."""
    key = (_newcomer(s), "zaobao")
    return key, s.life.join(key[0], s.at, services=[key[1]], payer=f"137{s.life.chance.randrange(10**8):08d}")


def gift_lost(s: Scene) -> Fault:
    key, told = _gift(s)
    s.messages += s.only(told, "misc")
    return Fault("gift lost", (key,), {key: "aax"})


def giver_lost(s: Scene) -> Fault:
    """The order of a gift arrives as one of the reader's own."""
    key, told = _gift(s)
    payer = s.life.world.orders[key].payer
    s.life.world.change(key, (), payer=None)
    s.messages += [*s.only(told, "misc"), s.life.misc("order", key, s.at)]
    s.life.world.change(key, (), payer=payer)
    return Fault("giver of a gift lost", (key,), {key: "payer"})


def giver_unknown_to_boss(s: Scene) -> Fault:
    """BOSS charges the reader for a gift; MISC cannot be told of payers, so a person must."""
    key, told = _gift(s)
    s.messages += told
    row = s.life.world.sides[BOSS][key]
    s.life.world.hold(BOSS, key, row._replace(payer=None))
    return Fault("BOSS charges the reader for a gift", (key,), {key: "payer"}, end=LISTED)


def _without_boss(kind: str, service: str, *, lost: bool) -> Inject:
    """A service of which BOSS has no order; with `lost` its order does not reach the platform."""

    def inject(s: Scene) -> Fault:
        key = (_newcomer(s), service)
        s.life.world.put(key, Order("active", s.at, SERVICES[service]))
        s.messages.append(s.life.boss("opened", (key[0], ""), s.at - timedelta(hours=1)))
        if lost:
            return Fault(f"order of a {kind} service lost", (key,), {key: f"xax {kind}"}, DAILY, REPAIRED)
        s.messages.append(s.life.misc("order", key, s.at))
        return Fault(f"order of a {kind} service", (key,), {key: "xaa"}, DAILY, EXPLAINED)

    return inject


def _ordered_at_boss(s: Scene) -> Key:
    key = (_newcomer(s), "zaobao")
    price = SERVICES[key[1]]
    s.life.world.put(key, Order("active", s.at, price), (BOSS,))
    s.messages += [s.life.boss("opened", (key[0], ""), s.at - timedelta(hours=1)), s.life.boss("order", key, s.at, price_fen=price)]
    return key


def order_unknown_to_misc(s: Scene) -> Fault:
    """Ordered at BOSS, which told us; the platform asks MISC for the order, and MISC calls back before it answers."""
    key = _ordered_at_boss(s)
    return Fault("ordered at BOSS, unknown to MISC", (key,), {key: "axa"})


def answer_of_misc_lost(s: Scene) -> Fault:
    """The same, and MISC's answer is lost: it is asked again and has the order already."""
    key = _ordered_at_boss(s)
    s.life.world.lost_answers.add(key)
    return Fault("the same, MISC's answer lost", (key,), {key: "axa"})


def number_went_on(s: Scene) -> Fault:
    """A number change is lost, and the old number's next owner orders under it: only the new number differs."""
    old = s.single()
    new = (_newcomer(s), old[1])
    s.life.renumber(old[0], new[0], s.at - timedelta(hours=3))
    s.messages += s.life.join(old[0], s.at, services=[old[1]])
    return Fault("number change lost, the old number another's", (new,), {new: "aax"})


def number_change_after_the_repair(s: Scene) -> Fault:
    """A number change that BOSS tells days later, when the run has served the new number long ago: his past joins it, nothing else happens."""
    old = s.single()
    new = (_newcomer(s), old[1])
    s.messages += [replace(one, due=one.due + TOLD_AFTER) for one in s.life.renumber(old[0], new[0], s.at)]
    return Fault("number change told after the repair", (old, new), {old: "xxa", new: "aax"})


def number_change_repeated(s: Scene) -> Fault:
    """Told twice, once more after more than an hour."""
    key = s.single()
    new = (_newcomer(s), key[1])
    told = s.life.renumber(key[0], new[0], s.at)
    s.messages += [*told, *(replace(one, due=one.due + timedelta(minutes=70)) for one in told)]
    return s.told("number change repeated", new, "repeated")


KINDS: Final[tuple[Inject, ...]] = (
    gift_lost, giver_lost, giver_unknown_to_boss, order_unknown_to_misc, answer_of_misc_lost, number_went_on, number_change_after_the_repair, number_change_repeated,
    *(_without_boss(kind, service, lost=lost) for kind, service in (("free", FREE), ("bundle", BUNDLED)) for lost in (False, True)),
)  # fmt: skip
