"""Simulators and workers as processes that are forked from one that has imported them.

A simulator spends a second on its imports, a worker two, and some hundreds of tests
want one. So a run of the tests keeps a process that imports them and does nothing else
(multiprocessing's fork server, which ends with the run); a simulator is a fork of it:
a process of its own, with the command line that a person would give, and so is a worker.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable, Mapping, Sequence
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
    "console.cli",
    "console.misc",
    "console.registry",
    "delivery.links.owners",
    "huabao.embedded",
    "huabao.working",
    "reconciliation.outbox.sending",
)

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(list(PRELOADED))


class Fork:
    """A function that runs in a fork, a process of its own; used as a `subprocess.Popen` is.

    Args:
        target: of a module, so that the fork finds it; called with `arguments`.
        environment: of the process; None: as this one's is now.

    Attributes:
        stdout: what it says.
    """

    def __init__(self, target: Callable[..., None], *arguments: object, name: str, environment: Mapping[str, str] | None = None) -> None:
        said, saying = _context.Pipe(duplex=False)
        given = dict(os.environ if environment is None else environment)
        self._process = _context.Process(target=_enter, args=(target, arguments, saying, given), name=name, daemon=True)
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

    def wait(self, timeout_s: float = PATIENCE_S) -> int:
        """Its exit code once it has ended.

        Raises:
            TimeoutError: it has not.
        """
        self._process.join(timeout_s)
        if self._process.exitcode is None:
            raise TimeoutError(f"{self._process.name} runs after {timeout_s:g} s still")
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
        self.wait()
        self.stdout.close()


class Forked(Fork):
    """One of the sandbox's commands that runs.

    Args:
        name: of the command.
        arguments: its command line.
    """

    def __init__(self, name: str, *arguments: object) -> None:
        super().__init__(_run_simulator, name, *map(str, arguments), name=name)


def run_text(text: str) -> None:
    """The target of a fork: a program, as `python -c` runs it."""
    exec(compile(text, "<fork>", "exec"), {"__name__": "__main__"})


def run_command(*arguments: str) -> None:
    """The target of a fork: our command line."""
    from console.cli import main

    main.main(list(arguments), prog_name="huabao")


def _run_simulator(name: str, *arguments: str) -> None:
    from sandbox.commands import sandbox

    program = sandbox.commands[name]
    assert isinstance(program, click.Command)
    program.main(list(arguments), prog_name=f"sandbox.{name}")


def _enter(target: Callable[..., None], arguments: Sequence[object], saying: Connection, environment: Mapping[str, str]) -> None:
    """In the fork: what would be another process's environment and standard output."""
    os.environ.clear()
    os.environ.update(environment)
    os.dup2(saying.fileno(), 1)
    saying.close()
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    target(*arguments)
