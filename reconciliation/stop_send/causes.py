"""Why a subscription is stopped, and by which steps its reader is tried again."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from delivery.dialects.tables import STOP_CAUSES

HANDSET_SETTINGS, MEMORY_FULL, NO_MMS, UNREACHABLE, ARREARS, BARRED, SYSTEM = STOP_CAUSES
UNKNOWN: Final = "unknown"
"""No code said why; nothing is guessed."""

CAUSES: Final = (*STOP_CAUSES, UNKNOWN)
HANDSET_CAUSES: Final = (HANDSET_SETTINGS, MEMORY_FULL, NO_MMS)

NAMES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        HANDSET_SETTINGS: ("handset settings", "手机彩信设置不正确"),
        MEMORY_FULL: ("memory full", "手机内存已满"),
        NO_MMS: ("cannot do MMS", "手机不支持彩信"),
        UNREACHABLE: ("off or out of reach", "关机或不在服务区"),
        ARREARS: ("arrears", "欠费"),
        BARRED: ("barred", "停机"),
        SYSTEM: ("system", "系统原因"),
        UNKNOWN: ("not known", "原因不明"),
    }
)
"""Of each cause in English and in Chinese."""

TIP, SETTINGS, PROBE, PAPER = "tip", "settings", "probe", "paper"
STEPS: Final = (TIP, SETTINGS, PROBE, PAPER)

SCHEDULE, PERSON = "schedule", "person"
RETRIEVED, MESSAGE, UNBARRED, CONFIRMED, IMEI = "retrieved", "message", "unbarred", "confirmed", "imei"
SIGNS: Final = (RETRIEVED, UNBARRED, CONFIRMED, MESSAGE, IMEI)
"""Signs of life, the surest first: he fetched some message, his account was unbarred, settings sent to him are confirmed, he wrote, he has another handset (a hint)."""

_PLANS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        HANDSET_SETTINGS: (TIP, SETTINGS, PROBE, PAPER),
        MEMORY_FULL: (TIP, PROBE, PAPER),
        NO_MMS: (PROBE, PAPER),
        UNREACHABLE: (PROBE, PAPER),
        ARREARS: (PROBE, PAPER),
        BARRED: (PROBE, PAPER),
        SYSTEM: (PROBE, PAPER),
        UNKNOWN: (TIP, PROBE, PAPER),
    }
)
"""A tip helps whoever can mend something; who is off, in arrears or barred is only looked for."""


def plan(cause: str, sign: str) -> tuple[str, ...]:
    """The steps of an attempt: whoever fetched a message needs no probe, whoever has another handset or saved his settings no tip."""
    if sign == RETRIEVED:
        return (PAPER,)
    steps = _PLANS[cause if cause in _PLANS else UNKNOWN]
    return tuple(one for one in steps if one in (PROBE, PAPER)) if sign in (IMEI, UNBARRED, CONFIRMED) else steps
