"""The simulator as a peer: Huabao's own link sends to it, a real server takes its reports."""

from __future__ import annotations

import hashlib
import re
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from content.codecs.mime import Part, Related, encode_related
from delivery.codecs.mm7 import DeliveryReportReq, DeliveryReportRsp, Status, decode_envelope, encode_envelope
from delivery.ports import Answer, MessageContent, OutboundGroup, PortSettings
from delivery.ports.mm7.link import MM7Link
from huabao.msisdn import MSISDN
from tests.integration.ports.peers import Connection, Manners, Request, peer
from tests.integration.sandbox.running import kept, mmsc
from tests.services.waiting import ANSWER_S, PATIENCE_S

CONTENT = MessageContent(encode_related(Related((Part("text/plain; charset=utf-8", "t", "t.txt", b"x" * 30_000),), start="t", type="text/plain")), "s")
TAKEN = encode_envelope(DeliveryReportRsp(Status(1000, "Success")), transaction_id="r")


def submit(url: str, groups: int, size: int = 3, timeout_s: float = ANSWER_S, **options: Any) -> list[Answer]:
    """Send groups of distinct numbers and wait for their answers."""
    settings = PortSettings(1, "sandbox", "mm7", url, 1000, 100, connections=4, timeout_s=timeout_s, options=options)
    link = MM7Link(settings)
    try:
        stream = link.stream(link.prepare(CONTENT))
        stream.put([OutboundGroup(at, f"t{at}", tuple(MSISDN(f"138{at * size + one:08d}") for one in range(size))) for at in range(groups)])
        answers: list[Answer] = []
        while stream.in_flight:
            answers += stream.take(30)
        return answers
    finally:
        link.close()


def taking(reports: list[DeliveryReportReq]) -> Manners:
    """A platform that takes reports."""

    def manners(connection: Connection, request: Request) -> bool:
        message = decode_envelope(request.body).message
        assert isinstance(message, DeliveryReportReq)
        reports.append(message)
        connection.answer(TAKEN)
        return True

    return manners


def test_what_it_took_is_written_down_and_reported(tmp_path: Path) -> None:
    reports: list[DeliveryReportReq] = []
    mix = ("--mix", "retrieved=0.5,expired=0.3,rejected=0.1")
    with peer(taking(reports)) as platform, mmsc("--keep", tmp_path, "--report-url", platform.url, "--delay-ms", "0-20", *mix) as sandbox:
        answers = submit(sandbox.url, 30, vasp_id="801234")
        lines = kept(tmp_path)
        expected = sum(1 for line in lines for _ in line["recipients"])
        stats = sandbox.stats()
        assert (stats["submits"], stats["recipients"]) == (30, 90)
        sandbox.wait_for("reports_posted", 60)
    assert {answer.state for answer in answers} == {"accepted"}
    assert expected == 90
    assert {line["message_id"] for line in lines} == {answer.message_id for answer in answers}
    assert {(line["status_code"], line["answered"], len(line["recipients"])) for line in lines} == {(1000, True, 3)}
    [body] = list((tmp_path / "bodies").iterdir())
    assert body.read_bytes() == CONTENT.mime
    assert body.stem == hashlib.sha256(CONTENT.mime).hexdigest() == lines[0]["body_sha256"]
    counts = Counter(report.mm_status for report in reports)
    assert counts.keys() == {"Retrieved", "Expired", "Rejected"}
    assert 60 <= counts.total() < 90  # a tenth gets no report
    assert len({report.recipients[0].text for report in reports}) == counts.total()


def test_early_double_swapped_and_grouped_reports(tmp_path: Path) -> None:
    reports: list[DeliveryReportReq] = []
    with peer(taking(reports)) as platform:
        with mmsc("--report-url", platform.url, "--early", "1", "--double", "1", "--swapped", "1") as sandbox:
            submit(sandbox.url, 2)
            assert len(reports) >= 6  # they came before the answers
            sandbox.wait_for("reports_posted", 12)
        assert {re.fullmatch(r"86138\d{8}", report.sender.text if report.sender else "") is not None for report in reports} == {True}
        reports.clear()
        with mmsc("--report-url", platform.url, "--grouped", "1", "--delay-ms", "0", "--swapped", "1") as sandbox:
            submit(sandbox.url, 2)
            sandbox.wait_for("reports_posted", 2)
        assert sorted(len(report.recipients) for report in reports) == [3, 3]


