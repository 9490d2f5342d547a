"""Calling back and replacing at the simulator, through Huabao's own link: who has not fetched a message is spared it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from content.codecs.mime import Part, Related, encode_related
from delivery.codecs.mm7 import CLIENT_FORMS, DeliveryReportReq
from delivery.ports import MessageContent, OutboundGroup, PortSettings
from delivery.ports.mm7.link import MM7Link
from delivery.ports.recalling import RecallAnswer, RecallRequest, can_recall
from huabao.msisdn import MSISDN
from tests.integration.ports.peers import peer
from tests.integration.sandbox.running import kept, mmsc
from tests.integration.sandbox.test_mmsc import CONTENT, taking
from tests.services.waiting import ANSWER_S, PATIENCE_S

BETTER = MessageContent(encode_related(Related((Part("text/plain; charset=utf-8", "t", "t.txt", b"better"),), start="t", type="text/plain")), "s")
NUMBERS = tuple(f"1380000000{one}" for one in range(3))
SLOW = ("--delay-ms", "60000", "--mix", "retrieved=1")


@contextmanager
def sent(url: str, groups: int = 1, **options: Any) -> Iterator[tuple[MM7Link, list[str]]]:
    """A link over which so many groups of three went; their MessageIDs."""
    link = MM7Link(PortSettings(1, "sandbox", "mm7", url, 1000, 100, connections=4, timeout_s=ANSWER_S, options=options))
    try:
        stream = link.stream(link.prepare(CONTENT))
        stream.put([OutboundGroup(at, f"t{at}", tuple(MSISDN(one) for one in NUMBERS)) for at in range(groups)])
        answers = []
        while stream.in_flight:
            answers += stream.take(10)
        yield link, [str(one.message_id) for one in sorted(answers, key=lambda one: one.submission_id)]
    finally:
        link.close()


def ask(link: MM7Link, message_id: str, content: MessageContent | None = None) -> RecallAnswer:
    [answer] = link.recall([RecallRequest(7, "recall-7", message_id, content)])
    assert answer.recall_id == 7
    return answer


@pytest.mark.parametrize("form", sorted(CLIENT_FORMS))
def test_who_has_not_fetched_it_is_spared_it(tmp_path: Path, form: str) -> None:
    reports: list[DeliveryReportReq] = []
    with peer(taking(reports)) as platform, mmsc("--keep", tmp_path, "--report-url", platform.url, "--delay-ms", "0-60000", "--mix", "retrieved=1") as sandbox:
        with sent(sandbox.url, client_form=form) as (link, [message_id]):
            assert can_recall(link)
            answer = ask(link, message_id)
            assert (answer.state, answer.status_code in (1000, 1100)) == ("done", True)
            again = ask(link, message_id)
            assert (again.state, again.status_code) == ("done", 1000), "asking again does no harm"
        [line, *_] = kept(tmp_path, "recalls")
        assert (line["kind"], line["message_id"], line["status_code"]) == ("cancel", message_id, answer.status_code)
        sandbox.wait_for("reports_posted", 3)
    told = {report.recipients[0].text[-11:]: report.mm_status for report in reports}
    assert {number for number, status in told.items() if status == "Cancelled"} == set(line["recipients"])
    assert len(told) == len(reports) == 3, "whoever was spared has no other report"


def test_another_message_takes_its_place_and_is_fetched(tmp_path: Path) -> None:
    reports: list[DeliveryReportReq] = []
    with peer(taking(reports)) as platform, mmsc("--keep", tmp_path, "--report-url", platform.url, "--delay-ms", "1500", "--mix", "retrieved=1") as sandbox:
        with sent(sandbox.url) as (link, [message_id]):
            assert ask(link, message_id, BETTER).status_code == 1000
        sandbox.wait_for("reports_posted", 6)
    [line] = kept(tmp_path, "recalls")
    assert line["kind"] == "replace"
    assert sorted(line["recipients"]) == sorted(NUMBERS)
    assert (tmp_path / "bodies" / f"{line['body_sha256']}.mime").read_bytes() == BETTER.mime
    assert {report.message_id for report in reports} == {message_id}
    assert sorted(report.mm_status for report in reports) == ["Replaced"] * 3 + ["Retrieved"] * 3


def test_too_late_unknown_and_not_offered(tmp_path: Path) -> None:
    with mmsc("--delay-ms", "0") as sandbox, sent(sandbox.url) as (link, [message_id]):
        assert [(one.state, one.status_code) for one in (ask(link, message_id), ask(link, message_id, BETTER))] == [("refused", 3001)] * 2
        assert (ask(link, "nobody's").state, ask(link, "nobody's").status_code) == ("refused", 2005)
    with mmsc(*SLOW, "--recalls", "cancel") as sandbox, sent(sandbox.url) as (link, [message_id]):
        assert (ask(link, message_id, BETTER).state, ask(link, message_id).state) == ("unsupported", "done")
    with mmsc("--mix", "", "--delay-ms", "0") as sandbox, sent(sandbox.url) as (link, [message_id]):
        assert ask(link, message_id).status_code == 1000, "who never fetches it can always be spared it"


def test_a_peer_that_is_gone_and_one_that_says_nothing() -> None:
    with mmsc(*SLOW) as sandbox, sent(sandbox.url) as (link, [message_id]):
        sandbox.process.terminate()
        sandbox.process.wait(PATIENCE_S)
        assert ask(link, message_id).state == "deferred"
    with peer(lambda connection, request: False) as silent:
        link = MM7Link(PortSettings(1, "silent", "mm7", silent.url, 1000, 100, timeout_s=2.0))
        try:
            assert ask(link, "m").state == "unknown"
        finally:
            link.close()
