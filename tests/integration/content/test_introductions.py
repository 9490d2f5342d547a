"""A magazine's service introduction from the catalogue to the bytes of each class's message."""

from __future__ import annotations

import json
from pathlib import Path

from huabao.runtime import Runtime
from subscribers.models import Reader, Subscription
from tests.command_line import CLI
from tests.unit.content import editions


def folder(tmp_path: Path, form: str) -> Path:
    sections = [{"title": "卷首", "part": "front", "items": ["a.md"]}, {"title": "业务介绍", "part": "service", "offers": form}]
    files: dict[str, str | bytes] = {"edition.yaml": editions.edition("magazine", number=form, sections=sections), "a.md": editions.article("写在前面", "您好。")}
    return editions.write(tmp_path / form, files)


def test_readers_get_their_class_s_package_less_what_they_hold(sqlite_runtime: Runtime, cli: CLI, tmp_path: Path) -> None:
    runtime = sqlite_runtime
    now = runtime.now()
    with runtime.transaction() as session:
        for number, (name, held) in enumerate([("F", ()), (None, ()), ("A", ()), ("F", ("fetion",)), ("F", ("fetion", "sports-brief"))], 1):
            row = Reader(msisdn=f"138{number:08}", attribute_class=name, handset_class="30kb-128x160", topics=[], attributes={}, created_at=now, updated_at=now)
            session.add(row)
            session.flush()
            orders = (*held, "test-magazine")
            session.add_all([Subscription(reader_id=row.id, service_id=one, state="active", effective_at=now, updated_at=now) for one in orders])
    for form, wanted in (
        ("package", [["offers/A"], ["offers/F"]]),
        ("unheld", [["offers/all-held"], ["offers/fetion", "offers/sports-brief"], ["offers/mail139", "offers/fetion", "offers/phonebook", "offers/news-weekly", "offers/music-club"], ["offers/sports-brief"]]),
    ):
        made = cli("edition", "import", folder(tmp_path, form), "--json").json
        assert made["items"] == (7 if form == "package" else 11)
        assert not [warning for warning in made["warnings"] if "业务介绍" in warning]
        cli("edition", "build", str(made["edition_id"]), "--signatures", "audience", "--out", tmp_path / f"out-{form}")
        manifest = json.loads((tmp_path / f"out-{form}" / "manifest.json").read_text())
        found = {tuple(one["items"][1:]): one["variant_id"] for one in manifest["variants"]}
        assert sorted(found) == sorted(map(tuple, wanted))
        texts = {items: "".join(path.read_text() for path in (tmp_path / f"out-{form}" / name / "parts").glob("*.txt")) for items, name in found.items()}
        for items, text in texts.items():
            assert ("飞信" in text) is ("offers/A" in items or "offers/F" in items or "offers/fetion" in items), items
