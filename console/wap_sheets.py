"""A reader's own pages as documents: his package, more of it, what he holds, the quiz, leaving.

Spec: the province's WAP pages: at most 5 services of his class less what he holds, each
a link; the buttons 我要体验 and 订购; at most 50 orders that he has.
"""

from __future__ import annotations

import dataclasses
import io
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy.orm import Session

from content.compose.wap import OWN_PAGE
from content.designs import base_design
from content.draw import section_band
from content.models import EditionVersion
from content.quiz.answers import closing_text, may_answer, quizzes_of_edition
from content.quiz.models import OpenedQuiz
from content.wap.documents import Block, Choice, Form, Heading, Link, PageDocument, Shown, Words
from huabao.msisdn import MSISDN
from reconciliation.ordering.stopping import title_of
from subscribers.handset_classes import handset_class
from subscribers.models import Reader, Subscription
from subscribers.offers import services
from subscribers.offers.catalogue import Service
from subscribers.offers.leaving import subscriptions_of

VIEWS = ("package", "more", "service", "held", "leave", "quiz")
TITLE = "我的套餐"
BAND = "业务体验"
HELD_ON_FIRST_PAGE = 5
CHOICE_CHARS_MAX, CHOICES_WITH_WORDS_MAX = 14, 12
"""Of an answer's words beside its button, where there are so few answers; whole it stands above."""

_CHARGES = {"free": "免费", "monthly": "元/月", "per-use": "元/次", "unstated": "资费详询10086"}


@dataclass(frozen=True)
class Sheet:
    """Who asks for a page, and with what he may send a form.

    Attributes:
        token: his own, of this visit.
        version_id: the edition from which he came, or 0.
        form: the token of a form on this page.
        wml: the handset's choices lead nowhere, so links stand above them.
    """

    session: Session
    reader_id: int
    token: str
    version_id: int
    form: str
    now: datetime
    wml: bool = False

    def place(self, view: str, about: str = "") -> str:
        """The address of another of his pages."""
        return place(self.token, view, about)

    def sending(self, *buttons: Choice, choices: tuple[Choice, ...] = ()) -> Form:
        """A form of this page."""
        return Form(self.token, self.form, buttons, "c" if choices else "", choices)


def place(token: str, view: str, about: str = "") -> str:
    """The address of one of a reader's own pages; `view` "" for the one that his token is for."""
    return token + (f"?v={view}" if view else "") + (f"&n={about}" if view and about else "")


def document(sheet: Sheet, view: str, about: str) -> PageDocument:
    """The page called `view`, of the service or subscription `about`; the package for any other view."""
    if view == "quiz":
        return PageDocument("quiz", "", "互动问答", (*_quiz(sheet), Link(TITLE, sheet.place("package"))))
    if view not in ("more", "service", "held", "leave"):
        return PageDocument("package", "", TITLE, tuple(_package(sheet)))
    blocks = _more(sheet) if view == "more" else _service(sheet, about) if view == "service" else _leave(sheet, about) if about else _held(sheet)
    return PageDocument("package", "", TITLE, (*blocks, Link("返回", sheet.place("package"))))


def told(answer: str, token: str) -> PageDocument:
    """What became of a form."""
    return PageDocument("notice", "", TITLE, (Heading("办理结果"), Words(answer), Link("返回", token)))


def _package(sheet: Sheet) -> list[Block]:
    session, reader_id = sheet.session, sheet.reader_id
    reader = session.get_one(Reader, reader_id)
    offered = services.recommended(session, reader_id)
    blocks: list[Block] = [Shown(OWN_PAGE, 640, _band_height(640), BAND), Heading(TITLE), Words(f"您好，{MSISDN(reader.msisdn).masked}", small=True)]
    title = services.package_title(session, reader_id)
    if offered:
        blocks.append(Heading(title or "为您推荐", 2))
        places = [(one, sheet.place("service", one.slug)) for one in offered]
        blocks += [Link(one.title, where) for one, where in places] if sheet.wml else []
        choices = tuple(Choice(one.slug, one.title, where) for one, where in places)
        blocks.append(sheet.sending(*_buttons(session, reader_id, any(one.trial for one in offered)), choices=choices))
    else:
        blocks.append(Words(f"{title}里的业务您都有了。" if title else "现在没有为您推荐的业务。"))
    blocks.append(Link("更多业务推荐", sheet.place("more")))
    mine = subscriptions_of(session, reader_id, services.HELD_MAX)
    blocks.append(Heading("已订业务", 2))
    blocks += [Words(title_of(session, one.service_id)) for one in mine[:HELD_ON_FIRST_PAGE]] or [Words("还没有。")]
    blocks += [Link(f"全部{len(mine)}项，退订", sheet.place("held"))] if mine else []
    if any(may_answer(session, one, sheet.now) for one in _quizzes(sheet)):
        blocks.append(Link("互动问答", sheet.place("quiz")))
    return blocks


