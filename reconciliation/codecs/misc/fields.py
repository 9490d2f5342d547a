"""The values of a message's elements, read tolerantly: by local name, in any order and case, outer blanks taken away.

What cannot be read of an optional element is left out and named in `problems`;
what a message cannot be without is a CodecError 9014.
"""

from __future__ import annotations

from typing import Final

from lxml import etree

from content.codecs.hardened_xml import local_name, name_of
from huabao.errors import CodecError
from huabao.msisdn import find_msisdn
from reconciliation.codecs.misc.features import decode_feature
from reconciliation.codecs.misc.names import BY_MSISDN, BY_PSEUDO_CODE, MALFORMED, TEXT_CHARS_MAX
from reconciliation.codecs.misc.structs import Device, User

_DIGITS_MAX: Final = 9


def malformed(text: str) -> CodecError:
    """An error that MISC is answered with 9014."""
    return CodecError(text, status_code=MALFORMED)


class Fields:
    """The child elements of one element; `problems` is shared with the fields inside."""

    __slots__ = ("_children", "_name", "problems")

    def __init__(self, element: etree._Element, problems: list[str]) -> None:
        self._name = local_name(element)
        self._children: dict[str, etree._Element] = {}
        self.problems = problems
        for child in element:
            key = name_of(child.tag).folded
            first = self._children.setdefault(key, child)
            if first is not child and _bare(child) != _bare(first):
                raise malformed(f"{self._name} has two different {self._said(key)}")

    def inside(self, name: str) -> Fields | None:
        """The fields of the child of that name."""
        child = self._children.get(name.lower())
        return None if child is None else Fields(child, self.problems)

    def text(self, name: str, *, chars_max: int = TEXT_CHARS_MAX) -> str:
        """The text of the child of that name, "" where it is missing or empty.

        Raises:
            CodecError: it is longer than anybody's (9014).
        """
        child = self._children.get(name.lower())
        found = "" if child is None else _bare(child)
        if len(found) > chars_max:
            raise malformed(f"{name} has more than {chars_max} characters")
        return found

    def required_text(self, name: str, *, chars_max: int = TEXT_CHARS_MAX) -> str:
        """As `text`.

        Raises:
            CodecError: there is none (9014).
        """
        found = self.text(name, chars_max=chars_max)
        if not found:
            raise malformed(f"{self._name} has no {name}")
        return found

    def number(self, name: str) -> int | None:
        """A number not below 0, None where the element is missing or empty.

        Raises:
            CodecError: it is there and no number (9014): a code that was meant and cannot be read must not pass for none.
        """
        text = self.text(name)
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX):
            raise malformed(f"{name} is no number")
        return int(text)

    def required_number(self, name: str) -> int:
        """As `number`.

        Raises:
            CodecError: there is none (9014).
        """
        found = self.number(name)
        if found is None:
            raise malformed(f"{self._name} has no {name}")
        return found

    def feature(self) -> str:
        """FeatureStr, decoded; "" and a problem where it cannot be."""
        child = self._children.get("featurestr")
        try:
            return decode_feature(_bare(child)) if child is not None else ""
        except CodecError as error:
            self.problems.append(str(error))
            return ""

    def device(self, name: str) -> Device:
        """Send_Address or Dest_Address."""
        inside = self.inside(name)
        if inside is None:
            return Device()
        return Device(inside.number("DeviceType"), inside.text("DeviceID"))

    def user(self, name: str) -> User | None:
        """FeeUser_ID or DestUser_ID; None where it is missing or names nobody.

        Raises:
            CodecError: its number is none (9014).
        """
        inside = self.inside(name)
        if inside is None:
            return None
        said, pseudo_code = inside.text("MSISDN"), inside.text("PseudoCode")
        found = find_msisdn(said) if said else None
        if said and found is None:
            raise malformed(f"{name}: MSISDN is no mobile number")
        if not said and not pseudo_code:
            return None
        kind = inside.number("UserIDType")
        return User(kind if kind is not None else (BY_MSISDN if found else BY_PSEUDO_CODE), str(found or ""), pseudo_code)

    def _said(self, folded: str) -> str:
        return local_name(self._children[folded])


def _bare(element: etree._Element) -> str:
    if not len(element):
        return (element.text or "").strip()
    return "".join(element.itertext()).strip()
