"""Rules in words, for people who sign for them; with one reader's values where it is one reader who is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from subscribers.segments.facts import ReaderFacts
from subscribers.segments.rules import All, AnyOf, Condition, Not, Rule

ZH, EN = "zh", "en"
LANGUAGES: Final = (ZH, EN)

FIELD_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "city": ("城市", "city"),
    "handset_class": ("终端档", "handset class"),
    "attribute_class": ("属性类别", "attribute class"),
    "preferences.drive": ("阅读动机", "drive"),
    "preferences.topics": ("偏好主题", "topics"),
    "services": ("已订业务", "services"),
    "attributes.": ("属性", "attribute"),
}
"""In Chinese and English, by the name in the registry."""

_OPS: Final[Mapping[str, tuple[str, str]]] = {
    "eq": ("是{value}", "is {value}"),
    "ne": ("不是{value}", "is not {value}"),
    "lt": ("小于{value}", "is less than {value}"),
    "le": ("不大于{value}", "is at most {value}"),
    "gt": ("大于{value}", "is more than {value}"),
    "ge": ("不小于{value}", "is at least {value}"),
    "in": ("是{value}之一", "is one of {value}"),
    "contains": ("含{value}", "holds {value}"),
    "exists": ("已知", "is known"),
}
_UNKNOWN: Final = ("未知", "is not known")
_JOIN: Final = {"all": (" 且 ", " and "), "any": (" 或 ", " or ")}
_NOT: Final = ("不满足（{inner}）", "not ({inner})")
_NOTHING: Final = ("无", "nothing")
_SEPARATOR: Final = ("、", ", ")
_HIS: Final = ("{field}：{value}", "{field}: {value}")

VALUES_SHOWN: Final = 12
"""Of one `in`, before the rest is counted only."""


def rule_words(rule: Rule, language: str = ZH) -> str:
    """The rule as a person says it: `城市是合肥 且 偏好主题含 sport`."""
    at = LANGUAGES.index(language)
    if isinstance(rule, Condition):
        return _condition(rule, at)
    if isinstance(rule, Not):
        return _NOT[at].format(inner=rule_words(rule.part, language))
    assert isinstance(rule, All | AnyOf), "a rule of a kind that nobody put into words"
    parts = [rule_words(part, language) for part in rule.parts]
    nested = [f"（{said}）" if isinstance(part, All | AnyOf) and len(part.parts) > 1 else said for part, said in zip(rule.parts, parts, strict=True)]
    return _JOIN["all" if isinstance(rule, All) else "any"][at].join(nested)


def _condition(rule: Condition, at: int) -> str:
    field = _field(rule, at)
    if rule.op == "exists":
        return f"{field}{' ' if at else ''}{(_OPS['exists'] if rule.value else _UNKNOWN)[at]}"
    said = _OPS[rule.op][at].format(value=_value(rule.value, at))
    return f"{field}{' ' if at else ''}{said}"


def _field(rule: Condition, at: int) -> str:
    return FIELD_WORDS[rule.field.name][at] + ((" " if at else "") + f"“{rule.name}”" if rule.name else "")


def _value(value: object, at: int) -> str:
    if isinstance(value, tuple):
        more = f"…({len(value)})" if len(value) > VALUES_SHOWN else ""
        return _SEPARATOR[at].join(_value(one, at) for one in value[:VALUES_SHOWN]) + more
    return f"“{value}”" if isinstance(value, str) else str(value)


def conditions_of(rule: Rule) -> tuple[Condition, ...]:
    """Every condition in a rule, in order."""
    if isinstance(rule, Condition):
        return (rule,)
    parts = (rule.part,) if isinstance(rule, Not) else rule.parts if isinstance(rule, All | AnyOf) else ()
    return tuple(found for part in parts for found in conditions_of(part))


def values_words(rule: Rule, facts: ReaderFacts, language: str = ZH) -> tuple[str, ...]:
    """What a reader has of everything that the rule asks about, each once: `城市：芜湖`."""
    at = LANGUAGES.index(language)
    said = {}
    for one in conditions_of(rule):
        value = _fact(one, facts)
        several = sorted(map(str, value)) if isinstance(value, frozenset) else list(map(str, value)) if isinstance(value, tuple | list) else None
        shown = _SEPARATOR[at].join(several) if several is not None else "" if value is None else str(value)
        said[_field(one, at)] = shown or _NOTHING[at]
    return tuple(_HIS[at].format(field=field, value=value) for field, value in said.items())


def _fact(one: Condition, facts: ReaderFacts) -> object:
    name = one.field.name
    if name == "attributes.":
        return facts.attributes.get(one.name)
    return getattr(facts, name.removeprefix("preferences."))
