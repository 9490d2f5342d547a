"""The SMSC simulator as a process of its own, met by a plain ESME: binds, limits, receipts, readers' messages, faults by script."""

from __future__ import annotations

import ssl
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from delivery.codecs import smpp, wap_push
from tests.integration.sandbox.esme import Esme
from tests.integration.sandbox.running import kept, smsc
from tests.services.waiting import wait_until

Status = smpp.Status


def message_id(pdu: smpp.PDU) -> str:
    """The id in a good answer."""
    assert isinstance(pdu.body, smpp.SubmitSMResp)
    assert pdu.status == 0, smpp.status_name(pdu.status)
    return pdu.body.message_id


def numbers(count: int) -> list[str]:
    """Numbers of readers."""
    return [f"138{at:08d}" for at in range(count)]


def test_who_may_bind() -> None:
    with smsc("--esme", "huabao:geheim", "--binds", "2") as sandbox:
        for system_id, password, status in (("stranger", "geheim", Status.ESME_RINVSYSID), ("huabao", "falsch", Status.ESME_RINVPASWD)):
            with Esme(sandbox.tcp_port) as esme:
                assert esme.ask(smpp.Bind(system_id, password)).status == status
                assert esme.is_ended()
        with Esme(sandbox.tcp_port) as one, Esme(sandbox.tcp_port) as two, Esme(sandbox.tcp_port) as three:
            assert one.submit("13800138000").status == Status.ESME_RINVBNDSTS
            answer = one.ask(smpp.Bind("huabao", "geheim"))
            assert isinstance(answer.body, smpp.BindResp)
            assert smpp.find_tlv(answer.body.tlvs, smpp.Tag.SC_INTERFACE_VERSION) == b"\x34"
            assert one.ask(smpp.Bind("huabao", "geheim")).status == Status.ESME_RALYBND
            two.bind(mode="receiver")
            assert two.submit("13800138000").status == Status.ESME_RINVBNDSTS
            assert three.ask(smpp.Bind("huabao", "geheim")).status == Status.ESME_RALYBND
            assert one.ask(smpp.Unbind()).status == 0
            assert one.is_ended()
        assert sandbox.stats()["refused_binds"] == 4


@pytest.mark.parametrize(
    ("ids", "port_form", "exact"), [("same", "same", True), ("hex", "hex", True), ("decimal", "decimal", True), ("upper", "same", False), ("nozeros", "same", False)]
)
@pytest.mark.parametrize("form", ["standard", "tlv"])
def test_receipts_and_how_their_ids_are_written(ids: str, port_form: str, exact: bool, form: str) -> None:
    with smsc("--receipt-ids", ids, "--receipt-form", form, "--delay-ms", "1-20", "--mix", "retrieved=0.5,expired=0.25,failed=0.25") as sandbox, Esme(sandbox.tcp_port) as esme:
        esme.bind()
        answered = {message_id(esme.submit(number)) for number in numbers(30)}
        receipts = [smpp.read_receipt(each) for each in esme.delivered(30)]
        named = {smpp.receipt_id_form(each.message_id, port_form) for each in receipts}
        if exact:
            assert named == answered
        else:
            assert named.isdisjoint(answered)
            assert {each.lower().lstrip("0") for each in named} == {each.lstrip("0") for each in answered}
        states = Counter(each.state for each in receipts)
        assert set(states) == {smpp.MessageState.DELIVERED, smpp.MessageState.EXPIRED, smpp.MessageState.UNDELIVERABLE}
        assert sandbox.wait_for("receipts_acked", 30)["pending"] == 0


@pytest.mark.parametrize("form", ["short", "upper", "shuffled"])
def test_other_forms_of_receipts(form: str) -> None:
    with smsc("--receipt-form", form, "--delay-ms", "1") as sandbox, Esme(sandbox.tcp_port) as esme:
        esme.bind()
        answered = message_id(esme.submit("13800138000"))
        receipt = smpp.read_receipt(esme.delivered(1)[0])
        assert (receipt.message_id.lower(), receipt.state) == (answered, smpp.MessageState.DELIVERED)


def test_no_second_has_more_than_the_limit(tmp_path: Path) -> None:
    with smsc("--tps", "5", "--keep", tmp_path) as sandbox, Esme(sandbox.tcp_port) as esme:
        esme.bind()
        codes = Counter(esme.submit(number, registered=0).status for number in numbers(60))
        assert set(codes) == {0, Status.ESME_RTHROTTLED}
        assert sandbox.stats()["worst_second"] <= 5
        assert sandbox.stats()["throttled"] == codes[Status.ESME_RTHROTTLED]
        assert [line["recipients"] for line in kept(tmp_path)][:5] == [[number] for number in numbers(5)]
        assert len(kept(tmp_path)) == codes[0]


