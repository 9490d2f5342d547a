"""Why readers complain, by which way, and what was done about it; the first four are those that the paper is measured by."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

HANDSET, STOPPED, DISAGREED, LATE = "handset", "stopped", "disagreed", "late"
NETWORK, CONTENT, CHARGED, UNWANTED, OTHER, UNKNOWN = "network", "content", "charged", "unwanted", "other", "unknown"

NAMES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        HANDSET: ("handset trouble", "终端彩信功能不正常"),
        STOPPED: ("stopped", "停发"),
        DISAGREED: ("systems disagreed", "数据不同步"),
        LATE: ("late", "接收延时"),
        NETWORK: ("network", "网络原因"),
        CONTENT: ("content", "内容"),
        CHARGED: ("charge", "资费"),
        UNWANTED: ("did not order it", "未订购却收到"),
        OTHER: ("other", "其他"),
        UNKNOWN: ("not known", "原因不明"),
    }
)
"""Of each cause in English and in Chinese."""

CAUSES: Final = tuple(NAMES)

HOTLINE, SHOP, WEB, REGULATOR, CITY = "hotline", "shop", "web", "regulator", "city"
CHANNEL_NAMES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {HOTLINE: ("hotline", "客服热线"), SHOP: ("shop", "营业厅"), WEB: ("web", "网上"), REGULATOR: ("regulator", "监管申诉"), CITY: ("city office", "市公司")}
)
CHANNELS: Final = tuple(CHANNEL_NAMES)

ANSWER_NAMES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "resent": ("sent again", "已补发"),
        "recovered": ("brought back", "已回捞"),
        "settings": ("handset put right", "已调好手机"),
        "mended": ("systems put right", "已修正数据"),
        "cancelled": ("order cancelled", "已退订"),
        "refund": ("refund asked for", "已申请退费"),
        "explained": ("explained", "已解释"),
        "void": ("no complaint", "不成立"),
    }
)
ANSWERS: Final = tuple(ANSWER_NAMES)


def read(cell: str, names: Mapping[str, tuple[str, str]]) -> str | None:
    """The code that a cell means, given as code or as its English or Chinese name; None where it means none of them.

    Args:
        names: one of the tables above.
    """
    wanted = cell.strip().casefold()
    return next((code for code, said in names.items() if wanted in (code, *(one.casefold() for one in said))), None)
