"""How a publication's numbers are planned: the sections that each should have, and the levels' shares of the slides."""

from __future__ import annotations

import math
from typing import Any

import yaml

from content.manuscript import LEVELS
from huabao.errors import UsageError

YESTERDAY = "yesterday"
"""In place of a standing edition's number: what yesterday's section has that keeps."""

SECTIONS_MAX = 60
KEYS = ("title", "city", "fallback")


def parse_sections(text: str) -> list[dict[str, Any]]:
    """The planned sections of a YAML list, each `title` and any of `city` and `fallback`.

    Raises:
        UsageError: it is no such list; the message says where.
    """
    try:
        document = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise UsageError(f"broken YAML: {str(error).splitlines()[0]}") from error
    if document is None:
        return []
    if not isinstance(document, list) or len(document) > SECTIONS_MAX:
        raise UsageError(f"write a list of at most {SECTIONS_MAX} sections, each with its title: `- {{title: 合肥, city: 合肥, fallback: yesterday}}`")
    found = [_section(entry, number) for number, entry in enumerate(document, 1)]
    titles = [one["title"] for one in found]
    twice = next((title for title in titles if titles.count(title) > 1), None)
    if twice is not None:
        raise UsageError(f"the section {twice!r} stands twice in the plan; name it once")
    return found


def _section(entry: object, number: int) -> dict[str, Any]:
    values = {"title": entry} if isinstance(entry, str) else entry
    if not isinstance(values, dict) or not values.get("title") or set(values) - set(KEYS):
        raise UsageError(f"section {number} of the plan: a `title` and any of `city`, `fallback` are wanted")
    found = {key: " ".join(str(values[key]).split()) for key in KEYS if values.get(key) not in (None, "")}
    if any(len(word) > 60 for word in found.values()):
        raise UsageError(f"section {number} of the plan: at most 60 characters each")
    return found


def parse_shares(text: str) -> dict[str, float]:
    """Shares by level, written `province=0.5,group=0.3,city=0.2`; empty for none.

    Raises:
        UsageError: they are not written so, or are not 1 together.
    """
    found: dict[str, float] = {}
    for pair in (one.strip() for one in text.split(",") if one.strip()):
        level, _, share = (part.strip() for part in pair.partition("="))
        try:
            value = float(share)
        except ValueError:
            value = math.nan
        if level not in LEVELS or level in found or not 0 <= value <= 1:
            raise UsageError(f"{pair[:40]!r} is no share of a level; write province=0.5,group=0.3,city=0.2")
        found[level] = value
    if found and not math.isclose(sum(found.values()), 1.0, abs_tol=0.005):
        raise UsageError(f"the shares are {sum(found.values()):g} together; make them 1")
    return {level: found[level] for level in LEVELS if found.get(level)}