def test_a_window() -> None:
    with smsc("--window", "4", "--answer-delay-ms", "200") as sandbox, Esme(sandbox.tcp_port) as esme:
        esme.bind()
        sent = [esme.send(smpp.SubmitSM(destination_addr=f"86{number}", short_message=b"x")) for number in numbers(6)]
        answers = [esme.next(lambda pdu, at=at: pdu.sequence == at) for at in sent]  # type: ignore[misc]  # a loop's variable in a lambda
        assert [answer.status for answer in answers] == [0] * 4 + [Status.ESME_RTHROTTLED] * 2


def test_receipts_come_on_any_bind_and_wait_for_one() -> None:
    with smsc("--delay-ms", "1", "--esme", "huabao:geheim", "--esme", "other:geheim") as sandbox:
        with Esme(sandbox.tcp_port) as sender:
            sender.bind(mode="transmitter")
            answered = {message_id(sender.submit(number)) for number in numbers(40)}
        with Esme(sandbox.tcp_port) as other, Esme(sandbox.tcp_port) as one, Esme(sandbox.tcp_port) as two:
            other.bind("other")
            assert other.quiet(0.3)
            assert sandbox.stats()["pending"] == 40
            one.bind(mode="receiver")
            two.bind()
            found = {smpp.read_receipt(each).message_id for each in one.delivered(40)}
            more = [message_id(two.submit(number)) for number in numbers(60)]
            sandbox.wait_for("receipts_sent", 100)
            stats = sandbox.stats()
            assert found == answered
            assert stats["receipts_acked"] == 40
            assert len(more) == 60


def test_a_receipt_that_is_refused_comes_again() -> None:
    with smsc("--delay-ms", "1") as sandbox, Esme(sandbox.tcp_port) as esme:
        esme.bind()
        answered = message_id(esme.submit("13800138000"))
        for status in (Status.ESME_RX_T_APPN, Status.ESME_RMSGQFUL, 0):
            assert [smpp.read_receipt(each).message_id for each in esme.delivered(1, status)] == [answered]
        assert sandbox.wait_for("receipts_acked", 1)["receipts_retried"] == 2


def test_early_doubled_and_interim_receipts() -> None:
    with smsc("--early", "1", "--double", "1", "--delay-ms", "1") as sandbox, Esme(sandbox.tcp_port) as esme:
        esme.bind()
        esme.send(smpp.SubmitSM(destination_addr="8613800138000", registered_delivery=1, short_message=b"x"))
        first = esme.next(lambda _: True)
        assert isinstance(first.body, smpp.DeliverSM), "the receipt is there before the answer"
        esme.respond(first)
        answer = esme.next(lambda _: True)
        assert smpp.read_receipt(first.body).message_id == message_id(answer) == smpp.read_receipt(esme.delivered(1)[0]).message_id
    with smsc("--delay-ms", "100") as sandbox, Esme(sandbox.tcp_port) as esme:
        esme.bind()
        esme.submit("13800138000", registered=0x11)
        interim, final = (smpp.read_receipt(each) for each in esme.delivered(2))
        assert (interim.interim, interim.state) == (True, smpp.MessageState.ENROUTE)
        assert (final.interim, final.state) == (False, smpp.MessageState.DELIVERED)


def test_who_asks_for_no_receipt_gets_none() -> None:
    with smsc("--delay-ms", "1", "--mix", "retrieved=1") as sandbox, Esme(sandbox.tcp_port) as esme:
        esme.bind()
        for registered in (0, smpp.RegisteredDelivery.FAILURE):
            message_id(esme.submit("13800138000", registered=registered))
        assert esme.quiet(0.3)


def test_readers_send_messages(tmp_path: Path) -> None:
    script = tmp_path / "script.yaml"
    script.write_text('- when: {text: "quiz*"}\n  do: {mo: "B"}\n- at_s: 1.0\n  do: {mo: {from: "13900139000", to: "10658", text: "QX"}}\n')
    with smsc("--script", script, "--mix", "none=1") as sandbox, Esme(sandbox.tcp_port) as esme:
        esme.bind()
        sandbox.post("mo", **{"from": "13800138000", "to": "10658", "text": "退订早报" * 40 + "😀"})
        pieces = [smpp.piece_of(each) for each in esme.delivered(3)]
        assert smpp.join_text(pieces) == "退订早报" * 40 + "😀"
        assert {piece.key[:2] for piece in pieces} == {("8613800138000", "10658")}
        message_id(esme.submit("13700137000", "quiz: A or B?"))
        found = {(each.source_addr, smpp.join_text([smpp.piece_of(each)])) for each in esme.delivered(2)}
        assert found == {("8613700137000", "B"), ("8613900139000", "QX")}
        assert sandbox.wait_for("mo_acked", 5)["handset_messages"] == 3


