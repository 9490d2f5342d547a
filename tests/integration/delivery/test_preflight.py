"""A message that its readers' handsets cannot take is not sent, unless a person blocks the class; everybody else goes."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select, update

from content.models import Edition
from delivery.models import Batch, Brake
from huabao.runtime import Runtime
from subscribers.imports.handsets import import_handsets
from tests.command_line import CLI
from tests.services.delivering import add_port, add_readers, build_world

SMALL, LARGE = "30kb-128x160", "100kb-240x320"
RECORDS = f"model,handset_class,brand,slides_max,charsets\nK1,{SMALL},Kranich,,gb2312;us-ascii\nR1,{LARGE},Reiher,20,utf-8\n"


@pytest.fixture
def world(runtime: Runtime, tmp_path: Path) -> Runtime:
    """Seven readers with a Kranich K1, which reads no UTF-8, and three with a Reiher R1, which does."""
    path = tmp_path / "h.csv"
    path.write_text(RECORDS)
    import_handsets(runtime, path, by="li")
    build_world(runtime)
    add_readers(runtime, 7, service_id="paper", handset="kranich k1", handset_model="K1", handset_class=SMALL)
    add_readers(runtime, 3, service_id="paper", first=101, handset="R1", handset_model="R1", handset_class=LARGE)
    add_port(runtime, "http://127.0.0.1:9/")
    return runtime


def test_the_check_names_handset_slide_reason_and_readers(world: Runtime, cli: CLI) -> None:
    said = cli("edition", "check", "paper/1", "--json", code=1).json
    assert (said["passed"], said["handsets"], said["failing_classes"]) == (False, 2, {SMALL: 7})
    first = said["failures"][0]
    assert {"handset": "K1", "handset_class": SMALL, "check": "charsets", "readers": 7, "slide": 1}.items() <= first.items()
    assert first["reason"] == "the text is utf-8, the handset reads gb2312, us-ascii"
    assert first["variant_id"].startswith(SMALL)
    assert {one["handset"] for one in said["failures"]} == {"K1"}
    assert "7 readers" in cli("edition", "check", "paper/1", code=1).out


def test_a_misfit_counts_the_readers_of_its_variant(runtime: Runtime, cli: CLI, tmp_path: Path) -> None:
    (tmp_path / "h.csv").write_text(RECORDS)
    import_handsets(runtime, tmp_path / "h.csv", by="li")
    build_world(runtime, rules=(None, {"field": "city", "op": "eq", "value": "合肥"}))
    add_readers(runtime, 5, service_id="paper", handset="K1", handset_model="K1", handset_class=SMALL, city="合肥")
    add_readers(runtime, 2, service_id="paper", first=101, handset="K1", handset_model="K1", handset_class=SMALL, city="芜湖")
    add_readers(runtime, 1, service_id="paper", first=201, handset="", handset_class=SMALL, city="芜湖")
    said = cli("edition", "check", "paper/1", "--json", code=1).json
    counted = {(one["variant_id"], one["readers"]) for one in said["failures"]}
    assert sorted(readers for _, readers in counted) == [2, 5]
    assert len({variant for variant, _ in counted}) == 2
    assert said["failing_classes"] == {SMALL: 8}


def test_a_plan_tells_it_and_a_start_refuses_it(world: Runtime, cli: CLI, tmp_path: Path) -> None:
    said = cli("dispatch", "plan", "paper/1", "--json", code=1).json
    assert said["preflight"] == {"passed": False, "handsets": 2, "failing_classes": {SMALL: 7}}
    refused = cli("dispatch", "start", "paper/1", "--detach", code=2).err
    for word in (f"{SMALL} (7 readers) fails on K1, slide 1", "--block-class", "reroute"):
        assert word in refused
    assert "--block-class" in cli("dispatch", "start", "paper/1", "--detach", "--block-class", LARGE, code=2).err
    assert "no handset class" in cli("dispatch", "start", "paper/1", "--detach", "--block-class", "x", code=2).err
    with world.transaction(read_only=True) as session:
        assert session.scalars(select(Batch)).all() == []
    (tmp_path / "f.yaml").write_text("edition: paper/1\nmissing: true\n")
    counted = cli("resend", "--filter", tmp_path / "f.yaml", "--dry-run", "--json", code=1).json
    assert f"{SMALL} (7 readers) fails on K1" in counted["preflight"] and counted["unbuilt"] == 0
    assert cli("resend", "--filter", tmp_path / "f.yaml", "--dry-run", "--block-class", SMALL, "--json", code=None).json["preflight"] is None


def test_what_fails_cannot_be_scheduled(world: Runtime, cli: CLI) -> None:
    with world.transaction() as session:
        session.execute(update(Edition).values(state="approved"))
    assert f"{SMALL} (7 readers) fails on K1" in cli("edition", "schedule", "paper/1", code=2).err
    assert cli("edition", "schedule", "paper/1", "--block-class", SMALL, "--json").json["planned"] == 10


def test_a_blocked_class_is_held_with_its_count_and_the_others_go(world: Runtime, cli: CLI) -> None:
    made = cli("dispatch", "start", "paper/1", "--detach", "--block-class", SMALL, "--json", code=None).json
    assert (made["audience"], made["planned"]) == (10, 10)
    with world.transaction(read_only=True) as session:
        held = {batch.handset_class: batch.held for batch in session.scalars(select(Batch))}
        brake = session.scalars(select(Brake)).one()
    assert held[LARGE] is None
    assert (brake.key, brake.readers, brake.scope) == (SMALL, 7, "handset_class")
    assert "K1" in brake.reason
    assert (held[SMALL] or "").startswith(f"brake {brake.id}")


def test_another_class_for_the_model_mends_it(world: Runtime, cli: CLI, tmp_path: Path) -> None:
    (tmp_path / "mend.csv").write_text("model,handset_class\nK1,no-mms\n")
    cli("handsets", "import", tmp_path / "mend.csv")
    assert cli("edition", "check", "paper/1", "--json").json["passed"] is True
    assert cli("dispatch", "start", "paper/1", "--detach", "--json", code=None).json["excluded"] == {"handset_cannot": 7}


def test_the_mainstream_is_tried_whoever_has_it(world: Runtime, cli: CLI, tmp_path: Path) -> None:
    (tmp_path / "more.csv").write_text(f"model,handset_class,slides_max,mms_max_width_px,mms_max_height_px\nM1,{LARGE},1,9,9\nM2,{LARGE},1,,\n")
    cli("handsets", "import", tmp_path / "more.csv")
    cli("settings", "set", "preflight_mainstream", "m1; Nobody 9")
    said = cli("edition", "check", "paper/1", "--classes", LARGE, "--json", code=None).json
    assert said["mainstream_unknown"] == ["Nobody 9"]
    assert said["classes"][LARGE] == {"readers": 3, "handsets": 2}
    assert said["handsets"] == 3
    assert cli("edition", "check", "paper/1", "--all-handsets", "--json", code=None).json["handsets"] == 4


def test_the_share_decides_how_many_are_tried(world: Runtime, cli: CLI, tmp_path: Path) -> None:
    (tmp_path / "more.csv").write_text(f"model,handset_class,slides_max\nS1,{SMALL},30\n")
    cli("handsets", "import", tmp_path / "more.csv")
    add_readers(world, 93, service_id="paper", first=201, handset="S1", handset_model="S1", handset_class=SMALL)
    assert cli("edition", "check", "paper/1", "--json", code=1).json["classes"][SMALL] == {"readers": 100, "handsets": 2}
    cli("settings", "set", "preflight_share", "0.93")
    assert cli("edition", "check", "paper/1", "--json").json["classes"][SMALL] == {"readers": 100, "handsets": 1}
