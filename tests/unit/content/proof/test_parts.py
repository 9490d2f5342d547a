"""The parts of a proof: its type, its slides, its words."""

from __future__ import annotations

import io
import re

import pytest
from fontTools.ttLib import TTFont
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from content.draw.screens import screen
from content.draw.stored import StoredSlide
from content.preflight.reasons import WORDS, in_language, reason
from content.preview import wording as preview_words
from content.proof import wording
from content.proof.faces import Faces
from content.proof.facts import MovedProof
from content.proof.pictures import Pictures
from content.proof.rendering import SCREEN_MM, SCREEN_NARROW_MM, screen_mm_of
from content.workflow.lifecycle import STATES, TRANSITIONS
from subscribers.handset_classes import handset_class, handset_classes
from tests.unit.content.editions import picture
from tests.unit.content.proof.proofs import variant

PLACES = re.compile(r"{(\w+)")


_FACES = Faces()


@given(st.text(max_size=40))
@settings(max_examples=60)
def test_any_text_is_shown_in_characters_that_the_face_has(text: str) -> None:
    shown = _FACES.shown(text)
    assert all(char in " \n" or _FACES.regular.has(char) for char in shown)
    assert _FACES.shown(shown) == shown


def test_a_face_holds_the_characters_asked_for_and_the_ascii_ones() -> None:
    made = TTFont(io.BytesIO(_FACES.bold.of(["报纸报"], "Huabao Proof", "Bold")))
    assert {ord("报"), ord("纸"), ord("0"), ord("〓")} <= set(made.getBestCmap())
    assert len(made.getGlyphOrder()) < 110
    assert "fvar" not in made
    assert _FACES.bold.of(["纸报"], "Huabao Proof", "Bold") == _FACES.bold.of(["报纸报"], "Huabao Proof", "Bold")


@pytest.mark.parametrize("name", list(handset_classes()))
@pytest.mark.parametrize("text", ["", "一句话。", "很长的一句话，要滚动才看得完。" * 30])
def test_a_slide_in_parts_is_the_slide_on_its_screen(name: str, text: str) -> None:
    handset = handset_class(name)
    jpeg = picture(handset.width_px - 7, handset.height_px // 2, noise=False)
    slide = StoredSlide(jpeg, "image/jpeg", text, 4_000)
    pictures = Pictures()
    made = pictures.slide(1, slide, handset, {})
    whole = slide.shown(handset)
    assert (made.width, made.height) == whole.size
    assert made.fold == (handset.height_px if whole.height > handset.height_px else None)
    joined = Image.new("RGB", whole.size, "white")
    assert made.picture is not None
    assert pictures.resources[made.picture.name] == jpeg
    top = made.picture.height
    if made.text is not None:
        joined.paste(Image.open(io.BytesIO(pictures.resources[made.text.name])), (made.text.left, top))
    below = (0, top, whole.width, min(whole.height, handset.height_px - 1))
    assert joined.crop(below).tobytes() == screen(slide.decoded(), text, handset).crop(below).tobytes()


def test_a_gif_is_printed_as_its_first_picture() -> None:
    pictures = Pictures()
    made = pictures.slide(1, StoredSlide(picture(60, 40, form="GIF"), "image/gif", "", 4_000), handset_class("30kb-128x160"), {})
    assert made.picture is not None
    assert Image.open(io.BytesIO(pictures.resources[made.picture.name])).format == "PNG"


@pytest.mark.parametrize("words", [wording.words(), preview_words.words(), {name: {"zh": zh, "en": en} for name, (en, zh) in WORDS.items()}])
def test_every_sentence_stands_in_both_languages_with_the_same_values(words: dict[str, dict[str, str]]) -> None:
    for name, sentence in words.items():
        assert set(sentence) == {"zh", "en"}, name
        assert sorted(PLACES.findall(sentence["zh"])) == sorted(PLACES.findall(sentence["en"])), name
        assert sentence["zh"], name


def test_every_state_and_change_has_a_name() -> None:
    assert all(f"state_{state}" in wording.words() for state in STATES)
    assert all(f"verb_{verb}" in wording.words() for verbs in TRANSITIONS.values() for verb in verbs)


def test_a_reason_is_english_and_knows_its_chinese() -> None:
    said = reason("message_bytes", bytes=80_000, most=30_720)
    assert said == "the message has 80,000 bytes, the handset takes 30,720"
    assert in_language(said, "zh") == "彩信有 80,000 字节，终端最多收 30,720 字节"
    assert in_language("as it stands", "zh") == "as it stands"


@pytest.mark.parametrize(
    ("kind", "rule", "zh"),
    [
        ("script", "2 traditional among 9 simplified characters", "9 个简体字中夹有 2 个繁体字"),
        ("repeat", "stood in paper/7 as “桥” (87% of the text)", "已见于 paper/7《桥》（正文 87% 相同）"),
        ("leader", "first mention of 李四 without a title", "首次提到李四未写职务"),
        ("leader", "李四 is 市长, not 书记", "李四是市长，不是书记"),
        ("word", "what is love", "what is love"),
        ("other", "something new", "something new"),
    ],
)
def test_what_the_screening_says_is_said_in_chinese(kind: str, rule: str, zh: str) -> None:
    assert wording.hit_words("zh", kind, rule) == zh
    assert wording.hit_words("en", kind, rule) == rule


def test_slides_are_made_narrower_where_a_variant_then_stands_on_one_page() -> None:
    pictures = Pictures()
    short, full, long = (screen_mm_of(variant(pictures, "30kb-128x160-aabbccdd", slides, moved=(MovedProof("桥", "text", ""),) * 14)) for slides in (5, 20, 80))
    assert short == long == SCREEN_MM > full >= SCREEN_NARROW_MM