def test_faults_by_script(tmp_path: Path) -> None:
    script = tmp_path / "script.yaml"
    script.write_text(
        "- when: {nth: 1}\n  do: {status: ESME_RMSGQFUL}\n- when: {nth: 2}\n  do: {drop: true}\n- when: {nth: 3}\n  do: {lose: true}\n- when: {nth: 4}\n  do: {status: 0x400}\n"
        "- when: {nth: 5}\n  do: {reset: true}\n- when: {nth: 6}\n  do: {half: true}\n- when: {nth: 7}\n  do: {garbage: true}\n- when: {nth: 8}\n  do: {unbind: true}\n"
    )
    with smsc("--script", script, "--keep", tmp_path / "keep", "--mix", "none=1") as sandbox:
        with Esme(sandbox.tcp_port) as esme:
            esme.bind()
            assert esme.submit("13800000001").status == Status.ESME_RMSGQFUL
            for number in ("13800000002", "13800000003"):
                esme.send(smpp.SubmitSM(destination_addr=f"86{number}", short_message=b"x"))
            assert esme.submit("13800000004").status == 0x400
            esme.send(smpp.SubmitSM(destination_addr="8613800000005", short_message=b"x"))
            assert esme.is_ended()
        with Esme(sandbox.tcp_port) as esme, pytest.raises(ConnectionError):
            esme.bind().submit("13800000006")
        with Esme(sandbox.tcp_port) as esme, pytest.raises(smpp.PDUError, match="stream is lost"):
            esme.bind().submit("13800000007")
        with Esme(sandbox.tcp_port) as esme:
            message_id(esme.bind().submit("13800000008"))
            goodbye = esme.next(lambda pdu: isinstance(pdu.body, smpp.Unbind))
            esme.socket.sendall(smpp.encode(smpp.UnbindResp(), goodbye.sequence))
            assert esme.is_ended()
    taken = {line["recipients"][0][-1]: line["answered"] for line in kept(tmp_path / "keep")}
    assert taken == {"2": False, "5": False, "6": False, "7": False, "8": True}


def test_shares_of_errors_and_of_answers_that_never_come(tmp_path: Path) -> None:
    with smsc("--errors", "ESME_RSUBMITFAIL=0.3,0x14=0.2", "--drop", "0.5", "--keep", tmp_path, "--mix", "none=1") as sandbox, Esme(sandbox.tcp_port) as esme:
        esme.bind()
        for number in numbers(100):
            esme.send(smpp.SubmitSM(destination_addr=f"86{number}", short_message=b"x"))
        stats = sandbox.wait_for("submits", 100)
        assert stats["refused"] + stats["dropped"] + stats["answered"] == 100
        assert all(10 < stats[name] < 80 for name in ("refused", "dropped", "answered"))
        codes = Counter(esme.next(lambda _: True).status for _ in range(stats["refused"] + stats["answered"]))
        assert codes == {Status.ESME_RSUBMITFAIL: codes[Status.ESME_RSUBMITFAIL], Status.ESME_RMSGQFUL: codes[Status.ESME_RMSGQFUL], 0: stats["answered"]}
        assert min(codes.values()) > 0
    assert Counter(line["answered"] for line in kept(tmp_path)) == {True: stats["answered"], False: stats["dropped"]}
    assert Counter(line["status_code"] for line in kept(tmp_path, "refusals")) == codes - Counter({0: stats["answered"]})


def test_both_ask_whether_the_other_is_there() -> None:
    with smsc("--enquire-s", "1") as sandbox, Esme(sandbox.tcp_port) as awake, Esme(sandbox.tcp_port) as asleep:
        awake.bind()
        asleep.bind()
        asleep.answers_enquiries = False
        assert awake.ask(smpp.EnquireLink()).status == 0
        assert awake.quiet(3.0)
        assert sandbox.wait_for("silent_esmes", 1)["bound"] == 1
        with pytest.raises(ConnectionError):
            asleep.quiet(5.0)


