"""Audiences: rules over reader fields, each with an SQL face and a Python face.

`docs/segments.md` says what each operator means; the agreement test runs both
faces over the same readers on both databases. What a rule is used for (items
of an edition, a campaign) is not here.
"""

from subscribers.segments.facts import ReaderFacts, facts_of
from subscribers.segments.parse import parse_rule
from subscribers.segments.registry import FIELDS
from subscribers.segments.rules import Rule, rule_matches, rule_sql
from subscribers.segments.store import find_segment

__all__ = ["FIELDS", "ReaderFacts", "Rule", "facts_of", "find_segment", "parse_rule", "rule_matches", "rule_sql"]
