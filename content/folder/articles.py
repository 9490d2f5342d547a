"""One article file: front matter and Markdown."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from content.folder.documents import Node, read_yaml
from content.folder.files import Folder
from content.folder.markdown import clean_text, paragraphs_of
from content.folder.problems import Place
from content.manuscript import LEVELS, TONES, Article, PictureRef, Quiz
from content.slots.marks import Declared, Mark, extract, looks_marked, problems_of
from huabao.clock import parse_time
from huabao.errors import UsageError
from subscribers.segments import parse_rule

ARTICLE_KEYS = ("title", "image", "topics", "segment", "level", "tone", "summary", "quiz", "credit", "short_title", "story", "source", "evergreen")
QUIZ_KEYS = ("question", "choices", "answer", "reply_to", "keyword", "closes_at", "winners")

PictureReader = Callable[[str, Place], PictureRef | None]


@dataclass(frozen=True)
class ReadArticle:
    """An article and the rule that it asks for; `story` is what it says that it tells, or its file's name without the tone."""

    article: Article
    rule: dict[str, Any] | None
    story: str
    marks: tuple[Mark, ...] = ()


def read_article(folder: Folder, name: str, place: Place, picture: PictureReader, segments: Mapping[str, dict[str, Any]], slots: Declared | None = None) -> ReadArticle | None:
    """The article in the file `name`, which the line at `place` asks for.

    Args:
        slots: those that the edition declares.

    Returns:
        None, with problems noted, where it cannot be used.
    """
    text = folder.text(name, place)
    if text is None:
        return None
    front, body, body_line = split_front_matter(text)
    if front is None:
        folder.findings.problem(Place(name, 1), "no front matter", "begin the file with `---`, `title: …`, `---`")
        return None
    node = read_yaml(front, name, folder.findings, first_line=2)
    values = None if node is None else node.mapping("an article", ARTICLE_KEYS)
    if values is None:
        return None
    paragraphs, left_out = paragraphs_of(body)
    for line, what in left_out:
        folder.findings.warn(Place(name, body_line + line - 1), f"{what} is left out")
    _check_marks(folder, name, text, body_line, slots or {})
    paragraphs, marks = extract(paragraphs, slots or {})
    found = _article(folder, Place(name, 1), values, paragraphs, picture, segments)
    if marks and found.article.quiz is not None:
        folder.findings.problem(Place(name, 1), "a quiz's text has slots", "put them into an article")
    return dataclasses.replace(found, marks=marks)


def _check_marks(folder: Folder, name: str, text: str, body_line: int, slots: Declared) -> None:
    """Note every mark that cannot be used, with its line; only the body may have marks."""
    lines = text.split("\n")
    body = "\n".join(lines[body_line - 1 :])
    if not slots:
        if looks_marked(body):
            folder.findings.warn(Place(name), "its text has what looks like slots; without `slots` in edition.yaml the braces are sent as they stand")
        return
    for at, what, remedy in problems_of(body, slots):
        folder.findings.problem(Place(name, body_line + at - 1), what, remedy)
    for number, line in enumerate(lines[: body_line - 1], start=1):
        if "{{" in line:
            folder.findings.problem(Place(name, number), "a slot in the front matter", "slots stand in an article's text")


def told_in(name: str) -> tuple[str, str | None]:
    """A file's name without its suffixes, and the tone that it names: `a/lake.humorous.md` tells `a/lake` with humour."""
    stem = name.rpartition(".")[0]
    base, dot, tone = stem.rpartition(".")
    return (base, tone) if dot and tone in TONES else (stem, None)


def split_front_matter(text: str) -> tuple[str | None, str, int]:
    """Front matter (None where there is none), body, and the body's first line number."""
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        return None, text, 1
    for number, line in enumerate(lines[1:], start=1):
        if line.rstrip() in ("---", "..."):
            return "\n".join(lines[1:number]), "\n".join(lines[number + 1 :]), number + 2
    return None, text, 1


