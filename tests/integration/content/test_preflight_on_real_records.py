"""Every item of preflight fails on the record of a handset that was really sold; what no public table knows is measured and imported."""

from __future__ import annotations

from pathlib import Path

import pytest

from content.compose import PictureSource, compose
from content.folder import read_folder
from content.preflight.facts import MessageFacts, facts_of
from content.preflight.matching import mismatches
from huabao.runtime import Runtime
from subscribers.handset_classes import handset_class
from subscribers.handsets import capabilities_of, find_handset
from subscribers.imports.handsets import import_handsets
from tests.unit.content import editions

MODELS = ("3510,", "SF65,", "C357,", "GT-I9001,", "6300,")
MEASURED = "model,brand,smil,slides_max,slide_chars_max,progressive_jpeg\n6300,Nokia,no,3,40,no\n"


@pytest.fixture(scope="module")
def message(tmp_path_factory: pytest.TempPathFactory) -> MessageFacts:
    """A newspaper for a middling handset, as it would leave."""
    found = read_folder(editions.newspaper(tmp_path_factory.mktemp("in")), {})
    pictures = PictureSource(lambda sha256: found.assets[sha256][0])
    made = compose(found.manuscript, [item.key for item in found.manuscript.items], handset_class("100kb-240x320"), pictures, "http://x/wap")
    return facts_of(made.mime, len(made.mms))


def test_each_item_fails_on_a_handset_that_was_sold(sqlite_runtime: Runtime, message: MessageFacts, samples: Path, tmp_path: Path) -> None:
    lines = (samples / "devices" / "uaprof-index.csv").read_text("utf-8").splitlines(keepends=True)
    (tmp_path / "real.csv").write_text("".join(line for line in lines if line.startswith("file,") or any(f",{model}" in line for model in MODELS)), "utf-8")
    (tmp_path / "measured.csv").write_text(MEASURED)
    for name in ("real.csv", "measured.csv"):
        import_handsets(sqlite_runtime, tmp_path / name, by="li")

    def found(model: str) -> dict[str, set[str]]:
        with sqlite_runtime.transaction(read_only=True) as session:
            row = find_handset(session, model)
            assert row is not None, model
            said: dict[str, set[str]] = {}
            for one in mismatches(message, capabilities_of(row).values, 0.1):
                said.setdefault(one.level, set()).add(one.check)
            return said

    assert "mms_max_bytes" in found("Nokia 3510")["fail"], "size: 30,000 bytes"
    assert "image_types" in found("Siemens SF65")["fail"], "formats: no PNG"
    assert "mms_max_width_px" in found("Motorola C357")["fail"], "pictures of 160×120"
    assert "width_px" in found("Motorola C357")["warn"], "screen: 96×65"
    assert found("SAMSUNG GT-I9001")["fail"] == {"charsets"}, "character set: no UTF-8"
    assert found("Nokia 6300") == {"fail": {"slides_max", "slide_chars_max"}, "warn": {"smil"}}, "slide count, text length, SMIL: measured, on a real record that fits otherwise"
