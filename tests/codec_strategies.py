"""Hypothesis strategies for messages: anything that our encoders accept."""

from __future__ import annotations

import string
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from content.codecs.mime import Part, Related
from content.codecs.mm1 import RetrieveConf
from content.codecs.smil import SMILDocument, SMILRegion, SMILSlide
from delivery.codecs.mm7 import structs
from delivery.codecs.mm7.names import ADDRESS_KINDS

IDENTIFIERS = st.text(string.ascii_letters + string.digits + "-_.@+$", min_size=1, max_size=30)
DATA = st.binary(max_size=300) | st.sampled_from([b"", b"\r\n", b"\r\n--", b"--mms-", b"\n\n", b"\0" * 200])

XML_TEXT = (
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Co"), exclude_characters="\u2028\u2029"), min_size=1, max_size=40)
    | st.sampled_from(["a & b", "]]>", "<!DOCTYPE x>", "早报　第12期", "a\tb\nc\rd", "&amp;", "\U0001f4f0", '"', "'"])
).filter(lambda text: text == text.strip())
"""Texts as an element carries them: XML's characters, no outer blanks."""

OPTIONAL_TEXT = st.none() | XML_TEXT
FLAGS = st.none() | st.booleans()
MOMENTS = st.datetimes(datetime(1901, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)).map(lambda at: at.replace(microsecond=0))  # noqa: DTZ001 - hypothesis wants bounds without a zone
SPANS = st.integers(-(10**8), 10**8).map(lambda seconds: timedelta(seconds=seconds))
WHEN = st.none() | MOMENTS | SPANS
NUMBERS = st.integers(0, 10**9 - 1)

ADDRESSES = st.builds(structs.Address, XML_TEXT, st.sampled_from(ADDRESS_KINDS), st.booleans())
ADDRESS_LISTS = st.lists(ADDRESSES, max_size=4).map(tuple)
STATUSES = st.builds(structs.Status, st.integers(0, 9999), XML_TEXT | st.just(""), XML_TEXT | st.just(""))
HREFS = st.none() | IDENTIFIERS
CAPABILITIES = st.none() | st.builds(structs.UACapabilities, OPTIONAL_TEXT, st.none() | MOMENTS)

SUBMIT_REQS = st.builds(
    structs.SubmitReq,
    vasp_id=OPTIONAL_TEXT, vas_id=OPTIONAL_TEXT, sender_address=st.none() | ADDRESSES, to=ADDRESS_LISTS, cc=ADDRESS_LISTS, bcc=ADDRESS_LISTS,
    service_code=OPTIONAL_TEXT, linked_id=OPTIONAL_TEXT, message_class=OPTIONAL_TEXT, time_stamp=st.none() | MOMENTS,
    reply_charging=st.none() | st.builds(structs.ReplyCharging, st.none() | NUMBERS, WHEN),
    earliest_delivery_time=WHEN, expiry_date=WHEN, delivery_report=FLAGS, read_reply=FLAGS, priority=OPTIONAL_TEXT, subject=OPTIONAL_TEXT,
    charged_party=OPTIONAL_TEXT, charged_party_id=OPTIONAL_TEXT, distribution_indicator=FLAGS,
    delivery_condition=st.lists(NUMBERS, max_size=3).map(tuple), applic_id=OPTIONAL_TEXT, reply_applic_id=OPTIONAL_TEXT,
    aux_applic_info=OPTIONAL_TEXT, content_class=OPTIONAL_TEXT, drm_content=FLAGS,
)  # fmt: skip

_REPORTED = st.lists(ADDRESSES, min_size=1, max_size=4).map(tuple)

