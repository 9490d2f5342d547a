"""Words of a reader's own in a prepared SubmitReq: only they differ, and nothing that is put in can end the part it stands in."""

from __future__ import annotations

from email import policy
from email.parser import BytesParser

from hypothesis import given
from hypothesis import strategies as st

from content.codecs.mime import Part, Related, around_parts, decode_entity, encode_related
from delivery.codecs.mm7 import SubmitReq, prepare_submit

TEXT = "text/plain; charset=utf-8"
FALLBACK = "亲爱的读者"
STORY = f"{FALLBACK}，您有若干分。--mms-"
SMIL = Part("application/smil", "smil", "edition.smil", b"<smil/>")
PARTS = (SMIL, Part("image/jpeg", "01.jpg", "01.jpg", bytes(range(256)) * 3), Part(TEXT, "01.txt", "01.txt", STORY.encode()))
MIME = encode_related(Related(PARTS, "smil"))
AT = MIME.index(FALLBACK.encode())
GAPS = ((AT, len(FALLBACK.encode())), (MIME.index("若干".encode()), len("若干".encode())))
PREPARED = prepare_submit(SubmitReq(vasp_id="v", subject="早报"), MIME, gaps=GAPS)
BOUNDARIES = [boundary.decode() for boundary in PREPARED.boundaries]


def texts_of(body: bytes, content_type: str) -> list[str]:
    """The text parts as Python's own parser finds them in the whole HTTP body."""
    message = BytesParser(policy=policy.HTTP).parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
    content = list(message.iter_parts())[1]
    parts = list(content.iter_parts())
    assert len(parts) == len(PARTS)
    return [bytes(one.get_payload(decode=True)).decode() for one in parts if one.get_content_type() == "text/plain"]


def test_the_gaps_know_the_two_boundaries() -> None:
    assert len(BOUNDARIES) == 2
    assert all(boundary in PREPARED.render("1", ["8613800000001"]).body.decode("latin-1") for boundary in BOUNDARIES)


def test_without_fillings_it_is_as_it_stands() -> None:
    plain = prepare_submit(SubmitReq(vasp_id="v", subject="早报"), MIME)
    assert PREPARED.render("1", ["8613800000001"]).body == plain.render("1", ["8613800000001"]).body
    assert PREPARED.render("1", ["8613800000001"], fillings=PREPARED.defaults).body == plain.render("1", ["8613800000001"]).body


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=40) | st.sampled_from([*(f"--{one}--" for one in BOUNDARIES), '"<&]]>', "👨‍👩‍👧"])


@given(st.tuples(WORDS, WORDS))
def test_only_the_words_differ(words: tuple[str, str]) -> None:
    made = PREPARED.render("1", ["8613800000001"], fillings=[one.encode() for one in words])
    first, second = (fallback if any(one in word for one in BOUNDARIES) else word for word, fallback in zip(words, (FALLBACK, "若干"), strict=True))
    assert texts_of(made.body, made.headers["Content-Type"]) == [first + STORY.removeprefix(FALLBACK).replace("若干", second, 1)]


def test_other_contents_keep_the_boundary_of_their_own() -> None:
    related = Related(PARTS, "smil")
    pieces = around_parts(related, [b"a", b"b", b"c"])
    assert b"".join(pieces[::2]) == b"".join(around_parts(related, [part.data for part in PARTS])[::2])
    assert [one.body for one in decode_entity(b"".join(pieces)).parts] == [b"a", b"b", b"c"]
