"""The simulators' own commands as processes that are forked from one that has imported them.

A simulator spends a second on its imports, and some hundreds of tests want one.
So a run of the tests keeps a process that imports both and does nothing else
(multiprocessing's fork server, which ends with the run); a simulator is a fork
of it: a process of its own, with the command line that a person would give.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from typing import Final

import click

from tests.services.waiting import PATIENCE_S

PRELOADED: Final = (
    "__main__",
    __name__,
    "sandbox.mmsc.server",
    "sandbox.mmsc.script",
    "sandbox.smsc.server",
    "sandbox.smsc.control",
    "sandbox.smsc.script",
    "sandbox.boss.server",
    "sandbox.misc.server",
)

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(list(PRELOADED))


class Forked:
    """One of the sandbox's commands that runs; used as a `subprocess.Popen` is.

    Attributes:
        command: the command line, without the interpreter.
        stdout: what it says.
    """

    def __init__(self, name: str, *arguments: object) -> None:
        self.command = [name, *map(str, arguments)]
        said, saying = _context.Pipe(duplex=False)
        self._process = _context.Process(target=_run, args=(self.command, saying, dict(os.environ)), name=name, daemon=True)
        self._process.start()
        saying.close()
        self.stdout = os.fdopen(os.dup(said.fileno()), encoding="utf-8")
        said.close()

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process.pid is not None, "it was started"
        return self._process.pid

    def poll(self) -> int | None:
        """Its exit code, below 0 for a signal; None while it runs."""
        return self._process.exitcode

    def wait(self, timeout_s: float) -> int:
        """Its exit code once it has ended.

        Raises:
            TimeoutError: it has not.
        """
        self._process.join(timeout_s)
        if self._process.exitcode is None:
            raise TimeoutError(f"{' '.join(self.command)} runs after {timeout_s:g} s still")
        return self._process.exitcode

    def terminate(self) -> None:
        """Ask it to end."""
        self._process.terminate()

    def kill(self) -> None:
        """End it as a power cut would."""
        self._process.kill()

    def end(self) -> None:
        """Ask it to end unless it has, and wait until it did."""
        if self.poll() is None:
            self.terminate()
        self.wait(PATIENCE_S)
        self.stdout.close()


def _run(command: Sequence[str], saying: Connection, environment: Mapping[str, str]) -> None:
    """In the fork: the command as if it had been called."""
    from sandbox.commands import sandbox

    os.environ.clear()
    os.environ.update(environment)
    os.dup2(saying.fileno(), 1)
    saying.close()
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    name, *arguments = command
    program = sandbox.commands[name]
    assert isinstance(program, click.Command)
    program.main(arguments, prog_name=f"sandbox.{name}")
