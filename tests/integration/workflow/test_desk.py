"""From the draft to the approval by command: what stands in the way, the typo at five in the morning, whose turn it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select, update

from console.models import User
from content.models import VariantPayload
from huabao.audit import AuditEntry
from huabao.runtime import Runtime
from tests.command_line import CLI
from tests.services.delivering import add_port
from tests.unit.content import editions

TEXT = "江边的新桥在星期一早晨开放，省委书记王晓明出席。"
SECTIONS = [{"title": "要闻", "items": ["articles/1.md"]}, {"title": "体育", "items": ["articles/2.md"]}]
WORDS = "word,list,severity,note,advice\n秘密会议,词表,block,不得报道,内部会议\n会议,词表,warn,,\n"
LEADERS = "name,title,order\n王晓明,省委书记,1\n"


def paper(folder: Path, first: str = TEXT, second: str = "主队在客场赢了。", number: str = "2026-11-22") -> Path:
    files: dict[str, str | bytes] = {
        "edition.yaml": editions.edition(sections=SECTIONS, number=number, date="2026-11-22"),
        "articles/1.md": editions.article("新桥", first), "articles/2.md": editions.article("足球", second),
    }  # fmt: skip
    return editions.write(folder, files)


def approved(cli: CLI, folder: Path) -> None:
    cli("edition", "import", paper(folder), "--as", "ed")
    cli("edition", "submit", 1, "--as", "ed")
    cli("edition", "approve", 1, "--as", "chief")


@pytest.fixture
def people(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        for name, role in {"ed": "editor", "chief": "editor", "deputy": "ops", "help": "support"}.items():
            session.add(User(name=name, name_key=name, password_hash="", role=role, created_at=runtime.now()))


@pytest.mark.usefixtures("people")
def test_the_way_to_an_approval(cli: CLI, tmp_path: Path) -> None:
    (tmp_path / "w.csv").write_text(WORDS, "utf-8")
    (tmp_path / "l.csv").write_text(LEADERS, "gb18030")
    (tmp_path / "c.txt").write_text("头条看过\n图片看过\n", "utf-8")
    cli("words", "import", tmp_path / "w.csv", "--as", "ed")
    cli("leaders", "import", tmp_path / "l.csv", "--as", "ed")
    cli("edition", "import", paper(tmp_path / "in", "省委书记王小明召开秘 密會議。"), "--as", "ed")
    cli("desk", "set", "test-newspaper", "--checklist", tmp_path / "c.txt", "--as", "chief")
    cli("edition", "comment", 1, "哪一天？", "--item", "articles/1.md", "--as", "help")
    assert "approve is not possible; possible: submit" in cli("edition", "approve", 1, code=2).err
    cli("edition", "submit", 1, "--as", "ed")
    refused = cli("edition", "approve", 1, "--as", "chief", "--json", code=1).json
    assert (refused["approved"], refused["state"], len(refused["hindrances"])) == (False, "in_review", 3)
    hits = cli("edition", "hits", 1, "--json", code=1).json
    found = [(hit["kind"], hit["found"], hit["rule"]) for hit in hits["hits"] if hit["severity"] == "block"]
    assert found == [("word", "秘 密會議", "秘密会议"), ("leader", "王小明", "省委书记 is 王晓明")]
    assert hits["open"] == 2
    cli("edition", "import", paper(tmp_path / "in", "省委书记王晓明召开秘密会议。"), "--as", "ed")
    (hit,) = cli("edition", "hits", 1, "--json", code=1).json["hits"]
    assert (hit["before"], hit["after"], hit["advice"]) == ("省委书记王晓明召开", "。", "不得报道; write 内部会议")
    cli("edition", "rule", 1, hit["mark"], "--reason", "已公开", "--as", "chief")
    assert "ruled on it already" in cli("edition", "rule", 1, hit["mark"], "--reason", "x", code=2).err
    cli("edition", "resolve", 1, 1, "--reason", "写了", "--as", "ed")
    cli("edition", "tick", 1, "头条看过", "--as", "chief")
    assert cli("edition", "tick", 1, 2, "--as", "chief", "--json").json["left"] == []
    made = cli("edition", "approve", 1, "--as", "chief", "--version", 2, "--json").json
    assert (made["approved"], made["state"], made["version"]) == (True, "approved", 2)
    assert made["variants"] > 0
    assert len(made["digest"]) == 64
    life = cli("edition", "life", 1, "--json").json
    assert [(one["verb"], one["after"], one["by"], one["role"]) for one in life["changes"]][-3:] == [
        ("submit", "in_review", "ed", "editor"), ("change", "in_review", "ed", ""), ("approve", "approved", "chief", "editor"),
    ]  # fmt: skip


@pytest.mark.usefixtures("people")
def test_one_tap_after_a_typo_by_a_named_deputy(cli: CLI, tmp_path: Path) -> None:
    approved(cli, tmp_path / "in")
    said = cli("edition", "import", paper(tmp_path / "in", TEXT.replace("星期一", "星期二")), "--as", "ed").out
    assert "the approval of test-newspaper/2026-11-22 ended; it is in review" in said
    assert "deputy is no deputy of this publication" in cli("edition", "reapprove", 1, "--as", "deputy", code=2).err
    named = cli("desk", "set", "test-newspaper", "--deputies", "Deputy,ghost", "--as", "chief").out
    assert "nobody has the account 'ghost'" in named and "account 'Deputy'" not in named
    seen = cli("edition", "reapprove", 1, "--dry-run", "--as", "deputy").out
    assert seen.splitlines() == ["articles/1.md: changed", "  paragraph 1: 江边的新桥在星期[-一-]{+二+}早晨开放，省委书记王晓明出席。"]
    assert "version 2 came at" in cli("edition", "reapprove", 1, "--version", 1, "--as", "deputy", code=2).err
    assert "may not" in cli("edition", "approve", 1, "--as", "deputy", code=2).err
    made = cli("edition", "reapprove", 1, "--version", 2, "--as", "deputy", "--json").json
    assert (made["approved"], made["difference"]["characters"]) == (True, 2)
    cli("edition", "import", paper(tmp_path / "in", "完全另一条消息。" * 20), "--as", "ed")
    assert "approves it as a whole" in cli("edition", "reapprove", 1, "--as", "deputy", code=2).err
    assert cli("edition", "diff", 1, "--from", "approved", "--json").json["from"] == 2
    assert cli("edition", "diff", 1, "--from", 1, "--to", 2, "--json").json["characters"] == 2
    assert "none before it" in cli("edition", "diff", 1, "--to", 1, code=2).err
    assert "has no version 9" in cli("edition", "diff", 1, "--to", 9, code=2).err
    cli("edition", "reject", 1, "--reason", "太长", "--as", "chief")
    assert cli("edition", "show", 1, "--json").json["state"] == "draft"


@pytest.mark.usefixtures("people")
def test_nobody_approves_his_own_where_the_setting_says_so(cli: CLI, tmp_path: Path) -> None:
    cli("settings", "set", "approval_by_another", "yes")
    cli("edition", "import", paper(tmp_path / "in"), "--as", "ed")
    cli("edition", "submit", 1, "--as", "ed")
    assert "another person must approve it" in cli("edition", "approve", 1, "--as", "ed", code=1).out
    cli("settings", "set", "approval_by_another", "no")
    assert "is approved" in cli("edition", "approve", 1, "--as", "ed").out


@pytest.mark.usefixtures("people")
def test_sections_are_locked(cli: CLI, tmp_path: Path) -> None:
    cli("edition", "import", paper(tmp_path / "in"), "--as", "ed")
    cli("edition", "lock", 1, "--section", "体育", "--as", "chief")
    cli("edition", "lock", 1, "--section", "要闻", "--as", "ed")
    assert "chief works on section '体育'" in cli("edition", "lock", 1, "--as", "ed", code=2).err
    cli("edition", "import", paper(tmp_path / "in", "要闻改了。"), "--as", "ed")
    refused = cli("edition", "import", paper(tmp_path / "in", "要闻改了。", "体育也改了。"), "--as", "ed", code=2).err
    assert "chief works on section '体育'" in refused
    assert "nothing was imported" in refused
    assert cli("edition", "show", 1, "--json").json["version"] == 2
    assert "submit when the locks are given back" in cli("edition", "submit", 1, "--as", "ed", code=2).err
    assert "--take-over" in cli("edition", "unlock", 1, "--section", "体育", "--as", "ed", code=2).err
    cli("edition", "lock", 1, "--section", "体育", "--take-over", "他回家了", "--as", "ed")
    cli("edition", "import", paper(tmp_path / "in", "要闻改了。", "体育也改了。"), "--as", "ed")
    assert [one["holder"] for one in cli("edition", "locks", 1, "--json").json["locks"]] == ["ed", "ed"]
    cli("edition", "unlock", 1, "--section", "体育", "--as", "ed")
    assert "has no section '天气'" in cli("edition", "lock", 1, "--section", "天气", code=2).err


@pytest.mark.usefixtures("people")
def test_rights(cli: CLI, tmp_path: Path) -> None:
    cli("edition", "import", paper(tmp_path / "in"))
    for arguments in (("submit", 1), ("approve", 1), ("reject", 1), ("lock", 1), ("rule", 1, "x", "--reason", "y"), ("schedule", 1)):
        assert "help is support and may not" in cli("edition", *arguments, "--as", "help", code=2).err
    cli("edition", "submit", 1, "--as", "ed")
    assert "ed is editor and may not" in cli("edition", "schedule", 1, "--as", "ed", code=2).err


def test_other_bytes_end_an_approval(runtime: Runtime, cli: CLI, tmp_path: Path) -> None:
    cli("edition", "import", paper(tmp_path / "in"))
    cli("edition", "submit", 1)
    cli("edition", "approve", 1)
    with runtime.transaction() as session:
        session.execute(update(VariantPayload).where(VariantPayload.variant_id == 1).values(mime=b"another message"))
    cli("settings", "set", "approval_required", "yes")
    add_port(runtime, "http://127.0.0.1:9/")
    refused = cli("dispatch", "start", 1, code=2).err
    assert "is in_review and not approved; the approval of" in refused
    assert "ended: other bytes than were approved: variant" in refused
    assert cli("edition", "show", 1, "--json").json["state"] == "in_review"
    with runtime.transaction(read_only=True) as session:
        assert "edition.void" in session.scalars(select(AuditEntry.action)).all()


def test_repeats_beside_yesterdays_paper(cli: CLI, tmp_path: Path) -> None:
    yesterday = paper(tmp_path / "before", number="2026-11-21")
    (yesterday / "edition.yaml").write_text(editions.edition(sections=SECTIONS, number="2026-11-21", date="2026-11-21"), "utf-8")
    cli("edition", "import", yesterday)
    cli("edition", "import", paper(tmp_path / "in", TEXT + "下午还有表演。", "今天另有一场比赛，天气很好，观众很多。"))
    hits = [(hit["item"], hit["rule"]) for hit in cli("edition", "hits", 2, "--json").json["hits"] if hit["kind"] == "repeat"]
    assert hits == [("articles/1.md", "stood in test-newspaper/2026-11-21 as “新桥” (100% of the text)")]
