"""Settings of orders by the interfaces and of the second confirmation."""

from __future__ import annotations

from typing import Any

from huabao.settings import Setting
from subscribers.offers.catalogue import DIRECTIONS

DIRECTION = Setting(
    "service_direction", "to-boss", "", "whom an order of a service is told to whose catalogue entry names no direction: none, from-boss, to-boss", choices=DIRECTIONS
)
BOSS_HEARS_MISC = Setting(
    "boss_hears_misc", False, "", "BOSS is told of what MISC made effective, for services whose direction is to-boss; no where MISC tells BOSS itself, as it does as a rule"
)
CONFIRM_WAIT_S = Setting("confirm_wait_s", 86_400.0, "s", "a reader who does not confirm his order for so long does not want it", minimum=60, maximum=30 * 86_400)
CONFIRM_TEXT = Setting(
    "confirm_text",
    "您申请订购{service}，资费{price}。回复{reply}确认订购；{hours}小时内不回复视为放弃，不收费。",
    "",
    "text that asks a reader whether he really wants what he ordered; {service}, {price}, {reply} and {hours} are filled in",
)
CONFIRM_ANY = Setting("confirm_any_reply", "任意内容", "", "what stands for {reply} in confirm_text where any reply agrees")
CONFIRM_NO_WORDS = Setting("confirm_no_words", "N,NO,否,不,不要,不订,取消,退订", "", "replies that refuse an order, with commas; a keyword that asks to stop refuses too")
CONFIRM_SILENT_TEXT = Setting("confirm_silent_text", "", "", "text to a reader whose order lapsed since he did not confirm it; {service} is its name; empty sends none")
ORDERED_TEXT = Setting("order_done_text", "您订购的{service}已开通。", "", "text to a reader whose order was carried out; {service} is its name; empty sends none")
REFUSED_TEXT = Setting("order_refused_text", "您订购的{service}未能开通，详询10086。", "", "text to a reader whose order was refused; {service} is its name; empty sends none")

SETTINGS: tuple[Setting[Any], ...] = (DIRECTION, BOSS_HEARS_MISC, CONFIRM_WAIT_S, CONFIRM_TEXT, CONFIRM_ANY, CONFIRM_NO_WORDS, CONFIRM_SILENT_TEXT, ORDERED_TEXT, REFUSED_TEXT)
