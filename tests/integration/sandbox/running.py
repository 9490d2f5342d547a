"""A simulator in a process of its own."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.services.forked import Forked
from tests.services.waiting import wait_until


@dataclass
class Sandbox:
    """A running simulator."""

    url: str
    process: Forked

    def stats(self) -> dict[str, int]:
        """What it did so far."""
        with urllib.request.urlopen(f"{self.url}stats") as response:
            found: dict[str, int] = json.load(response)
        return found

    def wait_for(self, name: str, value: int) -> dict[str, int]:
        """Its counts once one of them reaches `value`."""
        found: dict[str, int] = {}

        def reached() -> bool:
            found.update(self.stats())
            return found.get(name, 0) >= value

        wait_until(reached, what=lambda: f"{name} never reached {value}: {found}")
        return found


@contextmanager
def mmsc(*arguments: object) -> Iterator[Sandbox]:
    """`sandbox mmsc …` on a free port."""
    process = Forked("mmsc", "--port", "0", *arguments)
    try:
        yield Sandbox(process.stdout.readline().split()[-1], process)
    finally:
        process.end()


@dataclass
class SMSCSandbox(Sandbox):
    """A running SMSC; `url` is its HTTP side's."""

    tcp_port: int

    def post(self, path: str, **document: Any) -> dict[str, Any]:
        """Tell it to do something."""
        request = urllib.request.Request(f"{self.url}{path}", json.dumps(document).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as response:
            found: dict[str, Any] = json.load(response)
        return found


@contextmanager
def smsc(*arguments: object, port: int = 0) -> Iterator[SMSCSandbox]:
    """`sandbox smsc …`, on a free port unless told."""
    process = Forked("smsc", "--port", port, "--control-port", "0", *arguments)
    try:
        control, address = process.stdout.readline(), process.stdout.readline()
        yield SMSCSandbox(control.split()[-1], process, int(address.rpartition(":")[2]))
    finally:
        process.end()


@dataclass
class BOSSSandbox(Sandbox):
    """A running BOSS."""

    def post(self, path: str, document: Any) -> Any:
        """Tell it to do something."""
        request = urllib.request.Request(f"{self.url}{path}", json.dumps(document).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as response:
            return json.load(response)

    def text(self, path: str) -> str:
        """What it says there."""
        with urllib.request.urlopen(f"{self.url}{path}") as response:
            return str(response.read().decode())

    def accounts(self) -> dict[str, Any]:
        """Accounts and orders by number."""
        found: dict[str, Any] = json.loads(self.text("accounts"))
        return found


@contextmanager
def boss(*arguments: object, port: int = 0) -> Iterator[BOSSSandbox]:
    """`sandbox boss …`, on a free port unless told."""
    process = Forked("boss", "--port", port, *arguments)
    try:
        yield BOSSSandbox(process.stdout.readline().split()[-1], process)
    finally:
        process.end()


@dataclass
class MISCSandbox(Sandbox):
    """A running MISC."""

    def do(self, *events: dict[str, Any]) -> None:
        """Have something happen."""
        request = urllib.request.Request(f"{self.url}do", json.dumps(events).encode(), {"Content-Type": "application/json"})
        urllib.request.urlopen(request).close()

    def orders(self) -> dict[tuple[str, str], str]:
        """The state of each order by number and service."""
        with urllib.request.urlopen(f"{self.url}orders") as response:
            return {(one["msisdn"], one["service_id"]): one["state"] for one in json.load(response)}

    def feed(self) -> str:
        """Its orders as a feed."""
        with urllib.request.urlopen(f"{self.url}feed") as response:
            return str(response.read().decode())


@contextmanager
def misc(*arguments: object) -> Iterator[MISCSandbox]:
    """`sandbox misc …` on a free port."""
    process = Forked("misc", "--port", "0", *arguments)
    try:
        yield MISCSandbox(process.stdout.readline().split()[-1], process)
    finally:
        process.end()


def kept(folder: Path, name: str = "submissions") -> list[dict[str, Any]]:
    """What a simulator wrote down."""
    return [json.loads(line) for line in (folder / f"{name}.jsonl").read_text().splitlines()]
