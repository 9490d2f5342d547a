"""What a draft holds: the files of an edition folder as JSON, in parts that are saved one by one.

```
{"edition": {…edition.yaml…}, "articles": {"articles/a.md": {"front": {…}, "body": "Markdown"}}, "pictures": {"images/b.jpg": {"sha256": "…"}}}
```

Its parts are `head` (edition.yaml without its lists), `sections`, `pages`, and each article and picture
by its path. A save names the parts that it changes and what it took them for, so that two people who write
different articles do not hinder each other, and two who write the same one are told. Whether an edition
can be made of it is not decided here: the reader of folders does that, as for any folder.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from huabao.errors import UsageError

HEAD, SECTIONS, PAGES = "head", "sections", "pages"
LISTS = (SECTIONS, PAGES)

PARTS_MAX = 1_500
"""Articles and pictures of one draft; a folder takes 500 items."""

PART_BYTES_MAX = 1_000_000
DRAFT_BYTES_MAX = 4_000_000
DEPTH_MAX = 12

Document = dict[str, Any]
Parts = dict[str, Any]

_SHA256 = re.compile(r"[0-9a-f]{64}")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def empty(edition: Mapping[str, Any]) -> Document:
    """A draft of which only the head is written."""
    return {"edition": dict(edition), "articles": {}, "pictures": {}}


def parts_of(document: Mapping[str, Any]) -> Parts:
    """The parts by name; lists that are not there are no parts."""
    edition = document["edition"]
    found: Parts = {HEAD: {key: value for key, value in edition.items() if key not in LISTS}}
    found |= {name: edition[name] for name in LISTS if name in edition}
    return {**found, **document["articles"], **document["pictures"]}


def document_of(parts: Mapping[str, Any]) -> Document:
    """The draft that has these parts."""
    edition = {**parts[HEAD], **{name: parts[name] for name in LISTS if name in parts}}
    files = {name: value for name, value in parts.items() if name not in (HEAD, *LISTS)}
    articles = {name: value for name, value in files.items() if is_article(name)}
    return {"edition": edition, "articles": articles, "pictures": {name: value for name, value in files.items() if name not in articles}}


def digest_of(part: Any) -> str:
    """16 hex digits: by them a save says what it took a part for; "" for a part that is not there."""
    if part is None:
        return ""
    return hashlib.sha256(json.dumps(part, sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode()).hexdigest()[:16]


def digests_of(document: Mapping[str, Any]) -> dict[str, str]:
    """The digest of each part."""
    return {name: digest_of(part) for name, part in parts_of(document).items()}


def document_digest(document: Mapping[str, Any]) -> str:
    """16 hex digits over the whole draft."""
    return digest_of(dict(document))


def is_article(name: str) -> bool:
    """Whether a path is an article's."""
    return name.lower().endswith((".md", ".markdown"))


def checked_part(name: str, value: Any) -> Any:
    """A part as it may be kept; None takes it away.

    Raises:
        UsageError: it is too large, of another shape, or its name is none of a folder's file.
    """
    if name not in (HEAD, *LISTS):
        _check_path(name)
    if value is None:
        if name == HEAD:
            raise UsageError("the head of an edition cannot be taken away")
        return None
    clean = _clean(value, name, DEPTH_MAX)
    if len(json.dumps(clean, ensure_ascii=False).encode("utf-8", "replace")) > PART_BYTES_MAX:
        raise UsageError(f"{name}: more than {PART_BYTES_MAX:,} bytes; divide it")
    if name == HEAD:
        fits = isinstance(clean, dict) and not any(key in LISTS for key in clean)
    elif name in LISTS:
        fits = isinstance(clean, list) and all(isinstance(one, dict) for one in clean)
    elif is_article(name):
        fits = isinstance(clean, dict) and clean.keys() == {"front", "body"} and isinstance(clean["front"], dict) and isinstance(clean["body"], str)
    else:
        fits = isinstance(clean, dict) and clean.keys() <= {"sha256", "of", "box"} and bool(_SHA256.fullmatch(str(clean.get("sha256"))))
    if not fits:
        raise UsageError(f"{name[:80]}: this is no {'article' if is_article(name) else 'picture' if name not in (HEAD, *LISTS) else 'part of an edition'}")
    return clean


def check_whole(document: Document) -> None:
    """Refuse a draft that grew too large.

    Raises:
        UsageError: it did.
    """
    count = len(document["articles"]) + len(document["pictures"])
    if count > PARTS_MAX:
        raise UsageError(f"{count} articles and pictures, at most {PARTS_MAX} are kept; divide the edition")
    size = len(json.dumps(document, ensure_ascii=False).encode("utf-8", "replace"))
    if size > DRAFT_BYTES_MAX:
        raise UsageError(f"the texts have {size:,} bytes, at most {DRAFT_BYTES_MAX:,} are kept; divide the edition")


def _check_path(name: str) -> None:
    pure = PurePosixPath(name)
    plain = bool(name) and name == str(pure) and not pure.is_absolute() and ".." not in pure.parts and len(name) <= 200 and name.isprintable()
    if not plain or any(one in name for one in "\\,#:") or name == "edition.yaml":
        raise UsageError(f"`{name[:80]}` is no name of a file in an edition; use letters, digits, `-`, `_` and one `/`")


def _clean(value: Any, name: str, depth: int) -> Any:
    """JSON values without control characters, nested `depth` deep at most."""
    if depth == 0:
        raise UsageError(f"{name[:80]}: nested too deep")
    if isinstance(value, str):
        return _CONTROLS.sub("", value)
    if isinstance(value, dict):
        return {_CONTROLS.sub("", str(key))[:100]: _clean(inner, name, depth - 1) for key, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [_clean(inner, name, depth - 1) for inner in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    raise UsageError(f"{name[:80]}: this is no JSON value")
