"""Files of BOSS and MISC for tests, and a run over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from huabao.runtime import Runtime
from reconciliation.codecs.feeds import FeedRecord, find_dialect, write_feed
from reconciliation.runs.running import GivenFile, Order, Summary, apply_repairs, reconcile, summary
from subscribers.models import Subscription
from subscribers.orders.change import Change
from subscribers.orders.services import apply

DAY = date(2026, 11, 21)
NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
SINCE = datetime(2026, 10, 1, tzinfo=UTC)
ENDS = datetime(2026, 11, 21, 16, 0, tzinfo=UTC)
STATES = {"a": "active", "p": "paused"}


def number(index: int) -> str:
    """A reader's number."""
    return f"138{index:08d}"


def ready(runtime: Runtime, folder: Path, now: datetime = NOW) -> Runtime:
    """The same installation at an instant, with a folder of its own for files."""
    return replace(runtime, clock=lambda: now, config=runtime.config.model_copy(update={"data_dir": folder}))


def record(index: int, letter: str, **values: object) -> FeedRecord:
    """What a side says of a reader."""
    return FeedRecord(number(index), "news", STATES[letter], SINCE, **values)  # type: ignore[arg-type]


def file(folder: Path, name: str, records: Sequence[FeedRecord], as_of: datetime = ENDS) -> Path:
    """A file in the plain dialect."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    with path.open("wb") as out:
        write_feed(out, records, find_dialect("csv"), as_of=as_of)
    return path


def subscribe(runtime: Runtime, letters: Mapping[int, str], source: str = "misc") -> None:
    """Subscriptions on the platform, as MISC's messages made them."""
    told = [Change(number(index), "order", source, f"o{index}", SINCE, "news") for index in letters]
    told += [Change(number(index), "pause", source, f"p{index}", SINCE.replace(hour=1), "news") for index, letter in letters.items() if letter == "p"]
    with runtime.transaction() as session:
        apply(session, told, now=SINCE.replace(day=2))


def state(runtime: Runtime, index: int) -> str | None:
    """A reader's subscription as the platform has it."""
    from sqlalchemy import select

    from subscribers.models import Reader

    with runtime.transaction(read_only=True) as session:
        return session.scalar(select(Subscription.state).join(Reader, Reader.id == Subscription.reader_id).where(Reader.msisdn == number(index)))


def order(folder: Path, boss: Sequence[FeedRecord] | None, misc: Sequence[FeedRecord] | None, day: date = DAY, as_of: datetime = ENDS) -> Order:
    """A run over these files."""
    files = {side: GivenFile(file(folder, f"{side}-{day}.csv", records, as_of), find_dialect("csv")) for side, records in (("boss", boss), ("misc", misc)) if records is not None}
    return Order(day, files, "test")


def run(runtime: Runtime, wanted: Order, *, apply: bool = False) -> Summary:
    """Compare, and repair where it is wanted."""
    run_id = reconcile(runtime, wanted)
    if apply:
        apply_repairs(runtime, run_id, by="test")
    with runtime.transaction(read_only=True) as session:
        return summary(session, run_id)
