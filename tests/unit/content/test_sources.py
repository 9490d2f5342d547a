"""Pictures for composing: decoded once, the same whatever else is composed beside."""

from __future__ import annotations

from pathlib import Path

from content.compose import PictureSource, compose
from content.folder import read_folder
from content.manuscript import PictureRef
from subscribers.handset_classes import handset_class, handset_classes
from tests.unit.content import editions

SIZES = {"large": (1400, 1050), "small": (150, 90), "tall": (300, 1300)}
FILES = {name: editions.picture(*size) for name, size in SIZES.items()}
REFS = {name: PictureRef(f"images/{name}.jpg", name, *size) for name, size in SIZES.items()}


def test_a_picture_is_decoded_once_for_all_classes() -> None:
    loaded: list[str] = []

    def load(sha256: str) -> bytes:
        loaded.append(sha256)
        return FILES[sha256]

    whole = PictureSource(load)
    for handset in handset_classes().values():
        source = whole.of_class()
        for ref in REFS.values():
            shown = source.shown(ref, handset)
            assert source.shown(ref, handset) is shown
            fitting = min(ref.width_px, handset.width_px), min(ref.height_px, handset.height_px)
            assert shown.width >= fitting[0] or shown.height >= fitting[1], "too small for the screen"
            assert max(shown.size) <= max(ref.width_px, ref.height_px)
    assert sorted(loaded) == sorted(REFS)


def test_what_a_class_gets_does_not_depend_on_the_classes_beside_it() -> None:
    whole = PictureSource(FILES.__getitem__)
    together = {name: whole.of_class().shown(REFS["large"], handset) for name, handset in handset_classes().items()}
    for name, handset in reversed(handset_classes().items()):
        assert PictureSource(FILES.__getitem__).shown(REFS["large"], handset).tobytes() == together[name].tobytes()


def test_grey_pictures_are_decoded_for_themselves() -> None:
    source, handset = PictureSource(FILES.__getitem__), handset_class("30kb-128x160")
    coloured, grey = source.shown(REFS["large"], handset), source.without_colour.shown(REFS["large"], handset)
    assert coloured.tobytes() != grey.tobytes() and source.shown(REFS["large"], handset) is coloured
    assert all(red == green == blue for _, (red, green, blue) in grey.getcolors(1 << 24) or ())  # type: ignore[misc]  # RGB gives triples


def test_a_message_is_the_same_alone_and_after_others(tmp_path: Path) -> None:
    found = read_folder(editions.newspaper(tmp_path / "in"), {})
    keys = [item.key for item in found.manuscript.items]
    handset = handset_class("30kb-128x160")
    shared = PictureSource(lambda sha256: found.assets[sha256][0])
    source = shared.of_class()
    compose(found.manuscript, keys[1:], handset_class("50kb-176x220"), shared.of_class(), "http://w")
    compose(found.manuscript, keys[1:], handset, source, "http://w")
    after = compose(found.manuscript, keys, handset, source, "http://w")
    alone = compose(found.manuscript, keys, handset, PictureSource(lambda sha256: found.assets[sha256][0]), "http://w")
    assert after.mime == alone.mime
