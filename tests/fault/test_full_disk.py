"""The disk of the database is full in the middle of a dispatch: it stops, calls somebody, and goes on by itself once there is room."""

from __future__ import annotations

import os
import pwd
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import select

from delivery.dispatch import planning as dispatches
from delivery.dispatch.planning import Request
from delivery.ledger import proof
from delivery.ledger.peer import read_peer
from delivery.models import Submission
from huabao.alarms import Alarm
from huabao.config import Config
from huabao.ids import unpack_ids
from huabao.runtime import Runtime, make_runtime
from tests.conftest import TEMPLATE
from tests.services.delivering import Peer, add_port, build_world, number_of, peer, set_setting
from tests.services.disks import SmallDisk, small_disk
from tests.services.waiting import wait_until
from tests.services.workers import LEASE_S, outcomes, start_worker

READERS = 2000
GROUP = 3
RATE = 400
DISK_MB = 48
FULL_S = LEASE_S + 2.0
"""Longer than a lease: whoever was in the middle of something loses it."""


@contextmanager
def on_sqlite(disk: SmallDisk, template: Path) -> Iterator[Runtime]:
    shutil.copyfile(template, disk.folder / "huabao.db")
    runtime = make_runtime(Config(database_url=f"sqlite:///{disk.folder}/huabao.db", data_dir=disk.folder))
    try:
        yield runtime
    finally:
        runtime.engine.dispose()


@contextmanager
def on_postgres(disk: SmallDisk, server: str) -> Iterator[Runtime]:
    """A database whose tables lie on the disk; PostgreSQL's log lies elsewhere, as it should."""
    name = f"full_{uuid.uuid4().hex[:12]}"
    place = disk.folder / "tables"
    place.mkdir(mode=0o700)
    if os.geteuid() == 0:
        account = pwd.getpwnam("postgres")
        os.chown(place, account.pw_uid, account.pw_gid)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE TABLESPACE {name} LOCATION '{place}'".encode())
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} TABLESPACE {name}".encode())
        runtime = make_runtime(Config(database_url=f"{server.rpartition('/')[0]}/{name}", data_dir=disk.folder))
        try:
            yield runtime
        finally:
            runtime.engine.dispose()
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
            connection.execute(f"DROP TABLESPACE {name}".encode())


@pytest.fixture(params=["sqlite", "postgresql"])
def placed(request: pytest.FixtureRequest) -> Iterator[tuple[SmallDisk, Runtime]]:
    """A small disk, and an installation whose database lies on it."""
    with small_disk(DISK_MB) as disk:
        if request.param == "sqlite":
            with on_sqlite(disk, request.getfixturevalue("_sqlite_template")) as runtime:
                yield disk, runtime
        else:
            with on_postgres(disk, request.getfixturevalue("_postgres_template")) as runtime:
                yield disk, runtime


def test_a_full_disk_stops_the_dispatch_and_room_lets_it_go_on(placed: tuple[SmallDisk, Runtime], tmp_path: Path) -> None:
    disk, runtime = placed
    for name, value in {"batch_readers_max": 300, "ramp_readers_min": READERS + 1, "unknown_wait_s": 86_400.0, "report_wait_s": 86_400.0}.items():
        set_setting(runtime, name, value)
    with peer(tmp_path / "kept", "--answer-delay-ms", "5-30", "--mix", "retrieved=1") as mmsc:
        world = build_world(runtime, readers=READERS)
        add_port(runtime, mmsc.url, rate=RATE, burst=12, max_recipients=GROUP, connections=4)
        dispatch_id = dispatches.create(runtime, Request(world.edition), actor="test")
        worker = start_worker(runtime)
        try:
            wait_until(lambda: len(mmsc.recipients()) > READERS // 5)
            disk.fill()
            time.sleep(FULL_S)
            _wait_until_it_stands(mmsc)
            got = mmsc.recipients()
            assert len(got) < READERS, "it was over before the disk was full"
            assert set(got) <= _written_down(runtime), "something left that was not written down"
            assert worker.lives
            disk.make_room()
            wait_until(lambda: "pending" not in outcomes(runtime, dispatch_id), what="it did not go on")
            wait_until(lambda: bool(_alarms(runtime)), what="nobody was called")
        finally:
            worker.kill()
        got = mmsc.recipients()
        assert len(got) == len(set(got)), "somebody got it twice"
        found = outcomes(runtime, dispatch_id)
        assert READERS - len(got) <= found.get("unknown", 0) <= 300
        assert sum(found.values()) == READERS
        with runtime.transaction(read_only=True) as session:
            assert list(proof.verify(session, peers=[read_peer(mmsc.keep)]).problems) == []


def _wait_until_it_stands(mmsc: Peer) -> None:
    """A little may leave as long as half-filled pages have room."""
    for _ in range(10):
        before = len(mmsc.recipients())
        time.sleep(1.0)
        if len(mmsc.recipients()) == before:
            return
    raise AssertionError("it goes on though nothing can be written down")


def _written_down(runtime: Runtime) -> set[str]:
    """Numbers for which a submission is on record."""
    with runtime.transaction(read_only=True) as session:
        return {number_of(reader) for packed in session.scalars(select(Submission.reader_ids)) for reader in unpack_ids(packed)}


def _alarms(runtime: Runtime) -> list[str]:
    with runtime.transaction(read_only=True) as session:
        return list(session.scalars(select(Alarm.text).where(Alarm.kind == "database.full")))
