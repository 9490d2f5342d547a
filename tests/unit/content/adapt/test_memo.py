"""Things made once, whoever asks."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from content.adapt.memo import Memo


def test_what_many_threads_want_at_once_is_made_by_one() -> None:
    memo: Memo[int] = Memo()
    made: list[int] = []
    together = threading.Barrier(4)

    def want(number: int) -> int:
        together.wait(5)
        return memo.get("thing", lambda: made.append(number) or number)  # type: ignore[func-returns-value]  # append gives None

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(want, range(4)))
    assert found == made * 4 and len(memo) == 1


def test_another_thing_need_not_wait_and_one_may_be_made_of_others() -> None:
    memo: Memo[str] = Memo()
    inside, go_on = threading.Event(), threading.Event()

    def slowly() -> str:
        inside.set()
        assert go_on.wait(5)
        return memo.get("part", lambda: "part") + " of a whole"

    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(memo.get, "whole", slowly)
        assert inside.wait(5)
        assert memo.get("other", lambda: "other") == "other"
        go_on.set()
        assert slow.result(5) == "part of a whole"


def test_what_could_not_be_made_may_be_asked_for_again() -> None:
    memo: Memo[int] = Memo()
    with pytest.raises(ZeroDivisionError):
        memo.get("thing", lambda: 1 // 0)
    assert memo.get("thing", lambda: 7) == 7
