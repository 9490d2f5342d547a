"""`huabao edition proof`: what is printed is what lies there, what was approved, and who gets it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from content.models import Variant
from huabao.runtime import Runtime
from subscribers.imports.handsets import import_handsets
from tests.command_line import CLI
from tests.services.delivering import add_readers, build_world
from tests.unit.content.proof.proofs import text_of

SMALL, LARGE = "30kb-128x160", "100kb-240x320"
RULES = (None, {"field": "city", "op": "eq", "value": "合肥"})
NOW = {"HUABAO_NOW": "2026-11-22T05:12:00+08:00"}


@pytest.fixture
def world(runtime: Runtime, cli: CLI, tmp_path: Path) -> Runtime:
    """Seven readers in Hefei with a small screen, three in Wuhu with a larger one, two without MMS; a hit, a checklist, a segment."""
    records = tmp_path / "h.csv"
    records.write_text(f"model,handset_class,brand,slides_max,charsets\nK1,{SMALL},Kranich,,gb2312;us-ascii\nR1,{LARGE},Reiher,20,utf-8\n")
    import_handsets(runtime, records, by="li")
    build_world(runtime, rules=RULES)
    add_readers(runtime, 7, service_id="paper", handset="K1", handset_model="K1", handset_class=SMALL, city="合肥")
    add_readers(runtime, 3, service_id="paper", first=101, handset="R1", handset_model="R1", handset_class=LARGE, city="芜湖")
    add_readers(runtime, 2, service_id="paper", first=201, handset_class="no-mms", city="芜湖")
    (tmp_path / "words.csv").write_text("word,list,severity,note,advice\n很短,style,block,太口语,改成简短\n")
    (tmp_path / "list.txt").write_text("日期对不对\n")
    (tmp_path / "rule.yaml").write_text("field: city\nop: eq\nvalue: 合肥\n")
    cli("words", "import", tmp_path / "words.csv")
    cli("segment", "add", "hefei", "--rule", tmp_path / "rule.yaml")
    return runtime


def test_it_prints_readers_rules_preflight_and_hits(world: Runtime, cli: CLI, tmp_path: Path) -> None:
    made = cli("edition", "proof", "paper/1", "--out", tmp_path / "p.pdf", "--contact", tmp_path / "sheets", "--json", env=NOW).json
    assert (made["audience"], made["groups"], made["failing_variants"], made["open_hits"], made["approved"]) == (12, 2, 1, 2, False)
    assert sorted(path.stem for path in (tmp_path / "sheets").glob("*.png")) == sorted(made["variants"])
    pages = text_of(tmp_path / "p.pdf")
    whole = "".join(pages)
    for word in ("1个变体在终端上不适配，涉及7位读者", "2处命中必须处理", "草稿", made["digest"]):
        assert word in pages[0], word
    for word in ("hefei:城市是“合肥”", "no-mms2", f"{SMALL}7", f"{LARGE}3", "【很短】", "必须处理", "终端只认gb2312,us-ascii", "K1等1款，7位读者"):
        assert word in whole, word


def test_the_digest_is_the_one_that_is_approved_and_later_variants_are_not_bound(world: Runtime, cli: CLI, tmp_path: Path) -> None:
    cli("settings", "set", "approval_by_another", "no")
    for hit in cli("edition", "hits", "paper/1", "--json", code=1).json["hits"]:
        cli("edition", "rule", "paper/1", hit["mark"], "--reason", "原话如此")
    cli("edition", "submit", "paper/1")
    approved = cli("edition", "approve", "paper/1", "--json").json["digest"]
    add_readers(world, 1, service_id="paper", first=301, handset_class="50kb-176x220", city="芜湖")
    made = cli("edition", "proof", "paper/1", "--out", tmp_path / "a.pdf", "--json").json
    assert (made["digest"], made["approved"], len(made["variants"]), made["open_hits"]) == (approved, True, 3, 0)
    pages = text_of(tmp_path / "a.pdf")
    assert "批准后另有1个变体生成，不在批准之列" in pages[0]
    assert sum("批准后生成，不在批准之列" in page for page in pages) == 1
    assert "原话如此" in "".join(pages)
    with world.transaction(read_only=True) as session:
        assert session.scalar(select(func.count()).select_from(Variant)) == 2, "looking at it builds nothing beside what was approved"


def test_a_file_that_cannot_be_written_leaves_nothing(sqlite_runtime: Runtime, cli: CLI, tmp_path: Path) -> None:
    build_world(sqlite_runtime)
    (tmp_path / "file").write_text("x")
    said = cli("edition", "proof", "paper/1", "--out", tmp_path / "file" / "p.pdf", "--signatures", "default", "--classes", SMALL, code=2)
    assert "cannot be written" in said.err
    assert "there is no edition" in cli("edition", "proof", "9", "--out", tmp_path / "p.pdf", code=2).err
    assert not list(tmp_path.glob("*.pdf*"))
