"""The page of the policy says what the policy says."""

from __future__ import annotations

from pathlib import Path

from tests.house import policy_page

ROOT = Path(__file__).parent.parent.parent


def test_the_page_is_as_the_policy_is() -> None:
    assert (ROOT / policy_page.PAGE).read_text() == policy_page.render(), "run: python -m tests.house.policy_page"
