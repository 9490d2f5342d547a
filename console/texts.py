"""The console's words in Chinese and English, and how numbers and times are written."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from importlib import resources

from huabao.clock import SHANGHAI, business_day

CHINESE, ENGLISH = "zh", "en"
LANGUAGES = (CHINESE, ENGLISH)
TAGS = {CHINESE: "zh-CN", ENGLISH: "en"}

_COUNTED = (
    "answers", "attempts", "chapters", "characters", "complaints", "contacts", "copies", "days", "dispatches", "editions", "handsets", "hours", "minutes", "months", "numbers",
    "orders", "panels", "people", "pictures", "readers", "refunds", "repairs", "reports", "requests", "seconds", "seeds", "slides", "steps", "stops", "stories", "submissions",
    "subscriptions", "times", "tries", "variants", "warnings", "weeks", "workers",
)  # fmt: skip
"""What pages and the journal count."""

_ONE = re.compile(rf"(?<![\w.,:%*-])(1 (?:more |other |active |earlier |unsaved )?)({'|'.join(_COUNTED)})\b('(?!\w))?")
_SINGULAR = {"copies": "copy", "dispatches": "dispatch", "people": "person", "stories": "story", "tries": "try"}

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@lru_cache(maxsize=1)
def texts() -> dict[str, dict[str, str]]:
    """Every text by its dotted name, each by language: the files of `console/words`, one a desk."""
    found: dict[str, dict[str, str]] = {}
    for file in sorted((resources.files("console") / "words").iterdir(), key=lambda one: one.name):
        document = tomllib.loads(file.read_text("utf-8"))
        read = {f"{group}.{name}": text for group, names in document.items() for name, text in names.items()}
        assert not found.keys() & read.keys(), f"{file.name} says again what another file says: {sorted(found.keys() & read.keys())}"
        found |= read
    return found


def text(language: str, name: str, /, **values: object) -> str:
    """The text `name`, its places filled; numbers among `values` are written with separators.

    Raises:
        KeyError: there is no such text: a mistake of ours, caught by the tests.
    """
    found = texts()[name]
    chosen = found.get("en_one", found["en"]) if language == ENGLISH and values.get("n") == 1 else found[language]
    filled = chosen.format(**{key: f"{value:,}" if isinstance(value, int) else value for key, value in values.items()})
    return one_of(filled) if language == ENGLISH else filled


def one_of(sentence: str) -> str:
    """An English sentence in which what is counted as one stands in the singular; where its verb changes too, a text has `en_one`."""
    return _ONE.sub(lambda found: found[1] + _SINGULAR.get(found[2], found[2].removesuffix("s")) + ("'s" if found[3] else ""), sentence)


def has_text(name: str) -> bool:
    """Whether a text is called `name`."""
    return name in texts()


def choose_language(cookie: str | None, accept: str | None) -> str:
    """The language of a page: the person's choice, else the browser's, else Chinese.

    Spec: RFC 9110 12.5.4 (Accept-Language); of equal weights the first counts.
    """
    if cookie in LANGUAGES:
        return cookie
    best, best_weight = CHINESE, 0.0
    for part in (accept or "")[:500].split(","):
        tag, _, weight = part.strip().partition(";q=")
        language = tag.strip().lower().split("-", 1)[0]
        try:
            value = float(weight) if weight else 1.0
        except ValueError:
            continue
        if language in LANGUAGES and value > best_weight:
            best, best_weight = language, value
    return best


def share_text(part: int, whole: int) -> str:
    """`part` of `whole` as a percentage; what is neither none nor all never reads 0 or 100 %."""
    if whole <= 0:
        return "—"
    if part in (0, whole):
        return "100%" if part else "0%"
    tenths = min(999, max(1, round(part * 1000 / whole)))
    return f"{tenths // 10}.{tenths % 10}%"


def clock_text(at: datetime | None, language: str, now: datetime, *, seconds: bool = False) -> str:
    """An instant in Shanghai: the time alone today, with its day otherwise; a dash for None."""
    if at is None:
        return "—"
    local = at.astimezone(SHANGHAI)
    clock = local.strftime("%H:%M:%S" if seconds else "%H:%M")
    if business_day(at) == business_day(now):
        return clock
    day = f"{local.month}月{local.day}日" if language == CHINESE else f"{local.day} {_MONTHS[local.month - 1]}"
    return f"{day} {clock}"


def day_text(at: datetime | date | None, language: str) -> str:
    """A day with its year, of an instant that in Shanghai; a dash for None."""
    if at is None:
        return "—"
    day = business_day(at) if isinstance(at, datetime) else at
    return f"{day.year}年{day.month}月{day.day}日" if language == CHINESE else f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def month_text(month: date, language: str) -> str:
    """A month with its year."""
    return f"{month.year}年{month.month}月" if language == CHINESE else f"{_MONTHS[month.month - 1]} {month.year}"


def money_text(fen: int | None, language: str) -> str:
    """Money in yuan; a dash for None."""
    if fen is None:
        return "—"
    shown = f"{abs(fen) // 100:,}.{abs(fen) % 100:02d}"
    return f"{'-' if fen < 0 else ''}{shown} 元" if language == CHINESE else f"{'-' if fen < 0 else ''}¥{shown}"


def span_text(span: timedelta, language: str) -> str:
    """A length of time in its largest two units, never negative."""
    seconds = int(abs(span).total_seconds())
    hours, minutes = seconds // 3600, seconds // 60 % 60
    if hours:
        return f"{hours} 小时 {minutes} 分" if language == CHINESE else f"{hours} h {minutes} min"
    if minutes >= 1:
        return f"{minutes} 分钟" if language == CHINESE else f"{minutes} min"
    return f"{seconds} 秒" if language == CHINESE else f"{seconds} s"


def rate_text(rate: float) -> str:
    """A rate with as many digits as it deserves."""
    return f"{rate:,.0f}" if rate >= 10 or rate == 0 else f"{rate:.1f}"


def scale_text(value: int, language: str) -> str:
    """A number beside a chart, short: 1.5万, 15k, 1.5M."""
    if value < 10_000:
        return f"{value:,}"
    if language == CHINESE:
        return f"{value / 10_000:g}万"
    return f"{value / 1_000_000:g}M" if value >= 1_000_000 else f"{value / 1000:g}k"


def kilobytes_text(size_bytes: int) -> str:
    """A size in thousands of bytes, one decimal below a hundred."""
    return f"{size_bytes / 1000:.0f}" if size_bytes >= 100_000 else f"{size_bytes / 1000:.1f}"


def iso_text(at: datetime) -> str:
    """For a `datetime` attribute."""
    return at.astimezone(UTC).isoformat(timespec="seconds")
