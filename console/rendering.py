"""Jinja2 for the console's own pages: everything escaped, an unknown name an error."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from console import texts, wording
from console.charts import SUBMISSION_TONES, TONES
from console.desks import DESKS, KEYS, phone_bar
from console.rights import right

if TYPE_CHECKING:
    from console.visit import Visit


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The templates of `console/html`."""
    made = Environment(
        loader=PackageLoader("console", "html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(asset=asset, icon=icon, tones=TONES, submission_tones=SUBMISSION_TONES, tags=texts.TAGS, desks=DESKS, go_keys=KEYS, phone_bar=phone_bar, right=right)
    made.filters.update(
        number=lambda value: f"{value:,}",
        rate=texts.rate_text,
        kilobytes=texts.kilobytes_text,
        iso=texts.iso_text,
    )
    return made


def render(visit: Visit, template: str, **values: Any) -> str:
    """The template, filled for this visit."""
    now = visit.runtime.now()
    language = visit.language
    return (
        environment()
        .get_template(template)
        .render(
            visit=visit,
            who=visit.who,
            say=visit.say,
            named=lambda group, name: named(language, group, name),
            said=lambda sentence: wording.said(sentence, language),
            lang=texts.TAGS[language],
            now=now,
            clock=lambda at, seconds=False: texts.clock_text(at, language, now, seconds=seconds),
            day=lambda at: texts.day_text(at, language),
            month_name=lambda month: texts.month_text(month, language),
            money=lambda fen: texts.money_text(fen, language),
            words=lambda pair: pair[1 if language == texts.CHINESE else 0],
            span=lambda span: texts.span_text(span, language),
            share=texts.share_text,
            scale=lambda value: texts.scale_text(value, language),
            **values,
        )
    )


def named(language: str, group: str, name: str) -> str:
    """The text of a code (`reason.stopped`), or the code itself where nobody named it yet."""
    return texts.text(language, f"{group}.{name}") if texts.has_text(f"{group}.{name}") else name


def icon(name: str) -> Markup:
    """A shape of the sprite; it says nothing to a screen reader, the word beside it does."""
    return Markup('<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>').format(asset("icons.svg"), name)


@lru_cache(maxsize=64)
def asset(name: str) -> str:
    """The address of a static file; it changes with the content, so that it may be kept for ever."""
    data = (resources.files("console") / "static" / name).read_bytes()
    return f"/static/{name}?{hashlib.sha256(data).hexdigest()[:10]}"
