"""A design's folder read: only its own regular files, only in their places, nothing too large."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from content.designs.design import Design
from content.designs.faults import DesignError, Fault
from content.designs.styling import DESIGN_FILE, SLUG, Marks, Sheet, read_sheet
from content.draw.style import Style
from huabao.errors import StoreError

FILE_BYTES_MAX = 32_000
FILES_MAX = 100
BASE = "base"
"""What a design extends that names nothing else: layouts without a style."""

PROOF = "proof"

PLACES = {
    "slides": re.compile(r"[a-z][a-z0-9_-]*\.txt\.j2"),
    "wap": re.compile(r"[a-z][a-z0-9_-]*\.(?:xhtml|wml|css)\.j2|[a-z][a-z0-9_-]*\.css"),
    PROOF: re.compile(r"[a-z][a-z0-9_-]*\.(?:html\.j2|css|css\.j2)"),
}
"""Folders of a design and what their files are called."""

ELSEWHERE = ("sample", "README.md", DESIGN_FILE)
"""What else lies in a design's folder, and is no part of the design itself."""

EXTENDED_MAX = 4
"""Designs may extend each other so deep."""


def read_design(folder: Path, find: Callable[[str], Path | None], base: Mapping[str, str]) -> Design:
    """The design in a folder, completed by those that it extends.

    Args:
        find: gives the folder of another design by its name, or None.
        base: the texts that every design begins with.

    Raises:
        DesignError: it cannot be used; all faults are listed.
    """
    return _read(folder, find, base, ())


def _read(folder: Path, find: Callable[[str], Path | None], base: Mapping[str, str], under: tuple[str, ...]) -> Design:
    name = folder.name
    faults: list[Fault] = []
    if not SLUG.fullmatch(name):
        faults.append(Fault(DESIGN_FILE, 0, f"its folder is called {name[:60]!r}; write small letters, digits, `-` and `_`, at most 40"))
    own = own_texts(folder, faults)
    text = own.pop(DESIGN_FILE, None)
    if text is None:
        raise DesignError(name, faults or [Fault(DESIGN_FILE, 0, "is missing; write at least its titles, descriptions and `kind` or `extends`")])
    parent = _parent(name, text, find, base, under)
    sheet, wrong = read_sheet(text, parent.sheet if parent else None)
    faults += wrong
    if faults or sheet is None:
        raise DesignError(name, sorted(faults))
    return Design(name, sheet, {**(parent.files if parent else base), **own})


def _parent(name: str, text: str, find: Callable[[str], Path | None], base: Mapping[str, str], under: tuple[str, ...]) -> Design | None:
    """The design that this one extends; a file that is no TOML is told by `read_sheet`."""
    written = re.search(r"(?m)^\s*extends\s*=\s*[\"']([^\"'\n]*)[\"']", text)
    wanted = written[1] if written else BASE
    line = text[: written.start(1)].count("\n") + 1 if written else 0
    if wanted in ("", BASE):
        return None
    folder = find(wanted)
    if folder is None:
        raise DesignError(name, [Fault(DESIGN_FILE, line, f"it extends {wanted[:60]!r}, and there is no such design; `huabao design list` shows them")])
    if wanted in (*under, name) or len(under) >= EXTENDED_MAX:
        raise DesignError(name, [Fault(DESIGN_FILE, line, f"it extends {wanted!r}, which leads back to it or too far; let it extend {BASE!r}")])
    return _read(folder, find, base, (*under, name))


def own_texts(folder: Path, faults: list[Fault]) -> dict[str, str]:
    """The texts in a folder by their path in it; what does not belong there is a fault."""
    found: dict[str, str] = {}
    for path in _entries(folder, faults):
        if path.name in PLACES and path.is_dir() and not path.is_symlink():
            for file in _entries(path, faults):
                where = f"{path.name}/{file.name}"
                if not PLACES[path.name].fullmatch(file.name):
                    faults.append(Fault(where, 0, f"has no place here; files of {path.name}/ are called like {_EXAMPLES[path.name]}"))
                elif (text := _text(file, where, faults)) is not None:
                    found[where] = text
        elif path.name == DESIGN_FILE:
            text = _text(path, path.name, faults)
            found |= {} if text is None else {path.name: text}
        elif path.name not in ELSEWHERE and not path.name.startswith((".", "__")):
            faults.append(Fault(path.name, 0, f"has no place here; a design has {DESIGN_FILE}, {', '.join(f'{one}/' for one in PLACES)} and sample/"))
    return found


_EXAMPLES = {"slides": "story.txt.j2", "wap": "page.xhtml.j2 or page.wml.j2", "proof": "proof.html.j2 or proof.css"}


def _entries(folder: Path, faults: list[Fault]) -> list[Path]:
    try:
        found = sorted(folder.iterdir())
    except OSError as error:
        faults.append(Fault(folder.name, 0, f"cannot be read ({error.strerror})"))
        return []
    if len(found) > FILES_MAX:
        faults.append(Fault(folder.name, 0, f"holds {len(found)} files; {FILES_MAX} are enough for any design"))
    return found[:FILES_MAX]


def _text(path: Path, where: str, faults: list[Fault]) -> str | None:
    try:
        with open(path, "rb", opener=_open_plain) as stream:
            data = stream.read(FILE_BYTES_MAX + 1)
        if len(data) > FILE_BYTES_MAX:
            faults.append(Fault(where, 0, f"has more than {FILE_BYTES_MAX:,} bytes; a layout has a few hundred"))
            return None
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        faults.append(Fault(where, data.count(b"\n", 0, error.start) + 1, "is not UTF-8; save it as UTF-8"))
    except OSError as error:
        faults.append(Fault(where, 0, f"cannot be read ({error.strerror}); a design's files are plain files in its folder"))
    return None


def _open_plain(path: str, flags: int) -> int:
    """Opens regular files only: no link that leads out, no pipe that never ends."""
    descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(0, "no plain file")
    return descriptor


@lru_cache(maxsize=32)
def unpacked(packed: bytes, sha256: str) -> Design:
    """The design of `Design.packed`.

    Raises:
        StoreError: it is not the one that was kept.
    """
    if hashlib.sha256(packed).hexdigest() != sha256:
        raise StoreError(f"the kept design {sha256[:12]} is damaged; import the edition again")
    document: dict[str, Any] = json.loads(packed)
    sheet = document["sheet"]
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in sheet["style"].items()}
    return Design(document["name"], Sheet(**{**sheet, "style": Style(**values), "marks": Marks(**sheet["marks"])}), document["files"])
