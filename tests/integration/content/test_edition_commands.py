"""`huabao publication` and `huabao edition`, as a person runs them."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path

import pytest
from PIL import Image

from huabao.runtime import Runtime
from subscribers.handset_classes import handset_classes
from tests.command_line import CLI
from tests.unit.content import editions

READERS = """msisdn,city,handset,topics
13800000001,合肥,100kb-240x320,sport
13800000002,芜湖,100kb-240x320,world
13800000003,芜湖,100kb-240x320,science
13800000004,合肥,30kb-128x160,world
"""
ORDERS = "msisdn,service_id,state,effective_at\n" + "".join(f"1380000000{number},test-newspaper,active,2026-11-01T00:00:00+08:00\n" for number in range(1, 5))


def test_import_list_show_and_import_again(cli: CLI, tmp_path: Path) -> None:
    folder = editions.newspaper(tmp_path / "in")
    first = cli("edition", "import", folder, "--json").json
    assert {"edition_id": 1, "version": 1, "kind": "newspaper", "items": 9}.items() <= first.items()
    again = cli("edition", "import", folder, "--json").json
    assert (again["edition_id"], again["version"]) == (1, 2)
    assert "version 1 again" in "".join(again["warnings"])
    assert [row["number"] for row in cli("edition", "list", "--json").json["editions"]] == ["2026-11-22"]
    shown = cli("edition", "show", "test-newspaper/2026-11-22", "--json").json
    assert [item["rule"] is not None for item in shown["items"]].count(True) == 2


def test_as_a_process(cli: CLI, tmp_path: Path) -> None:
    cli("edition", "import", editions.comic(tmp_path / "in"))
    assert "240x320" in cli("edition", "build", 1, "--out", tmp_path / "out", "--classes", "240x320", code=2).err
    assert cli.process("edition", "build", 1, "--out", tmp_path / "out", "--classes", "100kb-240x320", "--json").json["variants"]


def test_bad_input_is_one_clear_refusal(cli: CLI, tmp_path: Path) -> None:
    folder = editions.newspaper(tmp_path / "in")
    (folder / "edition.yaml").write_text("kind: [", "utf-8")
    said = cli("edition", "import", folder, code=2)
    assert "edition.yaml:1: broken YAML" in said.err or "edition.yaml:2: broken YAML" in said.err
    assert "Traceback" not in said.err
    assert cli("edition", "list", "--json").json == {"editions": []}
    assert "there is no edition" in cli("edition", "build", "7", "--out", tmp_path / "out", code=2).err


def test_build_without_readers_writes_default_and_all(cli: CLI, tmp_path: Path) -> None:
    cli("edition", "import", editions.newspaper(tmp_path / "in"))
    out = tmp_path / "out"
    manifest = cli("edition", "build", 1, "--out", out, "--classes", "30kb-128x160,100kb-240x320", "--json").json
    assert manifest == json.loads((out / "manifest.json").read_text("utf-8"))
    assert [(entry["handset_class"], len(entry["items"])) for entry in manifest["variants"]] == [
        ("30kb-128x160", 9),
        ("30kb-128x160", 7),
        ("100kb-240x320", 9),
        ("100kb-240x320", 7),
    ]
    for entry in manifest["variants"]:
        folder, handset = out / entry["variant_id"], handset_classes()[entry["handset_class"]]
        files = {str(path.relative_to(out)) for path in folder.rglob("*") if path.is_file()}
        assert files == set(entry["files"])
        assert (folder / "message.mms").stat().st_size == entry["size_bytes"] <= entry["budget_bytes"] == handset.budget_bytes
        assert hashlib.sha256((folder / "message.mime").read_bytes()).hexdigest() == entry["sha256"]
        screens = sorted((folder / "screens").iterdir())
        assert [path.name for path in screens] == [f"{number:02}.png" for number in range(1, entry["slides"] + 1)]
        with Image.open(io.BytesIO(screens[0].read_bytes())) as image:
            assert image.width == handset.width_px
        assert {f"wap/{path.name}" for path in (folder / "wap").iterdir()} == {name.split("/", 1)[1] for name in entry["files"] if "/wap/" in name}
        for moved in entry["moved"]:
            assert set(moved) == {"item", "what", "where", "why"}


def test_the_same_input_builds_the_same_files(cli: CLI, tmp_path: Path) -> None:
    cli("edition", "import", editions.magazine(tmp_path / "in"))
    digests = []
    for _ in range(2):
        cli("edition", "build", 1, "--out", tmp_path / "out", "--classes", "50kb-176x220", "--signatures", "all")
        files = sorted(path for path in (tmp_path / "out").rglob("*") if path.is_file())
        digests.append([(path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in files])
    assert digests[0] == digests[1]


def test_a_folder_of_somebody_else_is_not_touched(cli: CLI, tmp_path: Path) -> None:
    cli("edition", "import", editions.comic(tmp_path / "in"))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("x", "utf-8")
    assert "is not empty" in cli("edition", "build", 1, "--out", tmp_path / "mine", code=2).err
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["letter.txt"]


def test_build_for_the_audience_has_its_pairs_only(runtime: Runtime, cli: CLI, tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text(READERS, "utf-8")
    (tmp_path / "s.csv").write_text(ORDERS, "utf-8")
    cli("edition", "import", editions.newspaper(tmp_path / "in"))
    cli("subscribers", "import", tmp_path / "r.csv")
    cli("subscriptions", "import", tmp_path / "s.csv")
    manifest = cli("edition", "build", 1, "--out", tmp_path / "out", "--json").json
    assert sorted((entry["handset_class"], len(entry["items"])) for entry in manifest["variants"]) == [("100kb-240x320", 7), ("100kb-240x320", 9), ("30kb-128x160", 8)]


def test_check_passes_what_is_built(cli: CLI, tmp_path: Path) -> None:
    cli("edition", "import", editions.comic(tmp_path / "in"))
    assert {"passed": True, "failures": [], "warnings": [], "handsets": 0}.items() <= cli("edition", "check", 1, "--json").json.items()


def test_publications(cli: CLI) -> None:
    cli("publication", "add", "dawn", "--title", "晨报", "--kind", "newspaper", "--service-id", "S1", "--stale-after", "12h", "--unknown", "never")
    assert "already" in cli("publication", "add", "dawn", "--title", "晨报", "--kind", "newspaper", "--service-id", "S1", code=2).err
    cli("publication", "set", "dawn", "--class", "free", "--service-code", "123456")
    found = cli("publication", "list", "--json").json["publications"]
    assert found == [
        {
            "slug": "dawn",
            "title": "晨报",
            "kind": "newspaper",
            "class": "free",
            "service_id": "S1",
            "service_code": "123456",
            "stale_after_s": 43200.0,
            "window": "",
            "seed_missing": "",
            "reserve_edition_id": None,
            "design": "",
            "unknown": "never",
            "replay": "latest",
            "serial_start": "none",
        }
    ]


def test_a_publications_window_its_seeds_and_its_reserve(cli: CLI, tmp_path: Path) -> None:
    made = cli("edition", "import", editions.comic(tmp_path / "in"), "--json").json
    slug = cli("publication", "list", "--json").json["publications"][0]["slug"]
    changed = cli("publication", "set", slug, "--window", "6:30-08:00, 18:00-20:00", "--seed-missing", "hold", "--reserve", str(made["edition_id"]), "--json").json
    assert (changed["window"], changed["seed_missing"], changed["reserve_edition_id"]) == ("06:30-08:00,18:00-20:00", "hold", made["edition_id"])
    changed = cli("publication", "set", slug, "--window", "any", "--seed-missing", "default", "--reserve", "none", "--json").json
    assert (changed["window"], changed["seed_missing"], changed["reserve_edition_id"]) == ("", "", None)
    assert "06:00-23:00" in cli("publication", "set", slug, "--window", "breakfast", code=2).err
    cli("publication", "add", "dawn", "--title", "晨报", "--kind", "newspaper", "--service-id", "S1", "--window", "06:30-08:00")
    assert "another publication" in cli("publication", "set", "dawn", "--reserve", str(made["edition_id"]), code=2).err
    assert "import one" in cli("publication", "add", "dusk", "--title", "晚报", "--kind", "newspaper", "--service-id", "S2", "--reserve", "1", code=2).err


@pytest.mark.parametrize(
    "arguments",
    [
        ("add", "Bad Slug", "--title", "x", "--kind", "comic", "--service-id", "s"),
        ("add", "x", "--title", "x"),
        ("set", "nobody", "--title", "x"),
        ("add", "x", "--title", "x", "--kind", "comic", "--service-id", "s", "--stale-after", "soon"),
    ],
)
def test_wrong_use_of_publications(cli: CLI, arguments: tuple[str, ...]) -> None:
    said = cli("publication", *arguments, code=2)
    assert said.err.startswith("huabao: ")


def test_a_comics_panels_are_shown_as_the_edition_takes_them(cli: CLI, tmp_path: Path) -> None:
    cli("edition", "import", editions.comic(tmp_path / "in", pages=2))
    shown = cli("edition", "show", 1, "--json").json["pages"]
    assert [(page["item"], page["named"]) for page in shown] == [("pages/01.png", True), ("pages/02.png", False)]
    assert shown[0]["panels"] == [[20, 20, 360, 240], [20, 300, 360, 240]]
    assert shown[1]["panels"] == [[0, 0, 400, 560]]
    assert "pages/01.png: panels [[20, 20, 360, 240], [20, 300, 360, 240]] as named" in cli("edition", "show", 1).out
    assert cli("edition", "check", 1, "--json").json["pages"] == shown
