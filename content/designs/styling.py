"""`design.toml` read and checked: names, style, marks; each fault with its line."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast, get_args

from content.designs.faults import Fault
from content.draw.fonts import Weight
from content.draw.ink import CONTRAST_MIN, Colour, contrast
from content.draw.style import BANDS, COVERS, ENDS, NAMEPLATES, Style, pairs
from content.models import KINDS

DESIGN_FILE = "design.toml"
SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
KEYS = ("kind", "title_zh", "title_en", "description_zh", "description_en", "extends", "style", "marks")
CHOICES = {"nameplate": NAMEPLATES, "cover": COVERS, "band": BANDS, "end": ENDS}
SHARES = {"spacing": (0.7, 1.5), "picture_share": (0.3, 1.0), "tracking": (1.0, 2.0), "mat": (0.0, 0.1)}
PICTURE_SHARE_MAX = 0.6
"""Of papers and magazines; a comic's panels may take the whole screen."""

WEIGHTS: tuple[str, ...] = get_args(Weight)


@dataclass(frozen=True)
class Marks:
    """Signs that slide layouts print; only such as the oldest handsets have, which is GBK.

    Attributes:
        story: before a story's title.
        headline: before a headline of the front page and of the list of what is left.
        open, close: around a section's title.
    """

    story: str = "■"
    headline: str = "·"
    open: str = "【"
    close: str = "】"


@dataclass(frozen=True)
class Sheet:
    """What a `design.toml` says."""

    kind: str
    titles: Mapping[str, str]
    descriptions: Mapping[str, str]
    extends: str
    style: Style
    marks: Marks


def read_sheet(text: str, inherited: Sheet | None) -> tuple[Sheet | None, list[Fault]]:
    """The sheet, what it leaves out taken from the design that it extends; and everything that is wrong with it."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        return None, [Fault(DESIGN_FILE, int(line[1]) if line else 1, f"is no TOML: {error}")]
    reader = _Reader(text.splitlines(), document, [])
    sheet = reader.sheet(inherited)
    return (None, reader.faults) if reader.faults else (sheet, [])


@dataclass
class _Reader:
    lines: list[str]
    document: dict[str, Any]
    faults: list[Fault]

    def sheet(self, inherited: Sheet | None) -> Sheet:
        for name in self.document.keys() - set(KEYS):
            self.wrong(name, f"`{name}` is no key of a design; keys are {', '.join(KEYS)}")
        kind = self.document.get("kind", inherited.kind if inherited else None)
        if kind not in KINDS:
            self.wrong("kind", f"`kind` is {kind!r}; write one of {', '.join(KINDS)}")
        elif inherited is not None and kind != inherited.kind:
            self.wrong("kind", f"`kind` is {kind!r}, the design that it extends is of kind {inherited.kind}")
        titles = {language: self.words(f"title_{language}", 40) for language in ("zh", "en")}
        descriptions = {language: self.words(f"description_{language}", 200) for language in ("zh", "en")}
        style = self.style(inherited.style if inherited else Style(), str(kind))
        return Sheet(str(kind), titles, descriptions, str(self.document.get("extends", "")), style, self.marks(inherited.marks if inherited else Marks()))

    def words(self, name: str, chars_max: int) -> str:
        value = self.document.get(name)
        if not isinstance(value, str) or not value.strip() or len(value) > chars_max:
            self.wrong(name, f"`{name}` is {'missing' if value is None else repr(value)[:60]}; write up to {chars_max} characters of text")
            return ""
        return value.strip()

    def style(self, inherited: Style, kind: str) -> Style:
        values: dict[str, Any] = {}
        fields = {field.name: field for field in dataclasses.fields(Style)}
        for name, value in self.table("style", tuple(fields)).items():
            read = self._reader_of(name, kind)
            values[name] = read(name, value)
        if self.faults:
            return inherited
        style = dataclasses.replace(inherited, **values)
        for ground, ink in pairs(style, kind):
            found = contrast(getattr(style, ground), getattr(style, ink))
            if found < CONTRAST_MIN:
                name = ink if ink in values else ground
                self.wrong(name, f"`{ink}` on `{ground}` has a contrast of {found:.1f}; at least {CONTRAST_MIN} can be read")
        return style

    def _reader_of(self, name: str, kind: str) -> Callable[[str, Any], Any]:
        if name in CHOICES:
            return self.choice
        if name in SHARES:
            return lambda _, value: self.share(name, value, kind)
        return self.weight if name.endswith("_weight") else self.colour

    def choice(self, name: str, value: Any) -> str:
        if value not in CHOICES[name]:
            self.wrong(name, f"`{name}` is {value!r}; there are {', '.join(CHOICES[name])}")
        return str(value)

    def weight(self, name: str, value: Any) -> Weight:
        if value not in WEIGHTS:
            self.wrong(name, f"`{name}` is {value!r}; there are {', '.join(WEIGHTS)}")
        return cast(Weight, value)

    def share(self, name: str, value: Any, kind: str) -> float:
        low, high = SHARES[name]
        high = PICTURE_SHARE_MAX if name == "picture_share" and kind != "comic" else high
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            self.wrong(name, f"`{name}` is {value!r}; write a number from {low} to {high}")
            return low
        return float(value)

    def colour(self, name: str, value: Any) -> Colour:
        if not isinstance(value, str) or not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
            self.wrong(name, f'`{name}` is {value!r}; write a colour as "#b81621"')
            return (0, 0, 0)
        return (int(value[1:3], 16), int(value[3:5], 16), int(value[5:7], 16))

    def marks(self, inherited: Marks) -> Marks:
        names = tuple(field.name for field in dataclasses.fields(Marks))
        found = self.table("marks", names)
        for name, value in found.items():
            if not isinstance(value, str) or len(value) > 3 or not _is_on_every_handset(value):
                self.wrong(name, f"`{name}` is {value!r}; write up to 3 signs of GBK, such as ■ ◆ ● ★ 【")
        return inherited if self.faults else dataclasses.replace(inherited, **found)

    def table(self, name: str, keys: tuple[str, ...]) -> dict[str, Any]:
        table = self.document.get(name, {})
        if not isinstance(table, dict):
            self.wrong(name, f"`{name}` is no table; write [{name}] and a line for each key")
            return {}
        for key in table.keys() - set(keys):
            self.wrong(key, f"`{key}` is no key of [{name}]; keys are {', '.join(keys)}")
        return {key: value for key, value in table.items() if key in keys}

    def wrong(self, key: str, reason: str) -> None:
        at = re.compile(rf"\s*\[?\s*[\"']?{re.escape(key)}[\"']?\s*[\]=]")
        line = next((number for number, line in enumerate(self.lines, 1) if at.match(line)), 1)
        self.faults.append(Fault(DESIGN_FILE, line, reason))


def _is_on_every_handset(text: str) -> bool:
    try:
        text.encode("gbk")
    except UnicodeEncodeError:
        return False
    return text.isprintable()