def test_dropped_answers_are_taken_all_the_same(tmp_path: Path) -> None:
    with mmsc("--keep", tmp_path, "--drop", "0.5") as sandbox:
        states = Counter(answer.state for answer in submit(sandbox.url, 40))
        assert sandbox.stats()["dropped"] == states["unknown"]
    lines = kept(tmp_path)
    assert len(lines) == 40
    assert Counter(line["answered"] for line in lines) == {False: states["unknown"], True: states["accepted"]}
    assert 5 < states["unknown"] < 35


def test_errors_take_nothing(tmp_path: Path) -> None:
    with mmsc("--keep", tmp_path, "--errors", "4006=0.3,2002=0.2,503=0.2") as sandbox:
        codes = Counter(answer.status_code for answer in submit(sandbox.url, 60))
    assert codes.keys() == {1000, 4006, 2002, 503}
    assert len(kept(tmp_path)) == codes[1000]
    assert len(kept(tmp_path, "refusals")) == 60 - codes[1000]


def test_the_limit_counts_recipients_in_any_second(tmp_path: Path) -> None:
    with mmsc("--keep", tmp_path, "--tps", "20") as sandbox:
        codes = Counter(answer.status_code for answer in submit(sandbox.url, 20, size=3))
        assert sandbox.stats()["worst_second"] <= 20
    assert codes[4006] >= 1
    assert len(kept(tmp_path)) == codes[1000]


def test_groups_that_are_too_large() -> None:
    with mmsc("--max-recipients", "2") as sandbox:
        assert {answer.status_code for answer in submit(sandbox.url, 2, size=3)} == {3501}
        assert {answer.status_code for answer in submit(sandbox.url, 2, size=2)} == {1000}


@pytest.mark.parametrize("auth", ["basic", "digest"])
def test_it_wants_to_know_who_sends(auth: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_PASSWORD", "ge:heim")
    with mmsc("--auth", auth, "huabao:ge:heim") as sandbox:
        assert {answer.state for answer in submit(sandbox.url, 6, auth=auth, user="huabao", password_env="SANDBOX_PASSWORD")} == {"accepted"}
        assert {answer.status_code for answer in submit(sandbox.url, 2)} == {401}
        assert sandbox.stats()["recipients"] == 18


def test_a_script_decides_first(tmp_path: Path) -> None:
    script = tmp_path / "script.yaml"
    script.write_text(
        '- when: {recipient: "13800000000"}\n  do: {refuse: ["13800000001"]}\n- when: {recipient: "13800000003"}\n  do: {stall: true}\n'
        '- when: {recipient: "13800000006"}\n  do: {reset: true}\n- when: {recipient: "13800000009"}\n  do: {close: true}\n'
    )
    with mmsc("--script", script, "--keep", tmp_path / "keep") as sandbox:
        answers = {answer.submission_id: answer for answer in submit(sandbox.url, 5, timeout_s=1.5)}
    assert [answers[at].state for at in range(5)] == ["partial", "unknown", "unknown", "accepted", "accepted"]
    assert answers[0].refused == ("13800000001",)
    partial = next(line for line in kept(tmp_path / "keep") if line["status_code"] == 1100)
    assert partial["recipients"] == ["13800000000", "13800000002"]
    assert len(kept(tmp_path / "keep")) == 5


def test_reports_are_posted_again_until_the_platform_takes_them() -> None:
    reports: list[DeliveryReportReq] = []
    tries = threading.Semaphore(0)
    taken = taking(reports)

    def busy_at_first(connection: Connection, request: Request) -> bool:
        tries.release()
        if tries._value <= 3:
            connection.answer(b"", "503 Service Unavailable")
            return True
        return taken(connection, request)

    with peer(busy_at_first) as platform, mmsc("--report-url", platform.url, "--delay-ms", "0") as sandbox:
        submit(sandbox.url, 1)
        stats = sandbox.wait_for("reports_posted", 3)
        assert stats["reports_retried"] >= 3
    assert len(reports) == 3


def test_a_killed_simulator_still_knows_what_it_took(tmp_path: Path) -> None:
    with mmsc("--keep", tmp_path) as sandbox:
        answers = submit(sandbox.url, 5)
        sandbox.process.kill()
        sandbox.process.wait(PATIENCE_S)
    assert {line["message_id"] for line in kept(tmp_path)} == {answer.message_id for answer in answers}
