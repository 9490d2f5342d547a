"""From a draft to the files of an edition folder: the same draft gives the same bytes, whoever wrote it and in which order."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import select
from sqlalchemy.orm import Session

from content.adapt import PictureInfo
from content.folder import ImportedFolder, read_files
from content.folder.articles import ARTICLE_KEYS, QUIZ_KEYS
from content.folder.reader import EDITION_FILE, EDITION_KEYS, PAGE_KEYS, SECTION_KEYS
from content.models import Asset
from huabao.errors import UsageError
from subscribers.segments.store import segment_documents


def texts_of(document: Mapping[str, Any]) -> dict[str, bytes]:
    """`edition.yaml` and the articles."""
    edition = dict(document["edition"])
    for name, keys in (("sections", SECTION_KEYS), ("pages", PAGE_KEYS)):
        if name in edition:
            edition[name] = [_ordered(one, keys) for one in edition[name]]
    files = {EDITION_FILE: _yaml(_ordered(edition, EDITION_KEYS)).encode()}
    for name, article in document["articles"].items():
        files[name] = article_text(article["front"], article["body"]).encode("utf-8", "replace")
    return files


def article_text(front: Mapping[str, Any], body: str) -> str:
    """An article file."""
    values = _ordered(front, ARTICLE_KEYS)
    if isinstance(values.get("quiz"), dict):
        values["quiz"] = _ordered(values["quiz"], QUIZ_KEYS)
    return f"---\n{_yaml(values)}---\n\n{body.strip()}\n"


def files_of(session: Session, document: Mapping[str, Any]) -> tuple[dict[str, bytes], dict[str, PictureInfo]]:
    """Every file of the folder, and what is known of its pictures by SHA-256.

    Raises:
        UsageError: a picture was never given.
    """
    wanted = {one["sha256"] for one in document["pictures"].values()}
    rows = {row.sha256: row for row in session.scalars(select(Asset).where(Asset.sha256.in_(wanted)))}
    files = texts_of(document)
    for name, one in document["pictures"].items():
        row = rows.get(one["sha256"])
        if row is None:
            raise UsageError(f"the picture `{name}` is not there; drop it in again")
        files[name] = row.data
    return files, {sha256: PictureInfo(row.media_type, row.width_px, row.height_px) for sha256, row in rows.items() if row.width_px}


def read_draft(session: Session, document: Mapping[str, Any], *, warn: bool = True) -> ImportedFolder:
    """The draft read as its folder would be.

    Raises:
        UsageError: no edition can be made of it; every problem with its file, line and what to do.
    """
    files, known = files_of(session, document)
    return read_files(files, segment_documents(session), known, warn=warn)


def write_folder(session: Session, document: Mapping[str, Any], out: Path) -> list[str]:
    """Write the draft as the folder `out`, which must not exist or be empty; the files' names.

    Raises:
        UsageError: the folder is in use or cannot be written.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out} is not empty; name a new folder")
    files, _ = files_of(session, document)
    try:
        for name, data in files.items():
            target = out / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    except OSError as error:
        raise UsageError(f"{out} cannot be written to: {error.strerror}") from error
    return sorted(files)


def _ordered(values: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    """The values in the order in which we document their keys; empty ones are gone, unknown ones come last."""
    known = [key for key in keys if key in values]
    return {key: values[key] for key in (*known, *sorted(set(values) - set(keys))) if values[key] not in (None, "", [], {})}


class _Writer(yaml.SafeDumper):
    """Writes every text as a text: `2026-11` and `no` come back as they were."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _yaml(document: Mapping[str, Any]) -> str:
    return yaml.dump(dict(document), Dumper=_Writer, allow_unicode=True, sort_keys=False, width=10_000)
