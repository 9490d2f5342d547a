"""A day counted once more from what the sides hold, in the plainest way, without any code of the comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from huabao.db import is_postgres
from tests.province.world import Key, Row

TOLERANCE_S: Final = 86_400
_LETTERS: Final = {"active": "a", "paused": "p", "cancelled": "x"}
_EPOCH: Final = {True: "CAST(EXTRACT(EPOCH FROM {}) AS bigint)", False: "CAST(strftime('%s', {}) AS integer)"}
_PLATFORM: Final = """
SELECT r.msisdn, s.service_id, s.state, {at}, s.price_fen, s.fee_msisdn FROM subscriptions s JOIN readers r ON r.id = s.reader_id
WHERE r.msisdn LIKE '1%' AND COALESCE({order_at}, {at}) > 86400
"""
"""An order of which only the terms are known says no state: its instant is the beginning of time."""

Platform = Mapping[Key, tuple[str, int, int | None, str | None]]


@dataclass
class Recount:
    """What a day comes to.

    Attributes:
        differing: class and fen of each order that differs.
    """

    compared: int = 0
    matched: int = 0
    differing: dict[Key, tuple[str, int]] = field(default_factory=dict)


def platform_rows(session: Session) -> Platform:
    """What the platform holds now."""
    epoch = _EPOCH[is_postgres(session)]
    rows = session.execute(text(_PLATFORM.format(at=epoch.format("s.effective_at"), order_at=epoch.format("s.order_at"))))
    return {(number, service): (state, at, price, payer) for number, service, state, at, price, payer in rows}


def recount(boss: Mapping[Key, Row], misc: Mapping[Key, Row], platform: Platform) -> Recount:
    """Every order of every side."""
    found = Recount()
    for key in platform.keys() | boss.keys() | misc.keys():
        there, b, m = platform.get(key), boss.get(key), misc.get(key)
        found.compared += 1
        letters = ("x" if b is None else _LETTERS[b.state]) + ("x" if m is None else _LETTERS[m.state]) + ("x" if there is None else _LETTERS[there[0]])
        name = letters if len(set(letters)) > 1 else "" if there is None or b is None or m is None else _attribute(b, m, there)
        if name:
            found.differing[key] = (name, _money(name, b, m, there))
        else:
            found.matched += 1
    return found


def _attribute(boss: Row, misc: Row, platform: tuple[str, int, int | None, str | None]) -> str:
    if platform[2] is not None and boss.price is not None and boss.price != platform[2]:
        return "price"
    if not boss.payer == misc.payer == platform[3]:
        return "payer"
    instants = (int(boss.at.timestamp()), int(misc.at.timestamp()), platform[1])
    return "effective" if max(instants) - min(instants) > TOLERANCE_S else ""


def _money(name: str, boss: Row | None, misc: Row | None, platform: tuple[str, int, int | None, str | None] | None) -> int:
    prices = [boss and boss.price, misc and misc.price, platform and platform[2]]
    price = next((one for one in prices if one is not None), 0)
    if name == "price":
        return abs((prices[0] or 0) - (prices[2] or 0))
    if name == "payer":
        return price
    return price if name != "effective" and (name[0] == "a") != (name[2] == "a") else 0
