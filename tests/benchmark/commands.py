"""`huabao reconcile …` as a process: how long it took, how large it and what it started became, what it said."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.command_line import ROOT

LOOK_S = 0.05
_STEP = re.compile(r'"step": "(\w+)", "seconds": ([0-9.]+)')


@dataclass
class Done:
    """A command that ran: seconds by step, MB of it and of what it started, and what it said."""

    seconds: float
    steps: dict[str, float]
    peak_mb: float
    said: dict[str, Any]


def reconcile_command(environment: dict[str, str], *arguments: str) -> Done:
    """Run `huabao reconcile …` in a process of its own; 0 and 1 are good ends.

    Args:
        environment: of the process.
    """
    largest: dict[int, float] = {}
    command = [sys.executable, "-m", "console.cli", "reconcile", *arguments, "--json"]
    began = time.perf_counter()
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as logged:
        with subprocess.Popen(command, env=environment, cwd=ROOT, stdout=said, stderr=logged) as process:
            while process.poll() is None:
                for pid in family(process.pid):
                    largest[pid] = max(largest.get(pid, 0.0), largest_mb(pid))
                time.sleep(LOOK_S)
        seconds = time.perf_counter() - began
        said.seek(0)
        logged.seek(0)
        log = logged.read()
        assert process.returncode in (0, 1), log[-2000:]
        return Done(seconds, {step: float(taken) for step, taken in _STEP.findall(log)}, sum(largest.values()), json.load(said))


def family(pid: int) -> list[int]:
    """A process and those that it started."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return [pid]
    return [pid, *(one for child in children for one in family(int(child)))]


def largest_mb(pid: int) -> float:
    """The largest resident size so far."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM:")), 0.0)
