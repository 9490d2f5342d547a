"""What moved, by class, before and after an import; and a comic's heroes in the real audience."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from content.models import Variant
from huabao.runtime import Runtime
from subscribers.models import Reader, Subscription
from tests.command_line import CLI
from tests.unit.content import editions

CLASS = "30kb-128x160"


def test_what_moved_is_seen_before_the_import_and_nothing_is_kept(cli: CLI, sqlite_runtime: Runtime, tmp_path: Path) -> None:
    text = editions.edition(sections=[{"title": "要闻", "items": ["1.md", "2.md"]}])
    folder = editions.write(tmp_path / "in", {"edition.yaml": text, "1.md": editions.article("一百二十个故事", editions.LONG), "2.md": editions.article("新桥通车")})
    (before,) = cli("edition", "moved", folder, "--classes", CLASS, "--json").json["classes"]
    assert (before["handset_class"], before["variants"], before["kept"], before["text"], before["item"]) == (CLASS, 1, 0, 1, 0)
    shown = cli("edition", "moved", folder, "--classes", CLASS).out
    assert f"一百二十个故事 (1.md): 正文转链接, {CLASS}" in shown and "机型档" in shown
    assert "text goes on by link" in cli("edition", "moved", folder, "--classes", CLASS, "--language", "en").out
    cli("edition", "import", folder)
    with sqlite_runtime.transaction(read_only=True) as session:
        assert session.scalar(select(func.count()).select_from(Variant)) == 0, "looking stores nothing"
    cli("edition", "build", 1, "--out", tmp_path / "out", "--classes", CLASS)
    (after,) = cli("edition", "moved", 1, "--classes", CLASS, "--json").json["classes"]
    assert (after["kept"], after["slides"], [(one["item"], one["what"], one["why"]) for one in after["moved"]]) == (
        1, before["slides"], [(one["item"], one["what"], one["why"]) for one in before["moved"]],
    )  # fmt: skip
    assert "'nothing' is neither a folder nor an edition" in cli("edition", "moved", "nothing", code=2).err


def test_each_reader_of_a_comic_has_one_hero(cli: CLI, runtime: Runtime, tmp_path: Path) -> None:
    heroes: list[dict[str, Any]] = [
        {"name": "红", "pages": [{"image": "h/1.png"}]},
        {"name": "绿", "segment": {"field": "city", "op": "eq", "value": "合肥"}, "cover": "h/4.png", "pages": [{"image": "h/2.png"}]},
        {"name": "蓝", "segment": {"field": "preferences.topics", "op": "contains", "value": "sport"}, "pages": [{"image": "h/3.png"}]},
    ]
    text = editions.edition("comic", number="6", pages=[{"image": "p.png"}], heroes=heroes)
    pictures = {name: editions.picture(80, 100, f"#{n}0{n}000", form="PNG", noise=False) for n, name in enumerate(("p.png", "h/1.png", "h/2.png", "h/3.png", "h/4.png"))}
    cli("edition", "import", editions.write(tmp_path / "in", {"edition.yaml": text, **pictures}))
    people = [("合肥", ["sport"]), ("合肥", []), ("芜湖", ["sport"]), ("芜湖", []), (None, []), ("安庆", [])]
    with runtime.transaction() as session:
        for number, (city, topics) in enumerate(people):
            reader = Reader(msisdn=f"1380000{number:04}", handset_class="100kb-240x320", city=city, topics=topics, attributes={}, created_at=runtime.now(), updated_at=runtime.now())
            session.add(reader)
            session.flush()
            session.add(Subscription(reader_id=reader.id, service_id="test-comic", state="active", effective_at=runtime.now(), updated_at=runtime.now()))
    out = cli("edition", "build", 1, "--out", tmp_path / "out", "--json").json
    assert sorted(variant["items"] for variant in out["variants"]) == [["p.png", "h/1.png"], ["p.png", "h/2.png"], ["p.png", "h/3.png"]]
    covers = {variant["items"][1]: (tmp_path / "out" / variant["variant_id"] / "screens" / "01.png").read_bytes() for variant in out["variants"]}
    assert covers["h/2.png"] != covers["h/1.png"] == covers["h/3.png"]
