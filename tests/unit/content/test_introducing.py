"""The service introduction from the catalogue: each class its package, nothing that a reader holds."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.folder import read_folder
from content.introducing import introduced, price_text
from content.manuscript import Article, Item, Manuscript, Section
from content.signatures import SignatureRules
from content.workflow.readiness import partial_parts
from huabao.errors import UsageError
from subscribers.offers.catalogue import CLASSES, Service, parse_catalogue, shipped_text
from subscribers.segments import ReaderFacts
from tests.unit.content import editions

CATALOGUE = parse_catalogue(shipped_text(), "catalogue.toml")
WORDS = Item("articles/service.md", None, Article("业务介绍", ("您好。",)))


def magazine(form: str) -> Manuscript:
    section = Section("业务介绍", (WORDS,), "service", offers=form)
    return introduced(Manuscript("huikan", "magazine", "1", "会刊", date(2009, 8, 1), (section,)), CATALOGUE)


def shown(manuscript: Manuscript, attribute_class: str | None, services: frozenset[str] = frozenset()) -> list[str]:
    rules = SignatureRules(manuscript)
    return [key for key in rules.items_of(rules.mask_of(ReaderFacts(attribute_class=attribute_class, services=services))) if key != WORDS.key]


@pytest.mark.parametrize("name", [*CLASSES, None])
def test_each_class_reads_about_its_own_package(name: str | None) -> None:
    assert shown(magazine("package"), name) == [f"offers/{name or 'F'}"]
    item = next(item for item in magazine("package").items if item.key == f"offers/{name or 'F'}")
    package = CATALOGUE.package_of(name)
    assert item.article is not None
    assert package is not None
    assert item.article.title == package.title
    assert [paragraph.partition("：")[0] for paragraph in item.article.paragraphs] == [CATALOGUE.services[slug].title for slug in package.services]


@given(st.sampled_from([*CLASSES, None]), st.frozensets(st.sampled_from([one.service_id for one in CATALOGUE.services.values()])))
def test_what_a_reader_holds_is_not_introduced_to_him(name: str | None, held: frozenset[str]) -> None:
    package = CATALOGUE.package_of(name)
    assert package is not None
    wanted = [f"offers/{slug}" for slug in package.services if CATALOGUE.services[slug].service_id not in held]
    assert sorted(shown(magazine("unheld"), name, held)) == sorted(wanted or ["offers/all-held"])


def test_every_reader_gets_something_of_either_form() -> None:
    for form in ("package", "unheld"):
        only = magazine(form)
        bare = Manuscript(**{**vars(only), "sections": (Section("业务介绍", only.sections[0].items[1:], "service"),)})
        assert [one for one in partial_parts(bare) if "业务介绍" in one] == []


def test_prices_are_said_where_the_catalogue_says_them() -> None:
    said = [price_text(Service("x", "X", "x", charge=charge, price_fen=price)) for charge, price in (("free", None), ("monthly", 300), ("per-use", 25), ("unstated", None), ("monthly", None))]
    assert said == ["（免费）", "（3元/月）", "（0.25元/次）", "", ""]


def test_importing_again_writes_the_articles_anew() -> None:
    once = magazine("package")
    assert introduced(once, CATALOGUE) == once


def folder(tmp_path: Path, **section: object) -> Path:
    sections = [{"title": "卷首", "items": ["a.md"]}, {"title": "业务介绍", **section}]
    return editions.write(tmp_path, {"edition.yaml": editions.edition("magazine", sections=sections), "a.md": editions.article("甲")})


def test_a_section_without_files_of_its_own_is_kept(tmp_path: Path) -> None:
    found = read_folder(folder(tmp_path, part="service", offers="package"), {})
    assert [(section.title, section.offers, section.items) for section in found.manuscript.sections[1:]] == [("业务介绍", "package", ())]
    assert Manuscript.from_document(found.manuscript.to_document()) == found.manuscript


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({"part": "service", "offers": "all"}, "write one of package, unheld"),
        ({"part": "front", "offers": "package"}, "write it where `part: service` stands"),
        ({"part": "service", "offers": "package", "segment": editions.CITY}, "take the `segment` away"),
    ],
)
def test_where_offers_mean_nothing_they_are_refused(tmp_path: Path, section: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=r"edition\.yaml:") as caught:
        read_folder(folder(tmp_path, **section), {})
    assert said in str(caught.value)
