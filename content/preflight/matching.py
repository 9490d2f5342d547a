"""One message on one handset: what its record says it cannot do (fails), or may not do well (warns).

Only what somebody recorded of the model counts here; what its class stands for instead is held against the message
by `message`. A picture's limit is the same whichever way the handset is held.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from content.preflight.facts import MessageFacts, PictureFacts, SlideFacts
from content.preflight.reasons import reason
from subscribers.capabilities.facts import Values

Level = Literal["fail", "warn"]


class Mismatch(NamedTuple):
    """What does not fit: `slide` from 1, None for the message as a whole; `check` names the capability."""

    level: Level
    slide: int | None
    check: str
    reason: str


def mismatches(message: MessageFacts, handset: Values, picture_slack: float = 0.0) -> list[Mismatch]:
    """Everything in which the message and the handset do not fit; nothing where they do.

    Args:
        picture_slack: a picture may be larger than the handset's limit by so much of it, with a warning.
    """
    known: dict[str, Any] = dict(handset)
    found = list(_whole(message, known))
    for number, slide in enumerate(message.slides, 1):
        found += _text(number, slide, known)
        if slide.picture is not None:
            found += _picture(number, slide.picture, known, picture_slack)
    return found


def _whole(message: MessageFacts, known: dict[str, Any]) -> Iterator[Mismatch]:
    largest, slides = known.get("mms_max_bytes"), len(message.slides)
    if largest is not None and message.size_bytes > largest:
        yield Mismatch("fail", None, "mms_max_bytes", reason("message_bytes", bytes=message.size_bytes, most=largest))
    if slides > known.get("slides_max", slides):
        yield Mismatch("fail", None, "slides_max", reason("slides", slides=slides, most=known["slides_max"]))
    if known.get("mms") is False:
        yield Mismatch("warn", None, "mms", reason("no_mms"))
    if known.get("smil") is False and slides > 1:
        yield Mismatch("warn", None, "smil", reason("no_smil", slides=slides))


def _text(number: int, slide: SlideFacts, known: dict[str, Any]) -> Iterator[Mismatch]:
    charsets = known.get("charsets")
    if charsets is not None and not slide.text.isascii() and slide.charset not in charsets:
        yield Mismatch("fail", number, "charsets", reason("charset", charset=slide.charset, charsets=", ".join(charsets)))
    if len(slide.text) > known.get("slide_chars_max", len(slide.text)):
        yield Mismatch("fail", number, "slide_chars_max", reason("characters", characters=len(slide.text), most=known["slide_chars_max"]))


def _picture(number: int, picture: PictureFacts, known: dict[str, Any], slack: float) -> Iterator[Mismatch]:
    types, size = known.get("image_types"), {"width": picture.width_px, "height": picture.height_px}
    if types is not None and picture.media_type not in types:
        yield Mismatch("fail", number, "image_types", reason("image_type", media_type=picture.media_type, types=", ".join(types)))
    if picture.progressive and known.get("progressive_jpeg") is False:
        yield Mismatch("fail", number, "progressive_jpeg", reason("progressive"))
    if picture.animated and known.get("animated_gif") is False:
        yield Mismatch("warn", number, "animated_gif", reason("animated"))
    limit = [known[name] for name in ("mms_max_width_px", "mms_max_height_px") if name in known]
    over = max((side / most - 1 for side, most in zip(sorted((picture.width_px, picture.height_px)), sorted(limit), strict=True)), default=0) if len(limit) == 2 else 0
    if over > 0:
        yield Mismatch("fail" if over > slack else "warn", number, "mms_max_width_px", reason("picture_limit", **size, most_width=limit[0], most_height=limit[1]))
    width, height = known.get("width_px"), known.get("height_px")
    if width is not None and height is not None and (picture.width_px > width or picture.height_px > height):
        yield Mismatch("warn", number, "width_px", reason("picture_screen", **size, screen_width=width, screen_height=height))
