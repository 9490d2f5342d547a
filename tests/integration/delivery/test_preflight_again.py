"""What goes out beside the paper asks preflight too: corrections, resends, to my phone; and what waits is looked at again."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from content.models import Edition, EditionVersion
from delivery.dispatch import gate
from delivery.models import Batch, Brake, Dispatch, Resend
from huabao.clock import shanghai_text
from huabao.runtime import Runtime
from subscribers.imports.handsets import import_handsets
from subscribers.models import Reader
from tests.command_line import CLI
from tests.services.delivering import add_port, add_readers, build_world, manuscript

SMALL, LARGE = "30kb-128x160", "100kb-240x320"
GOOD = f"model,handset_class,brand,slides_max,charsets\nK1,{SMALL},Kranich,,utf-8\nR1,{LARGE},Reiher,20,utf-8\n"
BAD = f"model,handset_class,brand,slides_max,charsets\nK1,{SMALL},Kranich,,gb2312\n"


@pytest.fixture
def world(runtime: Runtime, tmp_path: Path) -> Runtime:
    """Seven readers with a Kranich K1 and three with a Reiher R1; nothing fails yet."""
    _records(runtime, tmp_path, GOOD)
    build_world(runtime)
    add_readers(runtime, 7, service_id="paper", handset="kranich k1", handset_model="K1", handset_class=SMALL)
    add_readers(runtime, 3, service_id="paper", first=101, handset="R1", handset_model="R1", handset_class=LARGE)
    add_port(runtime, "http://127.0.0.1:9/")
    return runtime


def _records(runtime: Runtime, folder: Path, text: str) -> None:
    path = folder / "h.csv"
    path.write_text(text)
    import_handsets(runtime, path, by="li")


def _brakes(runtime: Runtime) -> list[tuple[str, int, str]]:
    with runtime.transaction(read_only=True) as session:
        return [(one.key, one.readers, one.by) for one in session.scalars(select(Brake).order_by(Brake.id))]


def _later(cli: CLI, runtime: Runtime) -> int:
    at = shanghai_text(runtime.now() + timedelta(hours=1)).replace(" ", "T")
    dispatch_id: int = cli("dispatch", "start", "paper/1", "--start", at, "--detach", "--json").json["dispatch_id"]
    return dispatch_id


def _new_version(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        edition = session.scalars(select(Edition)).one()
        first = session.get_one(EditionVersion, edition.current_version_id)
        document = {**manuscript("paper", first.issue_date).to_document(), "title": "早报更正"}
        made = EditionVersion(
            edition_id=edition.id, version=2, title="早报更正", issue_date=first.issue_date, manuscript=document, source_sha256="2" * 64, created_at=runtime.now(), created_by="li"
        )
        session.add(made)
        session.flush()
        edition.current_version_id = made.id


def test_what_waits_is_tried_again_when_the_records_change(world: Runtime, cli: CLI, tmp_path: Path) -> None:
    dispatch_id = _later(cli, world)
    gate.watch(world)
    assert _brakes(world) == []
    _records(world, tmp_path, BAD)
    gate.watch(world)
    assert _brakes(world) == [(SMALL, 7, "huabao")]
    with world.transaction(read_only=True) as session:
        held = {batch.handset_class: batch.held for batch in session.scalars(select(Batch))}
        reason = session.scalars(select(Brake.reason)).one()
    assert held[LARGE] is None
    assert held[SMALL]
    assert "K1" in reason
    with world.transaction(read_only=True) as session:
        brake_id = session.scalars(select(Brake.id).where(Brake.dispatch_id == dispatch_id)).one()
    cli("dispatch", "brake", "release", brake_id, "--reason", "他们能看")
    _records(world, tmp_path, BAD.replace("gb2312", "big5"))
    gate.watch(world)
    assert len(_brakes(world)) == 1, "what a person let go is not held again"


def test_a_correction_that_fails_stops_nothing_and_goes_without_the_class(world: Runtime, cli: CLI, tmp_path: Path) -> None:
    _later(cli, world)
    _new_version(world)
    _records(world, tmp_path, BAD)
    refused = cli("edition", "correct", "paper/1", "--detach", code=2).err
    assert f"{SMALL} (7 readers) fails on K1" in refused
    with world.transaction(read_only=True) as session:
        assert "cancelled" not in session.scalars(select(Dispatch.state)).all()
    made = cli("edition", "correct", "paper/1", "--detach", "--block-class", SMALL, "--json", code=None).json
    assert made["planned"] == 10
    assert (SMALL, 7) in [(key, readers) for key, readers, _ in _brakes(world)]


def test_resends_ask_for_one_reader_and_for_many(world: Runtime, cli: CLI, tmp_path: Path) -> None:
    _records(world, tmp_path, BAD)
    with world.transaction() as session:
        first, last = session.scalars(select(Reader.msisdn).order_by(Reader.id)).all()[0::9]
    said = cli("resend", "--msisdn", first, "--edition", "paper/1", "--reason", "没收到", "--detach", "--json", code=1).json
    assert (said["refusal"], said["state"]) == ("handset_misfit", "refused")
    assert "K1, slide 1: the text is utf-8, the handset reads gb2312" in said["refused"]
    assert cli("resend", "--msisdn", last, "--edition", "paper/1", "--reason", "没收到", "--detach", "--json").json["state"] == "sent"
    with world.transaction(read_only=True) as session:
        assert session.scalars(select(Resend.refusal).order_by(Resend.id)).all() == ["handset_misfit", None]
    (tmp_path / "all.yaml").write_text("edition: paper/1\nmissing: true\n")
    many = ("resend", "--filter", tmp_path / "all.yaml", "--reason", "漏发", "--detach")
    assert "--block-class" in cli(*many, code=2).err
    made = cli(*many, "--block-class", SMALL, "--json", code=None).json
    assert made["found"]["planned"] == 9
    assert (SMALL, 7) in [(key, readers) for key, readers, _ in _brakes(world)]


def test_to_my_phone_says_it_and_goes(world: Runtime, cli: CLI, tmp_path: Path) -> None:
    _records(world, tmp_path, BAD)
    with world.transaction() as session:
        number = session.scalars(select(Reader.msisdn).order_by(Reader.id)).first()
        session.execute(update(Edition).values(state="draft"))
    cli("seeds", "add", "house", number)
    said = cli("edition", "try", "paper/1", "--to", number, "--detach", "--json").json
    assert said["preflight"]
    assert said["preflight"][0].startswith("K1, slide 1: the text is utf-8")
    assert said["variant_id"].startswith(SMALL)
