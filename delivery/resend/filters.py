"""A filter of a resend: which edition, and whose copies. Read strictly; a key that does not exist refuses it.

```yaml
edition: jh/2026-11-22
outcomes: [expired, failed]     # of the reader's newest copy
ports: [mm-1]                   # that his newest copy went through
cities: [合肥]
codes: [2004, Expired]          # status code of the answer, or MMStatus of the report
classes: [std-1]                # handset class that his newest copy was made for
from: 2026-11-22T06:30          # when his newest copy left
to: 2026-11-22T07:10
```

`missing: true` asks for the others: readers with an order in force who never had a
copy of the edition. `stopped: false` leaves those out whom the platform stopped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from content.folder.documents import read_yaml
from content.folder.problems import Findings
from delivery.models import Outcome
from huabao.clock import parse_time
from huabao.errors import UsageError

KEYS = ("edition", "outcomes", "ports", "cities", "codes", "classes", "from", "to", "missing", "stopped")
OF_A_COPY = ("outcomes", "ports", "codes", "classes", "from", "to")
"""What can be asked of a copy only, and so not beside `missing: true`."""

OUTCOMES = {one.name.lower(): one for one in Outcome}
ENTRIES_MAX = 10_000
"""Entries of one list; a province has some twenty cities."""

FILE_BYTES_MAX = 1_000_000


@dataclass(frozen=True)
class ResendFilter:
    """Whose copies of which edition.

    Attributes:
        edition: id or `slug/number`.
        outcomes, ports, cities, codes, classes: any of these; empty for all.
        since, until: when the copy left, the first included, the second not; None for any time.
        missing: readers without a copy instead.
        stopped: stopped readers too.
    """

    edition: str
    outcomes: tuple[Outcome, ...] = ()
    ports: tuple[str, ...] = ()
    cities: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    missing: bool = False
    stopped: bool = True
    classes: tuple[str, ...] = ()

    def to_document(self) -> dict[str, Any]:
        """The filter as `resends` keeps it; what was not said is left out."""
        said: dict[str, Any] = {
            "outcomes": [one.name.lower() for one in self.outcomes],
            "ports": list(self.ports),
            "cities": list(self.cities),
            "codes": list(self.codes),
            "classes": list(self.classes),
            "from": None if self.since is None else self.since.isoformat(),
            "to": None if self.until is None else self.until.isoformat(),
            "missing": self.missing,
        }
        return {"edition": self.edition, **{key: value for key, value in said.items() if value}, **({} if self.stopped else {"stopped": False})}


def read_filter(path: Path) -> ResendFilter:
    """The filter in a YAML file.

    Raises:
        UsageError: it cannot be read; each problem with its file and line.
    """
    try:
        data = path.read_bytes()[: FILE_BYTES_MAX + 1]
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}") from error
    if len(data) > FILE_BYTES_MAX:
        raise UsageError(f"{path}: larger than {FILE_BYTES_MAX:,} bytes; a filter is a few lines")
    try:
        return parse_filter(data.decode(), path.name)
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: no UTF-8 text") from error


def parse_filter(text: str, file: str) -> ResendFilter:
    """The filter in `text`, whose messages begin with `file`.

    Raises:
        UsageError: it is no filter; each problem with its line.
    """
    findings = Findings()
    node = read_yaml(text, file, findings)
    findings.raise_if_any()
    assert node is not None, "no document and no problem"
    if not isinstance(node.raw, yaml.MappingNode):
        raise UsageError(f"{node.place}: a filter is {node.kind}; write `key: value` lines; keys are {', '.join(KEYS)}")
    document: dict[str, Any] = {}
    lines: dict[str, int] = {}
    problems: list[str] = []
    for raw_key, raw_value in node.raw.value:
        key = str(raw_key.value) if isinstance(raw_key, yaml.ScalarNode) else "?"
        line = raw_key.start_mark.line + 1
        if key in document:
            problems.append(f"{file}:{line}: `{key}` stands twice (line {lines[key]}); keep one")
            continue
        lines[key] = line
        document[key] = type(node)(raw_value, node.place, findings).document()
    return _checked(document, problems, lambda key: f"{file}:{lines[key]}" if key in lines else file)


def filter_of(document: Mapping[str, Any]) -> ResendFilter:
    """The filter in a document that is not a file.

    Raises:
        UsageError: it is no filter; each problem with its key.
    """
    return _checked(document, [], lambda key: f"filter.{key}")


def _checked(document: Mapping[str, Any], problems: list[str], place: Any) -> ResendFilter:
    """The filter, or all of its problems at once."""
    problems += [f"{place(key)}: there is no key `{key[:40]}`; keys are {', '.join(KEYS)}" for key in document if key not in KEYS]
    check = _Check(document, problems, place)
    edition = check.edition()
    values = ResendFilter(
        edition,
        tuple(OUTCOMES[one] for one in check.words("outcomes") if check.known("outcomes", one, OUTCOMES)),
        check.words("ports"),
        check.words("cities"),
        check.words("codes"),
        check.time("from"),
        check.time("to"),
        check.switch("missing", default=False),
        check.switch("stopped", default=True),
        check.words("classes"),
    )
    if values.since is not None and values.until is not None and values.since >= values.until:
        problems.append(f"{place('to')}: `to` is not after `from`; give a later one")
    if values.missing:
        problems += [f"{place(key)}: `{key}` asks about a copy, and `missing: true` asks for those who have none; take one out" for key in OF_A_COPY if key in document]
    if problems:
        raise UsageError("\n".join(problems))
    return values


@dataclass(frozen=True)
class _Check:
    """Reads one key after the other and notes what is wrong."""

    document: Mapping[str, Any]
    problems: list[str]
    place: Any

    def wrong(self, key: str, what: str) -> None:
        self.problems.append(f"{self.place(key)}: {what}")

    def edition(self) -> str:
        value = self.document.get("edition")
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if isinstance(value, str) and value.strip():
            return value.strip()
        self.wrong("edition", "`edition` is missing" if value is None else "`edition` is no text")
        return ""

    def words(self, key: str) -> tuple[str, ...]:
        value = self.document.get(key)
        if key not in self.document:
            return ()
        if not isinstance(value, list) or not value or len(value) > ENTRIES_MAX:
            self.wrong(key, f"`{key}` is no list of 1 to {ENTRIES_MAX:,} entries; write it as [one, two]")
            return ()
        words = [str(one).strip() if isinstance(one, str) or (isinstance(one, int) and not isinstance(one, bool)) else "" for one in value]
        if not all(words):
            self.wrong(key, f"an entry of `{key}` is no text")
            return ()
        return tuple(dict.fromkeys(words))

    def known(self, key: str, word: str, choices: Mapping[str, Any]) -> bool:
        if word not in choices:
            self.wrong(key, f"`{key}` has {word[:40]!r}; there are {', '.join(choices)}")
        return word in choices

    def time(self, key: str) -> datetime | None:
        value = self.document.get(key)
        if key not in self.document:
            return None
        try:
            return parse_time(value if isinstance(value, str) else str(value)[:40])
        except UsageError as error:
            self.wrong(key, f"`{key}`: {error}")
            return None

    def switch(self, key: str, *, default: bool) -> bool:
        value = self.document.get(key, default)
        if not isinstance(value, bool):
            self.wrong(key, f"`{key}` is {str(value)[:40]!r}; write true or false")
            return default
        return value
