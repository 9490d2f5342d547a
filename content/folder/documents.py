"""YAML with the line of every value, read without trusting it.

PyYAML's composer gives nodes with their marks; this module walks them itself,
so that a scalar keeps the text that the editor wrote (`2026-11` stays that),
a key that stands twice is found, and an alias bomb is counted, not expanded.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from content.folder.problems import Findings, Place

NODES_MAX = 50_000
"""Nodes of one document, aliases counted each time: a year's newspapers fit."""

NULL_TAG = "tag:yaml.org,2002:null"
PLAIN_TAGS = {"tag:yaml.org,2002:int", "tag:yaml.org,2002:float", "tag:yaml.org,2002:bool", NULL_TAG}

SWITCHES = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


@dataclass
class Node:
    """One YAML value at its place.

    Attributes:
        raw: PyYAML's node.
        place: where it begins.
        findings: where the readers below note what they do not like.
    """

    raw: yaml.Node
    place: Place
    findings: Findings
    first_line: int = 1

    def _at(self, raw: yaml.Node) -> Node:
        return Node(raw, Place(self.place.file, self.first_line + raw.start_mark.line), self.findings, self.first_line)

    @property
    def is_null(self) -> bool:
        """Whether nothing was written."""
        return isinstance(self.raw, yaml.ScalarNode) and self.raw.tag == NULL_TAG

    def wrong(self, what: str, remedy: str) -> None:
        """Note a problem here."""
        self.findings.problem(self.place, what, remedy)

    def text(self, name: str) -> str | None:
        """A scalar as it was written, trimmed; None (and a problem) for a list or a mapping."""
        if not isinstance(self.raw, yaml.ScalarNode) or self.is_null:
            self.wrong(f"`{name}` is {self.kind}", "write one line of text")
            return None
        return str(self.raw.value).strip()

    def integer(self, name: str, lowest: int) -> int | None:
        """A whole number of at least `lowest`; None (and a problem) for anything else."""
        value = str(self.raw.value).strip() if isinstance(self.raw, yaml.ScalarNode) else ""
        if value.isascii() and value.isdigit() and len(value) <= 9 and int(value) >= lowest:
            return int(value)
        self.wrong(f"`{name}` is {self.kind if not value else repr(value)}", f"write a whole number from {lowest}")
        return None

    def share(self, name: str) -> float:
        """A number from 0 to 1; 0 (and a problem) for anything else."""
        try:
            value = float(str(self.raw.value)) if isinstance(self.raw, yaml.ScalarNode) else math.nan
        except ValueError:
            value = math.nan
        if 0.0 <= value <= 1.0:
            return value
        self.wrong(f"`{name}` is {self.kind if not isinstance(self.raw, yaml.ScalarNode) else repr(self.raw.value)[:40]}", "write a number from 0 to 1, e.g. 0.3")
        return 0.0

    def switch(self, name: str) -> bool:
        """True or false; false (and a problem) for anything else."""
        value = str(self.raw.value).strip().lower() if isinstance(self.raw, yaml.ScalarNode) else ""
        if value in SWITCHES:
            return SWITCHES[value]
        self.wrong(f"`{name}` is {self.kind if not value else repr(value)[:40]}", "write true or false")
        return False

    def sequence(self, name: str) -> list[Node]:
        """The entries of a list; empty (and a problem) for anything else."""
        if isinstance(self.raw, yaml.SequenceNode):
            return [self._at(child) for child in self.raw.value]
        self.wrong(f"`{name}` is {self.kind}", "write a list, one `- ` a line")
        return []

    def mapping(self, name: str, known: tuple[str, ...]) -> dict[str, Node] | None:
        """The values by key; a key outside `known` is warned about, a second one is a problem.

        Returns:
            None (and a problem) where this is no mapping.
        """
        if not isinstance(self.raw, yaml.MappingNode):
            self.wrong(f"{name} is {self.kind}", f"write `key: value` lines; keys are {', '.join(known)}")
            return None
        values: dict[str, Node] = {}
        for raw_key, raw_value in self.raw.value:
            key = self._at(raw_key)
            word = str(raw_key.value) if isinstance(raw_key, yaml.ScalarNode) else ""
            if word in values:
                key.wrong(f"`{word}` stands twice in {name}", "keep one")
            elif word in known:
                values[word] = self._at(raw_value)
            else:
                self.findings.warn(key.place, f"{name} has no key `{word[:40]}` and ignores it; keys are {', '.join(known)}")
        return values

    def document(self) -> Any:
        """The value as JSON values; a date stays the text that was written."""
        if isinstance(self.raw, yaml.SequenceNode):
            return [self._at(child).document() for child in self.raw.value]
        if isinstance(self.raw, yaml.MappingNode):
            return {str(key.value): self._at(value).document() for key, value in self.raw.value if isinstance(key, yaml.ScalarNode)}
        return _scalar(self.raw)

    @property
    def kind(self) -> str:
        """What was found, in words."""
        if isinstance(self.raw, yaml.SequenceNode):
            return "a list"
        if isinstance(self.raw, yaml.MappingNode):
            return "a mapping"
        return "empty" if self.is_null else "a text"


def _scalar(raw: yaml.Node) -> Any:
    if raw.tag not in PLAIN_TAGS:
        return raw.value
    try:
        return yaml.constructor.SafeConstructor().construct_object(raw, deep=True)
    except (ValueError, yaml.YAMLError):
        return raw.value


@dataclass
class _Counter:
    left: int = NODES_MAX
    open_nodes: set[int] = field(default_factory=set)

    def within(self, raw: yaml.Node) -> bool:
        """Whether the tree under `raw` is finite and small enough."""
        self.left -= 1
        if self.left < 0 or id(raw) in self.open_nodes:
            return False
        self.open_nodes.add(id(raw))
        fits = all(self.within(child) for child in _children(raw))
        self.open_nodes.discard(id(raw))
        return fits


def _children(raw: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(raw, yaml.SequenceNode):
        yield from raw.value
    elif isinstance(raw, yaml.MappingNode):
        for key, value in raw.value:
            yield key
            yield value


def read_yaml(text: str, file: str, findings: Findings, first_line: int = 1) -> Node | None:
    """The document in `text`, whose first line is line `first_line` of `file`.

    Returns:
        None, with a problem noted, where it is no YAML, is empty, or is built to explode.
    """
    place = Place(file, first_line)
    try:
        raw = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = first_line + (error.problem_mark.line if error.problem_mark else 0)
        findings.problem(Place(file, line), f"broken YAML: {error.problem or error.context}", "mend that line (indentation, quotes, a missing `:`)")
        return None
    except yaml.YAMLError as error:
        findings.problem(place, f"broken YAML: {str(error).splitlines()[0]}", "remove the characters that are no text")
        return None
    except RecursionError:
        findings.problem(place, "YAML nested too deep", "write it flat")
        return None
    if raw is None:
        findings.problem(place, "nothing is written here", "fill in the keys")
        return None
    if not _Counter().within(raw):
        findings.problem(place, f"more than {NODES_MAX} values, or an alias of itself", "write the values out")
        return None
    return Node(raw, Place(file, first_line + raw.start_mark.line), findings, first_line)
