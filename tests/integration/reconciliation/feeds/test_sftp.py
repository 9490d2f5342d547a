"""A real SFTP server: its files come once, answers go back, a strange key or a dead server is an alarm."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import asyncssh
from pydantic import SecretStr
from sqlalchemy import select

from huabao.alarms import Alarm
from huabao.runtime import Runtime
from reconciliation.feeds.models import FeedArrival
from reconciliation.feeds.sftp import exchange
from reconciliation.runs.daily import look
from reconciliation.runs.handing_out import hand_out
from tests.integration.reconciliation.runs.filing import NOW, file, ready, record
from tests.services.waiting import PATIENCE_S


class _Doorkeeper(asyncssh.SSHServer):
    """Knows one user."""

    def password_auth_supported(self) -> bool:
        """Yes."""
        return True

    def validate_password(self, username: str, password: str) -> bool:
        """The one."""
        return (username, password) == ("boss", "s3/cret")


@contextmanager
def _serving(root: Path, key: asyncssh.SSHKey) -> Iterator[int]:
    """An SFTP server over a folder; its port."""
    loop, started = asyncio.new_event_loop(), threading.Event()
    port: list[int] = []
    servers: list[asyncssh.SSHAcceptor] = []

    async def begin() -> None:
        server = await asyncssh.listen(
            "127.0.0.1", 0, server_host_keys=[key], server_factory=_Doorkeeper, sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=str(root).encode())
        )  # fmt: skip
        port.append(server.get_port())
        servers.append(server)
        started.set()

    def work() -> None:
        loop.run_until_complete(begin())
        loop.run_forever()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    assert started.wait(PATIENCE_S)
    try:
        yield port[0]
    finally:
        loop.call_soon_threadsafe(servers[0].close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(PATIENCE_S)
        loop.close()


def _here(runtime: Runtime, folder: Path, port: int) -> Runtime:
    here = ready(runtime, folder)
    update = {"feed_sftp_boss": SecretStr(f"sftp://boss:s3%2Fcret@127.0.0.1:{port}/out")}
    return replace(here, config=here.config.model_copy(update=update))


def _open(runtime: Runtime) -> list[tuple[str, str]]:
    with runtime.transaction(read_only=True) as session:
        return [(row.kind, row.key) for row in session.scalars(select(Alarm).where(Alarm.closed_at.is_(None)))]


def test_files_come_once_and_answers_go_back(runtime: Runtime, tmp_path: Path) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    root, own = tmp_path / "server", tmp_path / "own"
    path = file(root / "out", "day.csv", [record(1, "a")])
    os.utime(path, (NOW.timestamp() - 90, NOW.timestamp() - 90))
    file(root / "out", "half.csv.part", [record(1, "a")])
    (root / "out" / "folder.csv").mkdir()
    own.mkdir()
    with _serving(root, key) as port:
        here = _here(runtime, own, port)
        (own / "known_hosts").write_text(f"[127.0.0.1]:{port} {key.export_public_key().decode()}")
        look(here)
        assert (root / "out/response/right/day.csv.rsp").read_text() == "right\tday.csv\t1\n"
        assert exchange(here) == 0 and _open(here) == []
        [ours] = [one for one in hand_out(here) if one.parent.name == "boss"]
        assert exchange(here) == 0, "our own file goes there, and is not taken for theirs"
        assert (root / "out/platform" / ours.name).read_text() == ours.read_text() and not list((root / "out/platform").glob("*.part"))
        (root / "out/platform" / ours.name).unlink()
        exchange(here)
        assert not list((root / "out/platform").iterdir()), "once"
        stranger = asyncssh.generate_private_key("ssh-ed25519")
        (own / "known_hosts").write_text(f"[127.0.0.1]:{port} {stranger.export_public_key().decode()}")
        assert exchange(here) == 0 and _open(here) == [("feed.sftp", "boss")]
    with here.transaction(read_only=True) as session:
        assert [(row.peer, row.name) for row in session.scalars(select(FeedArrival))] == [("boss", "day.csv")]
    exchange(here)
    assert _open(here) == [("feed.sftp", "boss")]
