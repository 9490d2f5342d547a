"""An SMSC in a process of its own, a port to it, and readers whose handsets take texts only."""

from __future__ import annotations

import json
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from delivery.links.owners import Owners
from delivery.models import Port
from delivery.sending import sweeps
from delivery.tasks import TASKS
from huabao.queues import Registry
from huabao.runtime import Runtime
from tests.services.delivering import rest, sweep_and_fold
from tests.services.forked import Forked
from tests.services.kept import kept_lines
from tests.services.waiting import ANSWER_S, PATIENCE_S

REGISTRY = Registry({task.name: task for task in TASKS})


@dataclass
class SMSC:
    """A sandbox SMSC that runs.

    Attributes:
        keep: what it took.
    """

    url: str
    control: str
    keep: Path
    process: Forked

    def stats(self) -> dict[str, Any]:
        """What it counted; 0 for what it has not seen yet."""
        with urllib.request.urlopen(f"{self.control}stats", timeout=PATIENCE_S) as answer:
            return defaultdict(int, json.load(answer))

    def say(self, path: str, **document: Any) -> None:
        """`mo`: a reader sends; `do`: something happens now."""
        request = urllib.request.Request(f"{self.control}{path}", json.dumps(document).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            assert answer.status == 200

    def lines(self) -> list[dict[str, Any]]:
        """Every submit_sm that it took."""
        return kept_lines(self.keep / "submissions.jsonl")

    def recipients(self) -> list[str]:
        """Whose first part it took, as often as it did; 11 digits."""
        return [number[-11:] for line in self.lines() if line["part"] == 1 for number in line["recipients"]]


@contextmanager
def smsc(folder: Path, *options: object, port: int = 0) -> Iterator[SMSC]:
    """A sandbox SMSC, keeping what it takes in `folder`."""
    process = Forked("smsc", "--port", port, "--control-port", "0", "--keep", folder, *options)
    try:
        control = process.stdout.readline().split()[-1]
        yield SMSC(process.stdout.readline().split()[-1], control, folder, process)
    finally:
        process.end()


def add_smpp_port(runtime: Runtime, url: str, *, name: str = "sms", rate: float = 2000, burst: int = 60, timeout_s: float = ANSWER_S, **options: Any) -> int:
    """An smpp port."""
    given = {"system_id": "huabao", "window": 20, "reconnect_s": 0.1, "reconnect_s_max": 0.5, **options}
    with runtime.transaction() as session:
        row = Port(name=name, kind="smpp", url=url, rate=rate, burst=burst, timeout_s=timeout_s, options=given, created_at=runtime.now())
        session.add(row)
        session.flush()
        return row.id


@contextmanager
def owning(runtime: Runtime, *names: str) -> Iterator[Owners]:
    """This process owns the ports."""
    owners = Owners(runtime, REGISTRY, frozenset(names) or None)
    owners.start()
    try:
        yield owners
    finally:
        owners.stop()


def settle_texts(runtime: Runtime, *, until: Callable[[], bool]) -> None:
    """Sweep and fold until `until()`, while somebody else owns the ports; fails when that takes too long."""

    def sweep() -> int:
        sweeps.start_due(runtime)
        return sweep_and_fold(runtime)

    rest(sweep, until=until)
