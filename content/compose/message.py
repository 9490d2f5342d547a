"""Slides to a message: text and SMIL first, what the budget leaves goes to the pictures.

The budget is that of the whole M-Retrieve.conf. Its size without pictures is
measured by encoding it, so that nothing is estimated but the octets of the
pictures' length fields, which are taken at their largest.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time

from content.adapt import EncodedPicture, Fitting, PictureRequest
from content.adapt.moving import fit_all
from content.codecs.mime import Part, Related, encode_related
from content.codecs.mm1 import RetrieveConf, encode_retrieve_conf
from content.codecs.mm1.wsp import encode_uintvar
from content.codecs.smil import SMILDocument, SMILRegion, SMILSlide, encode_smil
from content.compose.issue import Issue
from content.compose.late import with_fallbacks
from content.compose.slides import Moved, Plan, Slide, WapDocument
from content.slots.gaps import Gap
from content.slots.tokens import filled
from huabao.clock import SHANGHAI
from huabao.errors import UsageError
from subscribers.handset_classes import HandsetClass

SUFFIXES = {"image/jpeg": "jpg", "image/png": "png", "image/gif": "gif"}
TEXT_TYPE = "text/plain; charset=utf-8"
SMIL_NAME = "edition.smil"
TEXT_LINES_BELOW_FOLD = 2
"""Height of the text region, in lines, where pictures take the whole screen."""


@dataclass(frozen=True)
class ComposedSlide:
    """A slide as it is in the message."""

    text: str
    picture: EncodedPicture | None
    duration_ms: int
    items: tuple[str, ...]


@dataclass(frozen=True)
class Composition:
    """A message and what belongs to it.

    Attributes:
        related: its parts.
        mime: as a SubmitReq carries it, header lines first.
        mms: as a handset gets it.
        worst_quality: lowest quality among its pictures, 100 for none.
        slides_max: how many slides the class takes of this kind of publication.
        gaps: where a reader's own words go into `mime`; all of it has the fallbacks in place.
        size_bytes_max: of `mms` with the longest words that it may get.
    """

    slides: tuple[ComposedSlide, ...]
    related: Related
    mime: bytes = field(repr=False)
    mms: bytes = field(repr=False)
    wap_pages: tuple[WapDocument, ...]
    moved: tuple[Moved, ...]
    worst_quality: int
    slides_max: int
    size_bytes_max: int
    gaps: tuple[Gap, ...] = ()


def assemble(issue: Issue, plan: Plan) -> Composition:
    """The message of a plan, its pictures fitted to the budget.

    Raises:
        UsageError: the text alone is too large for the class.
    """
    slides, fitting, dropped = _fitted(issue, plan)
    moved = tuple(Moved(key, "picture", "", f"too many pictures for {issue.handset.budget_bytes} bytes at a quality of at least 40") for key in dropped)
    composed = tuple(_composed(slide, fitting) for slide in slides)
    related = _related(issue.handset, plan, composed)
    mms = encode_retrieve_conf(_retrieve_conf(issue, related))
    size_bytes_max = len(mms)
    assert size_bytes_max <= issue.handset.budget_bytes, "a message outgrew its budget"
    mime = encode_related(related)
    gaps: tuple[Gap, ...] = ()
    if issue.manuscript.slots:
        related, mime, gaps = with_fallbacks(related, issue.manuscript.slots)
        mms = encode_retrieve_conf(_retrieve_conf(issue, related))
        composed = tuple(dataclasses.replace(slide, text=filled(slide.text, issue.manuscript.slots)[0]) for slide in composed)
    return Composition(
        composed, related, mime, mms, plan.wap_pages, (*plan.moved, *moved), fitting.worst_quality, plan.slides_max, size_bytes_max, gaps
    )  # fmt: skip


def _fitted(issue: Issue, plan: Plan) -> tuple[tuple[Slide, ...], Fitting, list[str]]:
    """Slides with the pictures that they keep, and the items that lost theirs."""
    slides = plan.slides
    lost: list[str] = []
    while True:
        requests = [slide.picture for slide in slides if slide.picture is not None]
        room = issue.handset.budget_bytes - _size_without_pictures(issue, plan, slides)
        if room < 0:
            raise UsageError(f"the text of {issue.name} alone is {-room} bytes too large for {issue.handset.name}; give the class fewer slides")
        fitting = fit_all(requests, room, issue.handset, cache=issue.pictures.encodings)
        if not fitting.dropped:
            return slides, fitting, lost
        gone = set(fitting.dropped)
        for slide in slides:
            if slide.picture is not None and slide.picture.key in gone and slide.picture.style != "type":
                lost += slide.items[:1]
        slides = tuple(_without(slide, gone) for slide in slides)
        slides = tuple(slide for slide in slides if slide.text or slide.picture is not None)


def _without(slide: Slide, gone: set[str]) -> Slide:
    return dataclasses.replace(slide, picture=None) if slide.picture is not None and slide.picture.key in gone else slide


def _size_without_pictures(issue: Issue, plan: Plan, slides: Sequence[Slide]) -> int:
    hollow = tuple(
        ComposedSlide(slide.text, _hollow(slide.picture) if slide.picture else None, slide.duration_ms(pictured=slide.picture is not None), slide.items) for slide in slides
    )
    size = len(encode_retrieve_conf(_retrieve_conf(issue, _related(issue.handset, plan, hollow))))
    pictures = sum(slide.picture is not None for slide in slides)
    return size + pictures * (len(encode_uintvar(issue.handset.budget_bytes)) - 1)


def _hollow(request: PictureRequest) -> EncodedPicture:
    return EncodedPicture(request.key, b"", "image/jpeg", 1, 1, 100)


def _composed(slide: Slide, fitting: Fitting) -> ComposedSlide:
    picture = fitting.pictures[slide.picture.key] if slide.picture is not None else None
    return ComposedSlide(slide.text, picture, slide.duration_ms(pictured=picture is not None), slide.items)


def _related(handset: HandsetClass, plan: Plan, slides: Sequence[ComposedSlide]) -> Related:
    parts: list[Part] = []
    pars: list[SMILSlide] = []
    for number, slide in enumerate(slides, start=1):
        image_name = text_name = None
        if slide.picture is not None:
            image_name = f"{number:02}.{SUFFIXES[slide.picture.media_type]}"
            parts.append(Part(slide.picture.media_type, image_name, image_name, slide.picture.data))
        if slide.text:
            text_name = f"{number:02}.txt"
            parts.append(Part(TEXT_TYPE, text_name, text_name, slide.text.encode()))
        pars.append(SMILSlide(slide.duration_ms, image_name, text_name))
    smil = Part("application/smil; charset=utf-8", "smil", SMIL_NAME, encode_smil(_document(handset, plan, tuple(pars))))
    return Related((smil, *parts), "smil")


def _document(handset: HandsetClass, plan: Plan, slides: tuple[SMILSlide, ...]) -> SMILDocument:
    image_px = round(handset.height_px * plan.picture_share)
    text_px = max(handset.height_px - image_px, TEXT_LINES_BELOW_FOLD * handset.type_px)
    return SMILDocument(
        handset.width_px,
        image_px + text_px,
        SMILRegion(0, 0, handset.width_px, image_px),
        SMILRegion(0, image_px, handset.width_px, text_px),
        slides,
    )


def _retrieve_conf(issue: Issue, related: Related) -> RetrieveConf:
    manuscript = issue.manuscript
    seed = "\0".join((manuscript.publication, manuscript.number, issue.handset.name, *sorted(issue.keys)))
    return RetrieveConf(
        message_id=f"{hashlib.sha256(seed.encode()).hexdigest()[:24]}@huabao",
        date=datetime.combine(manuscript.issue_date, time(), SHANGHAI),
        from_=None,
        to=(),
        subject=subject_of(issue),
        message_class="informational",
        related=related,
    )


def subject_of(issue: Issue) -> str:
    """What an inbox lists: title and number."""
    return issue.name
