"""Shares of the slides by level: the arithmetic, and real papers in real classes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.compose import PictureSource, compose
from content.compose.allotment import Sizes, wishes
from content.compose.levels import Sharing, level_shares, quotas
from content.folder import read_folder
from content.manuscript import LEVELS
from content.signatures import SignatureRules
from subscribers.handset_classes import handset_class
from tests.unit.content import editions

NO_PICTURES: dict[str, bytes] = {}
SHARES = {"province": 0.5, "group": 0.3, "city": 0.2}


@pytest.mark.parametrize(
    ("slides", "found"),
    [(10, (5, 3, 2)), (7, (4, 2, 1)), (1, (1, 0, 0)), (0, (0, 0, 0)), (4, (2, 1, 1)), (3, (1, 1, 1))],
)
def test_quotas_by_largest_remainder(slides: int, found: tuple[int, ...]) -> None:
    assert tuple(quotas(SHARES, slides).values()) == found


@given(st.dictionaries(st.sampled_from(LEVELS), st.floats(0, 1), min_size=1), st.integers(0, 60))
def test_quotas_are_whole_and_within_one_slide_of_their_share(shares: dict[str, float], slides: int) -> None:
    found = quotas(shares, slides)
    whole = sum((Fraction(share).limit_denominator(10_000) for share in shares.values()), Fraction(0))
    if whole > Fraction(1, 1000):
        assert sum(found.values()) == slides
        assert all(abs(found[level] - slides * share / sum(shares.values())) < 1.02 for level, share in shares.items())
    else:
        assert sum(found.values()) in (0, slides)


@dataclass(frozen=True)
class Plain:
    """A piece that takes one slide, or more."""

    sizes: tuple[int, ...]


def share_out(levels: list[str], sizes: list[int], room: int, shares: dict[str, float]) -> tuple[Sizes, Counter[str]]:
    pieces = [Plain(tuple(range(1, most + 1))) for most in sizes]

    def count(given: Sizes) -> int:
        return 2 + sum(given.values()) + any(size == 0 for size in given.values())

    def used(given: Sizes) -> dict[str, Fraction]:
        return {level: Fraction(sum(size for number, size in given.items() if levels[number] == level)) for level in LEVELS}

    found = Sharing(pieces, levels, count, used, room).allot(wishes(pieces, ()), shares)  # type: ignore[arg-type]  # all that an allotment asks of a piece
    return found, Counter({level: int(value) for level, value in used(found).items()})


@given(st.lists(st.tuples(st.sampled_from(LEVELS), st.integers(1, 4)), min_size=1, max_size=25), st.integers(4, 30))
def test_each_level_has_its_share_or_all_that_it_wants_and_no_slide_is_left(pieces: list[tuple[str, int]], room: int) -> None:
    levels, sizes = [level for level, _ in pieces], [most for _, most in pieces]
    found, used = share_out(levels, sizes, room, SHARES)
    wanted: Counter[str] = Counter()
    for level, most in pieces:
        wanted[level] += most
    total = sum(used.values())
    everything = sum(sizes) + 2 <= room
    assert total + 2 + any(size == 0 for size in found.values()) <= room
    assert total == sum(sizes) if everything else total >= min(room - 3, sum(sizes) - 1)
    for level, quota in quotas(SHARES, room - 3).items():
        assert used[level] >= min(quota, wanted[level])


def test_what_a_level_does_not_use_goes_to_the_others_by_their_shares() -> None:
    _, used = share_out(["province"] * 20 + ["city"] * 20, [1] * 40, 23, SHARES)
    assert used == {"province": 14, "city": 6, "group": 0}


def paper(folder: Path, **values: Any) -> Path:
    counts = {"province": 14, "group": 9, "city": 7}
    files: dict[str, str | bytes] = {}
    sections = []
    for level, count in counts.items():
        names = [f"articles/{level}{number}.md" for number in range(count)]
        files |= {name: article(name, level) for name in names}
        sections.append({"title": level, "items": names})
    return editions.write(folder, {"edition.yaml": editions.edition(sections=sections, **values), **files})


def article(name: str, level: str) -> str:
    body = "".join(f"{name[9:-3]}的第{line}件事说到这里，说的是{line * 7}个人怎样度过这一天，又怎样回家。" for line in range(1, 9))
    return editions.article(f"新闻{name[9:-3]}", body, level=level)


@pytest.mark.parametrize("name", ["30kb-128x160", "100kb-240x320", "600kb-480x800"])
def test_a_paper_keeps_to_its_shares_as_nearly_as_whole_slides_let_it(tmp_path: Path, name: str) -> None:
    (tmp_path / "with").mkdir()
    (tmp_path / "without").mkdir()
    with_, without = (read_folder(paper(tmp_path / one, **values), {}).manuscript for one, values in (("with", {"shares": SHARES}), ("without", {})))
    made, free = (compose(one, SignatureRules(one).all_items, handset_class(name), PictureSource(NO_PICTURES.__getitem__), "http://w") for one in (with_, without))
    assert len(made.slides) <= handset_class(name).slides_max
    found = {one.level: one for one in level_shares(with_, made)}
    assert all(abs(one.missing) <= 1 for one in found.values()), found
    assert not any(one.short for one in found.values())
    assert level_shares(without, free) == ()
