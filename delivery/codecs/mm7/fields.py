"""The values of a message's elements, read tolerantly: by local name, in any order and case, outer blanks taken away.

What cannot be read of an optional element is left out and named in `problems`; what a message cannot be without is asked
for with `required_…` and its absence is a CodecError 4004.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, TypeVar

from lxml import etree

from content.codecs.hardened_xml import local_name, name_of
from delivery.codecs.mm7.names import ADDRESS_KINDS, AddressKind
from delivery.codecs.mm7.status import VALIDATION_ERROR
from delivery.codecs.mm7.structs import Address, Status, When
from delivery.codecs.mm7.times import parse_date_time, parse_when
from huabao.errors import CodecError

_KINDS: Final[dict[str, AddressKind]] = {kind.lower(): kind for kind in ADDRESS_KINDS}
_NONE: Final[tuple[etree._Element, ...]] = ()
_Value = TypeVar("_Value")
_TRUE: Final = frozenset({"true", "1", "yes"})
_FALSE: Final = frozenset({"false", "0", "no"})
_DIGITS_MAX: Final = 9
"""Longest integer that is read; the largest real one is a size in bytes."""


class Fields:
    """The child elements of one element.

    Attributes:
        problems: what was left out, in words without any of the peer's values; shared with the fields inside.
    """

    __slots__ = ("_children", "_name", "problems")

    def __init__(self, element: etree._Element, problems: list[str]) -> None:
        self._name = local_name(element)
        self._children: dict[str, list[etree._Element]] = {}
        for child in element:
            self._children.setdefault(name_of(child.tag).folded, []).append(child)
        self.problems = problems

    def elements(self, name: str) -> Sequence[etree._Element]:
        """All children of that name."""
        return self._children.get(name_of(name).folded, _NONE)

    def inside(self, name: str) -> Fields | None:
        """The fields of the first child of that name."""
        found = self.elements(name)
        return Fields(found[0], self.problems) if found else None

    def text(self, *names: str) -> str | None:
        """The text of the first child that has any of these names and is not empty."""
        for name in names:
            for child in self.elements(name):
                text = text_of(child)
                if text:
                    return text
        return None

    def required_text(self, name: str) -> str:
        """As `text`.

        Raises:
            CodecError: there is none (4004).
        """
        text = self.text(name)
        if text is None:
            raise CodecError(f"{self._name} has no {name}", status_code=VALIDATION_ERROR)
        return text

    def flag(self, name: str) -> bool | None:
        """An xs:boolean."""
        text = self.text(name)
        return None if text is None else self.truth(name, text)

    def truth(self, name: str, text: str) -> bool | None:
        """`text` as an xs:boolean; None and a problem where it is none."""
        word = text.strip().lower()
        if word in _TRUE:
            return True
        if word not in _FALSE:
            self.problems.append(f"{name} is no boolean")
            return None
        return False

    def integer(self, name: str, text: str | None) -> int | None:
        """`text` as a number not below 0; None and a problem where it is none."""
        if text is None:
            return None
        bare = text.strip()
        if not (bare.isascii() and bare.isdigit() and len(bare) <= _DIGITS_MAX):
            self.problems.append(f"{name} is no number")
            return None
        return int(bare)

    def date_time(self, name: str) -> datetime | None:
        """An xs:dateTime."""
        return self._readable(name, self.text(name), parse_date_time)

    def when(self, name: str, text: str | None) -> When | None:
        """`text` as an xs:dateTime or xs:duration."""
        return self._readable(name, text, parse_when)

    def party(self, name: str) -> tuple[Address, ...]:
        """All addresses in all children of that name: `Number` and the like, or bare text."""
        return tuple(address for child in self.elements(name) for address in self._addresses(child))

    def status(self) -> Status:
        """The Status element.

        Raises:
            CodecError: it is missing or has no numeric StatusCode (4004).
        """
        inside = self.inside("Status") or self
        code = inside.integer("StatusCode", inside.text("StatusCode"))
        if code is None:
            raise CodecError(f"{self._name} has no StatusCode", status_code=VALIDATION_ERROR)
        return Status(code, inside.text("StatusText") or "", inside.text("Details") or "")

    def _readable(self, name: str, text: str | None, parse: Callable[[str], _Value]) -> _Value | None:
        if text is None:
            return None
        try:
            return parse(text)
        except CodecError:
            self.problems.append(f"{name} is no time")
            return None

    def _addresses(self, element: etree._Element) -> list[Address]:
        if not len(element):
            bare = text_of(element)
            return [Address(bare)] if bare else []
        found: list[Address] = []
        for child in element:
            kind = _KINDS.get(name_of(child.tag).folded)
            text = text_of(child)
            if kind is None:
                found.extend(self._addresses(child))
            elif text:
                shown = attribute(child, "displayOnly")
                found.append(Address(text, kind, bool(shown and self.truth("displayOnly", shown))))
        return found


def text_of(element: etree._Element) -> str:
    """All text in the element, outer blanks taken away."""
    if not len(element):
        return (element.text or "").strip()
    return "".join(element.itertext()).strip()


def attribute(element: etree._Element, name: str) -> str | None:
    """The attribute of that local name, in any case."""
    if element.keys():
        wanted = name.lower()
        for key, value in element.attrib.items():
            if str(key).rpartition("}")[2].lower() == wanted:
                return str(value)
    return None
