"""What the system wrote down about a dispatch, in the reader's language.

The journal keeps one sentence for everybody, in English; here the sentences that the
system writes by itself are known by their form and said again. What a person wrote,
or a sentence that nobody knows yet, stays as it stands.
"""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from importlib import resources

from console import desk_wording
from console.texts import CHINESE, ENGLISH, has_text, one_of, text
from delivery.dispatch.pacing import OF_PORTS

_SCOPES = {"port": "gate.port", "handset class": "gate.class", "variant": "gate.variant", "batch": "gate.batch"}

FORMS: tuple[tuple[str, str], ...] = (
    (r"drawn up", "why.drawn_up"),
    (r"no reason was given on the command line", "why.no_reason"),
    (r"snapshot", "why.snapshot"),
    (r"the ledger balances", "why.balances"),
    (r"seed group (?P<name>.+)", "why.seed_group"),
    (r"(?P<retrieved>\d+) of (?P<count>\d+) seeds retrieved", "why.retrieved"),
    (r"(?P<retrieved>\d+) of (?P<count>\d+) seeds retrieved, the others are silent, none bad", "why.silent"),
    (r"(?P<retrieved>\d+) of (?P<count>\d+) seeds retrieved; too few in (?P<name>.+)", "why.too_few"),
    (r"(?P<retrieved>\d+) of (?P<count>\d+) seeds retrieved, every handset class that has seeds is bad or held", "why.all_bad"),
    (r"seed (?P<number>\S+): (?P<outcome>\w+) at port (?P<name>\S+)", "why.seed"),
    (r"(?P<share>\d+%) of (?P<count>[\d,]+) readers' submissions failed", "why.submissions"),
    (r"(?P<share>\d+%) of (?P<count>[\d,]+) readers refused it at once", "why.refused"),
    (r"after (?P<minutes>\d+) min (?P<share>\d+%) of what (?P<days>\d+) earlier same weekdays had retrieved at that age", "why.slow"),
    (r"(?P<scope>port|handset class|variant|batch) (?P<key>\S+) held, (?P<count>[\d,]+) readers: (?P<reason>.+)", "why.held"),
    (r"(?P<scope>port|handset class|variant|batch) (?P<key>\S+) released: (?P<reason>.+)", "why.released"),
    (r"(?P<scope>port|handset class|variant|batch) (?P<key>\S+) given up: (?P<reason>.+)", "why.given_up"),
    (r"(?P<count>\d+) workers in a row fell silent with it and got no answer", "why.lost_workers"),
    (r"step (?P<step>\d) of \d is out, (?P<count>[\d,]+) readers; step (?P<next>\d) goes", "why.step"),
    (r"(?P<days>\d+) days on; (?P<hour>\S+) drawn with (?P<share>\d+%) expected \((?P<reached>[\d.]+) of (?P<tried>[\d.]+) tries of late\)", "why.next_try"),
    (r"the paper was fetched", "why.paper_fetched"),
    (r"he fetched a message", "why.fetched"),
    (r"the (?P<step>waiting|tip|settings|probe|paper) did not reach him", "why.not_reached"),
    (r"the order is not active, or somebody else ended the stop", "why.order_gone"),
    (r"(?P<name>.+) let him be sent to again", "why.let_go"),
    (r"may have the next paper", "why.may_have"),
    (r"text", "why.text"),
    (r"no text: (?P<reason>.+)", "why.no_text"),
    (r"he was addressed often of late", "why.often"),
    (r"he had one lately", "why.had_one"),
    (r"he is on the blacklist", "why.on_blacklist"),
    (r"no port sends texts", "why.no_text_port"),
    (r"no settings: (?P<reason>.+)", "why.no_settings"),
    (r"no settings are sent \(recovery_settings is empty\)", "why.settings_off"),
    (r"he had them lately", "why.had_settings"),
    (r"settings of (?P<name>[^,]+), .+", "why.settings_sent"),
    (r"(?P<name>.+) says that the settings are saved", "why.settings_saved"),
    (r"(?P<count>[\d,]+) stops in a day are more than (?P<limit>[\d,]+) \(stop_guard_count\)", "why.guard_count"),
    (r"(?P<count>[\d,]+) stops in a day are more than (?P<share>[\d.]+%) of (?P<all>[\d,]+) active subscriptions \(stop_guard_share\)", "why.guard_share"),
    (r"no port that is up can carry a probe", "why.no_probe_port"),
    (r"dispatch (?P<number>\d+)", "why.dispatch"),
    (r"rate from (?P<rate_before>\S+/s|that of its ports) to (?P<rate_after>\S+/s|that of its ports): (?P<reason>.+)", "why_rate.changed"),
    (r"its window (?P<window>\S+) opens at (?P<at>.+)", "why.window"),
)
"""Form of a sentence, and the text that says it."""

_PLAIN = tuple((re.compile(form), name) for form, name in desk_wording.FORMS)
"""Sentences that name commands, which a page says without them in either language."""

_FORMS = (*((re.compile(form), name) for form, name in FORMS), *_PLAIN)


SENTENCE_CHARS_MAX = 1000
"""What is longer was written by no form of ours, and is not compared with any: their time grows faster than the sentence."""


@lru_cache(maxsize=1)
def sayings() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Forms of what is said in English by who wrote it, each with its Chinese: alarms, refusals of services."""
    documents = (tomllib.loads((resources.files("console") / name).read_text("utf-8")) for name in ("sayings.toml", "refusals.toml"))
    return tuple((re.compile(one["form"], re.DOTALL), one["zh"]) for document in documents for one in document["saying"])


def _in_chinese(sentence: str) -> str | None:
    """The sentence by its form in `sayings`, or None."""
    for form, chinese in sayings():
        if found := form.fullmatch(sentence):
            values = {name: said(value, CHINESE) if name.startswith("why") else value for name, value in found.groupdict(default="").items()}
            return chinese.format(**values).strip()
    return None


def said(sentence: str, language: str) -> str:
    """The sentence in that language, where its form is known."""
    if len(sentence) > SENTENCE_CHARS_MAX:
        return sentence
    told = _told(sentence, language)
    return one_of(told) if language == ENGLISH else told


def _told(sentence: str, language: str) -> str:
    for form, name in _PLAIN if language == ENGLISH else _FORMS:
        if found := form.fullmatch(sentence):
            return text(language, name, **_values(found.groupdict(), language))
    if language != ENGLISH and (known := _in_chinese(sentence)) is not None:
        return known
    parts = sentence.split("; ")
    return ("; " if language == ENGLISH else "；").join(said(part, language) for part in parts) if len(parts) > 1 and all(part.startswith("seed ") for part in parts) else sentence


def _values(found: dict[str, str], language: str) -> dict[str, str]:
    values = dict(found)
    if "scope" in values:
        values["what"] = text(language, _SCOPES[values["scope"]], name=values["key"])
    if "reason" in values:
        values["reason"] = said(values["reason"], language)
    if "step" in values and has_text(f"attempt.{values['step']}"):
        values["step"] = text(language, f"attempt.{values['step']}")
    for name in {"rate_before", "rate_after"} & values.keys():
        values[name] = text(language, "rate_sheet.of_ports") if values[name] == OF_PORTS else text(language, "dispatch.per_second", n=values[name].removesuffix("/s"))
    if "outcome" in values and has_text(f"outcome.{values['outcome']}"):
        values["outcome"] = text(language, f"outcome.{values['outcome']}")
    return values
