"""The WAP editions of real papers: every page of each, in both languages, against its DTD and its limit; the files lead to each other."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path

import pytest
import yaml

from console.wap_answers import ServedHrefs
from content.compose import PictureSource
from content.compose.issue import design_of
from content.compose.short import ShortComposition, compose_short
from content.folder import ImportedFolder, read_folder
from content.wap.browsers import WML, XHTML_MP, Browser
from content.wap.decks import DECK_BYTES_MAX, compiled_bytes
from content.wap.documents import PAGE_TYPE, read_page
from content.wap.files import wap_files
from content.wap.pictures import PictureShelf
from content.wap.rendering import PAGE_BYTES_MAX, render_pages
from content.wap.tokens import wap_address
from tests.wap_markup import faults_of, hrefs_of, sources_of

ADDRESS = wap_address("http://wap.example.com/wap")
NAMES = ("newspaper-2022-10-am", "magazine-zhaohuaxishi", "comic-peppercarrot-06")


@cache
def built(folder: Path) -> tuple[ImportedFolder, ShortComposition]:
    found = read_folder(folder, {})
    keys = [item.key for item in found.manuscript.items]
    return found, compose_short(found.manuscript, keys, PictureSource(lambda sha256: found.assets[sha256][0]), ADDRESS, push=True)


@pytest.mark.parametrize("name", NAMES)
def test_every_page_is_valid_in_both_languages(samples: Path, tmp_path: Path, name: str) -> None:
    folder = samples / "editions" / name
    if "comic" in name:  # two pages of ten: finding panels takes a second a page
        shutil.copytree(folder, tmp_path / name)
        folder = tmp_path / name
        document = yaml.safe_load((folder / "edition.yaml").read_text("utf-8"))
        (folder / "edition.yaml").write_text(yaml.safe_dump({**document, "pages": document["pages"][1:3]}), "utf-8")
    found, made = built(folder)
    render = design_of(found.manuscript, lambda _: b"").render
    pages = 0
    for document in made.wap_pages:
        if document.media_type != PAGE_TYPE:
            continue
        hrefs = ServedHrefs(ADDRESS, ADDRESS.page_token(document.token))
        for browser in (Browser("xhtml", XHTML_MP, 240), Browser("wml", WML, 96)):
            for page in render_pages(read_page(document.body), browser, hrefs, render):
                assert faults_of(page) == []
                assert compiled_bytes(page) <= DECK_BYTES_MAX if browser.markup == "wml" else len(page) <= PAGE_BYTES_MAX
                pages += 1
    assert pages >= 16


def test_the_files_lead_to_each_other(samples: Path) -> None:
    found, made = built(samples / "editions" / NAMES[0])
    render = design_of(found.manuscript, lambda _: b"").render
    files = dict(wap_files(made.wap_pages, ADDRESS, render, 240, lambda sha256: found.assets[sha256][0], PictureShelf()))
    assert made.message.href.rpartition("/")[2] + ".xhtml" in files, "a link's file has the link's name"
    for name, data in files.items():
        if name.endswith(".xhtml"):
            for led in (*hrefs_of(data), *sources_of(data)):
                assert led in files or led == "http://wap.example.com/wap/my", (name, led)
            assert len(data) + sum(len(files[one]) for one in sources_of(data)) <= 20_000, "a page and its picture"
