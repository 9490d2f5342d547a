"""A world for tests of seeds, ramp and brake: two handset classes, a real MMSC whose reports come back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, text, update

from content.models import Edition, Publication
from delivery.dispatch import planning
from delivery.dispatch.overview import Overview, overview
from delivery.dispatch.planning import Request
from delivery.dispatch.seeds import add_seeds
from delivery.ledger import proof
from delivery.ledger.peer import read_peer
from delivery.models import Batch, Dispatch
from huabao.alarms import Alarm
from huabao.db import is_postgres
from huabao.msisdn import MSISDN
from huabao.runtime import Runtime
from huabao.settings import Setting, SettingValue
from tests.integration.console.test_mm7_route import serving
from tests.services.delivering import Peer, add_port, add_readers, build_world, number_of, peer, settle

SMALL, LARGE = "30kb-128x160", "600kb-480x800"
SMALL_READERS, LARGE_READERS = range(1, 41), range(1001, 1031)
TESTS = {"13900000001": SMALL, "13900000002": LARGE}


def set_to(runtime: Runtime, setting: Setting[Any], value: Any) -> None:
    """Set a setting."""
    with runtime.transaction() as session:
        session.merge(SettingValue(name=setting.name, value=value, changed_at=runtime.now(), changed_by="test"))


def script_of(folder: Path, *rules: str) -> Path:
    """A script for the sandbox, a line a rule."""
    path = folder / "script.yaml"
    path.write_text("".join(f"- {rule}\n" for rule in rules))
    return path


def silent(number: str) -> str:
    """A handset that is off."""
    return f'{{when: {{recipient: "{number}"}}, do: {{delay_ms: 600000}}}}'


def bad(number: str) -> str:
    """A handset that refuses."""
    return f'{{when: {{recipient: "{number}"}}, do: {{status: Rejected, delay_ms: 0}}}}'


class Gate:
    """One dispatch before its gate."""

    def __init__(self, runtime: Runtime, mmsc: Peer, edition: str) -> None:
        self.runtime, self.mmsc, self.edition = runtime, mmsc, edition
        self.id = 0

    def start(self, group: str | None = "house", **more: Any) -> int:
        """Begin; its number."""
        self.id = planning.create(self.runtime, Request(self.edition, seed_group=group, **more), actor="test")
        return self.id

    @property
    def row(self) -> Dispatch:
        """The dispatch as it stands."""
        with self.runtime.transaction(read_only=True) as session:
            return session.get_one(Dispatch, self.id)

    @property
    def overview(self) -> Overview:
        """What it shows."""
        with self.runtime.transaction(read_only=True) as session:
            return overview(session, session.get_one(Dispatch, self.id), self.runtime.now())

    def until(self, *states: str) -> None:
        """Work until the dispatch is in one of these states."""
        settle(self.runtime, until=lambda: self.row.state in states)

    def outcomes(self, dispatch_id: int | None = None) -> dict[str, int]:
        """Readers by outcome."""
        with self.runtime.transaction(read_only=True) as session:
            return {name: number for name, number in proof.counts(session, dispatch_id or self.id).outcomes.items() if number}

    def seen(self) -> dict[str, str]:
        """What each seed says, by masked number."""
        return {line.number: line.verdict for line in self.overview.seeds}

    def alarms(self) -> dict[str, tuple[int, str]]:
        """Open alarms by kind: (how many rows, text)."""
        with self.runtime.transaction(read_only=True) as session:
            rows = session.execute(select(Alarm.kind, func.count(), func.max(Alarm.text)).where(Alarm.closed_at.is_(None)).group_by(Alarm.kind))
            return {kind: (number, text) for kind, number, text in rows}

    def problems(self) -> list[str]:
        """What the ledger of everything says against the peer."""
        with self.runtime.transaction(read_only=True) as session:
            return list(proof.verify(session, peers=[read_peer(self.mmsc.keep)]).problems)

    def batches(self, **where: Any) -> list[Batch]:
        """Batches of the dispatch."""
        with self.runtime.transaction(read_only=True) as session:
            return list(session.scalars(select(Batch).filter_by(dispatch_id=self.id, **where).order_by(Batch.position)))

    def copies(self, number: str) -> int:
        """How often the peer was handed something for this number."""
        return self.mmsc.recipients().count(number)


@contextmanager
def gate(runtime: Runtime, folder: Path, *rules: str, magazine: bool = False, options: tuple[object, ...] = (), **port: Any) -> Iterator[Gate]:
    """The world: 40 readers with small handsets, 30 with large ones, two test handsets in the group `house`; one recipient in a SubmitReq."""
    world = build_world(runtime)
    add_readers(runtime, len(SMALL_READERS), service_id="paper", first=SMALL_READERS.start, handset_class=SMALL)
    add_readers(runtime, len(LARGE_READERS), service_id="paper", first=LARGE_READERS.start, handset_class=LARGE)
    with runtime.transaction() as session:
        if is_postgres(session):
            session.execute(text("SELECT setval(pg_get_serial_sequence('readers', 'id'), (SELECT max(id) FROM readers))"))
        for number, handset_class in TESTS.items():
            add_seeds(session, "house", [MSISDN(number)], kind="test", handset_class=handset_class, by="test", at=runtime.now())
        if magazine:
            session.execute(update(Publication).values(kind="magazine"))
            session.execute(update(Edition).values(kind="magazine"))
    more = ("--script", script_of(folder, *rules)) if rules else ()
    with serving(runtime) as tcp_port, peer(folder / "kept", "--report-url", f"http://127.0.0.1:{tcp_port}/mm7/main", "--delay-ms", "0-30", *more, *options) as mmsc:
        add_port(runtime, mmsc.url, **{"max_recipients": 1, **port})
        yield Gate(runtime, mmsc, world.edition)


def members(runtime: Runtime, name: str, *readers: int) -> None:
    """A group of real readers."""
    with runtime.transaction() as session:
        add_seeds(session, name, [MSISDN(number_of(one)) for one in readers], kind="member", by="test", at=runtime.now())
