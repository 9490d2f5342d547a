"""Check files by SFTP: what a peer laid on its server comes into the inbox, our answers go back.

The server is an installation setting (`HUABAO_FEED_SFTP_BOSS=sftp://user:password@host:22/folder`), its key is checked against a
file of known hosts. What was fetched is written down beside the inbox, so that each file comes once, however often it is looked for.
"""

from __future__ import annotations

import asyncio
import json
import os
import stat
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import asyncssh
from sqlalchemy.orm import Session

from huabao import alarms
from huabao.config import Config
from huabao.errors import UsageError
from huabao.log import get_logger
from huabao.runtime import Runtime
from reconciliation.feeds.inbox import PEERS, inbox_of
from reconciliation.feeds.settings import BYTES_MAX_MB, OUTBOX, QUIET_S

AWAY_ALARM: Final = "feed.sftp"
CONNECT_S: Final = 20.0
ALL_S: Final = 900.0
MARKS: Final = ".exchanged.json"
OWN: Final = "platform"
"""Folder of a server that our own check files are laid into."""

NAME_CHARS_MAX: Final = 120
log = get_logger("reconciliation.feeds")


@dataclass(frozen=True, slots=True)
class Server:
    """Where a peer's files lie."""

    host: str
    port: int
    user: str
    password: str | None
    folder: PurePosixPath


def server_of(config: Config, peer: str) -> Server | None:
    """A peer's server; None where it has none.

    Raises:
        UsageError: what is set is no address of one.
    """
    url = {"boss": config.feed_sftp_boss, "misc": config.feed_sftp_misc}[peer].get_secret_value()
    if not url:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port or 22
    except ValueError:
        parts, port = urlsplit(""), 0
    if parts.scheme != "sftp" or not parts.hostname or not parts.username:
        raise UsageError(f"HUABAO_FEED_SFTP_{peer.upper()} is no address of a server: write sftp://user:password@host:22/folder")
    password = None if parts.password is None else unquote(parts.password)
    return Server(parts.hostname, port, unquote(parts.username), password, PurePosixPath(unquote(parts.path) or "/"))


def outbox_of(session: Session, config: Config) -> Path:
    """The folder that our own check files are written to."""
    given = OUTBOX.get(session)
    return Path(given) if given else config.data_dir / "outbox"


def exchange(runtime: Runtime) -> int:
    """Fetch new files and bring answers back, for every peer that has a server; how many files came."""
    came = 0
    for peer in PEERS:
        server = server_of(runtime.config, peer)
        if server is None:
            continue
        with runtime.transaction(read_only=True) as session:
            folder, own = inbox_of(session, runtime.config) / peer, outbox_of(session, runtime.config) / peer
            quiet_s, most = QUIET_S.get(session), BYTES_MAX_MB.get(session) * 1_000_000
        folder.mkdir(parents=True, exist_ok=True)
        problem = ""
        try:
            came += asyncio.run(asyncio.wait_for(_exchange(server, runtime.config, (folder, own), runtime.now().timestamp() - quiet_s, most), ALL_S))
        except (OSError, asyncssh.Error, TimeoutError) as error:
            problem = f"{type(error).__name__}: {error}"[:200]
            log.warning("a server of check files cannot be used", peer=peer, why=problem)
        with runtime.transaction() as session:
            if problem:
                alarms.raise_alarm(session, AWAY_ALARM, peer, f"the server of {peer}'s check files cannot be used: {problem}", at=runtime.now())
            else:
                alarms.close_alarm(session, AWAY_ALARM, peer, at=runtime.now())
    return came


async def _exchange(server: Server, config: Config, folders: tuple[Path, Path], before: float, bytes_max: int) -> int:
    """How many files came into the first folder; those of the second go to the server."""
    folder, own = folders
    marks = _read_marks(folder)
    known_hosts = str(config.feed_known_hosts or config.data_dir / "known_hosts")
    keys = [str(config.feed_key)] if config.feed_key else ()
    connecting = asyncssh.connect(
        server.host, server.port, username=server.user, password=server.password, known_hosts=known_hosts, client_keys=keys, connect_timeout=CONNECT_S, config=()
    )  # fmt: skip
    came = 0
    async with connecting as connection, connection.start_sftp_client() as sftp:
        for entry in sorted(await sftp.readdir(str(server.folder)), key=lambda one: str(one.filename)):
            name, about = str(entry.filename), entry.attrs
            size, changed = about.size or 0, about.mtime or 0
            if not _is_ours(name, about.permissions or 0) or changed > before or size > bytes_max or marks["fetched"].get(name) == [size, changed]:
                continue
            part = folder / f".{name}.part"
            await sftp.get(str(server.folder / name), str(part))
            os.utime(part, (changed, changed))
            part.replace(folder / name)
            marks["fetched"][name] = [size, changed]
            _write_marks(folder, marks)
            came += 1
        await _bring_answers(sftp, server, folder, marks)
        await _bring_own(sftp, server, folder, own, marks)
    return came


async def _bring_answers(sftp: asyncssh.SFTPClient, server: Server, folder: Path, marks: dict[str, Any]) -> None:
    for answer in sorted((folder / "response").glob("*/*.rsp")):
        there = server.folder / "response" / answer.parent.name
        mark = [answer.parent.name, answer.stat().st_mtime]
        if answer.name.removesuffix(".rsp") not in marks["fetched"] or marks["answered"].get(answer.name) == mark:
            continue
        await _lay(sftp, answer, there)
        marks["answered"][answer.name] = mark
        _write_marks(folder, marks)


async def _bring_own(sftp: asyncssh.SFTPClient, server: Server, folder: Path, own: Path, marks: dict[str, Any]) -> None:
    """Our own check files, each once."""
    for path, mark in _own_files(own):
        if marks["brought"].get(path.name) != mark:
            await _lay(sftp, path, server.folder / OWN)
            marks["brought"][path.name] = mark
            _write_marks(folder, marks)


def _own_files(folder: Path) -> list[tuple[Path, list[float]]]:
    """Files that are whole, each with size and time."""
    found = [(path, path.stat()) for path in sorted(folder.glob("*"))]
    return [(path, [about.st_size, about.st_mtime]) for path, about in found if _is_ours(path.name, about.st_mode)]


async def _lay(sftp: asyncssh.SFTPClient, path: Path, there: PurePosixPath) -> None:
    """Put a file into a folder of the server; it is there only when it is whole."""
    await sftp.makedirs(str(there), exist_ok=True)
    await sftp.put(str(path), str(there / f"{path.name}.part"))
    await sftp.posix_rename(str(there / f"{path.name}.part"), str(there / path.name))


def _is_ours(name: str, permissions: int) -> bool:
    """A plain file with a plain name that is not on its way; anything else of a peer's folder is left alone."""
    plain = name.isprintable() and "/" not in name and "\\" not in name and len(name) <= NAME_CHARS_MAX
    return plain and not name.startswith(".") and not name.endswith((".part", ".tmp", ".rsp")) and (not stat.S_IFMT(permissions) or stat.S_ISREG(permissions))


def _read_marks(folder: Path) -> dict[str, Any]:
    try:
        marks = json.loads((folder / MARKS).read_text("utf-8"))
    except (OSError, ValueError):
        marks = {}
    return {name: dict(marks.get(name, {})) for name in ("fetched", "answered", "brought")}


def _write_marks(folder: Path, marks: dict[str, Any]) -> None:
    part = folder / f"{MARKS}.part"
    part.write_text(json.dumps(marks), "utf-8")
    part.replace(folder / MARKS)
