"""A serial through a real MMSC and on the command line: who failed, who waits, what the cover says, and where its link leads."""

from __future__ import annotations

import email
from datetime import timedelta
from email import policy
from pathlib import Path

import pytest
from sqlalchemy import select, update

from content.compose.wap import OWN_PAGE
from content.models import WapPage
from content.wap.documents import Link, read_page
from content.wap.keys import wap_address_of
from delivery.dispatch import planning, plans, steering
from delivery.dispatch.planning import Request
from delivery.ledger import proof
from delivery.ledger.peer import read_peer
from delivery.models import Dispatch, Outcome, Port, deliveries
from delivery.serials.following import follow_up
from huabao.errors import UsageError
from huabao.runtime import Runtime
from tests.command_line import CLI
from tests.services.clocks import moved
from tests.services.delivering import Peer, add_port, add_readers, number_of, peer, settle
from tests.services.kept import kept_lines
from tests.services.serials import SLUG, SMALL, build_serial, end_sends, send_chapter

LOST, NEW = 2, 9


def covers(mmsc: Peer) -> dict[str, list[str]]:
    """The cover's text of everything that each number was sent, by a parser that is not ours."""
    found: dict[str, list[str]] = {}
    for line in kept_lines(mmsc.keep / "submissions.jsonl"):
        whole = email.message_from_bytes((mmsc.keep / "bodies" / f"{line['body_sha256']}.mime").read_bytes(), policy=policy.HTTP)
        text = next(part.get_payload(decode=True).decode() for part in whole.walk() if part.get_filename("") == "" and part["Content-Location"] == "01.txt")  # type: ignore[union-attr]
        for number in line["recipients"]:
            found.setdefault(number[-11:], []).append(text)
    return found


def _pending(runtime: Runtime) -> bool:
    with runtime.transaction(read_only=True) as session:
        return session.scalar(select(deliveries.c.reader_id).where(deliveries.c.outcome == int(Outcome.PENDING)).limit(1)) is not None


def page_behind(runtime: Runtime, text: str) -> str:
    """The title line of the edition whose WAP page a cover's link leads to, and that page's kind."""
    with runtime.transaction(read_only=True) as session:
        name = wap_address_of(session, runtime.config).page_name(text.rpartition("/")[2].strip())
        page = read_page(session.scalars(select(WapPage.body).where(WapPage.token == name)).one())
        behind = [one.page for one in page.blocks if isinstance(one, Link) and one.page != OWN_PAGE]
        assert session.scalars(select(WapPage.token).where(WapPage.token.in_(behind))).all(), "its links lead nowhere"
    return f"{page.kind} {page.edition}"


def test_a_failed_chapter_strands_nobody(runtime: Runtime, tmp_path: Path) -> None:
    one, two, three = build_serial(runtime, 3)
    add_readers(runtime, 6, service_id=SLUG, handset_class=SMALL)
    script = tmp_path / "script.yaml"
    script.write_text(f'- when: {{recipient: "86{number_of(LOST)}"}}\n  do: {{code: 2002}}\n- when: {{recipient: "{number_of(LOST)}"}}\n  do: {{code: 2002}}\n')
    with peer(tmp_path / "kept", "--script", script) as mmsc:
        add_port(runtime, mmsc.url, max_recipients=1)
        send_chapter(runtime, one)
        settle(runtime, until=lambda: not _pending(runtime))
        assert follow_up(runtime, 1) == [], "too early for another try"
        later = moved(runtime, hours=2)
        assert len(follow_up(later, 1)) == 1
        settle(later, until=lambda: not _pending(runtime))
        assert follow_up(moved(runtime, hours=4), 1) == [], "it was tried twice"
        add_readers(runtime, 1, service_id=SLUG, first=NEW, handset_class=SMALL)
        mmsc.process.end()
    with peer(tmp_path / "later") as mmsc:
        add_port(runtime, mmsc.url, name="later")
        with runtime.transaction() as session:
            session.execute(update(Port).where(Port.name == "main").values(state="paused"))
        later = moved(runtime, hours=30)
        plan = plans.plan(later, Request(two))
        assert plan.to_document()["serial"] == {"chapter": 2, "catch_up_first": 0, "with_link_to_missed": 1, "with_link_to_earlier": 1}
        send_chapter(later, two)
        settle(later, until=lambda: not _pending(runtime))
        said = covers(mmsc)
        assert said[number_of(1)] == ["小船\n第2期"]
        assert said[number_of(LOST)][0].startswith("小船\n第2期\n上一话（1）没收到？看这里：http")
        assert said[number_of(NEW)][0].startswith("小船\n第2期\n前情看这里：http")
        assert page_behind(runtime, said[number_of(LOST)][0]) == "cover 小船 1"
        assert page_behind(runtime, said[number_of(NEW)][0]) == "cover 小船 1"
        add_readers(runtime, 1, service_id=SLUG, first=NEW + 1, handset_class=SMALL)
        later = moved(runtime, hours=80)
        send_chapter(later, three)
        settle(later, until=lambda: not _pending(runtime))
        said = covers(mmsc)
        assert said[number_of(LOST)][1] == "小船\n第3期", "the link comes once"
        assert page_behind(runtime, said[number_of(NEW + 1)][0]) == "contents 小船 3"
        with runtime.transaction(read_only=True) as session:
            kinds = session.scalars(select(Dispatch.kind).order_by(Dispatch.id)).all()
            assert proof.verify(session, peers=[read_peer(tmp_path / "kept"), read_peer(tmp_path / "later")]).problems == []
        assert kinds == ["edition", "serial", "edition", "edition"]


