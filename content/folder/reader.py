"""An edition folder as a whole: `edition.yaml`, what it names, and what is odd about it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from content.adapt import PictureError, PictureInfo, inspect
from content.folder.articles import read_article, rule_of, text_of
from content.folder.comics import lettering_warning
from content.folder.documents import Node, read_yaml
from content.folder.files import PICTURE_BYTES_MAX, Files, Folder
from content.folder.forms import check_heroes, heroes_of, one_story_each
from content.folder.legibility import illegible
from content.folder.problems import Findings, Place
from content.folder.repeats import repeated_stories
from content.folder.shares import shares_of
from content.folder.slots import declared_slots, used_slots
from content.manuscript import MAGAZINE_PARTS, Hero, Item, Manuscript, Panel, PictureRef, Section, Slot
from content.models import KINDS
from huabao.errors import UsageError

EDITION_FILE = "edition.yaml"
EDITION_KEYS = ("publication", "kind", "number", "title", "date", "cover", "sections", "reading", "pages", "credit", "slots", "heroes", "shares", "greyscale", "almanac", "design")
SECTION_KEYS = ("title", "segment", "part", "items", "short_title", "city", "fallback", "offers")
OFFER_FORMS = ("package", "unheld")
PAGE_KEYS = ("image", "panels", "segment", "hero")
ALMANAC_KEYS = ("lunar", "term", "note")
READINGS = ("ltr", "rtl", "vertical")
SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
NUMBER = re.compile(r"[^\s/\\\x00-\x1f]{1,60}")
ITEMS_MAX = 500
PANELS_MAX = 40


@dataclass(frozen=True)
class ImportedFolder:
    """A folder that may be imported.

    Attributes:
        assets: bytes and measures of each picture, by the SHA-256 of its bytes.
        warnings: what an editor should look at, each with its file and line.
        source_sha256: over names and bytes of every file that was used.
    """

    manuscript: Manuscript
    assets: dict[str, tuple[bytes, PictureInfo]]
    warnings: tuple[str, ...]
    source_sha256: str


def read_folder(path: Path, segments: Mapping[str, dict[str, Any]]) -> ImportedFolder:
    """Read the edition folder `path`.

    A magazine that lacks one of its four parts is taken: an edition is imported
    many times while the quiz or the comic is still being made, and the part has to
    be there only when the edition is marked ready (`content.workflow.readiness`).

    Args:
        segments: rules of the named segments, as documents.

    Raises:
        UsageError: something in it cannot be used; all problems are listed, one
            a line, as `file:line: what; what to do`.
    """
    if not path.is_dir():
        raise UsageError(f"{path}: no such folder; give the folder that holds {EDITION_FILE}")
    return _read(Folder(path.resolve(), Findings()), segments)


def read_files(files: Mapping[str, bytes], segments: Mapping[str, dict[str, Any]], known: Mapping[str, PictureInfo] | None = None, *, warn: bool = True) -> ImportedFolder:
    """Read an edition whose files lie in no folder, as `read_folder` does.

    Args:
        files: bytes by path.
        known: pictures that were looked at before, by the SHA-256 of their bytes; they are not looked at again.
        warn: whether to look for what is only warned about.

    Raises:
        UsageError: as `read_folder`.
    """
    return _read(Files(Path("/"), Findings(), given=files, known=known or {}), segments, warn=warn)


def _read(folder: Folder, segments: Mapping[str, dict[str, Any]], *, warn: bool = True) -> ImportedFolder:
    findings = folder.findings
    reader = _Reader(folder, segments, warn=warn)
    text = folder.text(EDITION_FILE, Place(EDITION_FILE))
    node = read_yaml(text, EDITION_FILE, findings) if text is not None else None
    manuscript = reader.manuscript(node) if node is not None else None
    findings.raise_if_any()
    assert manuscript is not None, "a folder without problems and without a manuscript"
    if warn:
        _warn(folder, manuscript)
    return ImportedFolder(manuscript, reader.assets, tuple(findings.warnings), folder.digest())


def _warn(folder: Folder, manuscript: Manuscript) -> None:
    for key, what in repeated_stories(manuscript.items):
        folder.findings.warn(Place(key), what)
    for place, what in illegible(manuscript, Place(EDITION_FILE)):
        folder.findings.warn(place, what)
    for name in folder.unused_articles():
        folder.findings.warn(Place(name), f"no section of {EDITION_FILE} names it; it is not imported")


@dataclass
class _Reader:
    folder: Folder
    segments: Mapping[str, dict[str, Any]]
    warn: bool = True
    assets: dict[str, tuple[bytes, PictureInfo]] = field(default_factory=dict)
    pictures: dict[str, PictureRef | None] = field(default_factory=dict)
    keys: dict[str, int] = field(default_factory=dict)
    declared: dict[str, int] = field(default_factory=dict)
    slots: list[Slot] = field(default_factory=list)
    heroes: tuple[Hero, ...] = ()

    def manuscript(self, node: Node) -> Manuscript | None:
        values = node.mapping(EDITION_FILE, EDITION_KEYS)
        if values is None:
            return None
        for name in ("publication", "kind", "number", "title", "date"):
            if name not in values or values[name].is_null:
                node.wrong(f"`{name}` is missing", "add it")
        kind = self._word(values, "kind", KINDS) or ""
        self.declared = declared_slots(values["slots"]) if "slots" in values and not values["slots"].is_null else {}
        sections = self._comic(node, values) if kind == "comic" else self._sections(node, values)
        cover = text_of(values, "cover")
        if cover is None and kind in ("magazine", "comic"):
            self.folder.findings.warn(node.place, f"a {kind} without `cover`; its first picture stands in")
        return Manuscript(
            publication=self._match(values, "publication", SLUG, "write small letters, digits, `-` and `_`, at most 40") or "?",
            kind=kind,
            number=self._match(values, "number", NUMBER, "write up to 60 characters without blanks and slashes") or "?",
            title=(text_of(values, "title") or "?")[:100],
            issue_date=self._date(values),
            sections=sections,
            cover=self.picture(cover, values["cover"].place) if cover else None,
            reading=self._word(values, "reading", READINGS) or "ltr",
            credit=text_of(values, "credit"),
            design=self._match(values, "design", SLUG, "write the name of a design; `huabao design list` shows them") or "",
            slots=used_slots(values.get("slots", node), self.declared, self.slots),
            heroes=self.heroes,
            almanac=self._almanac(values["almanac"]) if "almanac" in values and not values["almanac"].is_null else {},
            shares=shares_of(values["shares"]) if "shares" in values else {},
            greyscale=values["greyscale"].switch("greyscale") if "greyscale" in values else False,
        )

    def _almanac(self, node: Node) -> dict[str, str]:
        found = node.mapping("`almanac`", ALMANAC_KEYS) or {}
        return {name: word[:20] for name in ALMANAC_KEYS if name in found and (word := text_of(found, name))}

    def _word(self, values: Mapping[str, Node], name: str, choices: tuple[str, ...]) -> str | None:
        word = text_of(values, name)
        if word is not None and word not in choices:
            values[name].wrong(f"`{name}` is {word!r}", f"write one of {', '.join(choices)}")
        return word

    def _match(self, values: Mapping[str, Node], name: str, form: re.Pattern[str], remedy: str) -> str | None:
        word = text_of(values, name)
        if word is not None and not form.fullmatch(word):
            values[name].wrong(f"`{name}` is {word[:80]!r}", remedy)
        return word

    def _date(self, values: Mapping[str, Node]) -> date:
        written = text_of(values, "date")
        if written is not None:
            try:
                return date.fromisoformat(written)
            except ValueError:
                values["date"].wrong(f"`date` is {written[:40]!r}", "write it as 2026-11-22")
        return date.min

    def _sections(self, node: Node, values: Mapping[str, Node]) -> tuple[Section, ...]:
        if "pages" in values:
            values["pages"].wrong("`pages` belong to a comic", "list the pictures as items of a section, or write `kind: comic`")
        if "sections" not in values:
            node.wrong("`sections` is missing", "list the sections with their items")
            return ()
        found = [self._section(entry) for entry in values["sections"].sequence("sections")]
        sections = one_story_each(tuple(section for section in found if section is not None and (section.items or section.offers)), self.folder.findings)
        if not any(section is None for section in found) and not sections and not self.folder.findings.problems:
            values["sections"].wrong("no section has an item", "add articles or pictures")
        return sections

    def _section(self, node: Node) -> Section | None:
        values = node.mapping("a section", SECTION_KEYS)
        if values is None:
            return None
        title = text_of(values, "title")
        if not title:
            node.wrong("a section without `title`", "give it one")
        part = self._word(values, "part", MAGAZINE_PARTS)
        rule = rule_of(values, self.segments)
        entries, fallback = (_entries(values, name) for name in ("items", "fallback"))
        standin, offers = "", self._offers(values, part, rule)
        if not entries and fallback:
            entries, standin = fallback, "the `fallback` of edition.yaml"
            self.folder.findings.warn(node.place, f"nobody delivered “{title or '?'}”: its `fallback` stands in")
        elif fallback:
            self.folder.spared.update(entry.text("fallback") or "" for entry in fallback)
        elif not entries and not offers:
            self.folder.findings.warn(node.place, f"the section “{title or '?'}” has no items and is left out")
        items = tuple(item for item in (self._item(entry, rule) for entry in entries) if item is not None)
        short_title = text_of(values, "short_title")
        return Section((title or "?")[:60], items, part, short_title[:60] if short_title else None, text_of(values, "city"), standin, offers)

    def _offers(self, values: Mapping[str, Node], part: str | None, rule: dict[str, Any] | None) -> str:
        """Which articles the catalogue of services writes for the section; "" for none."""
        found = self._word(values, "offers", OFFER_FORMS) if "offers" in values else None
        if found and part != "service":
            values["offers"].wrong("`offers` stands in a section of another part", "write it where `part: service` stands")
        if found and rule is not None:
            values["offers"].wrong("`offers` stands in a section with a `segment`", "its articles choose their readers themselves; take the `segment` away")
        return found or ""

    def _item(self, node: Node, rule: dict[str, Any] | None) -> Item | None:
        name = node.text("items")
        if not name:
            return None
        if not name.lower().endswith((".md", ".markdown")):
            picture = self.picture(name, node.place)
            return None if picture is None else Item(self._key(name, node), rule, picture=picture)
        found = read_article(self.folder, name, node.place, self.picture, self.segments, self.declared)
        if found is None:
            return None
        key = self._key(name, node)
        self.slots += [Slot(mark.name, mark.fallback, self.declared[mark.name], key, mark.paragraph, mark.start) for mark in found.marks]
        return Item(key, _both(rule, found.rule), article=found.article, story=found.story)

    def _comic(self, node: Node, values: Mapping[str, Node]) -> tuple[Section, ...]:
        if "sections" in values:
            values["sections"].wrong("a comic has `pages`, not `sections`", "list its pictures under `pages`")
        self.heroes, own = heroes_of(values["heroes"], self.picture, self.segments) if "heroes" in values else ((), {})
        pages = [(page, None) for page in _entries(values, "pages")] + [(page, hero) for hero, ones in own.items() for page in ones]
        if not pages:
            node.wrong("a comic without `pages`", "list them, each with its `image`")
        items = tuple(item for item in (self._page(page, hero) for page, hero in pages) if item is not None)
        check_heroes(values.get("heroes", node), self.heroes, items)
        warning = lettering_warning(items, text_of(values, "reading") or "ltr", lambda sha256: self.assets[sha256][0]) if self.warn else None
        if warning:
            self.folder.findings.warn(node.place, warning)
        return (Section(text_of(values, "title") or "?", items),)

    def _page(self, node: Node, hero: str | None) -> Item | None:
        """A page; `hero` is whose list it stands in."""
        values = node.mapping("a page", PAGE_KEYS)
        if values is None:
            return None
        image = text_of(values, "image")
        if image is None:
            node.wrong("a page without `image`", "name its picture")
            return None
        rule = rule_of(values, self.segments)
        picture = self.picture(image, values["image"].place)
        if picture is None:
            return None
        entries = _entries(values, "panels")
        if len(entries) > PANELS_MAX:
            node.wrong(f"{len(entries)} panels on one page", f"name at most {PANELS_MAX}")
        panels = tuple(panel for panel in (self._panel(entry, picture) for entry in entries[:PANELS_MAX]) if panel is not None)
        return Item(self._key(image, node), rule, picture=picture, panels=panels, hero=text_of(values, "hero") or hero)

    def _panel(self, node: Node, picture: PictureRef) -> Panel | None:
        sides = [side.integer("panels", 0) for side in node.sequence("panels")]
        if len(sides) != 4 or None in sides:
            node.wrong("a panel is four whole numbers", "write [x, y, width, height] in pixels")
            return None
        x, y, width, height = (side or 0 for side in sides)
        if width < 8 or height < 8 or x + width > picture.width_px or y + height > picture.height_px:
            node.wrong(f"panel [{x}, {y}, {width}, {height}] does not lie in the page of {picture.width_px}×{picture.height_px}", "correct it")
            return None
        return Panel(x, y, width, height)

    def _key(self, name: str, node: Node) -> str:
        if "," in name or "#" in name:
            node.wrong(f"`{name}` has a comma or `#` in its name", "rename the file")
        uses = self.keys[name] = self.keys.get(name, 0) + 1
        if sum(self.keys.values()) == ITEMS_MAX + 1:
            node.wrong(f"more than {ITEMS_MAX} items", "divide the edition")
        if uses == 1:
            return name
        self.folder.findings.warn(node.place, f"`{name}` is used {uses} times")
        return f"{name}#{uses}"

    def picture(self, name: str, place: Place) -> PictureRef | None:
        """The picture `name`; read and inspected once, however often it is used."""
        if name not in self.pictures:
            self.pictures[name] = self._read_picture(name, place)
        return self.pictures[name]

    def _read_picture(self, name: str, place: Place) -> PictureRef | None:
        data = self.folder.file(name, place, PICTURE_BYTES_MAX)
        if data is None:
            return None
        try:
            info = self.folder.inspected(self.folder.read[name]) or inspect(data, name)
        except PictureError as error:
            self.folder.findings.problem(place, f"`{name}` cannot be used: {error}", "give another picture")
            return None
        sha256 = self.folder.read[name]
        self.assets[sha256] = (data, info)
        return PictureRef(name, sha256, info.width_px, info.height_px)


def _entries(values: Mapping[str, Node], name: str) -> list[Node]:
    """The entries of the list `name`; none where it is missing or empty."""
    return values[name].sequence(name) if name in values and not values[name].is_null else []


def _both(section: dict[str, Any] | None, item: dict[str, Any] | None) -> dict[str, Any] | None:
    if section is None or item is None:
        return section or item
    return {"all": [section, item]}
