"""The commands as an operator runs them."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from sqlalchemy import select

from huabao.audit import AuditEntry
from huabao.runtime import Runtime
from subscribers.handset_classes import handset_classes
from subscribers.segments import FIELDS
from tests.command_line import CLI

RULE = "any:\n- field: city\n  op: eq\n  value: 合肥\n- field: attributes.age\n  op: ge\n  value: 60\n"


def test_readers_segments_and_blacklists_from_the_command_line(runtime: Runtime, cli: CLI, tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("msisdn,city,age\n13800000001,合肥,20\n13800000002,芜湖,61\n13800000003,,9\nx,,\n", "utf-8")
    said = cli("subscribers", "import", tmp_path / "r.csv", "--json", "--as", "li", code=1)
    assert (said.json["added"], said.json["rejected"]) == (3, 1)
    (tmp_path / "rule.yaml").write_text(RULE, "utf-8")
    assert cli("segment", "add", "老人", "--rule", tmp_path / "rule.yaml", "--json").json["count"] == 2
    assert cli("segment", "count", "老人", "--json").json == {"count": 2}
    assert len(cli("segment", "sample", "--rule", tmp_path / "rule.yaml", "--json").json) == 2
    (tmp_path / "o.csv").write_text("msisdn,service_id,state,effective_at\n13900000001,news,active,2026-01-01\n", "utf-8")
    assert cli("subscriptions", "import", tmp_path / "o.csv", "--json").json["readers_created"] == 1
    assert cli("subscriptions", "show", "+8613900000001", "--json").json["subscriptions"][0]["state"] == "active"
    cli("blacklist", "import", "--kind", "marketing", tmp_path / "o.csv")
    assert cli("blacklist", "list", "--kind", "marketing", "--json").json[0]["msisdn"] == "13900000001"
    assert cli("blacklist", "clear", "--kind", "marketing", "--all", "--json").json["removed"] == 1
    assert "13800000002" in cli("subscribers", "export").out
    assert cli("subscribers", "show", "13800000002", "--json").json["attributes"] == {"age": "61"}
    cli("subscribers", "forget", "13800000002", "--as", "li")
    cli("subscribers", "show", "13800000002", code=2)
    with runtime.transaction() as session:
        acts = [entry.action for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.id))]
    wanted = ["subscribers.import", "segment.add", "subscriptions.import", "blacklist.import", "blacklist.clear", "subscribers.export", "subscribers.forget"]
    assert acts == wanted


@pytest.mark.parametrize(("text", "wanted"), [("a: [", ":1: is no YAML"), ("a: &x [1]\nb: *x\n", "aliases"), ("field: cty\nop: eq\n", "no field 'cty'"), ("&a [*a]", "aliases")])
def test_a_bad_rule_file_is_refused(cli: CLI, tmp_path: Path, text: str, wanted: str) -> None:
    (tmp_path / "rule.yaml").write_text(text, "utf-8")
    assert wanted in cli("segment", "add", "x", "--rule", tmp_path / "rule.yaml", code=2).err


def test_as_a_process(cli: CLI, tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("msisdn,city\n13800000001,合肥\nx,\n", "utf-8")
    said = cli.process("subscribers", "import", tmp_path / "r.csv", "--json", code=1)
    assert (said.json["added"], said.json["rejected"]) == (1, 1)
    assert cli("subscribers", "export").out.splitlines()[1].startswith("13800000001,合肥,")


def test_handsets(runtime: Runtime, cli: CLI, tmp_path: Path) -> None:
    assert cli("handsets", "list", "--json").json == []
    (tmp_path / "r.csv").write_text("msisdn,handset\n13800000001,N95\n13800000002,n95\n13800000003,Z1\n", "utf-8")
    cli("subscribers", "import", tmp_path / "r.csv")
    (tmp_path / "h.csv").write_text("model,handset_class,brand\nN95,100kb-240x320,Nokia\nZ2,no-mms,\nZ3,1kb-1x1,\n", "utf-8")
    said = cli("handsets", "import", tmp_path / "h.csv", "--json", code=1).json
    assert (said["added"], said["changed"], said["rejected"], said["readers_reclassified"]) == (2, 0, 1, 2)
    with (tmp_path / "h.rejected.csv").open(encoding="utf-8-sig", newline="") as file:
        [row] = csv.DictReader(file)
    assert (row["line"], row["model"], "handset_class" in row["reason"]) == ("4", "Z3", True)
    assert [(one["model"], one["handset_class"], one["brand"], one["source"]) for one in cli("handsets", "list", "--json").json] == [
        ("N95", "100kb-240x320", "Nokia", "h.csv"),
        ("Z2", "no-mms", "", "h.csv"),
    ]
    assert cli("handsets", "show", "n95", "--json").json["handset_class"] == "100kb-240x320"
    assert "Nokia" in cli("handsets", "show", "N95").out
    assert "no handset model 'Z9'" in cli("handsets", "show", "Z9", code=2).err
    assert cli("subscribers", "show", "13800000002", "--json").json["handset_class"] == "100kb-240x320"
    (tmp_path / "i.csv").write_text("model,handset_class\nn95,no-mms\n", "utf-8")
    assert cli("handsets", "import", tmp_path / "i.csv", "--json").json["readers_reclassified"] == 2
    assert [one["handset_class"] for one in cli("handsets", "list", "--json").json] == ["no-mms", "no-mms"]
    assert cli("subscribers", "show", "13800000001", "--json").json["handset_class"] == "no-mms"


def test_segments_listed_and_fields_named(runtime: Runtime, cli: CLI, tmp_path: Path) -> None:
    assert cli("segment", "list", "--json").json == []
    (tmp_path / "r.csv").write_text("msisdn,city,age\n13800000001,合肥,20\n13800000002,芜湖,61\n13800000003,,9\n", "utf-8")
    cli("subscribers", "import", tmp_path / "r.csv")
    (tmp_path / "rule.yaml").write_text(RULE, "utf-8")
    (tmp_path / "all.yaml").write_text("field: city\nop: exists\nvalue: false\n", "utf-8")
    cli("segment", "add", "老人", "--rule", tmp_path / "rule.yaml", "--as", "li")
    cli("segment", "add", "无名", "--rule", tmp_path / "rule.yaml", "--as", "li")
    assert cli("segment", "add", "无名", "--rule", tmp_path / "all.yaml", "--as", "mei", "--json").json["replaced"] is True
    listed = {one["name"]: one for one in cli("segment", "list", "--json").json}
    assert {name: (one["count"], one["created_by"]) for name, one in listed.items()} == {"老人": (2, "li"), "无名": (1, "mei")}
    assert listed["无名"]["rule"] == {"field": "city", "op": "exists", "value": False}
    assert "老人" in cli("segment", "list").out
    assert "there are" in cli("segment", "count", "nobody", code=2).err
    assert "one of the two" in cli("segment", "count", code=2).err
    named = cli("segment", "fields", "--json").json
    assert [one["field"].removesuffix("<name>") for one in named] == [field.name for field in FIELDS]
    assert all(one["ops"] and one["meaning"] for one in named)
    assert "attributes.<name>" in cli("segment", "fields").out


def test_an_exported_file_is_imported_again(runtime: Runtime, cli: CLI, tmp_path: Path) -> None:
    text = "msisdn,city,consent,last_active_at,note\n13800000001,合肥,yes,2026-11-01T08:00:00+08:00,=1+1\n13800000002,,,,\n"
    (tmp_path / "r.csv").write_text(text, "utf-8")
    cli("subscribers", "import", tmp_path / "r.csv")
    assert cli("subscribers", "export", "--out", tmp_path / "out.csv", "--json").json == {"readers": 2, "file": str(tmp_path / "out.csv")}
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["msisdn"], row["city"], row["consent"], row["note"]) for row in rows] == [("13800000001", "合肥", "yes", "'=1+1"), ("13800000002", "", "", "")]
    assert rows[0]["last_active_at"] == "2026-11-01T08:00:00+08:00"
    again = cli("subscribers", "import", tmp_path / "out.csv", "--json").json
    assert (again["added"], again["changed"], again["unchanged"], again["rejected"]) == (0, 0, 2, 0)
    assert cli("subscribers", "show", "13800000001", "--json").json["attributes"] == {"note": "=1+1"}
    assert "2 readers written" in cli("subscribers", "export", "--out", tmp_path / "out.csv").out
    assert "--out" in cli("subscribers", "export", "--json", code=2).err
    assert f"{tmp_path}/no/out.csv: cannot be written" in cli("subscribers", "export", "--out", tmp_path / "no" / "out.csv", code=2).err.replace("\n", "")


def test_a_blacklist_is_cleared_by_a_file(runtime: Runtime, cli: CLI, tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text("msisdn,reason\n13800000001,he asked\n13800000002,\n13800000003,\n", "utf-8")
    cli("blacklist", "import", "--kind", "marketing", tmp_path / "b.csv")
    cli("blacklist", "import", "--kind", "experience", tmp_path / "b.csv")
    (tmp_path / "c.csv").write_text("msisdn\n+8613800000001\n13800000009\nx\n", "utf-8")
    assert cli("blacklist", "clear", "--kind", "marketing", tmp_path / "c.csv", "--json", code=1).json == {"removed": 1, "rejected": 1}
    assert "x" in (tmp_path / "c.rejected.csv").read_text("utf-8-sig")
    assert [one["msisdn"] for one in cli("blacklist", "list", "--kind", "marketing", "--json").json] == ["13800000002", "13800000003"]
    assert cli("blacklist", "clear", "--kind", "marketing", "--msisdn", "13800000002", "--msisdn", "13800000003", "--json").json["removed"] == 2
    assert len(cli("blacklist", "list", "--kind", "experience", "--json").json) == 3, "the other kinds stay"
    for wrong in ((), (tmp_path / "c.csv", "--all"), ("--all", "--msisdn", "13800000001")):
        assert "one of the three" in cli("blacklist", "clear", "--kind", "experience", *wrong, code=2).err


@pytest.mark.parametrize("handset", sorted(handset_classes()))
def test_a_class_name_stands_for_a_handset(cli: CLI, tmp_path: Path, handset: str) -> None:
    (tmp_path / "r.csv").write_text(f"msisdn,handset\n13800000001,{handset.upper()}\n", "utf-8")
    cli("subscribers", "import", tmp_path / "r.csv")
    assert cli("subscribers", "show", "13800000001", "--json").json["handset_class"] == handset
