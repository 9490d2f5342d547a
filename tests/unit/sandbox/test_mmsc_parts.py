"""The simulator's parts: shares, seeded choice, script, sliding second, and its wire against Huabao's codec."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.codecs.mime import Part, Related, encode_related
from delivery.codecs.mm7 import (
    DEFAULT_NAMESPACE,
    NAMESPACES,
    Address,
    DeliveryReportReq,
    MM7Fault,
    SubmitReq,
    SubmitRsp,
    decode_envelope,
    encode_envelope,
    encode_http,
    prepare_submit,
)
from huabao.errors import CodecError, UsageError
from sandbox.mmsc import wire
from sandbox.mmsc.keep import Keep
from sandbox.mmsc.limits import SlidingSecond
from sandbox.mmsc.options import STATUSES, Dice, parse_bounds, parse_errors, parse_shares
from sandbox.mmsc.script import Moment, decide, read_script

CONTENT = encode_related(Related((Part("text/plain; charset=utf-8", "t", "t.txt", "早上好 \r\n--x".encode()),), start="t", type="text/plain"))
NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)


def test_shares() -> None:
    assert parse_shares("retrieved=0.95, expired=0.03", what="--mix", names=STATUSES) == {"retrieved": 0.95, "expired": 0.03}
    assert parse_shares("", what="--mix") == {}
    assert parse_errors("4006=0.1,503=0.01") == {4006: 0.1, 503: 0.01}
    assert (parse_bounds("20-200", what="d"), parse_bounds("5", what="d")) == ((20.0, 200.0), (5.0, 5.0))


@pytest.mark.parametrize("text", ["retrieved", "retrieved=2", "retrieved=-1", "retrieved=x", "lost=0.1", "retrieved=0.7,expired=0.7"])
def test_shares_that_make_no_sense(text: str) -> None:
    with pytest.raises(UsageError, match="--mix"):
        parse_shares(text, what="--mix", names=STATUSES)


@pytest.mark.parametrize("text", ["x=0.1", "12=0.1", "99999=0.1"])
def test_errors_that_are_no_codes(text: str) -> None:
    with pytest.raises(UsageError, match="--errors"):
        parse_errors(text)


@pytest.mark.parametrize("text", ["", "a", "5-2", "-1"])
def test_bounds_that_are_none(text: str) -> None:
    with pytest.raises(UsageError, match="--delay-ms"):
        parse_bounds(text, what="--delay-ms")


def test_the_same_seed_chooses_the_same_and_shares_come_out() -> None:
    dice, again, other = Dice("a"), Dice("a"), Dice("b")
    picks = [dice.pick({"x": 0.25, "y": 0.25}, "z", number) for number in range(4000)]
    assert picks == [again.pick({"x": 0.25, "y": 0.25}, "z", number) for number in range(4000)]
    assert picks != [other.pick({"x": 0.25, "y": 0.25}, "z", number) for number in range(4000)]
    assert [abs(picks.count(name) - share) < 150 for name, share in (("x", 1000), ("y", 1000), ("z", 2000))] == [True] * 3
    assert all(2 <= dice.between((2, 3), number) < 3 for number in range(100))


@given(st.lists(st.tuples(st.floats(0, 0.4), st.integers(1, 5)), max_size=60))
def test_no_sliding_second_above_the_limit(steps: list[tuple[float, int]]) -> None:
    limit, now, taken = SlidingSecond(10), 0.0, []
    for pause, amount in steps:
        now += pause
        if limit.take(amount, now):
            taken.append((now, amount))
    worst = max((sum(amount for at, amount in taken if end - 1.0 < at <= end) for end, _ in taken), default=0)
    assert worst == limit.worst <= 10


@given(
    st.sampled_from(NAMESPACES),
    st.lists(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), min_size=1, max_size=20, unique=True),
    st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=20).map(str.strip),
    st.sampled_from(["to", "bcc"]),
)
def test_what_huabao_writes_the_simulator_reads(namespace: str, numbers: list[str], subject: str, field: str) -> None:
    prepared = prepare_submit(SubmitReq(vasp_id="801234", subject=subject or None), CONTENT, namespace, recipient_field=field)  # type: ignore[arg-type]
    request = prepared.render("t-1", [f"86{one}" for one in numbers])
    submit = wire.read_request(request.headers["Content-Type"], request.body)
    assert isinstance(submit, wire.Submit)
    assert (submit.recipients, submit.bad, submit.transaction_id, submit.vasp_id) == (tuple(numbers), (), "t-1", "801234")
    assert submit.content == CONTENT
    assert " ".join(submit.subject.split()) == " ".join(subject.split())


@given(
    st.sampled_from(NAMESPACES),
    st.lists(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), min_size=1, max_size=5, unique=True),
    st.booleans(),
    st.sampled_from(list(STATUSES.values())[:-1]),
)
def test_what_the_simulator_reports_huabao_reads(namespace: str, numbers: list[str], swapped: bool, status: str) -> None:
    about = {"transaction_id": "m", "namespace": namespace, "version": "6.3.0", "message_id": "m&1", "sender": "106<58"}
    body = wire.write_report(**about, recipients=tuple(numbers if not swapped else numbers[:1]), at=NOON, status=status, swapped=swapped)
    report = decode_envelope(body).message
    assert isinstance(report, DeliveryReportReq)
    assert (report.message_id, report.mm_status, report.date) == ("m&1", status, NOON)
    if swapped:
        assert report.sender is not None
        assert (report.recipients[0].text, report.sender.text) == ("106<58", f"86{numbers[0]}")
    else:
        assert [one.text for one in report.recipients] == [f"86{one}" for one in numbers]


def test_what_the_simulator_answers_huabao_reads() -> None:
    refusal = wire.Refusal(4003, "no <such> thing", "t&1", NAMESPACES[0])
    answer = decode_envelope(wire.write_answer(refusal, 1100, "Partial", "m<1", ("86138", "nobody")))
    assert isinstance(answer.message, SubmitRsp)
    assert (answer.transaction_id, answer.message.message_id, answer.message.status.code) == ("t&1", "m<1", 1100)
    assert "nobody" in answer.message.status.details
    fault = decode_envelope(wire.write_fault(refusal)).message
    assert isinstance(fault, MM7Fault)
    assert (fault.status.code, fault.status.text) == (4003, "no <such> thing")


def test_requests_that_are_no_submissions() -> None:
    headers, body = encode_http(encode_envelope(SubmitReq(to=(Address("8613800138000"),), content_href="mms"), transaction_id="t"), None)
    assert wire.read_request(headers["Content-Type"], body) == wire.Refusal(2007, "no part for cid:mms", "t", DEFAULT_NAMESPACE, "6.3.0")
    about = {"transaction_id": "t", "namespace": NAMESPACES[0], "version": "6", "message_id": "m", "sender": "1"}
    refused = wire.read_request("text/xml", wire.write_report(**about, recipients=("13800138000",), at=NOON, status="Expired", swapped=False))
    assert isinstance(refused, wire.Refusal)
    assert refused.code == 4003


@given(st.binary(max_size=300), st.sampled_from(["text/xml", "multipart/related; boundary=x", "multipart/related", "", "nonsense"]))
def test_any_bytes_are_read_or_refused(body: bytes, content_type: str) -> None:
    try:
        wire.read_request(content_type, body)
    except CodecError:
        pass


SCRIPT = """
- when: {from_s: 5, to_s: 8}
  do: {http: 503}
