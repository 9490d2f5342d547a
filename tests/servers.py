"""Real PostgreSQL and Redis servers for the tests, on free ports of the loopback address.

Each lives in a folder of its own, knows nothing of a server that the machine
may run anyway, and dies with the process that started it (`setpriv --pdeathsig`),
even where that process is killed.
"""

from __future__ import annotations

import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import redis

START_TIMEOUT_S = 120.0
POSTGRES_USER = "postgres"

POSTGRES_OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_wal_size": "128MB",
    "autovacuum_naptime": "10s",
    "log_min_messages": "warning",
    "timezone": "UTC",
}


MEMORY = Path("/dev/shm")
MEMORY_BYTES_MIN = 2 << 30
"""What a divided run takes at most, twice."""


class MissingProgramError(Exception):
    """A server that the tests need is not installed; `bin/test` installs it."""


def live_in_memory() -> None:
    """Temporary files, databases above all, lie in memory where there is room: a new database is some hundred files, and each test makes one."""
    if "TMPDIR" not in os.environ and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > MEMORY_BYTES_MIN:
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)
        for folder in MEMORY.glob("huabao-*-*-*"):  # of a run that was killed: it would keep the memory
            if not Path("/proc", folder.name.split("-")[2]).exists():
                shutil.rmtree(folder, ignore_errors=True)


PORTS = range(20_000, 32_000)
"""Below those that the kernel gives to whoever asks for any: a connection of another test could take one before its server starts."""

PORTS_OF_A_PROCESS = 500


def free_tcp_port() -> int:
    """A port of 127.0.0.1 that nobody listens on; processes of one run choose from different ones."""
    first = PORTS.start + os.getpid() % (len(PORTS) // PORTS_OF_A_PROCESS) * PORTS_OF_A_PROCESS
    for port in random.SystemRandom().sample(range(first, first + PORTS_OF_A_PROCESS), PORTS_OF_A_PROCESS):  # a test may have seeded the other one
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError(f"nobody left a port free from {first} on")


def program(name: str, *folders: str) -> str:
    """The path of a program, also searched in `folders` (patterns, newest version first)."""
    found = shutil.which(name)
    for pattern in folders:
        candidates = [one for one in Path("/").glob(pattern.lstrip("/")) if os.access(one / name, os.X_OK)]
        found = found or next((str(one / name) for one in sorted(candidates, key=lambda path: len(str(path)) * 1000, reverse=True)), None)
    if found is None:
        raise MissingProgramError(f"{name} is not installed; run bin/test, which installs what the tests need")
    return found


def postgres_program(name: str) -> str:
    """One of PostgreSQL's server programs, which Debian keeps out of PATH."""
    return program(name, "/usr/lib/postgresql/*/bin", "/usr/local/pgsql/bin")


def mortal(command: Sequence[str], *, user: str | None = None, signal_name: str = "TERM") -> list[str]:
    """`command` so that it ends when its parent does, as `user` where we are root."""
    identity = ["--reuid", user, "--regid", user, "--init-groups"] if user and os.geteuid() == 0 else []
    return [program("setpriv", "/usr/bin", "/bin"), "--pdeathsig", signal_name, *identity, "--", *command]


def _wait_until(alive: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    give_up_at = time.monotonic() + START_TIMEOUT_S
    while not alive():
        if process.poll() is not None or time.monotonic() > give_up_at:
            process.kill()
            raise RuntimeError(f"{process.args!r} did not start:\n{log.read_text(errors='replace')[-3000:]}")
        time.sleep(0.05)


@contextmanager
def postgres_server(more_options: Mapping[str, str] | None = None, *, tcp_port: int = 0) -> Iterator[str]:
    """A fresh PostgreSQL cluster; yields the URL of its database `postgres`, without driver name.

    Args:
        more_options: settings of the server on top of, or instead of, `POSTGRES_OPTIONS`.
        tcp_port: where it listens; 0 takes a free one.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"huabao-pg-{os.getpid()}-"))
    log = folder / "log"
    log.touch()
    if os.geteuid() == 0:
        account = pwd.getpwnam(POSTGRES_USER)
        for path in (folder, log):
            os.chown(path, account.pw_uid, account.pw_gid)
    tcp_port = tcp_port or free_tcp_port()
    data = folder / "data"
    initdb = [postgres_program("initdb"), "-D", str(data), "-U", POSTGRES_USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
    subprocess.run(mortal(initdb, user=POSTGRES_USER), check=True, capture_output=True, cwd=folder)
    options = {**POSTGRES_OPTIONS, **(more_options or {}), "port": str(tcp_port), "unix_socket_directories": str(folder)}
    settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    with log.open("ab") as output:
        command = mortal([postgres_program("postgres"), "-D", str(data), *settings], user=POSTGRES_USER, signal_name="INT")
        process = subprocess.Popen(command, stdout=output, stderr=output, cwd=folder)
    url = f"postgresql://{POSTGRES_USER}@127.0.0.1:{tcp_port}/postgres"
    try:
        _wait_until(lambda: _postgres_answers(url), process, log)
        yield url
    finally:
        _stop(process, signal_first=signal.SIGINT)
        shutil.rmtree(folder, ignore_errors=True)


def _postgres_answers(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=30):
            return True
    except psycopg.OperationalError:
        return False


@contextmanager
def redis_server(tcp_port: int = 0) -> Iterator[str]:
    """A fresh Redis that keeps nothing on disk, on that or a free port; yields its URL."""
    folder = Path(tempfile.mkdtemp(prefix=f"huabao-redis-{os.getpid()}-"))
    tcp_port = tcp_port or free_tcp_port()
    log = folder / "log"
    command = [program("redis-server"), "--bind", "127.0.0.1", "--port", str(tcp_port), "--save", "", "--appendonly", "no", "--dir", str(folder)]
    with log.open("ab") as output:
        process = subprocess.Popen(mortal(command), stdout=output, stderr=output)
    try:
        _wait_until(lambda: _redis_answers(tcp_port), process, log)
        yield f"redis://127.0.0.1:{tcp_port}/0"
    finally:
        _stop(process)
        shutil.rmtree(folder, ignore_errors=True)


def _redis_answers(tcp_port: int) -> bool:
    try:
        with redis.Redis("127.0.0.1", tcp_port, socket_timeout=30) as client:
            return bool(client.ping())
    except redis.ConnectionError:
        return False


def _stop(process: subprocess.Popen[bytes], *, signal_first: int = 15) -> None:
    if process.poll() is None:
        process.send_signal(signal_first)
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