MESSAGES = st.one_of(
    SUBMIT_REQS,
    st.builds(structs.SubmitRsp, STATUSES, OPTIONAL_TEXT),
    st.builds(structs.CancelReq, XML_TEXT, OPTIONAL_TEXT, OPTIONAL_TEXT, st.none() | ADDRESSES, OPTIONAL_TEXT, OPTIONAL_TEXT, OPTIONAL_TEXT),
    st.builds(structs.CancelRsp, STATUSES),
    st.builds(
        structs.ReplaceReq, XML_TEXT, OPTIONAL_TEXT, OPTIONAL_TEXT, st.none() | ADDRESSES, OPTIONAL_TEXT, st.none() | MOMENTS, FLAGS, WHEN, FLAGS,
        OPTIONAL_TEXT, OPTIONAL_TEXT, OPTIONAL_TEXT, OPTIONAL_TEXT, FLAGS,
    ),
    st.builds(structs.ReplaceRsp, STATUSES),
    st.builds(
        structs.DeliveryReportReq, XML_TEXT, _REPORTED, XML_TEXT, st.none() | ADDRESSES, st.none() | MOMENTS,
        OPTIONAL_TEXT, OPTIONAL_TEXT, OPTIONAL_TEXT, OPTIONAL_TEXT, OPTIONAL_TEXT, OPTIONAL_TEXT, OPTIONAL_TEXT, ua_capabilities=CAPABILITIES,
    ),
    st.builds(structs.DeliveryReportRsp, STATUSES),
    st.builds(
        structs.DeliverReq, ADDRESSES, ADDRESS_LISTS, ADDRESS_LISTS, ADDRESS_LISTS, OPTIONAL_TEXT, OPTIONAL_TEXT, OPTIONAL_TEXT, OPTIONAL_TEXT,
        st.none() | MOMENTS, OPTIONAL_TEXT, OPTIONAL_TEXT, OPTIONAL_TEXT, OPTIONAL_TEXT, OPTIONAL_TEXT, OPTIONAL_TEXT, HREFS, CAPABILITIES,
    ),
    st.builds(structs.DeliverRsp, STATUSES, OPTIONAL_TEXT),
    st.builds(
        structs.ReadReplyReq, XML_TEXT, _REPORTED, XML_TEXT, st.none() | ADDRESSES, st.none() | MOMENTS,
        OPTIONAL_TEXT, OPTIONAL_TEXT, OPTIONAL_TEXT, OPTIONAL_TEXT, OPTIONAL_TEXT,
    ),
    st.builds(structs.ReadReplyRsp, STATUSES),
    st.builds(structs.RSErrorRsp, STATUSES, st.sampled_from(["Client", "Server"]), XML_TEXT | st.just("")),
    st.builds(structs.VASPErrorRsp, STATUSES, st.sampled_from(["Client", "Server"]), XML_TEXT | st.just("")),
)  # fmt: skip

CONTENT_TYPES = st.sampled_from([
    "application/smil", "text/plain", "text/plain; charset=utf-8", "text/plain; charset=us-ascii", "image/jpeg", "image/gif", "image/png",
    "audio/amr", "application/x-of-nobody",
])  # fmt: skip


@st.composite
def relateds(draw: st.DrawFn) -> Related:
    """Messages of one to five parts."""
    names = draw(st.lists(IDENTIFIERS, min_size=1, max_size=5, unique=True))
    parts = tuple(Part(draw(CONTENT_TYPES), name, draw(IDENTIFIERS), draw(DATA)) for name in names)
    return Related(parts, draw(st.sampled_from(names)), draw(st.sampled_from(["application/smil", "text/plain", "text/x-own"])))


PDU_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=60) | st.sampled_from(["早报", "a" * 200, "\x7fa", "\x1f", "éa"])

RETRIEVE_CONFS = st.builds(
    RetrieveConf,
    message_id=IDENTIFIERS,
    date=st.integers(0, 2**33).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
    from_=st.none() | PDU_TEXT,
    to=st.lists(PDU_TEXT, max_size=3).map(tuple),
    subject=PDU_TEXT,
    message_class=st.sampled_from(["personal", "informational", "advertisement", "auto", "own-class"]),
    related=relateds(),
    transaction_id=IDENTIFIERS | st.just(""),
    priority=st.sampled_from(["low", "normal", "high"]),
    version=st.sampled_from(["1.0", "1.1", "1.2", "1.3"]),
    cc=st.lists(PDU_TEXT, max_size=2).map(tuple),
)

_REGIONS = st.builds(SMILRegion, *[st.integers(0, 4000)] * 4)
_SOURCES = st.none() | IDENTIFIERS | st.sampled_from(["cid:a&b", "a'b.jpg", 'a"b', "<x>"])


@st.composite
def smil_documents(draw: st.DrawFn) -> SMILDocument:
    """Presentations in the MMS subset."""
    media = st.builds(SMILSlide, st.integers(1, 100_000), _SOURCES, _SOURCES, _SOURCES)
    videos = st.builds(SMILSlide, st.integers(1, 100_000), st.none(), _SOURCES, _SOURCES, _SOURCES)
    slides = draw(st.lists(media | videos, min_size=1, max_size=6))
    image = draw(_REGIONS if any(each.image_src or each.video_src for each in slides) else st.none() | _REGIONS)
    text = draw(_REGIONS if any(each.text_src for each in slides) else st.none() | _REGIONS)
    return SMILDocument(draw(st.integers(1, 4000)), draw(st.integers(1, 4000)), image, text, tuple(slides))
