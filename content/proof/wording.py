"""The words of a proof, in either language."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from importlib import resources

from huabao.clock import SHANGHAI

LANGUAGES = ("zh", "en")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


_HITS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(form), chinese)
    for form, chinese in (
        (r"(\d+) traditional among (\d+) simplified characters", r"\2 个简体字中夹有 \1 个繁体字"),
        (r"(\d+) simplified among (\d+) traditional characters", r"\2 个繁体字中夹有 \1 个简体字"),
        (r"stood in (.+) as “(.+)” \((\d+%) of the text\)", r"已见于 \1《\2》（正文 \3 相同）"),
        (r"first mention of (.+) without a title", r"首次提到\1未写职务"),
        (r"(.+) was (.+) until (.+)", r"\1任\2至 \3"),
        (r"(.+) is named before (.+)", r"\1排在\2之前"),
        (r"(.+) is (.+), not (.+)", r"\1是\2，不是\3"),
        (r"(.+) is (.+)", r"\1是\2"),
        (r"nobody delivered it: (.+) stands in", r"无人交稿，由 \1 顶替"),
        (r"it is planned and missing, and nothing stands in for it", "已列入计划而缺稿，且无可顶替"),
        (r"it is no permitted news source", "不在许可的新闻来源之列"),
        (r"(.+) told it anew at (.+) as “(.+)” \((\d+%) shared\)", r"\1 于 \2 另有新稿“\3”（\4 相同）"),
    )
)
"""Sentences that the screening writes, by their form, in Chinese."""

RULE_CHARS_MAX = 1000
"""What is longer is no sentence of the screening, and is not compared with their forms."""


def hit_words(language: str, kind: str, rule: str) -> str:
    """Why something is a hit; a listed word, or a sentence that nobody knows, stays as it is."""
    if language == "zh" and kind != "word" and len(rule) <= RULE_CHARS_MAX:
        for form, chinese in _HITS:
            if found := form.fullmatch(rule):
                return found.expand(chinese)
    return rule


@lru_cache(maxsize=1)
def words() -> Mapping[str, Mapping[str, str]]:
    """Every sentence by name and language."""
    found: dict[str, dict[str, str]] = tomllib.loads((resources.files("content.proof") / "words.toml").read_text("utf-8"))
    return found


def say(language: str, name: str, /, **values: object) -> str:
    """The sentence called `name`; numbers with their thousands apart."""
    shown = {key: f"{value:,}" if isinstance(value, int) else value for key, value in values.items()}
    return words()[name][language].format(**shown)


def moment(at: datetime | None) -> str:
    """An instant in Shanghai, to the minute."""
    return "" if at is None else at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def day(language: str, at: date) -> str:
    """2026年11月22日 星期日."""
    if language == "zh":
        return f"{at.year}年{at.month}月{at.day}日 星期{'一二三四五六日'[at.weekday()]}"
    return f"{_DAYS[at.weekday()]}, {at.isoformat()}"
