"""A proof on paper, read again by somebody else's reader."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from content.designs import DesignError
from content.proof.rendering import render_html, render_pdf
from tests.unit.content.designs.folders import made as made_design
from tests.unit.content.proof.proofs import DIGEST, JPEG, fonts_of, proof, text_of


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The proof in Chinese."""
    path = tmp_path_factory.mktemp("proof") / "p.pdf"
    path.write_bytes(render_pdf(proof(), "zh"))
    return path


def test_it_says_who_gets_what_and_what_stands_in_the_way(made: Path) -> None:
    pages = text_of(made)
    whole = "".join(pages)
    for word in ("付印样", "版本3", "审阅中", "江城早报", "2,345", "编辑", "审核", "签发", "签名", "1个变体在终端上不适配，涉及1,234位读者", "1处命中必须处理", "1项未确认，共2项", "尚未批准"):
        assert word in pages[0], word
    for word in ("29,000/30,000", "城市是“合肥”", "新桥通车", "【敏感】", "标题再短些", "日期对不对", "wang2026-11-2205:12", "Nobody9", "送审", "KranichK1", "城东的桥", "30kb-128x160-11223344"):
        assert word in whole, word
    assert DIGEST in pages[0].replace(" ", "")


def test_every_page_is_numbered_and_carries_the_digest(made: Path) -> None:
    pages = text_of(made)
    assert len(pages) >= 6, "front, two tables, notes, a page for each variant"
    for number, page in enumerate(pages, 1):
        assert f"第{number}页共{len(pages)}页" in page
        assert f"摘要{DIGEST[:32]}" in page
    for one in proof().variants:
        assert one.sha256 in "".join(pages)


def test_its_fonts_are_its_own_and_embedded(made: Path) -> None:
    found = fonts_of(made)
    assert {row[0].partition("+")[2].strip(",") for row in found} == {"Regular", "Bold", "Song"}
    assert all(row[-5:-2] == ["yes", "yes", "yes"] for row in found)


def test_a_picture_is_printed_in_the_bytes_that_leave(made: Path, tmp_path: Path) -> None:
    subprocess.run(["pdfimages", "-all", str(made), str(tmp_path / "i")], check=True)
    assert JPEG in [path.read_bytes() for path in tmp_path.glob("*.jpg")]
    assert len([path for path in tmp_path.glob("*.jpg") if path.read_bytes() == JPEG]) <= 3, "held once, listed where it is shown"


def test_the_same_proof_gives_the_same_bytes(made: Path) -> None:
    assert render_pdf(proof(), "zh") == made.read_bytes()


def test_in_english(tmp_path: Path) -> None:
    path = tmp_path / "e.pdf"
    path.write_bytes(render_pdf(proof(variants=proof().variants[:1]), "en"))
    whole = "".join(text_of(path))
    assert all(word in whole for word in ("Pressproof", "version3", "inreview", "Beforeyousign", "page1of", "1variantsfail"))


HOSTILE = "</title></style><script>alert(1)</script><img src='file:///etc/passwd'><img src=http://127.0.0.1:9/>{{ 7*191 }}{% raw %} \x00\x07\u202eعربي 😀👨‍👩‍👧 𠮷 "


def test_hostile_texts_are_text(tmp_path: Path) -> None:
    whole = proof()
    item = whole.items[0]
    long = HOSTILE * 700
    nasty = proof(
        title=HOSTILE, publication=HOSTILE, number=HOSTILE[:60], imported_by="<b>li</b>", slots=(long,), comments=(type(whole.comments[0])("x", "y", None, long),),
        items=(type(item)(HOSTILE, HOSTILE, long, HOSTILE, (1,)),), variants=whole.variants[:1],
    )  # fmt: skip
    path = tmp_path / "h.pdf"
    path.write_bytes(render_pdf(nasty, "zh"))
    pages = text_of(path)
    assert "<script>alert(1)</script>" in pages[0]
    assert "{{7*191}}" in "".join(pages)
    assert "root:" not in "".join(pages)
    assert "1337" not in "".join(pages)
    assert b"/JavaScript" not in path.read_bytes()
    assert len(pages) < 120
    assert all(f"摘要{DIGEST[:32]}" in page for page in pages), "no text pushes the digest off its page"


def test_a_template_gets_no_further_than_the_proof(tmp_path: Path) -> None:
    mine = made_design(tmp_path, {"proof/proof.html.j2": "<p>\n{{ proof.__class__.__mro__ }}"})
    with pytest.raises(DesignError, match=r"proof/proof\.html\.j2:2: .*unsafe"):
        render_html(proof(), "zh", mine)
    secret = tmp_path / "secret.txt"
    secret.write_text("s3cret")
    page = f"<p>x</p><img src='{secret.as_uri()}'><link rel=stylesheet href='{secret.as_uri()}'><a rel=attachment href='{secret.as_uri()}'>y</a>"
    made = render_pdf(proof(), "zh", made_design(tmp_path, {"proof/proof.html.j2": page}))
    assert b"s3cret" not in made
    assert b"EmbeddedFile" not in made
