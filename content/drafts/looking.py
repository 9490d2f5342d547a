"""A draft as a handset shows it: composed as it would be for readers, kept while it may be asked for again.

Reading and composing take a second or so; a comic takes more. One thread of the process does it, the
newest wish first, and what is not wanted any more is never begun. A slide is drawn when it is asked for.
"""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from content.audience import counted
from content.compose import PictureSource, compose
from content.drafts.documents import Document, digest_of, document_digest
from content.drafts.folding import read_draft
from content.draw.stored import StoredSlide
from content.dressing import chosen, dressed
from content.introducing import introduced
from content.manuscript import Manuscript
from content.models import Publication
from content.package import png_of
from content.proof.messages import Message, message_of
from content.services import find_publication, load_assets
from content.signatures import SignatureRules
from content.slots.values import fillings
from content.variants import Source
from content.wap.keys import wap_address_of
from content.workflow.customs import customary
from huabao.errors import HuabaoError, UsageError
from huabao.runtime import Runtime
from subscribers.handset_classes import DEFAULT_HANDSET_CLASS, handset_class, handset_classes
from subscribers.models import Reader
from subscribers.offers.store import current
from subscribers.segments import Rule, facts_of, find_segment, rule_sql

KEPT = 24
"""Looks of one process: each holds a message of at most 600 KB."""

WHOLES_KEPT = 2
"""Editions whose decoded pictures are kept for the next look."""

EVERYBODY, ALL = "", "*"
"""In place of a segment: what readers get whom no rule fits, and everything."""


@dataclass(frozen=True)
class Wish:
    """How a draft is to be looked at.

    Attributes:
        handset_class: "" for the reader's own, or the one that most of the segment have.
        segment: name of one, or `EVERYBODY`, `ALL`.
        reader_id: who looks at it; None for nobody in particular.
    """

    handset_class: str = ""
    segment: str = EVERYBODY
    reader_id: int | None = None

    def key(self, document: Document) -> str:
        """By what the look is known: the same words looked at in the same way."""
        return digest_of([document_digest(document), self.handset_class, self.segment, self.reader_id])


@dataclass(frozen=True)
class Look:
    """A draft on a handset.

    Attributes:
        titles: of the items, by key.
        readers: of a segment, how many get just this; None where that was not asked.
    """

    message: Message
    titles: Mapping[str, str]
    items: tuple[str, ...]
    readers: int | None = None
    _drawn: dict[int, bytes] = field(default_factory=dict, repr=False)

    @property
    def slides(self) -> Sequence[StoredSlide]:
        """Its slides."""
        return self.message.slides

    def drawn(self, number: int) -> bytes:
        """The slide `number` (from 1) on the class's screen, as a PNG.

        Raises:
            UsageError: there is no such slide.
        """
        if not 1 <= number <= len(self.slides):
            raise UsageError(f"there is no slide {number}")
        if number not in self._drawn:
            self._drawn[number] = png_of(self.slides[number - 1].shown(self.message.handset))
        return self._drawn[number]


def look(runtime: Runtime, document: Document, wish: Wish, wholes: PictureSource | None = None) -> Look:
    """The draft as it would be sent.

    Args:
        wholes: what was decoded for an earlier look.

    Raises:
        UsageError: no edition can be made of it, or there is no such class or segment.
    """
    with runtime.transaction(read_only=True) as session:
        source = source_of(session, runtime, document)
        publication = find_publication(session, source.manuscript.publication)
        name, items, readers = _wanted(session, publication, source.manuscript, wish)
    pictures = PictureSource(source.assets.__getitem__)
    if wholes is not None:
        wholes.load = source.assets.__getitem__
        pictures = wholes.of_class()
    made = message_of((name, items), compose(source.manuscript, items, handset_class(name), pictures, source.wap))
    if wish.reader_id is not None and made.gaps:
        with runtime.transaction(read_only=True) as session:
            words = fillings(session, made.gaps, [wish.reader_id]).get(wish.reader_id)
        made = made.with_words(words) if words else made
    titles = {item.key: item.article.title if item.article else item.key for item in source.manuscript.items}
    return Look(made, titles, items, readers)