def test_it_knows_its_messages_for_a_while(tmp_path: Path) -> None:
    script = tmp_path / "script.yaml"
    script.write_text('- when: {recipient: "138*"}\n  do: {delay_ms: 60000}\n- do: {delay_ms: 1}\n')
    with smsc("--script", script) as sandbox, Esme(sandbox.tcp_port) as esme:
        esme.bind()
        slow, quick = message_id(esme.submit("13800138000")), message_id(esme.submit("13900139000"))
        esme.delivered(1)
        queries = [esme.ask(smpp.QuerySM(each, source_addr="10658")) for each in (slow, quick)]
        assert [query.body.message_state for query in queries if isinstance(query.body, smpp.QuerySMResp)] == [smpp.MessageState.ENROUTE, smpp.MessageState.DELIVERED]
        assert esme.ask(smpp.ReplaceSM(slow, short_message=b"new")).status == 0
        assert esme.ask(smpp.CancelSM("", slow, destination_addr="8613800138000")).status == 0
        assert esme.ask(smpp.CancelSM("", slow)).status == Status.ESME_RCANCELFAIL
        assert esme.ask(smpp.CancelSM("", quick)).status == Status.ESME_RCANCELFAIL
        assert esme.ask(smpp.QuerySM("nobody", source_addr="")).status == Status.ESME_RQUERYFAIL


def test_what_it_cannot_read_it_says() -> None:
    with smsc() as sandbox:
        with Esme(sandbox.tcp_port) as esme:
            esme.bind()
            esme.socket.sendall(smpp.pack_header(16, 0x0103_0000, 0, 9))
            assert esme.next(lambda pdu: pdu.sequence == 9) == smpp.PDU(9, Status.ESME_RINVCMDID, smpp.GenericNack())
            good = smpp.encode(smpp.SubmitSM(destination_addr="8613800138000", short_message=b"0123456789"), 10)
            esme.socket.sendall((len(good) - 4).to_bytes(4, "big") + good[4:-4])
            assert esme.next(lambda pdu: pdu.sequence == 10).status == Status.ESME_RINVMSGLEN
            assert esme.submit("12345").status == Status.ESME_RINVDSTADR
            esme.socket.sendall(b"GET / HTTP/1.1\r\n\r\n")
            assert isinstance(esme.next(lambda pdu: isinstance(pdu.body, smpp.GenericNack)).body, smpp.GenericNack)
            assert esme.is_ended()
        assert sandbox.stats()["garbage_in"] == 1


def test_texts_and_pushes_are_kept_part_by_part(tmp_path: Path) -> None:
    with smsc("--keep", tmp_path) as sandbox, Esme(sandbox.tcp_port) as esme:
        esme.bind()
        template = smpp.SubmitSM(source_addr="10658", registered_delivery=1)
        for messages in (smpp.write_text("早报" * 80), wap_push.write_wap_push(wap_push.ServiceIndication("http://wap.paper.com/e/1", "早报" * 60)), smpp.write_payload("x" * 900)):
            for prepared in smpp.prepare_submits(template, messages):
                sequence = esme.send(smpp.read_submit_sm(prepared.render(1, "8613800138000", 77)))
                message_id(esme.next(lambda pdu, at=sequence: pdu.sequence == at))  # type: ignore[misc]  # a loop's variable in a lambda
    lines = kept(tmp_path)
    assert [(line["part"], line["parts"], line["reference"]) for line in lines] == [(1, 3, 77), (2, 3, 77), (3, 3, 77), (1, 4, 77), (2, 4, 77), (3, 4, 77), (4, 4, 77), (1, 1, 0)]
    bodies = [(tmp_path / "bodies" / f"{line['body_sha256']}.mime").read_bytes() for line in lines]
    assert b"".join(bodies[:3]).decode("utf-16-be") == "早报" * 80
    assert wap_push.read_push(b"".join(bodies[3:7])) == wap_push.ServiceIndication("http://wap.paper.com/e/1", "早报" * 60)
    assert bodies[7] == b"x" * 900
    assert {line["sender"] for line in lines} == {"10658"}


def test_tls(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key", tmp_path / "cert"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*command, "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"], check=True, capture_output=True)
    context = ssl.create_default_context(cafile=str(certificate))
    with smsc("--tls-cert", certificate, "--tls-key", key, "--delay-ms", "1") as sandbox, Esme(sandbox.tcp_port, tls=context) as esme:
        esme.bind()
        answered = message_id(esme.submit("13800138000"))
        assert smpp.read_receipt(esme.delivered(1)[0]).message_id == answered


def test_whoever_stands_at_the_control_port_can_break_binds() -> None:
    with smsc() as sandbox, Esme(sandbox.tcp_port) as one, Esme(sandbox.tcp_port) as two:
        one.bind()
        two.bind()
        assert sandbox.post("do", enquire=True) == {"bound": 2}
        assert one.quiet(0.2)
        sandbox.post("do", reset=True)
        assert one.is_ended()
        assert sandbox.stats()["enquired_by_smsc"] == 2
        wait_until(lambda: not sandbox.stats()["bound"])
