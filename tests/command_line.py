"""The command line in the tests: in this process, or as a process of its own.

A process costs more than a second, most of it imports. So a test calls the
command line in its own process, with configuration and runtime read anew from
the environment that the call is given, and one or two tests of each package
start the real process.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import subprocess
import sys
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from click.testing import CliRunner

from console.cli import main
from huabao.config import get_config
from huabao.runtime import Runtime, get_runtime

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Said:
    """What a command answered.

    Attributes:
        code: its exit code.
        out, err: what it wrote.
    """

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as the one JSON document that it must be."""
        return json.loads(self.out)


@dataclass(frozen=True)
class CLI:
    """`cli("edition", "list", "--json")` runs the command line on a database, in a folder.

    `cli.process(…)` does the same as a process. Both take `env`, which adds to
    the environment, and `code`, the exit code that must come (None: any).

    Attributes:
        runtime: whose database it works on.
        folder: where it runs.
    """

    runtime: Runtime
    folder: Path

    def __call__(self, *arguments: object, env: Mapping[str, str] | None = None, code: int | None = 0, stdin: str = "") -> Said:
        with contextlib.chdir(self.folder), _anew():
            result = CliRunner().invoke(main, list(map(str, arguments)), input=stdin, env=process_environment(self.runtime, env), prog_name="huabao")
        fault = result.exception
        more = "" if fault is None or isinstance(fault, SystemExit) else "".join(traceback.format_exception(fault))
        return _checked(Said(result.exit_code, result.stdout, result.stderr + more), arguments, code)

    def process(self, *arguments: object, env: Mapping[str, str] | None = None, code: int | None = 0, stdin: str = "", timeout_s: float = 110) -> Said:
        command = [sys.executable, "-m", "console.cli", *map(str, arguments)]
        done = subprocess.run(command, env=process_environment(self.runtime, env), cwd=self.folder, input=stdin, capture_output=True, text=True, timeout=timeout_s, check=False)
        return _checked(Said(done.returncode, done.stdout, done.stderr), arguments, code)


def _checked(said: Said, arguments: tuple[object, ...], code: int | None) -> Said:
    assert code is None or said.code == code, f"huabao {' '.join(map(str, arguments))}: exit {said.code}, not {code}\n{said.out[-3000:]}\n{said.err[-3000:]}"
    return said


@contextlib.contextmanager
def _anew() -> Iterator[None]:
    """Configuration and runtime are read anew inside; they and the logs' ends are closed and restored afterwards."""
    logs, handlers = structlog.get_config(), logging.root.handlers[:]
    _forget()
    try:
        yield
    finally:
        if get_runtime.cache_info().currsize:
            get_runtime().engine.dispose()
        _forget()
        structlog.configure(**logs)
        logging.root.handlers[:] = handlers


def _forget() -> None:
    get_config.cache_clear()
    get_runtime.cache_clear()


def process_environment(runtime: Runtime, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a process of ours on the runtime's database."""
    config = runtime.config
    own = {"HUABAO_DATABASE_URL": config.database_url, "HUABAO_DATA_DIR": str(config.data_dir), "PYTHONPATH": str(ROOT)}
    if config.redis_url:
        own["HUABAO_REDIS_URL"] = config.redis_url
    return {**os.environ, **own, **(more or {})}
