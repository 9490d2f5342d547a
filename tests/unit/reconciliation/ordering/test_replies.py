"""What a reader's reply says to the question whether he really wants what he ordered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.reports.keywords import STOP_ASKED
from reconciliation.ordering.confirming import price_words, verdict
from reconciliation.ordering.settings import CONFIRM_NO_WORDS
from subscribers.offers.catalogue import Service

NO = CONFIRM_NO_WORDS.default


@pytest.mark.parametrize(
    ("text", "status", "expected", "says"),
    [
        ("好", None, "", "agreed"), ("Y", None, "", "agreed"), ("", None, "", None), (" 。", None, "", None), ("n", None, "", "declined"), ("Ｎ！", None, "", "declined"),
        ("退订", STOP_ASKED, "", "declined"), ("退订", STOP_ASKED, "退订", "declined"), ("A", "quiz-counted", "", None), ("y", None, "Y", "agreed"), ("Ｙ。", None, "Y", "agreed"),
        ("Yes", None, "Y", None), ("取消", None, "Y", "declined"), ("Y", "offer-ordered", "Y", "agreed"), ("y", "offer-already", "", "agreed"), ("YW", "offer-link", "", None),
    ],
)  # fmt: skip
def test_replies(text: str, status: str | None, expected: str, says: str | None) -> None:
    assert verdict(text, status, expected, NO) == says


@given(st.text(max_size=40), st.sampled_from(["", "Y", "1"]))
def test_only_the_expected_reply_agrees_and_none_that_refuses(text: str, expected: str) -> None:
    said = verdict(text, None, expected, NO)
    assert said in ("agreed", "declined", None)
    assert verdict(text, STOP_ASKED, expected, NO) == "declined"
    if said == "agreed" and expected:
        assert verdict(f"{text}x", None, expected, NO) != "agreed"


@pytest.mark.parametrize(
    ("charge", "price_fen", "words"),
    [
        ("monthly", 300, "3元/月"),
        ("monthly", 350, "3.5元/月"),
        ("per-use", 50, "0.5元/次"),
        ("free", None, "免费"),
        ("unstated", None, "以业务公布为准"),
        ("monthly", None, "以业务公布为准"),
    ],
)
def test_prices_in_words(charge: str, price_fen: int | None, words: str) -> None:
    assert price_words(Service("a", "A", "a", charge=charge, price_fen=price_fen)) == words


def test_a_service_that_nobody_knows_has_no_price() -> None:
    assert price_words(None) == "以业务公布为准"
