"""The values that each slide layout gets, as examples: what a layout is tried with, and what it must show.

Every layout is rendered with each of its specimens, full and sparse. What a reader
would lose where a layout left it out (a title, a text, a link) must be found in the
slide; what is only said beside it may be left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import SimpleNamespace
from typing import Any

from huabao.clock import SHANGHAI

LINK = "http://wap.example.com/wap/abcdefghijkl"
_DAY = date(2026, 11, 22)
_QUIZ = SimpleNamespace(
    question="新桥有几车道？", choices=("两车道", "四车道", "六车道"), answer=2, reply_to="10650000", keyword="DA", closes_at=datetime(2026, 11, 30, 18, 0, tzinfo=SHANGHAI), winners=20
)  # fmt: skip


@dataclass(frozen=True)
class Specimen:
    """One set of values of a layout.

    Attributes:
        shown: texts that the slide must hold.
        last: what it must end with, or "".
        apart: texts that stand in lines of their own.
    """

    values: Mapping[str, Any]
    shown: tuple[str, ...] = ()
    last: str = ""
    apart: tuple[str, ...] = ()


@dataclass(frozen=True)
class Layout:
    """One slide layout.

    Attributes:
        kinds: of publications that use it.
        what: it shows, in words.
        values: what it gets, each in words.
    """

    name: str
    kinds: tuple[str, ...]
    what: str
    values: Mapping[str, str]
    specimens: tuple[Specimen, ...] = field(repr=False)

    @property
    def file(self) -> str:
        return f"slides/{self.name}.txt.j2"


_NEWS, _BOTH, _COMIC = ("newspaper",), ("newspaper", "magazine"), ("comic",)


def _story(**values: Any) -> dict[str, Any]:
    return {"section": "", "title": "", "byline": "", "body": "", "link": "", **values}


def _quiz(**values: Any) -> dict[str, Any]:
    return {"title": "有奖问答", "quiz": _QUIZ, "how": (), "ask": True, "answer": True, **values}


_ASKED = (_QUIZ.question, *_QUIZ.choices)

LAYOUTS: tuple[Layout, ...] = (
    Layout(
        "masthead", _NEWS, "the first slide, below the nameplate",
        {"title": "of the paper", "date": "a day; `date | day` prints it", "almanac": "its lunar date and solar term, or \"\"", "headlines": "as many as the slide takes; tried with one more at a time, with none at first"},
        (Specimen({"title": "江城早报", "date": _DAY, "almanac": "农历十月十四 小雪", "headlines": ["新桥通车", "水库蓄满"]}, ("新桥通车", "水库蓄满"), apart=("星期日", "新桥通车", "水库蓄满")),
            Specimen({"title": "江城早报", "date": _DAY, "almanac": "", "headlines": ["新桥通车", "水库蓄满"]}, apart=("星期日", "新桥通车", "水库蓄满")), Specimen({"title": "江城早报", "date": _DAY, "almanac": "", "headlines": []})),
    ),
    Layout(
        "cover", ("magazine", "comic"), "the first slide, below the cover",
        {"title": "of the magazine or comic", "line": "number or month, as printed", "headlines": "up to three titles of a magazine; a comic has none"},
        (Specimen({"title": "江城会刊", "line": "2026年11月号", "headlines": ["桥上的早晨"]}, ("江城会刊",)), Specimen({"title": "小船", "line": "第6期", "headlines": []}, ("小船",))),
    ),
    Layout(
        "contents", ("magazine",), "the sections with their titles",
        {"lines": "one for each section: `section`, `titles`, `left` (whether some are not named), `count` (of all titles)"},
        (Specimen({"lines": [{"section": "卷首", "titles": ["开篇"], "left": False, "count": 1}, {"section": "散文", "titles": ["桥", "河"], "left": True, "count": 5}]}, ("卷首", "开篇", "散文", "桥", "河", "5"), apart=("卷首", "散文")),),
    ),
    Layout(
        "story", _BOTH, "an article, or the next part of one",
        {"section": "that opens here above a picture, or \"\"", "title": "on the first slide, else \"\"", "byline": "such as ·鲁迅·, or \"\"", "body": "its text; lines are paragraphs; \"\" when the room above it is measured", "link": "to the rest, or \"\"; the line 全文: with it comes last"},
        (
            Specimen(_story(section="要闻", title="新桥通车", byline="·江城·", body="第一辆车在六点驶过。", link=LINK), ("要闻", "新桥通车", "江城", "第一辆车在六点驶过。"), f"全文: {LINK}", ("要闻", "新桥通车", "第一辆车在六点驶过。")),
            Specimen(_story(title="新桥通车", body="第一辆车在六点驶过。"), ("新桥通车", "第一辆车在六点驶过。")), Specimen(_story(body="车上有人。"), ("车上有人。",)), Specimen(_story(section="要闻", title="新桥通车")),
        ),
    ),
    Layout(
        "briefs", _BOTH, "several short stories on one slide",
        {"stories": "each with `title` and `body`"},
        (Specimen({"stories": [{"title": "天气", "body": "晴。"}, {"title": "菜价", "body": "平稳。"}]}, ("天气", "晴。", "菜价", "平稳。"), apart=("晴。", "菜价")),),
    ),
    Layout(
        "picture", _BOTH, "below one or two pictures of a series",
        {"section": "its title", "first": "number of the first picture", "last": "of the last one", "count": "of all of them"},
        (Specimen({"section": "四格漫画", "first": 1, "last": 2, "count": 4}, ("四格漫画", "1", "2", "4")), Specimen({"section": "图片", "first": 1, "last": 1, "count": 1}, ("图片",))),
    ),
    Layout(
        "quiz", _BOTH, "a question; on two slides where one is too small",
        {"title": "or \"\"", "quiz": "`question`, `choices`, `reply_to`, `keyword` (or \"\"), `closes_at` (`| closing` prints it), `winners` (or 0)", "how": "lines of the editor's own on how to answer, or none", "ask": "whether this slide asks", "answer": "whether it says how to answer"},
        (
            Specimen(_quiz(), (*_ASKED, _QUIZ.reply_to, _QUIZ.keyword, "11月30日18:00", "20")), Specimen(_quiz(answer=False), _ASKED),
            Specimen(_quiz(ask=False, how=("编辑短信 DA2 发送到 10650000。",)), ("编辑短信 DA2 发送到 10650000。", "11月30日18:00")),
            Specimen(_quiz(title="", quiz=SimpleNamespace(**{**vars(_QUIZ), "keyword": "", "winners": 0})), (*_ASKED, _QUIZ.reply_to)),
        ),
    ),
    Layout(
        "more", _BOTH, "what got no slide of its own",
        {"heading": "更多内容 or 更多文章", "titles": "as many as the slide takes", "left": "whether some are not named", "count": "of all titles", "link": "to all of it, or \"\"; last"},
        (Specimen({"heading": "更多内容", "titles": ["天气", "菜价"], "left": True, "count": 7, "link": LINK}, ("天气", "菜价", "7"), f"全文: {LINK}"), Specimen({"heading": "更多文章", "titles": ["天气"], "left": False, "count": 1, "link": ""}, ("天气",))),
    ),
    Layout("end", _BOTH, "the credit", {"credit": "a part of it that fits a slide"}, (Specimen({"credit": "江城出版社, CC BY 4.0"}, ("江城出版社, CC BY 4.0",)),)),
    Layout(
        "panel", _COMIC, "below one or more panels",
        {"first": "number of the first panel", "last": "of the last one", "count": "of all of them"},
        (Specimen({"first": 3, "last": 4, "count": 39}, ("3", "4", "39")), Specimen({"first": 5, "last": 5, "count": 39}, ("5", "39"))),
    ),
    Layout(
        "finale", _COMIC, "below the end page",
        {"pages": "how many follow elsewhere, 0 for none", "title": "of the comic, or \"\"", "credit": "or \"\"", "link": "to the rest, or \"\"; last"},
        (
            Specimen({"pages": 7, "title": "小船", "credit": "江城出版社, CC BY 4.0", "link": LINK}, ("7", "江城出版社, CC BY 4.0"), f"全文: {LINK}"),
            Specimen({"pages": 0, "title": "小船", "credit": "江城出版社, CC BY 4.0", "link": ""}, ("江城出版社, CC BY 4.0",)), Specimen({"pages": 0, "title": "小船", "credit": "", "link": ""}, ("小船",)),
        ),
    ),
)  # fmt: skip

FILTERS = {"day": "a day: 11月22日 星期日", "closing": "an instant: 11月30日18:00", "join(x)": "a list with x between", "short(n)": "a text cut to n characters", "pad(n)": "a number with n digits", "first, last, count, upper, lower, trim, round, default(x)": "as in Jinja2"}  # fmt: skip
"""What a layout may do with its values."""


def layouts_of(kind: str) -> tuple[Layout, ...]:
    """The layouts that an edition of this kind uses."""
    return tuple(one for one in LAYOUTS if kind in one.kinds)
