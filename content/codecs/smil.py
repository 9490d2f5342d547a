"""SMIL as MMS uses it: a sequence of slides, each with at most one picture or video, one text, one sound.

Spec: MMS Conformance Document 1.2 (OMA), SMIL language profile for MMS.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SMILRegion:
    """A rectangle on the screen, pixels from the top left corner."""

    left_px: int
    top_px: int
    width_px: int
    height_px: int


@dataclass(frozen=True)
class SMILSlide:
    """One `par`. A `src` names a part's Content-Location (or `cid:` and its Content-ID)."""

    duration_ms: int
    image_src: str | None = None
    text_src: str | None = None
    audio_src: str | None = None
    video_src: str | None = None


@dataclass(frozen=True)
class SMILDocument:
    """A presentation. A region that no slide uses may be None."""

    width_px: int
    height_px: int
    image_region: SMILRegion | None
    text_region: SMILRegion | None
    slides: tuple[SMILSlide, ...]
