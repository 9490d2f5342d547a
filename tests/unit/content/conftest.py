"""Messages that the tests of several files look at."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from content.compose import Composition
from tests.unit.content.composing import builder


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Composition]:
    """The message of a kind for a class."""
    return builder(tmp_path_factory.mktemp)