def source_of(session: Session, runtime: Runtime, document: Document) -> Source:
    """What its messages are made of; nothing is kept.

    Raises:
        UsageError: no edition can be made of it.
    """
    found = read_draft(session, document, warn=False)
    manuscript = manuscript_of(session, found.manuscript)
    kept = {sha256: data for sha256, (data, _) in found.assets.items()}
    design = chosen(session, manuscript)
    return Source(0, manuscript, {**load_assets(session, manuscript), **kept, design.sha256: design.packed()}, wap_address_of(session, runtime.config))


def manuscript_of(session: Session, manuscript: Manuscript) -> Manuscript:
    """The manuscript as an import would keep it."""
    publication = find_publication(session, manuscript.publication)
    return introduced(dressed(session, customary(session, publication, manuscript), chosen(session, manuscript), keep=False), current(session).catalogue)


def _wanted(session: Session, publication: Publication, manuscript: Manuscript, wish: Wish) -> tuple[str, tuple[str, ...], int | None]:
    """Class, items, and readers who get them."""
    rules = SignatureRules(manuscript)
    usual = DEFAULT_HANDSET_CLASS.get(session)
    fallback = wish.handset_class or (usual if usual in handset_classes() else next(iter(handset_classes())))
    if wish.reader_id is not None:
        reader = session.get_one(Reader, wish.reader_id)
        own = reader.handset_class if reader.handset_class in handset_classes() else None
        return handset_class(wish.handset_class or own or fallback).name, rules.items_of(rules.mask_of(facts_of(reader))), None
    if wish.segment in (EVERYBODY, ALL):
        return handset_class(fallback).name, rules.fullest[0] if wish.segment == ALL else rules.default_items, None
    rule: Rule | None = find_segment(session, wish.segment)
    if rule is None:
        raise UsageError(f"there is no segment {wish.segment[:60]!r}")
    found = {pair: readers for pair, readers in counted(session, publication, rules, rule_sql(rule)).items() if pair[0] in handset_classes()}
    fitting = {pair: readers for pair, readers in found.items() if not wish.handset_class or pair[0] == wish.handset_class}
    if not fitting:
        return handset_class(fallback).name, rules.default_items, 0
    (name, items), readers = max(fitting.items(), key=lambda one: (one[1], one[0]))
    return name, items, readers


class Looks:
    """The looks of one process; see the module."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="look")
        self._kept: OrderedDict[str, Future[Look]] = OrderedDict()
        self._wholes: OrderedDict[int, PictureSource] = OrderedDict()
        self._guard = threading.Lock()

    def ask(self, runtime: Runtime, edition_id: int, document: Document, wish: Wish, wait_s: float) -> tuple[str, Look | None]:
        """The key of a look, and the look where it is ready within `wait_s`.

        Raises:
            HuabaoError: no look can be made of the draft; the text says why.
        """
        key = f"{edition_id}-{wish.key(document)}"
        with self._guard:
            future = self._kept.get(key)
            if future is None or future.cancelled():
                for other in self._kept.values():
                    other.cancel()
                future = self._kept[key] = self._pool.submit(self._make, runtime, edition_id, document, wish)
            self._kept.move_to_end(key)
            for old in [one for one, made in self._kept.items() if made.cancelled()] + list(self._kept)[:-KEPT]:
                self._kept.pop(old, None)
        try:
            return key, future.result(timeout=wait_s)
        except (TimeoutError, CancelledError):  # somebody wished for something else meanwhile: who still wants this asks again
            return key, None
        except HuabaoError:
            with self._guard:
                self._kept.pop(key, None)
            raise

    def kept(self, key: str) -> Look | None:
        """A look that is ready, or None."""
        with self._guard:
            future = self._kept.get(key)
        return future.result() if future is not None and future.done() and not future.cancelled() and future.exception() is None else None

    def _make(self, runtime: Runtime, edition_id: int, document: Document, wish: Wish) -> Look:
        with self._guard:
            wholes = self._wholes.setdefault(edition_id, PictureSource(_nothing))
            self._wholes.move_to_end(edition_id)
            while len(self._wholes) > WHOLES_KEPT:
                self._wholes.popitem(last=False)
        return look(runtime, document, wish, wholes)


def _nothing(sha256: str) -> bytes:
    raise KeyError(sha256)


_of_engines: weakref.WeakKeyDictionary[Engine, Looks] = weakref.WeakKeyDictionary()


def looks_of(runtime: Runtime) -> Looks:
    """The looks of this process at that database."""
    return _of_engines.setdefault(runtime.engine, Looks())
