"""What threads of one process have in hand: theirs alone, of one database, as long as they have it."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import create_engine

from huabao.hands import Hands
from tests.services.waiting import PATIENCE_S


def test_what_is_held_is_held_until_its_last_holder_lets_go() -> None:
    hands, one, other = Hands(), create_engine("sqlite://"), create_engine("sqlite://")
    with hands.holding(one, 7):
        with hands.holding(one, 7), hands.holding(one, 8), hands.holding(other, 9):
            assert hands.of(one) == {7, 8}
            assert hands.of(other) == {9}
        assert hands.of(one) == {7}
        assert hands.of(other) == frozenset()
    assert hands.of(one) == frozenset()


def test_what_ends_badly_is_let_go_of() -> None:
    hands, engine = Hands(), create_engine("sqlite://")
    with pytest.raises(OSError), hands.holding(engine, 7):
        raise OSError
    assert hands.of(engine) == frozenset()


def test_threads_that_take_and_let_go_do_not_disturb_who_looks() -> None:
    hands, engine, over = Hands(), create_engine("sqlite://"), threading.Event()

    def work(row_id: int) -> None:
        while not over.is_set():
            with hands.holding(engine, row_id):
                pass

    threads = [threading.Thread(target=work, args=(row_id,)) for row_id in range(4)]
    for thread in threads:
        thread.start()
    with hands.holding(engine, 99):
        seen = [hands.of(engine) for _ in range(2000)]
    over.set()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert all(99 in one and one <= {0, 1, 2, 3, 99} for one in seen)
    assert hands.of(engine) == frozenset()
