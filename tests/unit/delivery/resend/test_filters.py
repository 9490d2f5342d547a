"""Filters are read strictly: every problem with its line, nothing guessed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from delivery.models import Outcome
from delivery.resend.filters import KEYS, OUTCOMES, ResendFilter, filter_of, parse_filter, read_filter
from huabao.errors import UsageError

WHOLE = """\
edition: jh/2026-11-22
outcomes: [expired, failed]
ports: [mm-1]
cities: [合肥, 芜湖]
codes: [2004, Expired]
from: 2026-11-22T06:30
to: 2026-11-22T07:10+08:00
stopped: false
"""


def test_a_whole_filter() -> None:
    found = parse_filter(WHOLE, "f.yaml")
    assert found == ResendFilter(
        "jh/2026-11-22", (Outcome.EXPIRED, Outcome.FAILED), ("mm-1",), ("合肥", "芜湖"), ("2004", "Expired"),
        datetime(2026, 11, 21, 22, 30, tzinfo=UTC), datetime(2026, 11, 21, 23, 10, tzinfo=UTC), stopped=False,
    )  # fmt: skip
    assert filter_of(found.to_document()) == found


def test_an_edition_alone_is_a_filter() -> None:
    assert parse_filter("edition: 7", "f.yaml") == ResendFilter("7")
    assert ResendFilter("7").to_document() == {"edition": "7"}
    assert parse_filter("edition: 7\nmissing: true\ncities: [合肥]", "f.yaml") == ResendFilter("7", cities=("合肥",), missing=True)


WRONG = {
    "outcome: [expired]\nedition: 1": ["f.yaml:1: there is no key `outcome`"],
    "cities: [a]": ["f.yaml: `edition` is missing"],
    "edition: 1\noutcomes: [lost, expired]": ["f.yaml:2: `outcomes` has 'lost'; there are pending, submitted"],
    "edition: 1\ncities: 合肥": ["f.yaml:2: `cities` is no list"],
    "edition: 1\ncities: []": ["f.yaml:2: `cities` is no list of 1"],
    "edition: 1\ncities: [[a]]": ["f.yaml:2: an entry of `cities` is no text"],
    "edition: 1\ncities: [true]": ["f.yaml:2: an entry of `cities` is no text"],
    "edition: 1\nfrom: yesterday": ["f.yaml:2: `from`: 'yesterday' is no time"],
    "edition: 1\nfrom: 2026-11-22T07:00\nto: 2026-11-22T06:00": ["f.yaml:3: `to` is not after `from`"],
    "edition: 1\nmissing: perhaps": ["f.yaml:2: `missing` is 'perhaps'; write true or false"],
    "edition: 1\nmissing: true\noutcomes: [expired]\nports: [a]": ["f.yaml:3: `outcomes` asks about a copy", "f.yaml:4: `ports` asks about a copy"],
    "edition: 1\nedition: 2": ["f.yaml:2: `edition` stands twice (line 1)"],
    "edition: [1]": ["f.yaml:1: `edition` is no text"],
    "- edition": ["f.yaml:1: a filter is a list"],
    "edition: 'x": ["f.yaml:1: broken YAML"],
    "": ["f.yaml:1: nothing is written here"],
    "outcomes: [lost]\nnothing: 1": ["f.yaml:1: `outcomes` has 'lost'", "f.yaml:2: there is no key `nothing`", "f.yaml: `edition` is missing"],
}


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_is_said_with_its_line(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_filter(text, "f.yaml")
    for said in WRONG[text]:
        assert said in str(refused.value)


def test_a_file_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        read_filter(tmp_path / "f.yaml")
    (tmp_path / "f.yaml").write_bytes(b"edition: \xff")
    with pytest.raises(UsageError, match="no UTF-8"):
        read_filter(tmp_path / "f.yaml")


words = st.lists(st.text("abc合肥-1 ", min_size=1, max_size=8).map(str.strip).filter(bool), min_size=1, max_size=4, unique=True)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)).map(lambda one: one.replace(microsecond=0))  # noqa: DTZ001  the strategy adds the zone


@given(
    edition=st.text("abc/0-9", min_size=1, max_size=12), outcomes=st.lists(st.sampled_from(sorted(OUTCOMES)), min_size=1, unique=True), ports=words, cities=words, codes=words,
    times=st.lists(moments, min_size=2, max_size=2, unique=True), stopped=st.booleans(), keys=st.sets(st.sampled_from(KEYS)),
)  # fmt: skip
def test_what_is_written_is_read_again(
    edition: str, outcomes: list[str], ports: list[str], cities: list[str], codes: list[str], times: list[datetime], stopped: bool, keys: set[str]
) -> None:
    since, until = sorted(times)
    whole: dict[str, Any] = {
        "outcomes": outcomes, "ports": ports, "cities": cities, "codes": codes, "from": since.isoformat(), "to": until.isoformat(), "stopped": stopped,
    }  # fmt: skip
    document = {"edition": edition, **{key: value for key, value in whole.items() if key in keys}}
    found = filter_of(document)
    assert filter_of(found.to_document()) == found
    assert parse_filter(yaml.safe_dump(document, allow_unicode=True), "f.yaml") == found


@given(st.dictionaries(st.sampled_from([*KEYS, "other"]), st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda one: st.lists(one, max_size=3), max_leaves=4)))
def test_anything_else_is_refused_in_words(document: dict[str, Any]) -> None:
    try:
        assert filter_of(document).edition
    except UsageError as refused:
        assert all(line.startswith("filter.") for line in str(refused).splitlines())
