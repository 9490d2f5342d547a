"""The files of an edition folder: nothing outside it is ever opened, nothing too large is ever read."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from content.adapt import PictureInfo
from content.folder.problems import Findings, Place

TEXT_BYTES_MAX = 2_000_000
"""A text file larger than that is no article: the longest novel of a magazine has half of it."""

PICTURE_BYTES_MAX = 40_000_000
"""A camera's raw-quality JPEG has 25 MB."""


@dataclass
class Folder:
    """A folder and what was read of it.

    Attributes:
        root: the folder, resolved.
        read: SHA-256 of every file that was read, by its path in the folder.
        spared: files that are named and were not needed.
    """

    root: Path
    findings: Findings
    read: dict[str, str] = field(default_factory=dict)
    spared: set[str] = field(default_factory=set)

    def inspected(self, sha256: str) -> PictureInfo | None:
        """What is known of a picture of those bytes already; None where it has to be looked at."""
        return None

    def file(self, name: str, place: Place, size_bytes_max: int) -> bytes | None:
        """The bytes of the file `name`; None, with a problem at `place`, where it may not or cannot be read."""
        path = self._inside(name, place)
        if path is None:
            return None
        try:
            with open(path, "rb", opener=_open_plain) as stream:
                data = stream.read(size_bytes_max + 1)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else "cannot be opened"
            self.findings.problem(place, f"`{name}` cannot be read ({reason})", "put the file there or correct the name")
            return None
        if len(data) > size_bytes_max:
            self.findings.problem(place, f"`{name}` has more than {size_bytes_max:,} bytes", "give a smaller file")
            return None
        self.read[name] = hashlib.sha256(data).hexdigest()
        return data

    def text(self, name: str, place: Place) -> str | None:
        """The text of the UTF-8 file `name` (a BOM is dropped); None, with a problem, where it is not UTF-8."""
        data = self.file(name, place, TEXT_BYTES_MAX)
        if data is None:
            return None
        try:
            return data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeDecodeError as error:
            line = data[: error.start].count(b"\n") + 1
            self.findings.problem(Place(name, line), f"not UTF-8{_guess(data)}", "save the file as UTF-8")
            return None

    def _inside(self, name: str, place: Place) -> Path | None:
        pure = PurePosixPath(name)
        if not name or "\\" in name or "\0" in name or pure.is_absolute() or ".." in pure.parts or len(name) > 300:
            self.findings.problem(place, f"`{name[:80]}` does not name a file of this folder", "write its path from the folder, without `..`, `\\` or a leading `/`")
            return None
        path = (self.root / pure).resolve()
        if not path.is_relative_to(self.root):
            self.findings.problem(place, f"`{name}` is a link that leads out of the folder", "copy the file into the folder")
            return None
        return path

    def digest(self) -> str:
        """SHA-256 over names and bytes of all files that were read."""
        lines = "\n".join(f"{sha256} {name}" for name, sha256 in sorted(self.read.items()))
        return hashlib.sha256(lines.encode()).hexdigest()

    def unused_articles(self) -> list[str]:
        """Markdown files under `articles/` that nothing named, in order."""
        found = (f"articles/{path.name}" for path in (self.root / "articles").glob("*.md"))
        return sorted(name for name in found if name not in self.read and name not in self.spared)


@dataclass
class Files(Folder):
    """Files that lie in no folder: a draft of the console.

    Attributes:
        given: the bytes of each, by its path.
        known: pictures that were looked at before, by SHA-256.
    """

    given: Mapping[str, bytes] = field(default_factory=dict)
    known: Mapping[str, PictureInfo] = field(default_factory=dict)

    def inspected(self, sha256: str) -> PictureInfo | None:
        """What is known of a picture of those bytes."""
        return self.known.get(sha256)

    def file(self, name: str, place: Place, size_bytes_max: int) -> bytes | None:
        """The bytes given as `name`; None, with a problem at `place`, where there are none, or too many."""
        data = self.given.get(name)
        if data is None or len(data) > size_bytes_max:
            what = "is not there" if data is None else f"has more than {size_bytes_max:,} bytes"
            self.findings.problem(place, f"`{name[:80]}` {what}", "add it or correct the name" if data is None else "give a smaller file")
            return None
        self.read[name] = hashlib.sha256(data).hexdigest()
        return data

    def unused_articles(self) -> list[str]:
        """Markdown files under `articles/` that nothing named, in order."""
        return sorted(name for name in self.given if name.startswith("articles/") and name.endswith(".md") and name not in self.read and name not in self.spared)


def _open_plain(path: str, flags: int) -> int:
    """Open a regular file only: a pipe or a device would block or never end."""
    descriptor = os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ValueError("not a regular file")
    return descriptor


def _guess(data: bytes) -> str:
    for codec, name in (("gb18030", "GBK or GB 18030"), ("big5", "Big5")):
        try:
            data.decode(codec)
        except UnicodeDecodeError:
            continue
        return f" (it looks like {name})"
    return ""