def _article(folder: Folder, place: Place, values: dict[str, Node], paragraphs: tuple[str, ...], picture: PictureReader, segments: Mapping[str, dict[str, Any]]) -> ReadArticle:
    title = text_of(values, "title")
    if not title:
        folder.findings.problem(values["title"].place if "title" in values else place, "an article without `title`", "give it one in the front matter")
    quiz = read_quiz(values["quiz"]) if "quiz" in values else None
    summary = text_of(values, "summary")
    if not paragraphs and quiz is None and "quiz" not in values:
        if not summary:
            folder.findings.problem(place, "an article without text", "write its text below the front matter")
        paragraphs = (summary,) if summary else ()
    level = text_of(values, "level")
    if level and level not in LEVELS:
        values["level"].wrong(f"`level` is {level!r}", f"write one of {', '.join(LEVELS)}")
    image = text_of(values, "image")
    base, named = told_in(place.file)
    tone = text_of(values, "tone") or named
    if tone is not None and tone not in TONES:
        folder.findings.warn(values["tone"].place, f"`tone` is {tone[:40]!r} and counts as plain; there are {', '.join(TONES)}")
    article = Article(
        title=title or "?",
        paragraphs=paragraphs,
        picture=picture(image, values["image"].place) if image else None,
        topics=texts_of(values, "topics"),
        level=level,
        tone=tone,
        summary=summary,
        quiz=quiz,
        credit=text_of(values, "credit"),
        short_title=text_of(values, "short_title"),
        source=text_of(values, "source"),
        evergreen=values["evergreen"].switch("evergreen") if "evergreen" in values else False,
    )
    return ReadArticle(article, rule_of(values, segments), text_of(values, "story") or base)


def text_of(values: Mapping[str, Node], name: str) -> str | None:
    """The text under `name`, cleaned, in one line; None where it is missing or empty."""
    node = values.get(name)
    if node is None or node.is_null:
        return None
    written = node.text(name)
    return " ".join(clean_text(written).split()) or None if written else None


def texts_of(values: Mapping[str, Node], name: str) -> tuple[str, ...]:
    """The texts of a list, or the one text, under `name`."""
    node = values.get(name)
    if node is None or node.is_null:
        return ()
    entries = node.sequence(name) if node.kind != "a text" else [node]
    texts = (text_of({name: entry}, name) for entry in entries)
    return tuple(text for text in texts if text)


def rule_of(values: Mapping[str, Node], segments: Mapping[str, dict[str, Any]]) -> dict[str, Any] | None:
    """The rule under `segment`: a name resolved, or the rule itself, checked; None for everybody."""
    node = values.get("segment")
    if node is None or node.is_null:
        return None
    if node.kind == "a text":
        name = node.text("segment") or ""
        rule = segments.get(name)
        if rule is None:
            known = ", ".join(sorted(segments)[:20]) or "none is defined yet"
            node.wrong(f"there is no segment {name!r} ({known})", "define it with `huabao segment add`, or write the rule here")
        return rule
    try:
        return parse_rule(node.document(), str(node.place)).to_document()
    except UsageError as error:
        node.findings.refuse(_placed(node.place, str(error)))
        return None


def _placed(place: Place, message: str) -> str:
    return message if message.startswith(place.file) else f"{place}: {message}"


def read_quiz(node: Node) -> Quiz | None:
    """The quiz of a node; None, with problems noted, where a field is missing or wrong."""
    values = node.mapping("a quiz", QUIZ_KEYS)
    if values is None:
        return None
    noted = len(node.findings.problems)
    question, reply_to = text_of(values, "question"), text_of(values, "reply_to")
    choices = texts_of(values, "choices")
    closes = text_of(values, "closes_at")
    for name, missing in (("question", not question), ("reply_to", not reply_to), ("closes_at", not closes), ("answer", "answer" not in values)):
        if missing:
            node.wrong(f"a quiz without `{name}`", "fill it in")
    if len(choices) < 2:
        node.wrong("a quiz with fewer than two `choices`", "give at least two")
    answer = values["answer"].integer("answer", 1) if "answer" in values else None
    if answer is not None and answer > len(choices):
        values["answer"].wrong(f"`answer` is {answer} of {len(choices)} choices", "count from 1")
    winners = values["winners"].integer("winners", 0) if "winners" in values else 0
    try:
        closes_at = parse_time(closes) if closes else None
    except UsageError as error:
        values["closes_at"].wrong("`closes_at` is no time", str(error))
        closes_at = None
    if len(node.findings.problems) > noted or closes_at is None:
        return None
    return Quiz(question or "", choices, answer or 1, reply_to or "", text_of(values, "keyword") or "", closes_at, winners or 0)
