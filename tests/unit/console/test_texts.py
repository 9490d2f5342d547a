"""Every text stands in both languages, is used, and is set as its language is written."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console import texts
from console.charts import SUBMISSION_TONES
from console.rights import ROLES
from delivery.dialects.tables import CAUSES
from delivery.dispatch.audience import REASONS
from delivery.lifecycle import PEOPLE_ACT, STATES
from delivery.models import Outcome
from delivery.resend.rules import REFUSALS
from reconciliation.stop_send.causes import PERSON, SCHEDULE, SIGNS, STEPS
from reconciliation.stop_send.lifecycle import STATES as RECOVERY_STATES
from subscribers.models import ACCOUNT_STATES, SUBSCRIPTION_STATES
from subscribers.orders.change import EVENTS

CONSOLE = Path(str(resources.files("console")))
REFUSING = [path for name in ("care", "reconciliation") for path in sorted((CONSOLE.parent / name).rglob("*.py")) if "word=" in path.read_text("utf-8")]
"""Modules whose refusals name the text by which a page says them."""

HALF_WIDTH = re.compile(r"[一-鿿][,;:!?]|[,;:!?][一-鿿]")
HANDED_ON = {"write"}
"""Groups that a script is given whole."""


def faults_of(name: str) -> list[str]:
    """What is wrong with one text."""
    text = texts.texts()[name]
    if set(text) - {"en_one"} != {"zh", "en"}:
        return [f"languages: {sorted(text)}"]
    places = [set(re.findall(r"{(\w+)}", text[language])) for language in ("zh", "en")]
    wrong = {
        "empty, or space around it": not all(value.strip() == value and value for value in text.values()),
        "Chinese takes full-width punctuation": HALF_WIDTH.search(text["zh"]),
        "您": "您" in text["zh"],
        f"places: {places}": places[0] != places[1] and name != "steer.not_now",
    }
    return [fault for fault, there in wrong.items() if there]


def test_every_text_stands_in_both_languages() -> None:
    """One test for the thousands of them: each test of its own would cost more than what it looks at."""
    assert {name: faults for name in texts.texts() if (faults := faults_of(name))} == {}


def test_every_text_asked_for_exists_and_every_text_is_asked_for() -> None:
    """By its name, by the name's beginning (`say("ports.is_" ~ state)`), or by its group (`named("audit_action", action)`)."""
    sources = "".join(path.read_text("utf-8") for path in [*CONSOLE.glob("html/*.html"), *CONSOLE.glob("static/*.js"), *CONSOLE.rglob("*.py"), *REFUSING])
    known = set(texts.texts())
    begun = set(re.findall(r"""["']([a-z_]+\.[a-z_]*)["']\s*(?:~|\+)""", sources)) | set(re.findall(r"""f["']([a-z_]+\.[a-z_]*)\{""", sources))
    asked = set(re.findall(r"""say\(\s*["']([a-z_]+\.[a-z_]+)["']""", sources))
    assert {name for name in asked - known if not (name in begun and any(one.startswith(name) for one in known))} == set()
    groups = set(re.findall(r"""named\(\s*(?:[a-z_.]+,\s*)?["']([a-z_]+)["']""", sources)) | HANDED_ON
    written = set(re.findall(r"""["']([a-z_]+\.[a-z_0-9-]+)["']""", sources))
    unused = {name for name in known - written if name.split(".")[0] not in groups and not any(name.startswith(one) for one in begun)}
    assert unused == set(), "nobody asks for these"


@pytest.mark.parametrize(
    ("group", "names"),
    [
        ("state", STATES),
        ("outcome", [outcome.name.lower() for outcome in Outcome]),
        ("reason", REASONS),
        ("role", ROLES),
        ("cause", CAUSES),
        ("refusal", REFUSALS),
        ("attempt", RECOVERY_STATES),
        ("attempt", STEPS),
        ("sign", [*SIGNS, SCHEDULE, PERSON]),
        ("order", [*SUBSCRIPTION_STATES, "absent", "unknown"]),
        ("account", ACCOUNT_STATES),
        ("event", EVENTS),
        ("submission", SUBMISSION_TONES),
        ("steer", [f"{verb}{tail}" for verb in PEOPLE_ACT for tail in ("", "_n", "_what")]),
    ],
)
def test_every_code_has_a_name(group: str, names: list[str]) -> None:
    assert {f"{group}.{name}" for name in names} <= set(texts.texts())


