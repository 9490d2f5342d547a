"""Documents cut into pages: within the limit of each markup, valid, nothing lost, in order."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.designs import base_design
from content.wap.browsers import HTML, WML, XHTML_MP, Browser
from content.wap.decks import DECK_BYTES_MAX, compiled_bytes
from content.wap.documents import Block, Choice, Form, Heading, Link, PageDocument, Shown, Words, read_page, write_page
from content.wap.rendering import PAGE_BYTES_MAX, divided, render_pages
from content.wap.tokens import WapAddress, name_of
from huabao.errors import HuabaoError
from tests.wap_markup import faults_of, hrefs_of, sources_of, words_of

MP, OLD, TODAY = Browser("xhtml", XHTML_MP, 240), Browser("wml", WML, 96), Browser("xhtml", HTML, 640)
NAME = name_of("x")


@dataclass(frozen=True)
class Hrefs:
    address: WapAddress

    def page(self, name: str) -> str:
        return self.address.page_token(name)

    def part(self, number: int) -> str:
        return f"{self.address.page_token(NAME)}?p={number}"

    def picture(self, name: str, width_px: int) -> str:
        return f"{self.address.page_token(name)}?w={width_px}"


HREFS = Hrefs(WapAddress("http://w", b"k" * 32))


def pages(document: PageDocument, browser: Browser) -> list[bytes]:
    return render_pages(document, browser, HREFS, base_design().render)


def said(page: bytes) -> str:
    """The words of a page, without blanks and without what leads to other pages."""
    body = re.sub(rb"<head>.*?</head>", b"", page, flags=re.DOTALL)
    return re.sub(r"\s|([上下]一?页\s*)?\d+/\d+(\s*[上下]一?页)?\s*$", "", words_of(body).strip())


anything = st.text(st.characters(codec="utf-8"), max_size=300)
han = st.text("桥。江城，新！“开放”$&<1 \n", max_size=900)
blocks = st.lists(
    st.one_of(
        st.builds(Words, st.one_of(anything, han), st.booleans()),
        st.builds(Heading, anything, st.sampled_from([1, 2])),
        st.builds(Link, anything, st.just(NAME), st.sampled_from(["", "1"]), anything),
        st.builds(Shown, st.just(NAME), st.integers(1, 4_000), st.integers(1, 4_000), anything, st.integers(0, 900)),
    ),
    max_size=14,
)


@settings(max_examples=40, deadline=None)
@given(blocks, anything, st.sampled_from([MP, OLD, TODAY]), st.booleans())
def test_every_page_is_valid_and_within_its_limit(found: list[Block], title: str, browser: Browser, beside: bool) -> None:
    document = PageDocument("text", "江城早报", title, tuple(found), *([NAME] * 3 if beside else []))
    assert read_page(write_page(document)) == document
    made = pages(document, browser)
    for page in made:
        assert faults_of(page) == []
        assert compiled_bytes(page) <= DECK_BYTES_MAX if browser is OLD else len(page) <= PAGE_BYTES_MAX
    assert pages(document, browser) == made


@settings(max_examples=25, deadline=None)
@given(st.lists(han, min_size=1, max_size=12), st.sampled_from([MP, OLD]))
def test_no_word_is_lost(texts: list[str], browser: Browser) -> None:
    made = pages(PageDocument("text", "", "", tuple(Words(text) for text in texts)), browser)
    body = "".join(map(said, made))
    whole = re.sub(r"\s", "", "".join(texts))
    assert (body.replace("$$", "$") if browser is OLD else body) == whole


def test_pages_lead_to_each_other_and_to_what_is_beside() -> None:
    document = PageDocument("text", "", "长", tuple(Words("这一句话说完了就停下来。" * 20) for _ in range(60)), name_of("before"), name_of("behind"), name_of("home"))
    for browser, least in ((MP, 4), (OLD, 30)):
        made = pages(document, browser)
        assert len(made) >= least
        hrefs = HREFS
        assert hrefs.part(2) in hrefs_of(made[0])
        assert hrefs.page(document.previous) in hrefs_of(made[0])
        assert hrefs.page(document.next) not in hrefs_of(made[0])
        assert {hrefs.part(1), hrefs.part(3)} <= set(hrefs_of(made[1]))
        assert hrefs.page(document.next) in hrefs_of(made[-1])
        assert all(hrefs.page(document.home) in hrefs_of(page) for page in made)


def test_a_heading_is_not_left_alone_at_a_pages_end() -> None:
    run = tuple(block for number in range(40) for block in (Heading(f"第{number}节", 2), Words("一句话。" * 30)))
    for browser in (MP, OLD):
        for page in pages(PageDocument("text", "", "", run), browser):
            assert said(page).endswith("。")


def test_fifty_lines_and_a_form_on_the_oldest_handset() -> None:
    form = Form("x" * 40, "y" * 40, (Choice("try", "我要体验"), Choice("subscribe", "订购")), "c", tuple(Choice(f"service-{number}", f"第{number}项业务") for number in range(5)))
    made = pages(PageDocument("package", "", "我的套餐", (*(Link(f"业务{number}", NAME) for number in range(50)), form)), OLD)
    assert len(made) >= 3
    assert all(faults_of(page) == [] for page in made)
    assert sum(b'method="post"' in page for page in made) == 1
    assert b'value="$(v)"' in made[-1]


def test_a_variable_s_mark_in_a_text_is_none() -> None:
    page = pages(PageDocument("text", "", "$(x)", (Words("付$1，$(v) $$"),)), OLD)[0].decode()
    assert "付$$1，$$(v) $$$$" in page
    assert 'title="$$(x)"' in page


@given(han, st.integers(60, 600))
def test_parts_are_the_text(text: str, bytes_max: int) -> None:
    parts = divided(text, bytes_max)
    assert "".join(parts) == text
    assert all(len(part.encode()) <= bytes_max for part in parts)


def test_a_form_larger_than_a_deck_is_refused_with_words() -> None:
    form = Form("x", "y", (Choice("a", "b"),), "c", tuple(Choice(str(number), "很长的选项" * 8) for number in range(20)))
    with pytest.raises(HuabaoError, match="too long"):
        pages(PageDocument("quiz", "", "问", (form,)), OLD)


def test_a_compiler_makes_no_more_of_a_deck(tmp_path: Path) -> None:
    """xml2wbxml of libwbxml, without its string table, as the simplest gateway compiles."""
    form = Form("x" * 40, "y" * 40, (Choice("try", "我要体验"),), "c", (Choice("1", "一"), Choice("2", "二")))
    document = PageDocument("quiz", "", "新桥", (Heading("新桥通车 & $1"), Shown(NAME, 200, 100, "桥"), *(Words(f"第{number}句话。" * 9, number % 2 == 0) for number in range(12)), Link("下", NAME), form), NAME, NAME, NAME)
    for number, page in enumerate(pages(document, OLD)):
        source, target = tmp_path / f"{number}.wml", tmp_path / f"{number}.wmlc"
        source.write_bytes(page)
        done = subprocess.run(["xml2wbxml", "-n", "-v", "1.3", "-o", target, source], capture_output=True, text=True, check=False)
        assert target.exists(), done.stdout + done.stderr
        assert 0.75 * compiled_bytes(page) < target.stat().st_size <= compiled_bytes(page)


def test_a_picture_whose_lettering_is_too_small_is_there_larger() -> None:
    shown = Shown(NAME, 2_400, 1_000, "一格", legible_px=460)
    narrow, wide = (pages(PageDocument("picture", "", "", (shown,)), Browser("xhtml", XHTML_MP, width)) for width in (128, 480))
    assert {HREFS.picture(NAME, 128), HREFS.picture(NAME, 480)} <= {*hrefs_of(narrow[0]), *sources_of(narrow[0])}
    assert b"\xe6\x94\xbe\xe5\xa4\xa7" not in wide[0]
