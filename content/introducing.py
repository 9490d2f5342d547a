"""The service introduction (業務介紹) of a magazine, written from the catalogue: each reader's own package, less what he holds where that is wanted.

A section that says `offers: package` gets one article for each attribute class, with
the services of its package: six variants at most. One that says `offers: unheld` gets an article for
each service, shown to the classes whose package has it and to nobody who has ordered it: nothing is
offered that a reader holds, and as many variants as the audience's holdings ask for. What a single reader
holds can also be said to him alone, by the slot `offers`, see `content.slots`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from content.manuscript import Article, Item, Manuscript, Section
from subscribers.offers.catalogue import CLASSES, LAST_CLASS, Catalogue, Package, Service

BY_PACKAGE, UNHELD = "package", "unheld"
FORMS = (BY_PACKAGE, UNHELD)

KEY = "offers/"
"""How the keys of the articles begin; no file of a folder lies there for long (`articles/`, `images/` …)."""

ALL_HELD_TITLE, ALL_HELD = "您的业务", "为您推荐的业务您都已开通，谢谢您的支持。"


def introduced(manuscript: Manuscript, catalogue: Catalogue) -> Manuscript:
    """The manuscript with the articles of its sections that say `offers`; the same one where none does."""
    if not any(section.offers for section in manuscript.sections):
        return manuscript
    sections = tuple(_section(section, catalogue) if section.offers else section for section in manuscript.sections)
    return dataclasses.replace(manuscript, sections=sections)


def _section(section: Section, catalogue: Catalogue) -> Section:
    packages = {name: one for name in CLASSES if (one := catalogue.package_of(name)) is not None}
    own = tuple(item for item in section.items if not item.key.startswith(KEY))
    items = _by_package(catalogue, packages) if section.offers == BY_PACKAGE else _unheld(catalogue, packages)
    return dataclasses.replace(section, items=(*own, *items))


def _by_package(catalogue: Catalogue, packages: dict[str, Package]) -> tuple[Item, ...]:
    return tuple(
        Item(f"{KEY}{name}", of_class(name), Article(one.title, tuple(_line(catalogue.services[slug]) for slug in one.services))) for name, one in packages.items()
    )


def _unheld(catalogue: Catalogue, packages: dict[str, Package]) -> tuple[Item, ...]:
    """An article for each service, and one for those who hold their whole package."""
    slugs = dict.fromkeys(slug for one in packages.values() for slug in one.services)
    found = []
    for service in (catalogue.services[slug] for slug in slugs):
        classes = [of_class(name) for name, one in packages.items() if service.slug in one.services]
        rule = {"all": [_any(classes), {"not": _holds(service)}]}
        found.append(Item(f"{KEY}{service.slug}", rule, Article(service.title, (_told(service),))))
    whole = [{"all": [of_class(name), *(_holds(catalogue.services[slug]) for slug in one.services)]} for name, one in packages.items()]
    return (*found, Item(f"{KEY}all-held", _any(whole), Article(ALL_HELD_TITLE, (ALL_HELD,)))) if whole else ()


def of_class(name: str) -> dict[str, Any]:
    """The rule of an attribute class; whoever has none is an ordinary reader, of the last class."""
    if name != LAST_CLASS:
        return {"field": "attribute_class", "op": "eq", "value": name}
    return {"not": {"field": "attribute_class", "op": "in", "value": [one for one in CLASSES if one != LAST_CLASS]}}


def _any(rules: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return rules[0] if len(rules) == 1 else {"any": list(rules)}


def _holds(service: Service) -> dict[str, Any]:
    return {"field": "services", "op": "contains", "value": service.service_id}


def _line(service: Service) -> str:
    return f"{service.title}：{_told(service)}"


def _told(service: Service) -> str:
    """Its introduction and what it costs, as far as the catalogue says so."""
    said = service.introduction or f"{service.title}欢迎您体验。"
    return f"{said}{price_text(service)}"


def price_text(service: Service) -> str:
    """What a service costs, in Chinese; "" where the catalogue does not say."""
    if service.charge == "free":
        return "（免费）"
    if not service.price_fen:
        return ""
    yuan, fen = divmod(service.price_fen, 100)
    amount = f"{yuan}.{fen:02d}".rstrip("0").rstrip(".")
    return f"（{amount}元/{'月' if service.charge == 'monthly' else '次'}）"