def test_one_reader_is_not_one_readers() -> None:
    assert texts.text("en", "dispatch.readers", n=1) == "1 reader"
    assert texts.text("en", "dispatch.readers", n=1_576_212) == "1,576,212 readers"
    assert texts.text("zh", "dispatch.readers", n=1) == "1 人"


@pytest.mark.parametrize(
    ("many", "one"),
    [
        ("1 readers, 2 handsets, 1 variants", "1 reader, 2 handsets, 1 variant"),
        ("34% of 1 readers' submissions failed", "34% of 1 reader's submissions failed"),
        ("1 tries; 1 more readers; 1 people", "1 try; 1 more reader; 1 person"),
        ("1,001 readers, 11 readers, 0.1 readers, step 1 of 3 is out", "1,001 readers, 11 readers, 0.1 readers, step 1 of 3 is out"),
        ("at 12:1 readers", "at 12:1 readers"),
    ],
)
def test_what_is_counted_as_one_is_singular(many: str, one: str) -> None:
    assert texts.one_of(many) == one


@pytest.mark.parametrize(
    ("cookie", "accept", "chosen"),
    [
        (None, None, "zh"),
        (None, "en-GB,en;q=0.9", "en"),
        (None, "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        (None, "fr,en;q=0.3,zh;q=0.2", "en"),
        (None, "de", "zh"),
        (None, "en;q=nonsense", "zh"),
        ("en", "zh-CN", "en"),
        ("xx", "en", "en"),
    ],
)
def test_language(cookie: str | None, accept: str | None, chosen: str) -> None:
    assert texts.choose_language(cookie, accept) == chosen


@given(st.text(max_size=200))
def test_any_accept_language_gives_a_language(accept: str) -> None:
    assert texts.choose_language(None, accept) in texts.LANGUAGES


@given(st.integers(0, 2_000_000), st.integers(1, 2_000_000))
def test_a_share_reads_0_or_100_only_where_it_is(part: int, whole: int) -> None:
    part = min(part, whole)
    said = texts.share_text(part, whole)
    assert (said == "0%") == (part == 0)
    assert (said == "100%") == (part == whole)
    assert abs(float(said[:-1]) - part * 100 / whole) <= 0.1


def test_none_is_a_dash_and_not_a_nought() -> None:
    now = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
    assert texts.share_text(0, 0) == "—"
    assert texts.clock_text(None, "zh", now) == "—"


def test_clocks_are_shanghai_and_name_another_day() -> None:
    now = datetime(2026, 11, 22, 16, 30, tzinfo=UTC)  # the 23rd in Shanghai
    assert texts.clock_text(now, "zh", now, seconds=True) == "00:30:00"
    assert texts.clock_text(now - timedelta(hours=1), "zh", now) == "11月22日 23:30"
    assert texts.clock_text(now - timedelta(hours=1), "en", now) == "22 Nov 23:30"


@pytest.mark.parametrize(("seconds", "zh", "en"), [(0, "0 秒", "0 s"), (-42, "42 秒", "42 s"), (60, "1 分钟", "1 min"), (7260, "2 小时 1 分", "2 h 1 min")])
def test_spans(seconds: int, zh: str, en: str) -> None:
    assert texts.span_text(timedelta(seconds=seconds), "zh") == zh
    assert texts.span_text(timedelta(seconds=seconds), "en") == en


@pytest.mark.parametrize(("value", "zh", "en"), [(0, "0", "0"), (8000, "8,000", "8,000"), (15_000, "1.5万", "15k"), (2_000_000, "200万", "2M")])
def test_scales_are_short(value: int, zh: str, en: str) -> None:
    assert texts.scale_text(value, "zh") == zh
    assert texts.scale_text(value, "en") == en
