"""The lot: the same for everybody who does it over, and fair."""

from __future__ import annotations

import hashlib
import hmac
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from content.quiz.ranking import pool_digest, ranked, score, seal

ENTRIES = st.sets(st.integers(1, 10**12), max_size=60)


def test_a_known_draw() -> None:
    """Anybody's own few lines, written down once; docs/quiz.md shows them."""
    own = sorted(range(1, 11), key=lambda one: hmac.new(b"2009-08-24", f"huabao-quiz:7:{one}".encode(), hashlib.sha256).hexdigest())
    assert ranked("2009-08-24", 7, range(1, 11)) == own == [1, 8, 5, 3, 10, 4, 9, 7, 6, 2]
    assert pool_digest([3, 1, 2]) == hashlib.sha256(b"1\n2\n3\n").hexdigest()
    assert seal("x") == hashlib.sha256(b"x").hexdigest()


@given(ENTRIES, st.text(max_size=20), st.integers(1, 1000), st.randoms())
def test_nobody_is_lost_or_made_up_and_the_order_of_coming_makes_no_difference(entries: set[int], seed: str, quiz: int, dice: object) -> None:
    mixed = sorted(entries)
    dice.shuffle(mixed)  # type: ignore[attr-defined]
    order = ranked(seed, quiz, mixed)
    assert sorted(order) == sorted(entries)
    assert order == ranked(seed, quiz, entries)
    assert pool_digest(mixed) == pool_digest(entries)


@given(ENTRIES.filter(bool), st.text(max_size=20), st.integers(1, 10**12))
def test_who_joins_takes_one_place_and_the_others_keep_their_order(entries: set[int], seed: str, other: int) -> None:
    before = ranked(seed, 1, entries - {other})
    assert [one for one in ranked(seed, 1, entries | {other}) if one != other] == before


def test_every_number_wins_as_often_as_every_other() -> None:
    """Chi-square over 4,000 fixed seeds: 3 winners of 20; 43.8 is the 0.1 % point for 19 degrees of freedom."""
    draws, pool, prizes = 4000, 20, 3
    won = dict.fromkeys(range(1, pool + 1), 0)
    for seed in range(draws):
        for entry in ranked(f"seed {seed}", 5, won)[:prizes]:
            won[entry] += 1
    expected = draws * prizes / pool
    # the winners of one draw are different numbers, which makes the spread smaller by (pool - prizes) / (pool - 1)
    chi = sum((count - expected) ** 2 for count in won.values()) / expected * (pool - 1) / (pool - prizes)
    assert chi < 43.8, won


def test_early_and_late_numbers_win_alike_and_a_seed_says_nothing_about_the_next() -> None:
    draws = 4000
    first = [ranked(f"{seed}", 1, range(1, 11))[0] for seed in range(draws)]
    pairs: dict[tuple[int, int], int] = {}
    for one, two in pairwise(first):
        pairs[one, two] = pairs.get((one, two), 0) + 1
    expected = (draws - 1) / 100
    chi = sum((pairs.get((one, two), 0) - expected) ** 2 for one in range(1, 11) for two in range(1, 11)) / expected
    assert chi < 149.0, "99 degrees of freedom, 0.1 %"


def test_the_same_numbers_in_another_quiz_are_drawn_anew() -> None:
    assert ranked("s", 1, range(50)) != ranked("s", 2, range(50))
    assert len({score("s", 1, one) for one in range(1000)}) == 1000
