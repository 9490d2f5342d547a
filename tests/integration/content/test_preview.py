"""`huabao edition preview`: as a named reader, as a segment, as a handset."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import func, select

from content.models import Variant
from huabao.audit import AuditEntry
from huabao.runtime import Runtime
from subscribers.imports.handsets import import_handsets
from subscribers.models import Reader
from tests.command_line import CLI
from tests.services.delivering import add_readers, build_world

SMALL, LARGE = "30kb-128x160", "100kb-240x320"
RULES = (None, {"field": "city", "op": "eq", "value": "合肥"}, {"field": "preferences.topics", "op": "contains", "value": "sport"})


@pytest.fixture
def world(runtime: Runtime, tmp_path: Path) -> Runtime:
    """Readers in two cities, one without an order, one without MMS; two recorded handsets."""
    records = tmp_path / "h.csv"
    records.write_text(f"model,handset_class,brand,width_px,height_px,slides_max,charsets\nK1,{SMALL},Kranich,132,176,,gb2312;us-ascii\nR1,{LARGE},Reiher,,,20,utf-8\n")
    import_handsets(runtime, records, by="li")
    build_world(runtime, rules=RULES)
    add_readers(runtime, 2, service_id="paper", handset="K1", handset_model="K1", handset_class=SMALL, city="合肥")
    add_readers(runtime, 1, service_id="paper", first=101, handset_class="no-mms", city="芜湖")
    add_readers(runtime, 1, service_id="other", first=201, city="芜湖")
    return runtime


def _number(runtime: Runtime, city: str, nth: int = 0) -> str:
    with runtime.transaction(read_only=True) as session:
        return session.scalars(select(Reader.msisdn).where(Reader.city == city).order_by(Reader.id)).all()[nth]


def test_a_reader_sees_what_he_gets_and_why(world: Runtime, cli: CLI, tmp_path: Path) -> None:
    number = _number(world, "合肥")
    seen = cli("edition", "preview", "paper/1", "--reader", number, "--out", tmp_path / "out", "--json").json
    assert (seen["would_be_sent"], seen["variant_id"].startswith(SMALL), seen["items"]) == (True, True, ["articles/1.md", "articles/2.md"])
    assert [(one["code"], one["chosen"]) for one in seen["choices"]] == [("everybody", True), ("rule", True), ("not_rule", False)]
    assert (seen["choices"][1]["rule"], seen["choices"][1]["values"]) == ("城市是“合肥”", ["城市：合肥"])
    assert (seen["handset"]["model"], seen["handset"]["class_by"]) == ("K1", "导入时指定")
    assert {one["check"] for one in seen["preflight"]} == {"charsets"}
    with Image.open(tmp_path / "out" / "01.png") as screen:
        assert screen.width == 132
    assert (tmp_path / "out" / "contact.png").is_file()
    said = cli("edition", "preview", "paper/1", "--reader", number, "--language", "en")
    assert "the rule fits" in said.out
    assert number not in said.out + said.err + str(seen)
    with world.transaction(read_only=True) as session:
        trail = session.scalars(select(AuditEntry).where(AuditEntry.action == "edition.preview")).all()
        assert [entry.detail["msisdn"] for entry in trail] == [f"{number[:3]}****{number[7:]}"] * 2
        assert session.scalar(select(func.count()).select_from(Variant)) == 0, "a look builds nothing"


def test_readers_who_get_something_else_or_nothing(world: Runtime, cli: CLI) -> None:
    link = cli("edition", "preview", "paper/1", "--reader", _number(world, "芜湖"), "--json").json
    assert (link["channel"], link["slides"], link["would_be_sent"]) == ("wap-push", 0, True)
    assert "/wap/" in link["href"]
    without = cli("edition", "preview", "paper/1", "--reader", _number(world, "芜湖", 1), "--json").json
    assert (without["would_be_sent"], without["unsent"]) == (False, "没有业务 paper 的有效订购")
    assert without["handset"]["class_by"] == "终端未知，按设置 default_handset_class"
    nobody = cli("edition", "preview", "paper/1", "--reader", "13912345678", code=2)
    assert "nobody has that number" in nobody.err
    assert "13912345678" not in nobody.err
    assert "--reader" in cli("edition", "preview", "paper/1", code=2).err


def test_a_segment_and_a_rule(world: Runtime, cli: CLI, tmp_path: Path) -> None:
    (tmp_path / "rule.yaml").write_text("field: city\nop: eq\nvalue: 芜湖\n")
    cli("segment", "add", "wuhu", "--rule", tmp_path / "rule.yaml")
    seen = cli("edition", "preview", "paper/1", "--segment", "wuhu", "--json").json
    assert (seen["members"], seen["readers"]) == (2, 1)
    assert [(one["handset_class"], one["readers"], one["items"]) for one in seen["variants"]] == [("no-mms", 1, ["articles/1.md"])]
    (tmp_path / "all.yaml").write_text("field: city\nop: exists\n")
    both = cli("edition", "preview", "paper/1", "--rule", tmp_path / "all.yaml", "--out", tmp_path / "sheets", "--json").json
    assert (both["members"], both["readers"], [one["readers"] for one in both["variants"]]) == (4, 3, [2, 1])
    assert [Path(file).stem for file in both["files"]] == [both["variants"][0]["variant_id"]]
    assert "no segment" in cli("edition", "preview", "paper/1", "--segment", "nobody", code=2).err


def test_a_handset_or_a_class(world: Runtime, cli: CLI) -> None:
    seen = cli("edition", "preview", "paper/1", "--handset", "kranich k1", "--json", code=1).json
    assert (seen["handset"]["model"], seen["screen"], seen["items"]) == ("K1", "132x176", ["articles/1.md"])
    assert "终端只认" in cli("edition", "preview", "paper/1", "--handset", "k1", code=1).out
    fitting = cli("edition", "preview", "paper/1", "--handset", "R1", "--all-items", "--language", "en").out
    assert "fits" in fitting
    plain = cli("edition", "preview", "paper/1", "--handset", LARGE, "--json").json
    assert (plain["preflight"], plain["screen"]) == (None, "240x320")
    assert "is no handset model" in cli("edition", "preview", "paper/1", "--handset", "Nobody 9", code=2).err
