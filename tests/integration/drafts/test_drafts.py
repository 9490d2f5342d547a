"""Drafts: saved part by part by several people, kept as versions as an import would keep them, and what they were before."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from content.drafts import keeping, listing, pictures, saving, starting, steps
from content.drafts.documents import digest_of, parts_of
from content.drafts.folding import write_folder
from content.drafts.saving import Change, Saved
from content.models import Edition, EditionVersion
from content.services import PublicationFields, add_publication, find_edition, import_folder, load_version
from content.workflow import locks
from huabao.errors import StoreError, UsageError
from huabao.runtime import Runtime
from tests.unit.content import editions

NOW = datetime(2026, 11, 22, 21, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)


def imported(runtime: Runtime, folder: Path) -> int:
    with runtime.transaction() as session:
        return import_folder(session, editions.newspaper(folder), "mei", NOW).edition_id


def parts(runtime: Runtime, edition_id: int) -> dict[str, Any]:
    with runtime.transaction(read_only=True) as session:
        return parts_of(saving.current(session, session.get_one(Edition, edition_id)).document)


def save(runtime: Runtime, edition_id: int, part: str, value: Any, *, was: Any, by: str = "li", at: datetime = NOW, city: str = "") -> Saved:
    with runtime.transaction() as session:
        return saving.save(session, edition_id, [Change(part, digest_of(was), value)], by=by, now=at, city=city)


def article(body: str, **front: Any) -> dict[str, Any]:
    return {"front": {"title": "新桥通车", **front}, "body": body}


def test_two_who_write_different_articles_do_not_hinder_each_other_and_one_article_is_never_written_over(runtime: Runtime, tmp_path: Path) -> None:
    edition_id = imported(runtime, tmp_path)
    first = parts(runtime, edition_id)
    mine, theirs = first["articles/1.md"], first["articles/2.md"]
    assert save(runtime, edition_id, "articles/1.md", article("新的。"), was=mine).draft.revision == 1
    other = save(runtime, edition_id, "articles/2.md", article("也是新的。"), was=theirs)
    assert (other.parts, other.conflicts) == (("articles/2.md",), ())
    late = save(runtime, edition_id, "articles/1.md", article("从另一个窗口。"), was=mine)
    assert late.parts == () and late.conflicts[0].value == article("新的。")
    assert parts(runtime, edition_id)["articles/1.md"]["body"] == "新的。", "what was saved stands"
    again = save(runtime, edition_id, "articles/1.md", article("新的。"), was=mine)
    assert not again.conflicts, "the same words twice are no conflict"


def test_what_others_hold_is_not_saved_until_it_is_taken_over(runtime: Runtime, tmp_path: Path) -> None:
    edition_id = imported(runtime, tmp_path)
    was = parts(runtime, edition_id)["articles/1.md"]
    save(runtime, edition_id, "articles/1.md", article("李。"), was=was)
    with pytest.raises(StoreError, match="li works on the edition"):
        save(runtime, edition_id, "articles/1.md", article("王。"), was=article("李。"), by="wang")
    with runtime.transaction() as session:
        locks.take(session, session.get_one(Edition, edition_id), locks.WHOLE, by="wang", at=NOW, take_over="李已下班")
    assert save(runtime, edition_id, "articles/1.md", article("王。"), was=article("李。"), by="wang").parts
    expired = NOW + timedelta(hours=2)
    assert save(runtime, edition_id, "articles/1.md", article("李又来。"), was=article("王。"), at=expired).parts


def test_an_editor_of_a_city_writes_its_section_only(runtime: Runtime, tmp_path: Path) -> None:
    sections = [{"title": "要闻", "items": ["articles/1.md"]}, {"title": "合肥", "city": "合肥", "items": ["articles/2.md"]}]
    files = {"edition.yaml": editions.edition(sections=sections), "articles/1.md": editions.article("一"), "articles/2.md": editions.article("二", "合肥的事。")}
    with runtime.transaction() as session:
        edition_id = import_folder(session, editions.write(tmp_path, dict(files)), "mei", NOW).edition_id
    first = parts(runtime, edition_id)
    with pytest.raises(UsageError, match="'要闻' is not 合肥's"):
        save(runtime, edition_id, "articles/1.md", article("不是我的。"), was=first["articles/1.md"], by="he", city="合肥")
    with pytest.raises(UsageError, match="the head"):
        save(runtime, edition_id, "head", {**first["head"], "title": "别的"}, was=first["head"], by="he", city="合肥")
    assert save(runtime, edition_id, "articles/2.md", article("合肥的新事。"), was=first["articles/2.md"], by="he", city="合肥").parts
    with runtime.transaction() as session:
        assert [(one.section, one.holder) for one in locks.held(session, edition_id, NOW)] == [("合肥", "he")]
    assert save(runtime, edition_id, "articles/1.md", article("总编的。"), was=first["articles/1.md"], by="li").parts, "beside him the main desk writes the rest"


def test_a_draft_and_its_folder_make_the_same_version(runtime: Runtime, tmp_path: Path) -> None:
    edition_id = imported(runtime, tmp_path / "in")
    was = parts(runtime, edition_id)
    save(runtime, edition_id, "articles/1.md", article("*星* 和 1. 点。\n\n- 列一\n- 列二", image="images/a.jpg"), was=was["articles/1.md"])
    with runtime.transaction() as session:
        draft = saving.current(session, session.get_one(Edition, edition_id))
        write_folder(session, draft.document, tmp_path / "out")
        made = keeping.keep(session, edition_id, seen=1, by="li", now=LATER)
        assert (made.version, saving.current(session, session.get_one(Edition, edition_id)).is_kept) == (2, True)
    with runtime.transaction() as session:
        again = import_folder(session, tmp_path / "out", "li", LATER)
        kept, folder = (session.scalars(select(EditionVersion).where(EditionVersion.version == number)).one() for number in (2, again.version))
        assert kept.manuscript == folder.manuscript
        assert kept.source_sha256 == folder.source_sha256
        assert any("byte for byte" in one for one in again.warnings)


def test_a_version_that_came_meanwhile_is_gone_over_only_knowingly(runtime: Runtime, tmp_path: Path) -> None:
    edition_id = imported(runtime, tmp_path)
    save(runtime, edition_id, "articles/1.md", article("草稿。"), was=parts(runtime, edition_id)["articles/1.md"])
    with runtime.transaction() as session:
        import_folder(session, tmp_path, "li", LATER)
    with runtime.transaction() as session:
        assert saving.current(session, session.get_one(Edition, edition_id)).is_behind
        with pytest.raises(StoreError, match="a version came"):
            keeping.keep(session, edition_id, seen=1, by="li", now=LATER)
    with runtime.transaction() as session:
        with pytest.raises(StoreError, match="saved meanwhile"):
            keeping.keep(session, edition_id, seen=0, by="li", now=LATER, over=True)
        over = saving.start_over(session, edition_id, by="li", now=LATER)
        assert (over.is_behind, over.is_kept) == (False, True)
        assert steps.listed(session, edition_id)[0].note == "replaced"


def test_steps_are_gone_back_to(runtime: Runtime, tmp_path: Path) -> None:
    edition_id = imported(runtime, tmp_path)
    was = parts(runtime, edition_id)["articles/1.md"]
    for number, minutes in enumerate((0, 1, 5)):
        value = article(f"第{number}次。")
        save(runtime, edition_id, "articles/1.md", value, was=was, at=NOW + timedelta(minutes=minutes))
        was = value
    with runtime.transaction() as session:
        found = steps.listed(session, edition_id)
        assert [(one.revision, one.note) for one in found] == [(3, ""), (2, ""), (0, "begun")], "two saves within two minutes are one step"
        with pytest.raises(StoreError):
            saving.restore(session, edition_id, found[1].id, seen=2, by="li", now=LATER)
        back = saving.restore(session, edition_id, found[1].id, seen=3, by="li", now=LATER)
        assert back.document["articles"]["articles/1.md"]["body"] == "第1次。"
        assert steps.listed(session, edition_id)[0].note == "restored"
    with runtime.transaction() as session, pytest.raises(UsageError, match="no step"):
        saving.restore(session, edition_id + 1 if session.get(Edition, edition_id + 1) else edition_id, 10**9, seen=4, by="li", now=LATER)


def test_an_edition_is_made_from_nothing_and_from_the_one_before(runtime: Runtime, tmp_path: Path) -> None:
    imported(runtime, tmp_path)
    with runtime.transaction() as session:
        publication = add_publication(session, "evening", PublicationFields(title="晚报", kind="newspaper", service_id="E"), "mei", NOW)
        assert starting.next_number(session, publication, date(2026, 11, 23)) == "2026-11-23"
        begun = starting.begin(session, starting.Wish("evening", "7", date(2026, 11, 23)), by="li", now=NOW)
        draft = saving.current(session, session.get_one(Edition, begun.edition_id))
        assert draft.document["edition"]["almanac"]["lunar"] == "十月十五" and draft.document["edition"]["sections"][0] == {"title": "要闻", "items": []}
        with pytest.raises(UsageError, match="has no version yet"):
            find_edition(session, "evening/7")
        with pytest.raises(UsageError, match="already"):
            starting.begin(session, starting.Wish("evening", "7", date(2026, 11, 23)), by="li", now=NOW)
        with pytest.raises(UsageError, match="begins no edition"):
            starting.begin(session, starting.Wish("evening", "8", date(2026, 11, 23)), by="he", now=NOW, city="合肥")
        with pytest.raises(UsageError):
            keeping.keep(session, begun.edition_id, seen=draft.revision, by="li", now=NOW)
        assert starting.next_number(session, publication, date(2026, 11, 24)) == "8"
    with runtime.transaction() as session:
        begun = starting.begin(session, starting.Wish("test-newspaper", "2026-11-23", date(2026, 11, 23), from_before=True), by="li", now=NOW)
        document = saving.current(session, session.get_one(Edition, begun.edition_id)).document
        assert begun.before == "2026-11-22"
        assert [(one["title"], one["items"]) for one in document["edition"]["sections"]] == [("要闻", []), ("体育", []), ("简讯", [])]
        assert document["articles"] == {}
        found = listing.lines(session, listing.Filter(), NOW, 10)
        assert [(one.number, one.version, one.is_unkept) for one in found] == [("2026-11-23", None, True), ("7", None, True), ("2026-11-22", 1, False)]
        older = listing.lines(session, listing.Filter(before=(found[1].day, found[1].edition_id)), NOW, 10)
        assert [one.number for one in older] == ["2026-11-22"]
        assert [one.number for one in listing.lines(session, listing.Filter("evening", "draft"), NOW, 10)] == ["7"]


def test_pictures_are_taken_in_cut_and_refused(runtime: Runtime, tmp_path: Path) -> None:
    edition_id = imported(runtime, tmp_path)
    data = editions.picture(400, 300)
    with runtime.transaction() as session:
        made = pictures.take(session, data, "../../a b,#：图.JPG")
        assert made.name == f"images/a-b-图-{made.sha256[:8]}.jpg" and (made.width_px, made.height_px) == (400, 300)
        part = pictures.cut(session, made.sha256, (10, 20, 200, 100), made.name.rpartition("/")[2])
        assert (part.width_px, part.height_px) == (200, 100)
        assert pictures.cut(session, made.sha256, (10, 20, 200, 100), "x").sha256 == part.sha256, "the same cut is the same picture"
        for box in ((-1, 0, 50, 50), (0, 0, 401, 50), (0, 0, 4, 50)):
            with pytest.raises(UsageError, match="does not lie"):
                pictures.cut(session, made.sha256, box, "x")
        assert session.scalar(select(func.count()).select_from(EditionVersion)) == 1
    was = parts(runtime, edition_id)["articles/1.md"]
    with runtime.transaction() as session:
        changes = [Change(part.name, "", {"sha256": part.sha256}), Change("articles/1.md", digest_of(was), article("有图。", image=part.name))]
        saving.save(session, edition_id, changes, by="li", now=NOW)
        keeping.keep(session, edition_id, seen=1, by="li", now=NOW)
        picture = load_version(session, session.get_one(Edition, edition_id)).manuscript.items[0].article
        assert picture is not None and picture.picture is not None and picture.picture.sha256 == part.sha256


@pytest.mark.parametrize("name", ["../x.md", "/etc/passwd", "articles/a,b.md", "articles\\a.md", "edition.yaml", "articles/a#2.md", "", "articles/../x.md"])
def test_no_part_leads_out_of_the_folder(sqlite_runtime: Runtime, tmp_path: Path, name: str) -> None:
    edition_id = imported(sqlite_runtime, tmp_path)
    with pytest.raises(UsageError, match="no name of a file"):
        save(sqlite_runtime, edition_id, name, article("x"), was=None)


def test_what_is_no_draft_is_refused(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    edition_id = imported(sqlite_runtime, tmp_path)
    head = parts(sqlite_runtime, edition_id)["head"]
    deep: Any = "x"
    for _ in range(30):
        deep = [deep]
    for part, value in (
        ("head", None),
        ("head", {"sections": []}),
        ("sections", {}),
        ("articles/x.md", {"front": {}}),
        ("images/x.jpg", {"sha256": "no"}),
        ("articles/x.md", article("x", topics=deep)),
    ):
        with pytest.raises(UsageError):
            save(sqlite_runtime, edition_id, part, value, was=None if part != "head" else head)
    with pytest.raises(UsageError, match="stays"):
        save(sqlite_runtime, edition_id, "head", {**head, "number": "9"}, was=head)
    with pytest.raises(UsageError, match="bytes"):
        save(sqlite_runtime, edition_id, "articles/x.md", article("字" * 400_000), was=None)
