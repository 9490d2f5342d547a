"""The catalogue of services and packages as a file: TOML in, frozen dataclasses or one clear message out."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from huabao.errors import UsageError
from subscribers.segments import Rule, parse_rule

CLASSES = "ABCDEF"
LAST_CLASS = "F"
"""The class of a reader whom no other fits, so also of one whose class nobody told us."""

LEVELS = ("province", "group", "city")
"""The three levels of grouping (三級分組): the whole province, a group in it, a city; in this order they are shown."""

CHARGES = ("free", "monthly", "per-use", "unstated")
DIRECTIONS = ("none", "from-boss", "to-boss")
"""Who tells whom of a service's orders: nobody; BOSS the platform; the platform BOSS."""

THRESHOLDS = ("low", "middle", "high")
FILE_CHARS_MAX = 400_000
SERVICES_MAX, PACKAGES_MAX, PACKAGE_SERVICES_MAX = 500, 300, 50
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True)
class Service:
    """One service that a reader may order.

    Attributes:
        slug: its name in links and orders.
        title, title_en: its name, Chinese and English.
        service_id: how BOSS, MISC and `subscriptions` name it.
        introduction, introduction_en: two or three sentences.
        charge: `free`, `monthly`, `per-use`, or `unstated` where the catalogue does not say.
        price_fen: in the unit of `charge`; None where the catalogue does not say.
        threshold: how much it asks of who tries it: low, middle or high.
        trial: whether it may be tried before it is ordered.
        direction: one of `DIRECTIONS`, or "" where the setting `service_direction` decides.
        confirm: whether its reader is asked once more before it is ordered by an interface.
        reply: the reply that agrees then; "" is any.
    """

    slug: str
    title: str
    service_id: str
    title_en: str = ""
    introduction: str = ""
    introduction_en: str = ""
    charge: str = "unstated"
    price_fen: int | None = None
    threshold: str = "middle"
    trial: bool = True
    direction: str = ""
    confirm: bool = True
    reply: str = ""


@dataclass(frozen=True)
class Package:
    """Services for one kind of reader, in the order in which they are shown.

    Attributes:
        level: `province` (by `attribute_class`), `group` (by `rule`) or `city`.
        attribute_class: A to F, or "" for every class.
        rule: of the readers it is for; None asks nothing.
    """

    slug: str
    title: str
    level: str
    services: tuple[str, ...]
    attribute_class: str = ""
    city: str = ""
    rule: Rule | None = None


@dataclass(frozen=True)
class Catalogue:
    """Every service by slug, and the packages in the order of their levels."""

    services: Mapping[str, Service]
    packages: tuple[Package, ...]

    def by_service_id(self) -> dict[str, Service]:
        """The services by the name that a subscription has."""
        return {one.service_id: one for one in self.services.values()}

    def package_of(self, attribute_class: str | None) -> Package | None:
        """The province's package of a class, which alone is a fact of the class; None where the catalogue has none."""
        wanted = attribute_class or LAST_CLASS
        return next((one for one in self.packages if one.level == "province" and one.attribute_class == wanted), None)


def shipped_text() -> str:
    """The catalogue that comes with Huabao: the six packages of the province's members."""
    return (resources.files("subscribers.offers") / "catalogue.toml").read_text("utf-8")


@lru_cache(maxsize=8)
def parse_catalogue(text: str, where: str) -> Catalogue:
    """The catalogue in `text`.

    Args:
        where: the file's name; begins every message.

    Raises:
        UsageError: it is no catalogue; the message says which entry, what is wrong and what to do.
    """
    if len(text) > FILE_CHARS_MAX:
        raise UsageError(f"{where}: longer than {FILE_CHARS_MAX:,} characters; a catalogue of a province is a tenth of that")
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"{where}: no TOML: {error}; mend that line") from error
    unknown = sorted(set(document) - {"service", "package"})
    if unknown:
        raise UsageError(f"{where}: there is no table [[{unknown[0]}]]; write [[service]] and [[package]]")
    services = _services(_rows(document, "service", SERVICES_MAX, where))
    return Catalogue(services, _packages(_rows(document, "package", PACKAGES_MAX, where), services))


@dataclass(frozen=True)
class _Row:
    """One entry of the file and what to call it in a message."""

    values: dict[str, Any]
    where: str

    def fail(self, what: str) -> UsageError:
        return UsageError(f"{self.where}: {what}")

    def text(self, name: str, chars_max: int, *, required: bool = False) -> str:
        value = self.values.get(name, "")
        if not isinstance(value, str) or len(value) > chars_max or any(char < " " and char not in "\n" for char in value):
            raise self.fail(f"`{name}` is a text of at most {chars_max} characters without control characters")
        if required and not value.strip():
            raise self.fail(f"`{name}` is missing; fill it in")
        return value.strip()

    def slug(self) -> str:
        value = self.text("slug", 40, required=True)
        if not _SLUG.fullmatch(value):
            raise self.fail(f"`slug` is {value!r}; use small letters, digits and hyphens, e.g. phonebook")
        return value

    def switch(self, name: str, *, default: bool) -> bool:
        value = self.values.get(name, default)
        if not isinstance(value, bool):
            raise self.fail(f"`{name}` is true or false")
        return value

    def choice(self, name: str, choices: tuple[str, ...], default: str) -> str:
        value = self.values.get(name, default)
        if value not in choices:
            raise self.fail(f"`{name}` is {value!r}; write one of {', '.join(choices)}")
        return str(value)

    def known(self, names: tuple[str, ...]) -> None:
        unknown = sorted(set(self.values) - set(names))
        if unknown:
            raise self.fail(f"there is no key `{unknown[0]}`; keys are {', '.join(names)}")


