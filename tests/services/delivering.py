"""A small world for tests of sending: one publication, its readers, and an MMSC in a process of its own."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from content.manuscript import Article, Item, Manuscript, Section
from content.models import Edition, EditionVersion, Publication
from delivery import partitions
from delivery.dispatch import ramp, recalls, vitals
from delivery.models import Port
from delivery.ports import probing
from delivery.reports.folding import fold
from delivery.sending import replies, sweeps
from delivery.tasks import TASKS
from huabao import queues
from huabao.clock import business_day
from huabao.db import bulk_insert
from huabao.runtime import Runtime
from huabao.settings import SettingValue
from huabao.working import run_claimed
from subscribers.models import Reader, Subscription
from tests.services.forked import Forked
from tests.services.kept import kept_lines
from tests.services.waiting import ANSWER_S, PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class World:
    """What `build_world` made."""

    publication_id: int
    edition_id: int
    version_id: int
    edition: str


def manuscript(slug: str, issue_date: date, rules: Sequence[Mapping[str, Any] | None] = (None,)) -> Manuscript:
    """A newspaper of one short article for each rule."""
    items = tuple(
        Item(key=f"articles/{number}.md", rule=None if rule is None else dict(rule), article=Article(title=f"第{number}条", paragraphs=("今天的消息很短。",)))
        for number, rule in enumerate(rules, 1)
    )
    return Manuscript(publication=slug, kind="newspaper", number="1", title="早报", issue_date=issue_date, sections=(Section("要闻", items),))


def build_world(
    runtime: Runtime,
    *,
    readers: int = 0,
    slug: str = "paper",
    klass: str = "subscribed",
    stale_after_s: float | None = None,
    issue_date: date | None = None,
    rules: Sequence[Mapping[str, Any] | None] = (None,),
) -> World:
    """A publication with one edition and so many subscribed readers (ids from 1)."""
    now = runtime.now()
    day = issue_date or business_day(now)
    with runtime.transaction() as session:
        publication = Publication(
            slug=slug, title="早报", kind="newspaper", service_id=slug, klass=klass, stale_after_s=stale_after_s,
            unknown_policy="wait-then-once", replay_policy="latest", created_at=now,
        )  # fmt: skip
        session.add(publication)
        session.flush()
        edition = Edition(publication_id=publication.id, number="1", kind="newspaper", state="draft", created_at=now)
        session.add(edition)
        session.flush()
        version = EditionVersion(
            edition_id=edition.id, version=1, title="早报", issue_date=day, manuscript=manuscript(slug, day, rules).to_document(),
            source_sha256="0" * 64, created_at=now, created_by="test",
        )  # fmt: skip
        session.add(version)
        session.flush()
        edition.current_version_id = version.id
        partitions.ensure_day(session, business_day(now))
    add_readers(runtime, readers, service_id=slug)
    return World(publication.id, edition.id, version.id, f"{slug}/1")


def number_of(reader: int) -> str:
    """The number of the reader whose id is `reader`."""
    return f"138{reader:08d}"


def add_readers(runtime: Runtime, many: int, *, service_id: str | None, first: int = 1, **reader: Any) -> None:
    """Readers `first` to `first + many - 1`, with an active order where a service is given."""
    common = {"topics": [], "attributes": {}, "created_at": LONG_AGO, "updated_at": LONG_AGO, **reader}
    with runtime.transaction() as session:
        for begin in range(first, first + many, 10_000):
            ids = range(begin, min(begin + 10_000, first + many))
            bulk_insert(session, Reader, ({"id": one, "msisdn": number_of(one), **common} for one in ids), columns=("id", "msisdn", *common))
            if service_id is not None:
                orders = [{"reader_id": one, "service_id": service_id, "state": "active", "effective_at": LONG_AGO, "stop_state": "sending", "updated_at": LONG_AGO} for one in ids]
                bulk_insert(session, Subscription, orders, columns=tuple(orders[0]))


def add_port(runtime: Runtime, url: str, *, name: str = "main", rate: float = 100_000, burst: int = 1000, **more: Any) -> int:
    """An mm7 port."""
    with runtime.transaction() as session:
        row = Port(name=name, kind="mm7", url=url, rate=rate, burst=burst, created_at=runtime.now(), **{"options": {}, "timeout_s": ANSWER_S, **more})
        session.add(row)
        session.flush()
        return row.id


@dataclass
class Peer:
    """A sandbox MMSC that runs."""

    url: str
    keep: Path
    process: Forked

    def stats(self) -> dict[str, Any]:
        """What it counted."""
        with urllib.request.urlopen(f"{self.url}stats", timeout=PATIENCE_S) as answer:
            document: dict[str, Any] = json.load(answer)
        return document

    def recipients(self) -> list[str]:
        """Every recipient that it took, as often as it took him."""
        return [number for one in kept_lines(self.keep / "submissions.jsonl") for number in one["recipients"]]


@contextmanager
def peer(folder: Path, *options: object) -> Iterator[Peer]:
    """A sandbox MMSC on a free port, keeping what it takes in `folder`."""
    process = Forked("mmsc", "--port", "0", "--keep", folder, *options)
    try:
        yield Peer(process.stdout.readline().split()[-1], folder, process)
    finally:
        process.end()


def work(runtime: Runtime, *, rounds: int = 1000, owner: str = "test") -> int:
    """Run the jobs that are due, one after the other; how many."""
    tasks = {task.name: task for task in TASKS}
    for done in range(rounds):
        with runtime.transaction() as session:
            claim = queues.claim_next(session, queues=queues.QUEUES, owner=owner, now=runtime.now(), lease_s=30)
        if claim is None:
            return done
        run_claimed(runtime, tasks, claim, owner=owner)
    return rounds


def settle(runtime: Runtime, *, until: Callable[[], bool]) -> None:
    """Work jobs and sweeps until `until()`; fails when that takes too long."""

    def sweep() -> int:
        sweeps.start_due(runtime)
        ramp.climb(runtime)
        vitals.watch(runtime)
        return sweep_and_fold(runtime)

    rest(sweep, until=until)


def sweep_and_fold(runtime: Runtime) -> int:
    """One round of what the scheduler and the workers do all the time, the healing too; how much there was to do."""
    sweeps.requeue_silent(runtime)
    probing.probe_due(runtime)
    replies.heal(runtime)
    busy = work(runtime) + fold(runtime)
    sweeps.advance(runtime)
    if not busy:
        recalls.heal(runtime)
    return busy


def rest(sweep: Callable[[], int], *, until: Callable[[], bool]) -> None:
    """Sweep again and again until `until()`; fails when that takes too long."""
    over = time.monotonic() + PATIENCE_S
    while not until():
        assert time.monotonic() < over, f"it did not come to rest within {PATIENCE_S:g} s"
        if not sweep():
            time.sleep(0.05)


def set_setting(runtime: Runtime, name: str, value: object) -> None:
    """Change a setting of this installation."""
    with runtime.transaction() as session:
        session.merge(SettingValue(name=name, value=value, changed_at=runtime.now(), changed_by="test"))
