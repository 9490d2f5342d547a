"""BOSS, MISC and the platform held against each other by (msisdn, service): an engine on files and records, without a database.

`compare` takes three sides and gives counts, money and a difference file; `check_feed` reads one
feed by itself. `classes` names every difference.
"""

from reconciliation.diff.classes import ATTRIBUTES, CLASSES, DIRECTIONS, SIDES, DifferenceClass
from reconciliation.diff.engine import FeedSummary, check_feed, compare
from reconciliation.diff.files import HEADER, read_differences
from reconciliation.diff.outcome import MISSING, Difference, Outcome, Rules, Side, SideReport, Tally

__all__ = [
    "ATTRIBUTES",
    "CLASSES",
    "DIRECTIONS",
    "Difference",
    "DifferenceClass",
    "FeedSummary",
    "HEADER",
    "MISSING",
    "Outcome",
    "Rules",
    "SIDES",
    "Side",
    "SideReport",
    "Tally",
    "check_feed",
    "compare",
    "read_differences",
]