- when: {nth: 3}
  do: {stall: true}
- when: {every: 10, vasp_id: "80"}
  do: {drop: true}
- when: {recipient: "1380013*"}
  do: {code: 2002}
- when: {after_recipients: 100}
  do: {status: Expired, answer_delay_ms: 300}
"""


def test_the_first_rule_that_fits_decides(tmp_path: Path) -> None:
    path = tmp_path / "script.yaml"
    path.write_text(SCRIPT)
    rules = read_script(path)

    def do(elapsed_s: float = 0.0, number: int = 1, taken: int = 0, recipients: tuple[str, ...] = ("13900000000",), vasp_id: str = "80") -> object:
        return decide(rules, Moment(elapsed_s, number, taken, recipients, vasp_id))

    assert do(6.0) == {"http": 503}
    assert do(8.0) == {}
    assert do(number=3) == {"stall": True}
    assert do(number=20) == {"drop": True}
    assert do(number=20, vasp_id="81") == {}
    assert do(recipients=("13900000000", "13800139999")) == {"code": 2002}
    assert do(taken=100) == {"status": "Expired", "answer_delay_ms": 300}


@pytest.mark.parametrize(
    "text",
    ["a: b", "- 1", "- do: 5", "- do: {fly: true}", "- when: {moon: full}\n  do: {drop: true}", "- do: {drop: 1}", "- do: {code: yes}", "- {do: {}, then: {}}", "- ["],
)
def test_scripts_that_make_no_sense(tmp_path: Path, text: str) -> None:
    path = tmp_path / "script.yaml"
    path.write_text(text)
    with pytest.raises(UsageError, match=r"script\.yaml"):
        read_script(path)


def test_what_was_kept_is_there_before_anybody_closes(tmp_path: Path) -> None:
    keep = Keep(tmp_path)
    keep.line("submissions", {"message_id": "1"})
    keep.body("ab", b"data")
    assert (tmp_path / "submissions.jsonl").read_text() == '{"message_id":"1"}\n'
    assert [path.name for path in (tmp_path / "bodies").iterdir()] == ["ab.mime"]
    again = Keep(tmp_path)
    again.body("ab", b"never written")
    again.line("submissions", {"message_id": "2"})
    assert (tmp_path / "bodies" / "ab.mime").read_bytes() == b"data"
    assert (tmp_path / "submissions.jsonl").read_text().count("\n") == 2
    for one in (keep, again):
        one.close()
    Keep(None).line("submissions", {})
