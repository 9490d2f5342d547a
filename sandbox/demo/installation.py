"""A Huabao of its own for the demonstration: a fresh folder, its processes, its commands.

Everything is done through the command line, as an operator would.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from huabao.errors import HuabaoError

START_WITHIN_S = 60.0


def free_port(wanted: int = 0) -> int:
    """`wanted` if nobody listens there, otherwise any free port of loopback."""
    for candidate in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", candidate))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise HuabaoError("no free port on loopback")


@dataclass
class Installation:
    """A folder, a web port, the ports of the MMSC, the month's MMSC, the SMSC and its HTTP side, and the processes started so far.

    Attributes:
        settings: further `HUABAO_*` for its commands, e.g. another database.
    """

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    web_port: int = field(default_factory=free_port)
    mmsc_port: int = field(default_factory=free_port)
    month_port: int = field(default_factory=free_port)
    smsc_port: int = field(default_factory=free_port)
    smsc_control_port: int = field(default_factory=free_port)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def web_url(self) -> str:
        """Where the console is."""
        return f"http://127.0.0.1:{self.web_port}"

    @property
    def environment(self) -> dict[str, str]:
        """The settings of this installation: embedded, SQLite in its folder."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("HUABAO_")}
        return {
            **own,
            "HUABAO_DATA_DIR": str(self.folder),
            "HUABAO_WAP_BASE_URL": f"{self.web_url}/wap",
            "PYTHONUNBUFFERED": "1",
            **self.settings,
        }

    def clear(self) -> None:
        """Begin anew: the folder of an earlier demonstration goes."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)

    def run(self, *arguments: str, secrets: dict[str, str] | None = None, problem_is_fine: bool = False) -> Any:
        """Run one command with `--json`; its document. Its progress shows on standard error.

        Raises:
            HuabaoError: the command failed.
        """
        done = subprocess.run(_command(*arguments, "--json"), env={**self.environment, **(secrets or {})}, stdout=subprocess.PIPE, check=False)
        if done.returncode not in ((0, 1) if problem_is_fine else (0,)):
            raise HuabaoError(f"`huabao {' '.join(arguments)}` ended with {done.returncode}")
        return json.loads(done.stdout)

    def start(self, name: str, *arguments: str) -> None:
        """Start a process that stays; what it says goes to `<name>.log` in the folder."""
        with (self.folder / f"{name}.log").open("wb") as log:
            self.processes.append(subprocess.Popen(_command(*arguments), env=self.environment, stdout=log, stderr=subprocess.STDOUT))

    def wait_for(self, url: str) -> None:
        """Wait until something answers there.

        Raises:
            HuabaoError: a process ended, or nobody answered in a minute.
        """
        until = time.monotonic() + START_WITHIN_S
        while time.monotonic() < until:
            answers = _answers(url)
            # Asked afterwards: where somebody else has the port, ours ends while theirs answers.
            if any(process.poll() is not None for process in self.processes):
                raise HuabaoError(f"a process ended too early; its log is in {self.folder}")
            if answers:
                return
            time.sleep(0.1)
        raise HuabaoError(f"nothing answers at {url}; the logs are in {self.folder}")

    def stop(self) -> None:
        """End all processes."""
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=2)  # noqa: S310  # loopback
    except (urllib.error.HTTPError, http.client.BadStatusLine):
        return True
    except OSError:
        return False
    return True


def _command(*arguments: str) -> Sequence[str]:
    return [sys.executable, "-m", "console.cli", *arguments]
