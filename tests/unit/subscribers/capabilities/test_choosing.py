"""Names, merging, and the rules that choose a class."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huabao.errors import UsageError
from subscribers.capabilities.facts import FACTS, Profile, Value, lesser
from subscribers.capabilities.merging import FILLED, PRECEDENCE, merged
from subscribers.capabilities.names import full_key, keys_of
from subscribers.capabilities.rules import BUILT_IN, ClassRule, choose, read_file, read_rules
from subscribers.handset_classes import CANNOT_MMS, handset_classes

BUILT_IN_RULES = read_file(BUILT_IN)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("LG Electronics", "LG/E510/V1.0"), ("LGE", "E510")),
        (("Sony Ericsson Mobile Communications", "W595"), ("SonyEricsson", "SonyEricsson W595")),
        (("Nokia", "N73-1"), ("NOKIA", "Nokia N73")),
        (("Research In Motion Ltd.", "BlackBerry 9380"), ("RIM", "9380")),
    ],
)
def test_makers_spell_one_model_in_many_ways(first: tuple[str, str], second: tuple[str, str]) -> None:
    assert full_key(*first) == full_key(*second)


def test_models_that_differ_are_kept_apart() -> None:
    assert len({full_key("Nokia", name) for name in ("N73", "N73 Music", "N7", "N95", "5230", "1610+", "1610")}) == 7
    assert keys_of("Nokia", "N73", ("RM-132",)) == ("nokian73", "n73", "nokiarm132", "rm132")
    assert "5230" not in keys_of("Nokia", "5230")[:1]


@given(st.text(max_size=40), st.text(max_size=40))
def test_keys_are_stable(brand: str, model: str) -> None:
    full = full_key(brand, model)
    assert full == full_key(brand.upper(), model) or brand.upper().casefold() != brand.casefold()
    assert all(len(key) <= 120 for key in keys_of(brand, model))


def test_the_title_names_the_brand_once() -> None:
    assert Profile("Nokia", "N73", {}).title == "Nokia N73"
    assert Profile("Nokia", "Nokia N73", {}).title == "Nokia N73"


def test_each_value_comes_from_the_most_trusted_source_that_has_it() -> None:
    found = merged({"wurfl": {"mms_max_bytes": 1, "colours": 256, "smil": True}, "csv": {"mms_max_bytes": 3}, "uaprof": {"mms_max_bytes": 2, "colours": 4096}, "old": {"smil": False}})
    assert found.values == {"mms_max_bytes": 3, "colours": 4096, "smil": True}
    assert found.sources == {"mms_max_bytes": "csv", "colours": "uaprof", "smil": "wurfl"}
    whole = found.filled("100kb-240x320")
    assert (whole.values["mms_max_bytes"], whole.values["width_px"], whole.sources["width_px"]) == (3, 240, FILLED)
    assert found.filled("no-mms") == found


def test_a_screen_is_never_put_together_of_two_sources() -> None:
    assert merged({"uaprof": {"width_px": 240}, "wurfl": {"width_px": 128, "height_px": 160}}).values == {"width_px": 240}


VALUES: dict[type, st.SearchStrategy[Value]] = {int: st.integers(1, 2_000_000), bool: st.booleans(), tuple: st.lists(st.sampled_from(("image/png", "image/jpeg", "image/gif")), min_size=1, unique=True).map(lambda one: tuple(sorted(one)))}
RECORDS: st.SearchStrategy[dict[str, Value]] = st.fixed_dictionaries({}, optional={name: VALUES[fact.kind] for name, fact in FACTS.items()})


@given(RECORDS, RECORDS)
def test_two_records_of_one_model_promise_the_lesser(first: Mapping[str, Value], second: Mapping[str, Value]) -> None:
    both = lesser(first, second)
    assert both.keys() == first.keys() | second.keys()
    for name in (first.keys() & second.keys()) - {"image_types", "charsets"}:
        assert both[name] == min(first[name], second[name])
    assert lesser(first, first) == first


@given(st.dictionaries(st.sampled_from(PRECEDENCE), RECORDS))
def test_merging_invents_nothing(records: dict[str, dict[str, Value]]) -> None:
    found = merged(records)
    assert all(records[found.sources[name]][name] == value for name, value in found.values.items())


def chosen(**values: Value) -> str:
    rule = choose(BUILT_IN_RULES, values, "Kranich", "Q5")
    return rule.handset_class if rule else ""


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ({"mms_max_bytes": 614400, "width_px": 480, "height_px": 800}, "600kb-480x800"),
        ({"mms_max_bytes": 614400, "width_px": 480, "height_px": 800, "mms_max_width_px": 640, "mms_max_height_px": 480}, "300kb-320x480"),
        ({"mms_max_bytes": 614400, "width_px": 480, "height_px": 800, "mms_max_width_px": 1280, "mms_max_height_px": 720}, "600kb-480x800"),
        ({"mms_max_bytes": 307200, "width_px": 480, "height_px": 800}, "300kb-320x480"),
        ({"mms_max_bytes": 307200, "width_px": 240, "height_px": 320}, "100kb-240x320"),
        ({"mms_max_bytes": 307200, "width_px": 320, "height_px": 240}, "50kb-176x220"),
        ({"mms_max_bytes": 102400, "width_px": 128, "height_px": 128}, "30kb-128x160"),
        ({"mms_max_bytes": 102400, "width_px": 240, "height_px": 320, "image_types": ("image/gif", "image/jpeg")}, "30kb-128x160"),
        ({"mms_max_bytes": 20000, "width_px": 128, "height_px": 160}, "no-mms"),
        ({"mms": False, "wap_push": True, "width_px": 128, "height_px": 160}, "no-mms"),
        ({"mms": False, "wap_push": False, "width_px": 96, "height_px": 65}, "text-only"),
        ({"mms": False, "width_px": 320, "height_px": 480}, "100kb-240x320"),
        ({"mms_max_bytes": 300000}, "100kb-240x320"),
        ({}, ""),
    ],
)
def test_the_built_in_rules(values: dict[str, Value], wanted: str) -> None:
    assert chosen(**values) == wanted


@given(RECORDS)
def test_no_rule_promises_more_than_a_handset_is_known_to_take(values: dict[str, Value]) -> None:
    name = chosen(**values)
    if name and name not in CANNOT_MMS:
        handset = handset_classes()[name]
        assert handset.budget_bytes <= values.get("mms_max_bytes", handset.budget_bytes)  # type: ignore[operator]
        assert set(handset.image_types) <= set(values.get("image_types", handset.image_types)) | {"image/gif"}  # type: ignore[arg-type]


def test_rules_by_brand_and_by_what_is_unknown() -> None:
    rules = read_rules('[[rule]]\nname = "a"\nclass = "no-mms"\nwhen = { model = ["*q5", "z*"], smil = "unknown", image_types = { has = ["image/png"] } }\n', "f")
    assert rules == (ClassRule("a", "no-mms", {"model": ["*q5", "z*"], "smil": "unknown", "image_types": {"has": ["image/png"]}}),)
    assert choose(rules, {"image_types": ("image/png",)}, "", "Kranich Q5") is rules[0]
    assert choose(rules, {"image_types": ("image/png",), "smil": False}, "", "Kranich Q5") is None
    assert choose(rules, {}, "", "Kranich Q5") is None


RULE = '[[rule]]\nname = "a"\nclass = "no-mms"\nwhen = {{ {} }}\n'


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("x", "is no TOML"),
        ("", "list of"),
        ("[rule]\n", "list of"),
        ('[[rule]]\nname = "a"\n', "rule 1: has name, class and when"),
        ('[[rule]]\nname = "a"\nclass = "b"\nwhen = {}\n', r"rule 1 \(a\): class is one of"),
        (RULE.format("mms_max = 3"), "mms_max: there is no such capability"),
        (RULE.format("mms_max_bytes = 3"), "min = "),
        (RULE.format("mms_max_bytes = { min = 1.5 }"), "whole numbers"),
        (RULE.format("mms_max_bytes = { least = 1 }"), "min = "),
        (RULE.format('mms = "yes"'), "is true, false"),
        (RULE.format('image_types = { has = "image/png" }'), "lists of names"),
        (RULE.format("brand = 3"), "is a text"),
        (RULE.format("mms = true") * 2, "two rules are called 'a'"),
    ],
)
def test_a_rule_that_cannot_be_used_says_where_and_why(text: str, wanted: str) -> None:
    with pytest.raises(UsageError, match=wanted):
        read_rules(text, "own.toml")


@given(st.text(max_size=200))
def test_any_text_is_rules_or_refused(text: str) -> None:
    try:
        assert read_rules(text, "f")
    except UsageError as error:
        assert str(error).startswith("f: ")
