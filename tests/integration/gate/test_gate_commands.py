"""`huabao seeds …`, `dispatch start --seed-group`, `dispatch block` and `dispatch brake …`."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from delivery import lifecycle
from delivery.dispatch import brake
from delivery.models import Brake
from huabao.runtime import Runtime
from tests.command_line import CLI
from tests.integration.console.dispatch_rows import add_users
from tests.integration.gate.ground import LARGE, SMALL, SMALL_READERS, gate, silent
from tests.services.delivering import number_of


def test_groups_are_kept(runtime: Runtime, cli: CLI) -> None:
    added = cli("seeds", "add", "house", "13900000001", "+8613900000002", "--handset-class", SMALL, "--json").json
    assert added == {"group": "house", "kind": "test", "segment": None, "seeds": [{"msisdn": f"1390000000{one}", "handset_class": SMALL} for one in (1, 2)]}
    assert "2 numbers" in cli("seeds", "add", "house", "13900000002", "--handset-class", LARGE).out
    assert "kind test" in cli("seeds", "add", "house", "13900000003", "--kind", "member", code=2).err
    assert "there is no handset class" in cli("seeds", "add", "house", "13900000003", "--handset-class", "9kb-1x1", code=2).err
    assert "not a mobile number" in cli("seeds", "add", "house", "12", code=2).err
    assert "name numbers" in cli("seeds", "add", "house", code=2).err
    assert "there is no segment" in cli("seeds", "add", "panel", "--segment", "nowhere", code=2).err
    assert "not for test handsets" in cli("seeds", "add", "house", "--segment", "nowhere", code=2).err
    cli("seeds", "add", "panel", "13900000009", "--kind", "member")
    listed = cli("seeds", "list", "--json").json
    assert [(one["group"], one["kind"], len(one["seeds"])) for one in listed] == [("house", "test", 2), ("panel", "member", 1)]
    assert listed[0]["seeds"][1]["handset_class"] == LARGE
    assert cli("seeds", "remove", "house", "13900000001", "--json").json == {"group": "house", "removed": 1, "group_removed": False}
    assert "which is gone" in cli("seeds", "remove", "panel").out
    assert "no seed group 'panel'" in cli("seeds", "remove", "panel", code=2).err
    assert cli("subscribers", "show", "13900000002", "--json").json["handset_class"] == SMALL, "a test handset is known, so that its report finds it"


def test_a_start_with_seeds_ends_when_the_gate_holds(sqlite_runtime: Runtime, cli: CLI, tmp_path: Path) -> None:
    with gate(sqlite_runtime, tmp_path, silent("139*"), magazine=True) as one:
        cli("settings", "set", "seed_wait_s", "0")
        cli("settings", "set", "start_quiet_s", "0.1")
        started = cli("dispatch", "start", one.edition, "--seed-group", "house", "--json", code=1).json
        assert (started["state"], started["reason_by"]) == ("held", "huabao")
        assert "0 of 2 seeds retrieved" in started["reason"]
        one.id = started["dispatch_id"]
        shown = cli("dispatch", "status", one.id, "--json").json
        assert [(seed["number"], seed["kind"], seed["verdict"]) for seed in shown["seeds"]] == [("139****0001", "test", "silent"), ("139****0002", "test", "silent")]
        assert (shown["stage"], shown["brakes"], shown["ramps"]) == (0, [], True)
        assert [line["kind"] for line in cli("dispatch", "list", "--json").json] == ["seed", "edition"]
        assert cli("alarms", "list", "--open", "--json").json[0]["kind"] == "delivery.gate"


def test_block_and_brake(runtime: Runtime, cli: CLI, tmp_path: Path) -> None:
    with gate(runtime, tmp_path) as one:
        one.start(None)
        add_users(runtime)
        dry = cli("dispatch", "block", one.id, "--handset-class", SMALL, "--reason", "garbled", "--json").json
        assert dry == {"dispatch_id": one.id, "handset_class": SMALL, "readers": len(SMALL_READERS), "blocked": False}
        with runtime.transaction(read_only=True) as session:
            assert session.scalars(select(Brake)).all() == []
        assert f"{len(SMALL_READERS)} readers" in cli("dispatch", "block", one.id, "--handset-class", SMALL, "--reason", "garbled").out
        done = cli("dispatch", "block", one.id, "--handset-class", SMALL, "--reason", "garbled", "--yes", "--as", "li", "--json").json
        assert (done["blocked"], done["readers"], done["by"], done["reason"]) == (True, len(SMALL_READERS), "li", "garbled")
        with runtime.transaction() as session:
            brake.pull(session, lifecycle.lock_dispatch(session, one.id), "port", "main", reason="34% of 500 readers' submissions failed", by="huabao", at=runtime.now())
        listed = cli("dispatch", "brake", "list", "--open", "--json").json
        assert [(row["scope"], row["key"], row["by"]) for row in listed] == [("port", "main", "huabao"), ("handset_class", SMALL, "li")]
        said = cli("dispatch", "status", one.id).out
        assert f"handset class {SMALL}, {len(SMALL_READERS)} readers: garbled" in said
        assert "Missing option '--reason'" in cli("dispatch", "brake", "release", 1, code=2).err
        assert "goes on" in cli("dispatch", "brake", "release", listed[0]["brake_id"], "--reason", "it is back").out
        assert "released already" in cli("dispatch", "brake", "release", listed[0]["brake_id"], "--reason", "again", code=2).err
        assert "not sent to any more" in cli("dispatch", "brake", "drop", listed[1]["brake_id"], "--reason", "tomorrow").out
        assert "there is no brake 99" in cli("dispatch", "brake", "drop", 99, "--reason", "x", code=2).err
        assert [row["release_reason"] for row in cli("dispatch", "brake", "list", "--dispatch", one.id, "--json").json] == ["it is back", "tomorrow"]
        one.until("closed")
        assert one.outcomes()["cancelled"] == len(SMALL_READERS)
        assert one.copies(number_of(SMALL_READERS.start)) == 0
        assert one.problems() == []
