"""A small disk that can be filled: a file system of its own in memory, mounted here or, without root, in a name space of its own."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.servers import program

BLOCK = 4096


@dataclass
class SmallDisk:
    """A disk of a few megabytes.

    Attributes:
        folder: its root.
    """

    folder: Path

    @property
    def _ballast(self) -> Path:
        return self.folder / "ballast"

    def fill(self) -> None:
        """Leave no room at all."""
        with self._ballast.open("ab", buffering=0) as file:
            for size in (1 << 20, BLOCK):
                try:
                    while file.write(b"\0" * size):
                        pass
                except OSError as error:
                    assert error.errno == errno.ENOSPC, error

    def make_room(self) -> None:
        """All the room that there was."""
        self._ballast.unlink()


@contextmanager
def small_disk(size_mb: int) -> Iterator[SmallDisk]:
    """A disk of that size; the test is skipped where this machine lets nobody make one."""
    folder = Path(tempfile.mkdtemp(prefix="huabao-disk-"))
    folder.chmod(0o755)  # PostgreSQL's user finds its way
    try:
        with _mounted(folder, size_mb) as disk:
            yield disk
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _mounted(folder: Path, size_mb: int) -> Iterator[SmallDisk]:
    options = ["-t", "tmpfs", "-o", f"size={size_mb}m,mode=777", "tmpfs", str(folder)]
    if os.geteuid() == 0 and subprocess.run([program("mount"), *options], capture_output=True, check=False).returncode == 0:
        try:
            yield SmallDisk(folder)
        finally:
            subprocess.run([program("umount"), "--lazy", str(folder)], check=True)
        return
    # Without root: mounted where only this process sees it; all others go through its view of the root.
    keeper = subprocess.Popen(
        [program("unshare"), "--user", "--map-root-user", "--mount", "sh", "-c", 'mount "$@" && echo mounted && exec sleep 600', "sh", *options], stdout=subprocess.PIPE
    )
    try:
        assert keeper.stdout is not None
        if keeper.stdout.readline() != b"mounted\n":
            pytest.skip("this machine lets nobody mount a small disk (neither root nor user name spaces)")
        time.sleep(0.05)  # the shell becomes the sleep; it keeps the process id
        yield SmallDisk(Path(f"/proc/{keeper.pid}/root{folder}"))
    finally:
        keeper.kill()
        keeper.wait()
        if keeper.stdout is not None:
            keeper.stdout.close()
