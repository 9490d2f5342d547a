"""What a recipient reads: one message for all that came up, the worst first, short enough for a text."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from huabao.clock import shanghai_text
from monitoring.alarms.kinds import CRITICAL, SEVERITIES, kind_of

TEXT_CHARS_MAX: Final = 130
"""Two parts of a text in Chinese."""

LINES_MAX: Final = 30

_SEVERITIES: Final = {"critical": ("critical", "严重"), "warning": ("warning", "注意"), "info": ("note", "提示")}
_EVENTS: Final = {"opened": ("open", "发生"), "reopened": ("open again", "再次发生"), "closed": ("closed", "已关闭")}


Say = Callable[[str, str], str]
"""A sentence that the system wrote, in a language."""


@dataclass
class Speaker:
    """Who says what was seen in a recipient's language: an alarm's sentence is kept in English, and only the console, which nobody below may ask, knows the others by its form."""

    say: Say


SPEAKER: Final = Speaker(lambda sentence, _: sentence)
"""Where the console is there, it puts its own way of saying in (`console.registry`)."""


@dataclass(frozen=True)
class Told:
    """One thing to tell.

    Attributes:
        what: opened, reopened or closed.
        text: what was seen.
    """

    alarm_id: int
    kind: str
    key: str
    what: str
    text: str
    at: datetime
    since: datetime


def ranked(told: Sequence[Told]) -> list[Told]:
    """The worst first, what is over last."""
    return sorted(told, key=lambda one: (one.what == "closed", SEVERITIES.index(kind_of(one.kind).severity), one.at))


def subject(told: Sequence[Told], language: str) -> str:
    """One line; a single incident by its name, several by their number."""
    chinese = language == "zh"
    first = ranked(told)[0]
    kind = kind_of(first.kind)
    state = _EVENTS[first.what][chinese]
    if len(told) == 1:
        return f"【{_SEVERITIES[kind.severity][1]}】{kind.name[1]}（{first.key}）{state}" if chinese else f"[{_SEVERITIES[kind.severity][0]}] {kind.name[0]} ({first.key}): {state}"
    bad = sum(one.what != "closed" and kind_of(one.kind).severity == CRITICAL for one in told)
    if chinese:
        return f"【画报】{len(told)} 条告警，其中严重 {bad} 条：{kind.name[1]}（{first.key}）等"
    return f"[Huabao] {len(told)} alarms, {bad} critical: {kind.name[0]} ({first.key}) and others"


def body(told: Sequence[Told], language: str, console_url: str) -> str:
    """The whole of it, for e-mail."""
    chinese = language == "zh"
    blocks = []
    for one in ranked(told)[:LINES_MAX]:
        kind = kind_of(one.kind)
        head = f"{kind.name[chinese]} · {one.key} · {_EVENTS[one.what][chinese]} · {shanghai_text(one.at)}"
        lines = [head, SPEAKER.say(one.text, language)] if one.text else [head]
        if one.what != "closed":
            lines.append(f"{'下一步：' if chinese else 'Next: '}{kind.next[chinese]}")
        if console_url:
            lines.append(f"{console_url.rstrip('/')}/alarms/{one.alarm_id}")
        blocks.append("\n".join(lines))
    more = len(told) - LINES_MAX
    if more > 0:
        blocks.append(f"还有 {more} 条。" if chinese else f"{more} more.")
    return "\n\n".join(blocks) + "\n"


def text(told: Sequence[Told], language: str) -> str:
    """The same for a text: its line, and for a single incident what to do."""
    line = subject(told, language)
    if len(told) == 1 and told[0].what != "closed":
        line = f"{line}{'。' if language == 'zh' else '. '}{kind_of(told[0].kind).next[language == 'zh']}"
    return line if len(line) <= TEXT_CHARS_MAX else line[: TEXT_CHARS_MAX - 1] + "…"


def document(told: Sequence[Told], console_url: str, delivery: str) -> bytes:
    """The same for a system, as JSON."""
    items = [
        {
            "alarm_id": one.alarm_id, "kind": one.kind, "key": one.key, "event": one.what, "severity": kind_of(one.kind).severity, "name": kind_of(one.kind).name[0],
            "text": one.text, "at": one.at.isoformat(), "since": one.since.isoformat(), "next": kind_of(one.kind).next[0],
            "url": f"{console_url.rstrip('/')}/alarms/{one.alarm_id}" if console_url else None,
        }
        for one in ranked(told)
    ]  # fmt: skip
    return json.dumps({"delivery": delivery, "alarms": items}, ensure_ascii=False).encode()
