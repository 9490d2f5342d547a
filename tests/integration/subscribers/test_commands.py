"""The commands as an operator runs them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from huabao.audit import AuditEntry
from huabao.runtime import Runtime

RULE = "any:\n- field: city\n  op: eq\n  value: 合肥\n- field: attributes.age\n  op: ge\n  value: 60\n"


def test_readers_segments_and_blacklists_from_the_command_line(runtime: Runtime, cli: Any, tmp_path: Path) -> None:
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
def test_a_bad_rule_file_is_refused(cli: Any, tmp_path: Path, text: str, wanted: str) -> None:
    (tmp_path / "rule.yaml").write_text(text, "utf-8")
    assert wanted in cli("segment", "add", "x", "--rule", tmp_path / "rule.yaml", code=2).err
