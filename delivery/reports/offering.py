"""A reader asks by SMS what there is for him: a link to his own pages, or his package in words and a Y that asks for it.

The keyword alone begins it. Who is barred is told so, each kind in words of its own. Whose
handset opens links, and who pays no extra for data, gets his WAP link; everybody else the services
of his package, less what he holds. A Y within `offer_answer_h` records an order of each; it
opens nothing by itself. Any other text goes on to whoever else reads it.

Spec: the community's SMS flow (短信觸發業務組合): restrictions, then handset and data package, then link or text.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.models import InboundMessage
from delivery.reports.keywords import ReaderText
from delivery.sending import replies
from huabao.msisdn import find_msisdn
from huabao.settings import Setting
from subscribers.blacklists import kinds_of
from subscribers.handsets import capabilities_of
from subscribers.models import Handset, Reader
from subscribers.offers import orders, services
from subscribers.offers.catalogue import Service
from subscribers.store import find_reader

ASKED, LED, BARRED, NOTHING, STRANGER, ORDERED, REPEATED = "asked", "led", "barred", "nothing", "stranger", "ordered", "repeated"
"""What became of a text: told his package; given his link; on a blacklist; holds it all; no reader; his Y is on record; said a moment ago."""

REPEATED_S: Final = 600
"""The same within this is the network's repetition, or impatience."""

AGREED: Final = ("Y", "YES", "是", "好")
_NO: Final = ("", "0", "NO", "N", "FALSE", "否", "无", "無")

KEYWORDS = Setting("offer_keywords", "YW,业务", "", "texts by which a reader asks what there is for him, with commas; empty for none")
NUMBERS = Setting("offer_numbers", "", "", "service numbers at which they count, with commas; empty for every number of ours")
ANSWER_H = Setting("offer_answer_h", 24.0, "h", "a Y counts for so long after the reader was told his package", minimum=0.1, maximum=720)
DATA_COLUMN = Setting("offer_data_column", "data_plan", "", "the readers' column that says whether somebody has a data package; empty, 0, no or 否 is none")
REPLY_ASK = Setting("offer_reply_ask", "为您推荐{package}：{services}。回复Y申请体验。", "", "text to a reader who asked and whose handset opens no link; {package}, {services}")
REPLY_LINK = Setting("offer_reply_link", "为您推荐{package}，请打开：{link}", "", "text to a reader who asked and has a data package; {package}, {link} is his own")
REPLY_ORDERED = Setting("offer_reply_ordered", "已登记{services}，开通后另行通知。", "", "text to a reader whose Y is on record; {services}")
REPLY_NOTHING = Setting("offer_reply_nothing", "为您推荐的业务您都有了，谢谢。", "", "text to a reader who holds all of his package")
REPLY_REGISTRATION = Setting("offer_reply_registration", "您的号码暂不能加入社区，详询10086。", "", "text to a number on the blacklist registration")
REPLY_STRANGER = Setting("offer_reply_stranger", "您还不是我们的读者，详询10086。", "", "text to a number that no reader has; empty for none")

SETTINGS: tuple[Setting[Any], ...] = (
    KEYWORDS, NUMBERS, ANSWER_H, DATA_COLUMN, REPLY_ASK, REPLY_LINK, REPLY_ORDERED, REPLY_NOTHING, REPLY_REGISTRATION, REPLY_STRANGER,
)  # fmt: skip


def take_request(session: Session, message: ReaderText) -> str | None:
    """Take a text as a question for services, or as a Y to the answer; the word that is kept with the message, None where it is neither."""
    number = find_msisdn(message.sender)
    said = _folded(message.text)
    if number is None or not _at_ours(session, message.recipient):
        return None
    agrees = said in AGREED and _lately(session, message, ANSWER_H.get(session) * 3600, ASKED)
    if not agrees and said not in _listed(KEYWORDS.get(session)):
        return None
    if not agrees and _lately(session, message, REPEATED_S, ASKED, LED, BARRED, NOTHING, STRANGER):
        return f"offer-{REPEATED}"
    reader = find_reader(session, number)
    outcome, reply = (STRANGER, REPLY_STRANGER.get(session)) if reader is None else _answered(session, reader, message, agrees=agrees)
    if reply:
        replies.ask(session, f"offer:{message.port_id}:{number[-4:]}:{message.received_at.timestamp():.6f}", str(number), reply, port_id=message.port_id, now=message.received_at)
    return f"offer-{outcome}"


def _answered(session: Session, reader: Reader, message: ReaderText, *, agrees: bool) -> tuple[str, str]:
    barred = kinds_of(session, reader.id)
    if "registration" in barred:
        return BARRED, REPLY_REGISTRATION.get(session)
    if services.TRYING_BARRED_BY in barred:
        return BARRED, orders.REPLY_BARRED.get(session)
    offered = services.recommended(session, reader.id)
    if not offered:
        return NOTHING, REPLY_NOTHING.get(session)
    if agrees:
        for one in offered:
            orders.record_order(session, reader.id, one.slug, "try" if one.trial else "subscribe", "sms", message.received_at, answer=message.text.strip())
        return ORDERED, _filled(REPLY_ORDERED.get(session), "", offered)
    package = services.package_title(session, reader.id)
    if _opens_links(session, reader):
        return LED, _filled(REPLY_LINK.get(session), package, offered).replace("{link}", replies.OWN_LINK)
    return ASKED, _filled(REPLY_ASK.get(session), package, offered)


def _filled(words: str, package: str, offered: Sequence[Service]) -> str:
    return words.replace("{package}", package).replace("{services}", "、".join(one.title for one in offered))


def _opens_links(session: Session, reader: Reader) -> bool:
    """Whether his handset opens links and he has a data package; what nobody knows is no."""
    plan = _folded(str(reader.attributes.get(DATA_COLUMN.get(session)) or ""))
    found = session.get(Handset, reader.handset_model) if reader.handset_model and plan not in _NO else None
    return found is not None and capabilities_of(found).values.get("wap_push") is True


def _lately(session: Session, message: ReaderText, seconds: float, *outcomes: str) -> bool:
    wanted = select(InboundMessage.id).where(
        InboundMessage.sender == message.sender, InboundMessage.received_at > message.received_at - timedelta(seconds=seconds),
        InboundMessage.recipient == message.recipient, InboundMessage.status.in_([f"offer-{one}" for one in outcomes]),
    )  # fmt: skip
    return session.scalar(wanted.limit(1)) is not None


def _at_ours(session: Session, recipient: str) -> bool:
    numbers = _listed(NUMBERS.get(session))
    return not numbers or _folded(recipient) in numbers


def _listed(text: str) -> tuple[str, ...]:
    return tuple(_folded(one) for one in text.split(",") if one.strip())


def _folded(text: str) -> str:
    """Wide letters are letters; blanks and stops around do not count."""
    return unicodedata.normalize("NFKC", text).upper().strip(" \t\r\n\0。.,，!！\"'“”")[:40]
