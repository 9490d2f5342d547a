"""An installation that speaks to a BOSS, with readers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import SecretStr

from huabao.runtime import Runtime
from huabao.settings import SettingValue
from subscribers.models import Reader

SECRETS = "huabao"
AT = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


def with_boss(runtime: Runtime, url: str, **config: Any) -> Runtime:
    """The same installation, which knows where BOSS is."""
    return replace(runtime, config=runtime.config.model_copy(update={"boss_url": url, "boss_secrets": SecretStr(SECRETS), **config}))


def at(runtime: Runtime, instant: datetime) -> Runtime:
    """The same installation at another time."""
    return replace(runtime, clock=lambda: instant)


def later(runtime: Runtime, seconds: float) -> Runtime:
    """The same installation so much later."""
    return at(runtime, runtime.now() + timedelta(seconds=seconds))


def set_values(runtime: Runtime, **values: Any) -> None:
    """Settings as somebody set them."""
    with runtime.transaction() as session:
        for name, value in values.items():
            session.merge(SettingValue(name=name, value=value, changed_at=AT, changed_by="test"))


def add_readers(runtime: Runtime, numbers: Sequence[str]) -> dict[str, int]:
    """Readers with these numbers; their ids."""
    with runtime.transaction() as session:
        rows = [Reader(msisdn=number, created_at=AT, updated_at=AT) for number in numbers]
        session.add_all(rows)
        session.flush()
        return {row.msisdn: row.id for row in rows}


def numbers(count: int) -> list[str]:
    """So many numbers."""
    return [f"138{index:08d}" for index in range(count)]
