"""What the processes of a divided run do once and not each for itself.

pytest rewrites the asserts of each test file and keeps what came of it. In a clean
checkout nothing is kept yet, and every process would rewrite every file, all in the
same order and so at the same time. Here each begins with a share of its own and then
finds the others' done. What all of them want, whoever wants it first makes.
"""

from __future__ import annotations

import fcntl
import importlib
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent.parent


def import_share(config: pytest.Config) -> None:
    """In a process that is to collect all tests: import its share of their files; what cannot be imported is the collection's to tell."""
    worker: dict[str, object] | None = getattr(config, "workerinput", None)
    if worker is None or config.args_source is not pytest.Config.ArgsSource.TESTPATHS:
        return
    at, many = int(str(worker["workerid"]).removeprefix("gw")), int(str(worker["workercount"]))
    for path in sorted(TESTS.rglob("test_*.py"))[at::many]:
        with suppress(Exception, pytest.skip.Exception):
            importlib.import_module(".".join(path.relative_to(TESTS.parent).with_suffix("").parts))


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A file of this run that whichever process comes first makes; the others wait for it."""
    own = factory.getbasetemp()
    folder = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    made = folder / name
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            begun = folder / f"{name}.begun"
            make(begun)
            begun.rename(made)
    return made