def _rows(document: dict[str, Any], kind: str, most: int, where: str) -> list[_Row]:
    found = document.get(kind, [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise UsageError(f"{where}: write each {kind} below a line [[{kind}]]")
    if not found or len(found) > most:
        raise UsageError(f"{where}: {len(found)} entries [[{kind}]]; a catalogue has 1 to {most}")
    return [_Row(values, f"{where}: {kind} {number} ({str(values.get('slug', '?'))[:40]!r})") for number, values in enumerate(found, 1)]


SERVICE_KEYS = ("slug", "title", "title_en", "service_id", "introduction", "introduction_en", "charge", "price_fen", "threshold", "trial", "direction", "confirm", "reply")
PACKAGE_KEYS = ("slug", "title", "level", "attribute_class", "city", "rule", "services")


def _services(rows: list[_Row]) -> dict[str, Service]:
    found: dict[str, Service] = {}
    ids: set[str] = set()
    for row in rows:
        row.known(SERVICE_KEYS)
        one = _service(row)
        if one.slug in found or one.service_id in ids:
            raise row.fail(f"`{'slug' if one.slug in found else 'service_id'}` stands twice; each service has its own")
        found[one.slug] = one
        ids.add(one.service_id)
    return found


def _service(row: _Row) -> Service:
    price = row.values.get("price_fen")
    if price is not None and (isinstance(price, bool) or not isinstance(price, int) or not 0 <= price <= 1_000_000):
        raise row.fail("`price_fen` is a whole number of fen from 0, e.g. 300 for 3 yuan")
    charge = row.choice("charge", CHARGES, "unstated")
    if price and charge in ("free", "unstated"):
        raise row.fail(f"`price_fen` is {price} and `charge` {charge}; say `charge` monthly or per-use, or take the price away")
    slug = row.slug()
    return Service(
        slug=slug,
        title=row.text("title", 60, required=True),
        service_id=row.text("service_id", 40) or slug,
        title_en=row.text("title_en", 80),
        introduction=row.text("introduction", 600),
        introduction_en=row.text("introduction_en", 1200),
        charge=charge,
        price_fen=price,
        threshold=row.choice("threshold", THRESHOLDS, "middle"),
        trial=row.switch("trial", default=True),
        direction=row.choice("direction", DIRECTIONS, "") if "direction" in row.values else "",
        confirm=row.switch("confirm", default=True),
        reply=row.text("reply", 20).upper(),
    )


def _packages(rows: list[_Row], services: Mapping[str, Service]) -> tuple[Package, ...]:
    found: dict[str, Package] = {}
    of_class: set[str] = set()
    for row in rows:
        row.known(PACKAGE_KEYS)
        one = _package(row, services)
        if one.slug in found:
            raise row.fail("`slug` stands twice; each package has its own")
        if one.level == "province" and one.attribute_class in of_class:
            raise row.fail(f"class {one.attribute_class} has a package of the province already; a class has one")
        if one.level == "province":
            of_class.add(one.attribute_class)
        found[one.slug] = one
    return tuple(sorted(found.values(), key=lambda one: LEVELS.index(one.level)))


def _package(row: _Row, services: Mapping[str, Service]) -> Package:
    level = row.choice("level", LEVELS, "province")
    of_class = row.text("attribute_class", 1).upper()
    if (of_class and of_class not in CLASSES) or (level == "province" and not of_class):
        raise row.fail(f"`attribute_class` is {of_class!r}; write one of {', '.join(CLASSES)}")
    city = row.text("city", 40)
    if (level == "city") != bool(city):
        raise row.fail("a package of level city names its `city`, and no other does")
    rule = row.values.get("rule")
    if level == "group" and rule is None:
        raise row.fail("a package of level group has a `rule` that says whom it is for; `huabao segment fields` shows what it may ask")
    chosen = row.values.get("services")
    if not isinstance(chosen, list) or not 1 <= len(chosen) <= PACKAGE_SERVICES_MAX or not all(isinstance(one, str) for one in chosen):
        raise row.fail(f"`services` is a list of 1 to {PACKAGE_SERVICES_MAX} slugs of services")
    missing = next((one for one in chosen if one not in services), None)
    if missing is not None:
        raise row.fail(f"there is no service {missing[:40]!r}; add it as a [[service]]")
    if len(set(chosen)) < len(chosen):
        raise row.fail("a service stands twice in `services`")
    parsed = None if rule is None else parse_rule(rule, row.where)
    return Package(row.slug(), row.text("title", 60, required=True), level, tuple(chosen), of_class, city, parsed)
