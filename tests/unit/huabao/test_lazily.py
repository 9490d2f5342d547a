"""Attributes made at first use, without a lock over all objects of a class."""

from __future__ import annotations

import threading

from huabao.lazily import lazily

PATIENCE_S = 120


class Thing:
    def __init__(self, meet: threading.Barrier | None = None) -> None:
        self.asked = 0
        self.meet = meet

    @lazily
    def made(self) -> int:
        """What it makes."""
        self.asked += 1
        if self.meet is not None:
            self.meet.wait(PATIENCE_S)
        return self.asked


def test_it_is_made_once_and_kept() -> None:
    one = Thing()
    assert (one.made, one.made, one.asked) == (1, 1, 1)
    assert Thing.made.__doc__ == "What it makes."


def test_two_objects_make_theirs_at_the_same_time() -> None:
    meet = threading.Barrier(2)
    both = [Thing(meet), Thing(meet)]
    threads = [threading.Thread(target=lambda one=one: one.made) for one in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert [one.asked for one in both] == [1, 1]
    assert not meet.broken
