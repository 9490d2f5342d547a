"""When two texts tell one story.

Compared are the pairs of neighbouring characters, as in `content.folder.repeats`, after both texts were brought to the
simplified script: news agencies edit one report in both. docs/feeds.md has the figures that the threshold comes from.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import opencc

from content.folder.repeats import character_pairs, shared

CHARACTERS_COMPARED: Final = 600
"""The beginning of a text decides."""

PAIRS_MIN: Final = 8
"""Shorter texts are alike by chance; they tell one story only where they are equal."""

TITLE_SHARE_MIN: Final = 0.85
TITLE_PAIRS_MIN: Final = 5

_ASIDE: Final = re.compile(r"[（(][^（()）]{0,12}[图圖][^（()）]{0,6}[)）]")
_TRACKING: Final = re.compile(r"(?:utm_.*|spm|from|ref|source|fbclid|gclid)", re.IGNORECASE)


@lru_cache(maxsize=1)
def _simplifier() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


def simplified(text: str) -> str:
    """`text` in the simplified script, character by character and phrase by phrase."""
    return str(_simplifier().convert(text))


@dataclass(frozen=True)
class Gist:
    """What of a text is compared: pairs of characters of title and text, and the whole where it is short."""

    whole: str
    title_pairs: frozenset[str]
    pairs: frozenset[str]


def gist_of(title: str, body: str) -> Gist:
    """The gist of a story; notes such as （图） do not count."""
    heading = simplified(_ASIDE.sub("", title))
    text = simplified(_ASIDE.sub("", body[:CHARACTERS_COMPARED]))
    begins = text.startswith(heading.rstrip("…. "))
    whole = text if begins else f"{heading}\n{text}"
    return Gist("".join(letter for letter in whole if letter.isalnum()), character_pairs(heading), character_pairs(whole))


def likeness(first: Gist, second: Gist) -> float:
    """From 0 to 1: the share of the shorter text that the longer one has too; titles that are nearly equal count as well."""
    if first.whole == second.whole:
        return 1.0
    text = shared(first.pairs, second.pairs) if min(len(first.pairs), len(second.pairs)) >= PAIRS_MIN else 0.0
    titled = min(len(first.title_pairs), len(second.title_pairs)) >= TITLE_PAIRS_MIN
    title = shared(first.title_pairs, second.title_pairs) if titled else 0.0
    return max(text, title if title >= TITLE_SHARE_MIN and _alike_in_length(first, second) else 0.0)


def _alike_in_length(first: Gist, second: Gist) -> bool:
    shorter, longer = sorted((len(first.title_pairs), len(second.title_pairs)))
    return longer <= 2 * shorter


def alike(gists: Sequence[Gist], share_min: float) -> Iterator[tuple[int, int, float]]:
    """Every two of `gists` that are alike, as places with their likeness, the earlier first.

    Only texts that share a pair of characters are looked at, and those counted by an index: a thousand of them take a second.
    """
    seen: dict[str, list[int]] = defaultdict(list)
    titled: dict[str, list[int]] = defaultdict(list)
    for place, gist in enumerate(gists):
        counts: Counter[int] = Counter()
        for pair in gist.pairs:
            counts.update(seen[pair])
            seen[pair].append(place)
        titles: Counter[int] = Counter()
        for pair in gist.title_pairs:
            titles.update(titled[pair])
            titled[pair].append(place)
        near = {other for other, count in counts.items() if count >= share_min * min(len(gist.pairs), len(gists[other].pairs))}
        near |= {other for other, count in titles.items() if count >= TITLE_SHARE_MIN * min(len(gist.title_pairs), len(gists[other].title_pairs))}
        for other in sorted(near):
            found = likeness(gists[other], gist)
            if found >= share_min:
                yield other, place, found


def canonical_link(link: str) -> str:
    """A link without what does not change the page: scheme, `www.`, `m.`, tracking words, fragment, the last slash; "" for a site's front page."""
    try:
        parts = urlsplit(link)
    except ValueError:
        return ""
    host = re.sub(r"^(?:www|m|wap|3g)\.", "", parts.netloc.lower())
    query = urlencode([(name, value) for name, value in parse_qsl(parts.query) if not _TRACKING.fullmatch(name)])
    path = parts.path.rstrip("/")
    return f"{host}{path}{'?' + query if query else ''}" if path or query else ""
