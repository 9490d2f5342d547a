"""Alembic's way in: runs migrations on the engine that console hands over."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Engine

from console.registry import import_models
from huabao.db import Base, BigKey, Document, UTCDateTime

import_models()
engine: Engine = context.config.attributes["engine"]


def render_item(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Our own column types by their names, so that a migration reads like the models."""
    if kind == "type":
        for name, known in (("BigKey", BigKey), ("Document", Document)):
            if item is known:
                autogen.imports.add(f"from huabao.db import {name}")
                return name
        if isinstance(item, UTCDateTime):
            autogen.imports.add("from huabao.db import UTCDateTime")
            return "UTCDateTime()"
    return False


def include_name(name: str | None, kind: str, parents: Any) -> bool:
    """Partitions of `deliveries` come and go with the days; they are no part of the schema."""
    return not (kind == "table" and name is not None and name.startswith("deliveries_"))


with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_type=True,
        render_item=render_item,
        include_name=include_name,
        render_as_batch=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()
    if connection.in_transaction():
        connection.commit()
