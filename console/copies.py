"""A consistent copy of the database and back: SQLite's own backup, pg_dump and pg_restore."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from pathlib import Path

from sqlalchemy.engine import URL

from huabao.errors import HuabaoError
from huabao.runtime import Runtime


def backup(runtime: Runtime, file: Path) -> int:
    """Write the copy; its size in bytes.

    Raises:
        HuabaoError: the database's own tool is missing or failed, or the file cannot be written.
    """
    url = runtime.engine.url
    if not os.access(file.absolute().parent, os.W_OK):
        raise HuabaoError(f"{file} cannot be written; choose another folder")
    if url.get_backend_name() == "sqlite":
        with sqlite3.connect(str(url.database)) as source, sqlite3.connect(file) as target:
            source.backup(target)
    else:
        _postgres_tool(url, "pg_dump", "--format=custom", "--no-owner", f"--file={file}")
    return file.stat().st_size


def restore(runtime: Runtime, file: Path) -> None:
    """Replace the database's content by the copy.

    Raises:
        HuabaoError: the file is no copy, or the tool is missing or failed.
    """
    url = runtime.engine.url
    runtime.engine.dispose()
    if url.get_backend_name() == "sqlite":
        if file.read_bytes()[:16] != b"SQLite format 3\0":
            raise HuabaoError(f"{file} is no copy of an SQLite database; nothing was changed")
        with sqlite3.connect(file) as source, sqlite3.connect(str(url.database)) as target:
            source.backup(target)
    else:
        _postgres_tool(url, "pg_restore", "--clean", "--if-exists", "--no-owner", "--single-transaction", f"--dbname={url.database}", str(file), name_database=False)


def _postgres_tool(url: URL, tool: str, *arguments: str, name_database: bool = True) -> None:
    if shutil.which(tool) is None:
        raise HuabaoError(f"{tool} is not installed; install postgresql-client")
    given = {"PGHOST": url.host, "PGPORT": url.port, "PGUSER": url.username, "PGPASSWORD": url.password, "PGDATABASE": url.database if name_database else None}
    environment = {name: str(value) for name, value in given.items() if value is not None}
    done = subprocess.run([tool, *arguments], env={**os.environ, **environment}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise HuabaoError(f"{tool} failed: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else done.returncode}")
