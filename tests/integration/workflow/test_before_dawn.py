"""What the desk has at five in the morning, by command: stand-ins, city editors, days without colour, permitted sources, shares, tones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from console.models import User
from content.manuscript import Manuscript
from content.models import EditionVersion
from huabao.runtime import Runtime
from subscribers.models import Reader, Subscription
from tests.command_line import CLI
from tests.unit.content import editions

HEFEI = {"title": "合肥", "segment": {"field": "city", "op": "eq", "value": "合肥"}, "items": ["articles/hefei.md", "articles/keeps.md"]}
NEWS = {"title": "要闻", "items": ["articles/1.md"]}
PLAN = "- 要闻\n- {title: 合肥, city: 合肥, fallback: yesterday}\n- {title: 常识, fallback: standing}\n"


def paper(folder: Path, sections: list[dict[str, Any]], number: str = "2026-11-22", **texts: str) -> Path:
    files: dict[str, str | bytes] = {
        "edition.yaml": editions.edition(sections=sections, number=number, date=number if number != "standing" else "2026-01-01"),
        "articles/1.md": editions.article("新桥", editions.STORY + number),
        "articles/hefei.md": editions.article("合肥地铁", "地铁四号线今晨开通。"),
        "articles/keeps.md": editions.article("合肥的早点铺", "这家铺子开了四十年。", evergreen=True),
        "articles/know.md": editions.article("防冻常识", "水管要裹好。"),
        **texts,
    }
    return editions.write(folder, files)


@pytest.fixture
def people(request: pytest.FixtureRequest) -> None:
    """Accounts, in the database that the test asked for."""
    runtime: Runtime = request.getfixturevalue("runtime" if "runtime" in request.fixturenames else "sqlite_runtime")
    with runtime.transaction() as session:
        for name, city in {"ed": None, "chief": None, "hu": "合肥"}.items():
            session.add(User(name=name, name_key=name, password_hash="", role="editor", city=city, created_at=runtime.now()))


def manuscript(runtime: Runtime, edition_id: int) -> Manuscript:
    with runtime.transaction(read_only=True) as session:
        newest = select(EditionVersion.manuscript).where(EditionVersion.edition_id == edition_id).order_by(EditionVersion.version.desc())
        return Manuscript.from_document(session.scalars(newest).first() or {})


@pytest.mark.usefixtures("people")
def test_a_section_that_nobody_delivered_has_a_stand_in_and_says_so(cli: CLI, runtime: Runtime, tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(PLAN, "utf-8")
    cli("edition", "import", paper(tmp_path / "s", [{"title": "常识", "items": ["articles/know.md"]}], "standing"))
    cli("edition", "import", paper(tmp_path / "y", [NEWS, HEFEI], "2026-11-21"))
    shown = cli("desk", "set", "test-newspaper", "--sections", tmp_path / "plan.yaml", "--as", "ed", "--json").json
    assert shown["sections"][1] == {"title": "合肥", "city": "合肥", "fallback": "yesterday"}
    assert shown["absent"] == [], "the standing edition is there"
    warnings = cli("edition", "import", paper(tmp_path / "t", [NEWS]), "--json").json["warnings"]
    assert "nobody delivered “合肥”: what keeps of 2026-11-21 stands in" in warnings
    assert "nobody delivered “常识”: the standing edition standing stands in" in warnings
    made = manuscript(runtime, 3)
    assert [(section.title, [item.key for item in section.items]) for section in made.sections] == [
        ("要闻", ["articles/1.md"]), ("合肥", ["yesterday/articles/keeps.md"]), ("常识", ["standing/articles/know.md"]),
    ]  # fmt: skip
    assert made.sections[1].items[0].rule == HEFEI["segment"], "for the same readers as yesterday"
    hits = cli("edition", "hits", 3, "--json", code=0).json["hits"]
    assert [(hit["kind"], hit["severity"], hit["found"]) for hit in hits if hit["kind"] == "section"] == [("section", "warn", "合肥"), ("section", "warn", "常识")]
    checked = cli("edition", "check", 3, "--classes", "30kb-128x160", "--json").json
    assert checked["standins"][0] == {"section": "合肥", "from": "what keeps of 2026-11-21"}
    again = cli("edition", "import", paper(tmp_path / "t", [NEWS, HEFEI]), "--json").json
    assert not [warning for warning in again["warnings"] if "合肥" in warning]
    assert [item.key for item in manuscript(runtime, 3).sections[1].items] == HEFEI["items"]


@pytest.mark.usefixtures("people")
def test_a_planned_section_without_a_fallback_stands_in_the_way(cli: CLI, tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text("- {title: 要闻, fallback: shelf}\n", "utf-8")
    cli("edition", "import", paper(tmp_path / "t", [NEWS]))
    assert "no edition 'shelf' to stand in" in cli("desk", "set", "test-newspaper", "--sections", tmp_path / "plan.yaml", "--as", "ed").out
    (tmp_path / "plan.yaml").write_text("- 要闻\n- 天气\n", "utf-8")
    cli("desk", "set", "test-newspaper", "--sections", tmp_path / "plan.yaml", "--as", "ed")
    (hit,) = cli("edition", "hits", 1, "--json", code=1).json["hits"]
    assert (hit["kind"], hit["severity"], hit["found"]) == ("section", "block", "天气")
    cli("edition", "rule", 1, hit["mark"], "--reason", "台风停刊", "--as", "chief")
    assert cli("edition", "hits", 1, "--json").json["open"] == 0


@pytest.mark.usefixtures("people")
def test_a_city_editor_works_on_his_city_only(cli: CLI, tmp_path: Path) -> None:
    assert "begins no edition" in cli("edition", "import", paper(tmp_path / "t", [NEWS, HEFEI]), "--as", "hu", code=2).err
    cli("edition", "import", paper(tmp_path / "t", [NEWS, HEFEI]), "--as", "ed")
    assert "works on 合肥" in cli("edition", "lock", "test-newspaper/2026-11-22", "--as", "hu", code=2).err
    assert "section '要闻' is not 合肥's" in cli("edition", "lock", "test-newspaper/2026-11-22", "--section", "要闻", "--as", "hu", code=2).err
    cli("edition", "lock", "test-newspaper/2026-11-22", "--section", "合肥", "--as", "hu")
    other = paper(tmp_path / "u", [NEWS, HEFEI], **{"articles/1.md": editions.article("新桥", "改了一个字。")})
    assert "changes section '要闻'; nothing was imported" in cli("edition", "import", other, "--as", "hu", code=2).err
    own = paper(tmp_path / "v", [NEWS, HEFEI], **{"articles/hefei.md": editions.article("合肥地铁", "地铁四号线明晨开通。")})
    assert cli("edition", "import", own, "--as", "hu", "--json").json["version"] == 2
    assert cli("edition", "import", other, "--as", "ed", code=2).err.count("hu works on section '合肥'") == 1


@pytest.mark.usefixtures("people")
def test_a_day_of_mourning_greys_what_is_there_and_one_tap_approves_it_again(cli: CLI, sqlite_runtime: Runtime, tmp_path: Path) -> None:
    cli("edition", "import", paper(tmp_path / "t", [NEWS]), "--as", "ed")
    cli("edition", "import", paper(tmp_path / "n", [NEWS], "2026-11-23"), "--as", "ed")
    cli("edition", "submit", 1, "--as", "ed")
    cli("edition", "approve", 1, "--as", "chief")
    told = cli("edition", "grey", "--date", "2026-11-22", "--reason", "哀悼日", "--as", "ed", "--json").json
    assert [(one["edition_id"], one["version"], one["before"], one["state"]) for one in told["editions"]] == [(1, 2, "approved", "in_review")]
    assert (manuscript(sqlite_runtime, 1).colourless, manuscript(sqlite_runtime, 2).colourless) == (True, False)
    assert cli("edition", "grey", "--date", "2026-11-22", "--reason", "again", "--as", "ed", "--json").json["editions"] == []
    assert "mourning" in cli("edition", "reapprove", 1, "--dry-run", "--as", "chief").out
    assert cli("edition", "reapprove", 1, "--as", "chief", "--json").json["state"] == "approved"
    warnings = cli("edition", "import", paper(tmp_path / "t", [NEWS], **{"articles/1.md": editions.article("新桥", "改了。")}), "--as", "ed", "--json").json["warnings"]
    assert "2026-11-22 is a day without colour: everything is shown in grey" in warnings
    (day,) = cli("edition", "grey", "--list", "--date", "2026-11-01", "--json").json["days"]
    assert (day["date"], day["publication"], day["reason"]) == ("2026-11-22", None, "哀悼日")
    cli("edition", "grey", "--date", "2026-11-22", "--off", "--reason", "过去了", "--as", "ed")
    assert not manuscript(sqlite_runtime, 1).colourless
    assert "was not declared" in cli("edition", "grey", "--date", "2026-11-22", "--off", "--reason", "x", "--as", "ed", code=2).err


def test_an_article_of_a_source_that_is_not_permitted_blocks(cli: CLI, tmp_path: Path) -> None:
    cli("settings", "set", "feed_permitted_origins", "新华社，本报")
    texts = {"articles/1.md": editions.article("新桥", source="新华社、网上论坛"), "articles/hefei.md": editions.article("合肥地铁", "今晨开通。", credit="来源：本报")}
    cli("edition", "import", paper(tmp_path / "t", [NEWS, HEFEI], **texts))
    found = [(hit["kind"], hit["severity"], hit["item"], hit["found"]) for hit in cli("edition", "hits", 1, "--json", code=1).json["hits"]]
    assert found == [("source", "block", "articles/1.md", "网上论坛")]


def test_variants_are_counted_by_tone_in_the_real_audience(cli: CLI, runtime: Runtime, tmp_path: Path) -> None:
    texts = {"articles/1.humorous.md": editions.article("新桥害羞了", "它晃了两下。")}
    cli("edition", "import", paper(tmp_path / "t", [{"title": "要闻", "items": ["articles/1.md", "articles/1.humorous.md"]}], **texts))
    cli("desk", "set", "test-newspaper", "--shares", "province=0.7,city=0.3")
    with runtime.transaction() as session:
        for number, klass in enumerate(("D", "D", "A", None)):
            session.add(Reader(msisdn=f"1380000{number:04}", handset_class="100kb-240x320", attribute_class=klass, topics=[], attributes={}, created_at=runtime.now(), updated_at=runtime.now()))
        session.flush()
        for reader in session.scalars(select(Reader)):
            session.add(Subscription(reader_id=reader.id, service_id="test-newspaper", state="active", effective_at=runtime.now(), updated_at=runtime.now()))
    out = cli("edition", "build", 1, "--out", tmp_path / "out", "--json").json
    assert sorted(variant["items"] for variant in out["variants"]) == [["articles/1.humorous.md"], ["articles/1.md"]]
    assert "no item is of level city (30%)" in "".join(cli("edition", "import", tmp_path / "t", "--json").json["warnings"])
