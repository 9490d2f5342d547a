"""The room: a database of its own with the edition in it, and what is read out of it afterwards."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Table, insert, select
from sqlalchemy.orm import Session

from content.models import Edition, EditionVersion, Publication, Variant, VariantPayload
from huabao.config import Config
from huabao.db import Base, make_engine
from huabao.settings import SettingValue

DATABASE, KEEP, ORDER, RESULT = "rehearsal.db", "keep", "order.json", "result.json"
PORT = "rehearsal"
FIRST_NUMBER = 13900000001
"""Phones of the room; whoever has such a number outside knows nothing of it."""


def config_of(folder: Path) -> Config:
    """The installation that the room is."""
    return Config(database_url=f"sqlite:///{folder / DATABASE}", data_dir=folder, redis_url="")


def furnish(session: Session, folder: Path, version: EditionVersion, variants: Sequence[Variant]) -> None:
    """Copy the edition, its messages and the settings into the room.

    Args:
        session: of the house.
    """
    engine = make_engine(f"sqlite:///{folder / DATABASE}")
    edition = session.get_one(Edition, version.edition_id)
    ids = [one.id for one in variants]
    copied: tuple[tuple[Any, Any], ...] = (
        (Publication, Publication.id == edition.publication_id), (Edition, Edition.id == edition.id), (EditionVersion, EditionVersion.id == version.id),
        (Variant, Variant.id.in_(ids)), (VariantPayload, VariantPayload.variant_id.in_(ids)), (SettingValue, SettingValue.name != ""),
    )  # fmt: skip
    try:
        Base.metadata.create_all(engine, [model.__table__ for model, _ in copied])  # whoever plays in it makes the others
        with engine.begin() as room:
            for model, condition in copied:
                table: Table = model.__table__
                rows = [dict(row) for row in session.execute(select(table).where(condition)).mappings()]
                if rows:
                    room.execute(insert(table), rows)
    finally:
        engine.dispose()
    order = {"edition_id": edition.id, "version_id": version.id, "variants": [{"id": one.id, "handset_class": one.handset_class} for one in variants]}
    (folder / ORDER).write_text(json.dumps(order), "utf-8")


def arrived(folder: Path) -> dict[str, tuple[str, str]]:
    """What the MMSC took, by number: when, and the SHA-256 of the content."""
    found: dict[str, tuple[str, str]] = {}
    lines = folder / KEEP / "submissions.jsonl"
    for line in lines.read_text("utf-8").splitlines() if lines.exists() else ():
        one: Mapping[str, Any] = json.loads(line)
        for number in one["recipients"]:
            found.setdefault(str(number), (one["received_at"], one["body_sha256"]))
    return found


def body(folder: Path, sha256: str) -> bytes:
    """The content of that sum as it came in."""
    return (folder / KEEP / "bodies" / f"{sha256}.mime").read_bytes()
