"""Segments: rules put together from fields, counted while they are written, kept under a name."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session
from starlette.responses import Response

from console.settings import SEGMENT_COUNT_S
from console.visit import Visit
from console.wording import said
from huabao.errors import UsageError
from huabao.msisdn import MSISDN
from subscribers import services
from subscribers.handset_classes import CANNOT_MMS, handset_classes
from subscribers.models import Reader
from subscribers.segments import FIELDS, find_segment, parse_rule
from subscribers.segments.bounded import Size, last_id, size_of, some_of
from subscribers.segments.rules import All, Rule
from subscribers.segments.store import list_segments
from subscribers.segments.text import rule_of_text, text_of_rule
from subscribers.segments.words import rule_words

SAMPLE = 8
DRIVES = ("emotion", "entertainment", "content")
CLASSES = ("A", "B", "C", "D", "E", "F")


@dataclass(frozen=True)
class Counted:
    """A rule and whom it fits.

    Attributes:
        text: the rule as YAML.
        problem: what is wrong with it and where, or "".
    """

    text: str
    rule: Rule | None = None
    size: Size | None = None
    sample: Sequence[Reader] = ()
    problem: str = ""

    @property
    def document(self) -> Any:
        """The rule as the builder takes it, or None."""
        return None if self.rule is None else self.rule.to_document()

    def words(self, language: str) -> str:
        """The rule as a person says it."""
        return "" if self.rule is None else rule_words(self.rule, language)


def segments(visit: Visit, counted: Counted | None = None, problem: str = "", name: str = "") -> Response:
    """The page: all segments, and one of them, or a new one, in the builder."""
    wanted = visit.request.query_params.get("name", "")[:80]
    with visit.runtime.transaction(read_only=True) as session:
        kept = list_segments(session)
        found = find_segment(session, wanted) if wanted and counted is None else None
        shown = counted or (Counted(text_of_rule(found), found) if found is not None else Counted(""))
        if found is not None:
            shown = _counted(visit, session, shown.text)
    return visit.page(
        "segments.html", kept=kept, counted=shown, problem=problem, name=name or (wanted if found is not None else ""), fields=_fields(visit), masked=_masked,
        words_of=lambda row: rule_words(parse_rule(row.rule, "rule"), visit.language), builder=json.dumps(shown.document, ensure_ascii=False),
        done=visit.request.query_params.get("done", ""),
    )  # fmt: skip


def segment_count(visit: Visit) -> Response:
    """Whom the rule of the form fits, now."""
    with visit.runtime.transaction(read_only=True) as session:
        found = _counted(visit, session, visit.form.get("rule", ""))
    if visit.fragment:
        return visit.page("_segment.html", counted=found, masked=_masked)
    return segments(visit, found, name=visit.form.get("name", "")[:80])


def segment_act(visit: Visit) -> Response:
    """Keep it under its name; one that is there is replaced when that was said."""
    name, text = visit.form.get("name", "").strip()[:80], visit.form.get("rule", "")
    try:
        rule = rule_of_text(text, "rule")
        with visit.runtime.transaction() as session:
            if find_segment(session, name) is not None and visit.form.get("replace") != name:
                return segments(visit, _counted(visit, session, text), visit.say("segment.there", name=name), name)
            services.add_segment(session, name, rule, by=visit.actor, at=visit.runtime.now())
    except UsageError as error:
        return segments(visit, Counted(text, problem=_problem(visit, error)), name=name)
    return visit.go("/segments?done=1")


def _counted(visit: Visit, session: Session, text: str) -> Counted:
    """The rule, whom it fits among those whom this person may see."""
    if not text.strip():
        return Counted("")
    try:
        rule = rule_of_text(text, "rule")
    except UsageError as error:
        return Counted(text, problem=_problem(visit, error))
    asked = _within_city(rule, visit.who.city if visit.who else None)
    within_s = SEGMENT_COUNT_S.get(session)
    size = size_of(session, asked, within_s=within_s)
    sample = some_of(session, asked, SAMPLE, random.randint(1, max(1, last_id(session))), within_s=within_s) if size.readers != 0 else []
    return Counted(text_of_rule(rule), rule, size, sample)


def _within_city(rule: Rule, city: str | None) -> Rule:
    """The rule, for an account of one city among its readers only."""
    return rule if not city else All((rule, parse_rule({"field": "city", "op": "eq", "value": city}, "city")))


def _problem(visit: Visit, error: Exception) -> str:
    return said(str(error), visit.language)


def _masked(reader: Reader) -> str:
    return MSISDN(reader.msisdn).masked


def _fields(visit: Visit) -> str:
    """What the builder's lists offer, as JSON."""
    choices = {"handset_class": [*handset_classes(), *sorted(CANNOT_MMS)], "attribute_class": list(CLASSES), "preferences.drive": list(DRIVES)}
    found = [
        {"name": one.name, "word": visit.say(f"segment_field.{one.name.rstrip('.').replace('preferences.', '')}"), "ops": list(one.ops), "choices": choices.get(one.name, [])}
        for one in FIELDS
    ]
    return json.dumps(found, ensure_ascii=False)
