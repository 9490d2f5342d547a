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
LATE_TEXT = Setting(
    "confirm_late_text",
    "您对{service}的确认已超时，未订购，不收费。如仍需要请重新申请。",
    "",
    "text to a reader who agrees when it is too late; {service} is its name; empty sends none",
)
LATE_TOLD_H = Setting("confirm_late_told_h", 72.0, "h", "a reader who agrees so long after the end is told that it is too late", minimum=0, maximum=720)
STOP_CONFIRM = Setting("stop_confirm", False, "", "a reader who asks by a text to stop one service is asked whether he means it; silence keeps it")
STOP_CONFIRM_TEXT = Setting(
    "stop_confirm_text",
    "您申请退订{service}。回复{reply}确认退订；{hours}小时内不回复则继续为您服务。",
    "",
    "the question of stop_confirm; {service}, {reply} and {hours} are filled in",
)
STOP_DONE_TEXT = Setting("stop_done_text", "已为您退订{services}，感谢您的使用。", "", "text to a reader whose text ended what he holds; {services}; empty sends none")
STOP_WHICH_TEXT = Setting(
    "stop_which_text",
    "您已订购：{services}。退订请回复“退订”加名称，如：退订{first}；全部退订请回复：退订全部。",
    "",
    "text to a reader who asks to stop and does not say what, or names what he does not hold; {services}, {first}",
)
STOP_NOTHING_TEXT = Setting("stop_nothing_text", "您目前没有订购本平台的业务，详询10086。", "", "text to a reader who asks to stop and holds nothing; empty sends none")
STOP_REFUSED_TEXT = Setting(
    "stop_refused_text", "您退订{service}未成功，将继续为您服务，详询10086。", "", "text to a reader whose order the master did not end; {service}; empty sends none"
)
STOP_TWICE_S = Setting("stop_twice_s", 600.0, "s", "the same text that asks to stop within this is the network's repetition", minimum=0, maximum=86_400)

SETTINGS: tuple[Setting[Any], ...] = (
    DIRECTION, BOSS_HEARS_MISC, CONFIRM_WAIT_S, CONFIRM_TEXT, CONFIRM_ANY, CONFIRM_NO_WORDS, CONFIRM_SILENT_TEXT, ORDERED_TEXT, REFUSED_TEXT, LATE_TEXT, LATE_TOLD_H,
    STOP_CONFIRM, STOP_CONFIRM_TEXT, STOP_DONE_TEXT, STOP_WHICH_TEXT, STOP_NOTHING_TEXT, STOP_REFUSED_TEXT, STOP_TWICE_S,
)  # fmt: skip
