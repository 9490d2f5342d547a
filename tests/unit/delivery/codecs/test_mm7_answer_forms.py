"""SubmitRsp read by their form say what the parser says."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from delivery.codecs.mm7 import SubmitRsp, decode_http, encode_envelope
from delivery.codecs.mm7.answer_forms import decode_answer
from delivery.codecs.mm7.names import NAMESPACES
from delivery.codecs.mm7.structs import Envelope, Status
from huabao.errors import CodecError

VECTORS = sorted((Path(__file__).parents[3] / "vectors" / "mm7").glob("*.http"))
XML = "text/xml; charset=utf-8"
IDS = st.text("abcXYZ019._:@/+=-<>& \n\t一", max_size=20)


def whole(read: object, body: bytes) -> Envelope | str:
    """What a reader makes of a body."""
    try:
        return read(XML, body)  # type: ignore[operator, no-any-return]
    except CodecError as error:
        return str(error)


@given(IDS.filter(str.strip), IDS.filter(str.strip), st.sampled_from((1000, 1100, 2002, 4006, 9999)), st.text("ab <>&中", max_size=8), st.sampled_from(tuple(NAMESPACES)))
@example("t", "m", 1000, "TransactionID>x</TransactionID>", next(iter(NAMESPACES)))
def test_written_answers(transaction_id: str, message_id: str, code: int, text: str, namespace: str) -> None:
    body = encode_envelope(SubmitRsp(Status(code, text), message_id), namespace, transaction_id=transaction_id)
    for _ in range(2):
        assert whole(decode_answer, body) == whole(decode_http, body)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda path: path.stem)
def test_answers_of_real_servers(vector: Path) -> None:
    body = vector.read_bytes().partition(b"\n\n")[2]
    for _ in range(2):
        assert whole(decode_answer, body) == whole(decode_http, body)


@pytest.mark.parametrize(
    "odd",
    [
        "<!-- <TransactionID>a</TransactionID><MessageID>b</MessageID> -->{}",
        "{}<!-- <MessageID>b</MessageID> -->",
        "{}<![CDATA[<MessageID>b</MessageID>]]>",
        "{}</wrong>",
    ],
)
def test_marks_that_are_no_values_leave_it_to_the_parser(odd: str) -> None:
    answer = (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Header><m:TransactionID xmlns:m="urn:m">t-1</m:TransactionID></e:Header><e:Body>'
        "<SubmitRsp><Status><StatusCode>1000</StatusCode></Status><MessageID>id-1</MessageID></SubmitRsp></e:Body></e:Envelope>"
    )
    for body in (odd.format(answer).encode(), answer.replace("<SubmitRsp>", odd.format("<SubmitRsp>")).encode()):
        assert whole(decode_answer, body) == whole(decode_http, body)


def test_a_form_is_parsed_once() -> None:
    bodies = [encode_envelope(SubmitRsp(Status(1000, "Success"), f"id-{number}"), next(iter(NAMESPACES)), transaction_id=f"t{number}") for number in range(3)]
    read = [decode_answer(XML, body) for body in bodies]
    assert [(one.transaction_id, one.message.message_id) for one in read if isinstance(one.message, SubmitRsp)] == [("t0", "id-0"), ("t1", "id-1"), ("t2", "id-2")]
    first, second = (one.message.status for one in read[:2] if isinstance(one.message, SubmitRsp))
    assert first is second
