"""Every message of every variant of the editions made for tests, read by decoders that are not ours."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from content.compose import Composition
from content.folder import read_folder
from subscribers.handset_classes import handset_classes
from tests.foreign import read_by_strangers
from tests.unit.content import editions
from tests.unit.content.composing import KINDS, composed


@pytest.mark.parametrize("kind", KINDS)
def test_strangers_read_every_message(built: Callable[[str, str], Composition], kind: str, tmp_path: Path) -> None:
    read_by_strangers([built(kind, name) for name in handset_classes()], tmp_path)


def test_strangers_read_the_messages_of_some_readers(tmp_path: Path) -> None:
    """Variants by segment: without the sport, and of a single story."""
    found = read_folder(editions.newspaper(tmp_path / "edition"), {})
    keys = tuple(item.key for item in found.manuscript.items)
    chosen = [tuple(key for key in keys if not key.endswith("4.md")), keys[-1:]]
    read_by_strangers([composed(found, "30kb-128x160", some) for some in chosen], tmp_path)
