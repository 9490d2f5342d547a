"""The classes of difference: their names, what each means, and which way the money goes.

A class is three letters for BOSS, MISC and the platform: `a` active, `p` paused, `x` absent or
cancelled; `u` where a side is unknown, since its feed is missing or its record could not be
read, or since an increment says nothing of the key. Where the letters of all known sides agree,
price, payer and effective time are compared.

Money goes by BOSS (who charges) and the platform (who serves); MISC only orders.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Final

SIDES: Final = ("boss", "misc", "platform")
LETTERS: Final = "apxu"
ATTRIBUTES: Final = ("price", "payer", "effective")
"""Compared where the letters agree; of several that differ the first names the class."""

DIRECTIONS: Final[Mapping[str, tuple[str, str]]] = {
    "charged_not_served": ("charged and not served: the reader is owed", "收费未服务：应退费"),
    "served_not_charged": ("served and not charged: the operator loses", "服务未收费：漏收"),
    "charged_otherwise": ("charged another price than the platform knows", "资费不一致"),
    "charged_to_another": ("charged to another payer than the platform knows", "付费号码不一致"),
    "none": ("no money at stake", "不涉及费用"),
    "unknown": ("unknown while a side is missing", "因缺少一方数据而未知"),
}
"""Which way the money of a class goes, in English and Chinese."""

_BOSS: Final = {"a": ("BOSS charges", "BOSS收费"), "p": ("BOSS has paused it", "BOSS暂停"), "x": ("BOSS has none", "BOSS无"), "u": ("BOSS unknown", "BOSS未知")}
_MISC: Final = {"a": ("ordered at MISC", "MISC已订购"), "p": ("paused at MISC", "MISC暂停"), "x": ("no order at MISC", "MISC无订购"), "u": ("MISC unknown", "MISC未知")}
_PLATFORM: Final = {
    "a": ("the platform serves", "平台服务"),
    "p": ("the platform has paused it", "平台暂停"),
    "x": ("the platform has none", "平台无"),
    "u": ("the platform unknown", "平台未知"),
}  # fmt: skip
_ATTRIBUTES: Final = {
    "price": ("all agree on the state, not on the price", "三方状态一致，资费不一致", "charged_otherwise"),
    "payer": ("all agree on the state, not on who pays", "三方状态一致，付费号码不一致", "charged_to_another"),
    "effective": ("all agree on the state, not on since when", "三方状态一致，生效时间不一致", "none"),
}


@dataclass(frozen=True, slots=True)
class DifferenceClass:
    """One class.

    Attributes:
        name: three letters, or price, payer or effective.
        en, zh: what it says.
        direction: a key of `DIRECTIONS`.
        equal: all known sides say the same: no difference by itself.
    """

    name: str
    en: str
    zh: str
    direction: str
    equal: bool = False


def _direction(boss: str, platform: str) -> str:
    if "u" in (boss, platform):
        return "unknown"
    if boss == "a":
        return "none" if platform == "a" else "charged_not_served"
    return "served_not_charged" if platform == "a" else "none"


def _by_letters(boss: str, misc: str, platform: str) -> DifferenceClass:
    parts = _BOSS[boss], _MISC[misc], _PLATFORM[platform]
    equal = len({one for one in (boss, misc, platform) if one != "u"}) <= 1
    words = ("; ".join(one[0] for one in parts), "，".join(one[1] for one in parts))
    return DifferenceClass(boss + misc + platform, *words, "none" if equal else _direction(boss, platform), equal)


CLASSES: Final[Mapping[str, DifferenceClass]] = {
    **{"".join(letters): _by_letters(*letters) for letters in product(LETTERS, repeat=3)},
    **{name: DifferenceClass(name, *words) for name, words in _ATTRIBUTES.items()},
}
"""Every class by its name: the 27 of three known sides, those with an unknown side, and the attributes."""