def test_the_next_chapter_waits_for_the_second_try(runtime: Runtime, cli: CLI) -> None:
    one, two, _ = build_serial(runtime, 3)
    add_readers(runtime, 4, service_id=SLUG, handset_class=SMALL)
    add_port(runtime, "http://127.0.0.1:9/")
    send_chapter(runtime, one)
    end_sends(runtime, lambda _, reader: Outcome.EXPIRED if reader in (2, 3) else Outcome.RETRIEVED)
    send_chapter(moved(runtime, minutes=5), two)
    ended = end_sends(moved(runtime, minutes=6), lambda _, reader: Outcome.RETRIEVED)
    assert [sorted(readers) for readers in ended.values()] == [[1, 4]]
    assert cli("serial", "show", SLUG, "--json").json["chapters"] == [
        {**_chapter(cli, 0), "last_chapter_of": {"has": 0, "on_its_way": 0, "missed": 2, "given_up": 0}},
        {**_chapter(cli, 1), "last_chapter_of": {"has": 2, "on_its_way": 0, "missed": 0, "given_up": 0}},
    ]
    follow_up(moved(runtime, hours=2), 1)
    ended = end_sends(moved(runtime, hours=3), lambda _, reader: Outcome.FAILED if reader == 3 else Outcome.RETRIEVED)
    assert [sorted(readers) for readers in ended.values()] == [[2, 3]]
    follow_up(moved(runtime, hours=5), 1)
    ended = end_sends(moved(runtime, hours=6), lambda _, reader: Outcome.RETRIEVED)
    assert [sorted(readers) for readers in ended.values()] == [[2, 3]]
    sent = cli("serial", "show", SLUG, number_of(3), "--json").json["sent"]
    assert [(step["chapter"], step["kind"], step["outcome"], step["note"]) for step in sent] == [
        (1, "edition", "expired", ""), (1, "serial", "failed", ""), (2, "serial", "retrieved", "missed 1"),
    ]  # fmt: skip
    assert cli("serial", "run", SLUG, "--json").json["dispatches"] == []


def _chapter(cli: CLI, place: int) -> dict[str, object]:
    found: dict[str, object] = cli("serial", "show", SLUG, "--json").json["chapters"][place]
    return found


def test_a_chapter_is_planned_when_the_one_before_has_begun(runtime: Runtime) -> None:
    one, two, _ = build_serial(runtime, 3)
    add_readers(runtime, 2, service_id=SLUG, handset_class=SMALL)
    add_port(runtime, "http://127.0.0.1:9/")
    planning.create(runtime, Request(one, start_at=runtime.now() + timedelta(days=1)), actor="test")
    with pytest.raises(UsageError, match="has not begun"):
        send_chapter(runtime, two)


def test_who_stopped_a_chapter_is_not_overruled(runtime: Runtime) -> None:
    """Readers whom a cancelled send left out get the next chapter with a link, and no second try by itself."""
    one, two, _ = build_serial(runtime, 3)
    add_readers(runtime, 2, service_id=SLUG, handset_class=SMALL)
    add_port(runtime, "http://127.0.0.1:9/")
    dispatch_id = send_chapter(runtime, one)
    steering.steer(runtime, dispatch_id, "cancel", by="test", reason="wrong page")
    settle(runtime, until=lambda: not _pending(runtime))
    assert follow_up(moved(runtime, hours=30), 1) == []
    assert plans.plan(moved(runtime, hours=30), Request(two)).to_document()["serial"]["with_link_to_missed"] == 2
