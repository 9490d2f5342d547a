"""A small province: every injected fault is found within its loop, classed right, and repaired or listed; none is invented."""

from __future__ import annotations

from pathlib import Path

import pytest

from huabao.runtime import Runtime
from tests.province import bills
from tests.province.days import KINDS, Province
from tests.province.score import problems, scores


@pytest.mark.slow
def test_a_small_province(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    province = Province(sqlite_runtime, tmp_path, readers=600, days=10, each=1)
    province.run()
    assert problems(province) == []
    assert [one.injected for one in scores(province)] == [1] * len(KINDS + bills.KINDS)
    assert len(province.results) == 10 and province.spoiled