def _buttons(session: Session, reader_id: int, trial: bool, slug: str = "") -> tuple[Choice, ...]:
    about = f".{slug}" if slug else ""
    trying = (Choice(f"try{about}", "我要体验"),) if trial and services.may_try(session, reader_id) else ()
    return (*trying, Choice(f"subscribe{about}", "订购"))


def _more(sheet: Sheet) -> list[Block]:
    found = services.others(sheet.session, sheet.reader_id)
    links: list[Block] = [Link(one.title, sheet.place("service", one.slug)) for one in found]
    return [Heading("更多业务"), *(links or [Words("没有别的业务了。")])]


def _service(sheet: Sheet, slug: str) -> list[Block]:
    one = services.find_service(sheet.session, slug)
    if one is None:
        return [Heading("没有这项业务"), Words("它可能已经下架。")]
    held = any(mine.service_id == one.service_id for mine in subscriptions_of(sheet.session, sheet.reader_id, 1_000))
    last: Block = Words("您已经开通这项业务。") if held else sheet.sending(*_buttons(sheet.session, sheet.reader_id, one.trial, one.slug))
    words = [Words(one.introduction)] if one.introduction else []
    return [Heading(one.title), *words, Words(f"资费：{_charge(one)}", small=True), last]


def _charge(one: Service) -> str:
    return f"{one.price_fen / 100:g}{_CHARGES[one.charge]}" if one.price_fen else _CHARGES[one.charge if one.charge in ("free", "unstated") else "unstated"]


def _held(sheet: Sheet) -> list[Block]:
    mine = subscriptions_of(sheet.session, sheet.reader_id, services.HELD_MAX)
    links: list[Block] = [Link(title_of(sheet.session, one.service_id), sheet.place("leave", str(one.id)), after="退订") for one in mine]
    return [Heading("已订业务"), *(links or [Words("还没有。")])]


def _leave(sheet: Sheet, about: str) -> list[Block]:
    found = sheet.session.get(Subscription, int(about)) if about.isascii() and about.isdigit() and len(about) < 19 else None
    if found is None or found.reader_id != sheet.reader_id:
        return [Heading("没有这项业务"), Words("它可能已经退订。")]
    title = title_of(sheet.session, found.service_id)
    if found.state == "cancelled":
        return [Heading(title), Words("这项业务已经退订。")]
    return [Heading(f"退订{title}"), Words(f"退订以后不再收到{title}。按下面的按钮确认。"), sheet.sending(Choice(f"leave.{found.id}", "确认退订"))]


def _quizzes(sheet: Sheet) -> list[OpenedQuiz]:
    version = sheet.session.get(EditionVersion, sheet.version_id) if sheet.version_id else None
    return [] if version is None else list(quizzes_of_edition(sheet.session, version.edition_id))


def _quiz(sheet: Sheet) -> list[Block]:
    blocks: list[Block] = []
    for quiz in _quizzes(sheet):
        blocks += [Heading("互动问答"), Words(quiz.question)]
        blocks += [Words(f"{number}. {choice}") for number, choice in enumerate(quiz.choices, 1)]
        if may_answer(sheet.session, quiz, sheet.now):
            worded = len(quiz.choices) <= CHOICES_WITH_WORDS_MAX
            short = tuple(Choice(str(number), f"{number}. {choice}"[:CHOICE_CHARS_MAX] if worded else str(number)) for number, choice in enumerate(quiz.choices, 1))
            blocks += [sheet.sending(Choice(f"quiz.{quiz.id}", "提交"), choices=short), Words(f"截止{closing_text(quiz.closes_at)}", small=True)]
        else:
            blocks.append(Words("这次问答已经截止。"))
    return blocks or [Heading("互动问答"), Words("这一期现在没有可以回答的问题。")]


@lru_cache(maxsize=32)
def band_png(width_px: int) -> bytes:
    """The picture at the head of the package page."""
    shown = io.BytesIO()
    handset = dataclasses.replace(handset_class("100kb-240x320"), width_px=width_px, height_px=round(width_px * 4 / 3), type_px=max(12, width_px // 15))
    section_band(BAND, handset, style=base_design().sheet.style).save(shown, "PNG")
    return shown.getvalue()


def _band_height(width_px: int) -> int:
    data = band_png(width_px)
    return int.from_bytes(data[20:24], "big")
