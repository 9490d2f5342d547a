"""A built message held against its handset class: sizes, formats, counts, and that it reads back.

The facts are those of the class; `matching` holds a message against the record of one model.
"""

from __future__ import annotations

import io

from PIL import Image

from content.codecs.mime import decode_entity
from content.codecs.mm1 import RetrieveConf, decode_pdu
from content.codecs.smil import decode_smil
from content.compose import Composition
from content.preflight.reasons import reason
from huabao.errors import CodecError
from subscribers.handset_classes import HandsetClass

Failure = tuple[int | None, str]
"""Slide number from 1 (None: the message as a whole) and reason."""


def failures_of(made: Composition, handset: HandsetClass) -> list[Failure]:
    """Why a handset of this class would not show the message as it should; nothing where it would."""
    found: list[Failure] = []
    if made.size_bytes_max > handset.budget_bytes:
        found.append((None, reason("class_bytes", bytes=made.size_bytes_max, most=handset.budget_bytes)))
    if len(made.slides) > made.slides_max:
        found.append((None, reason("class_slides", slides=len(made.slides), most=made.slides_max)))
    found += _unreadable(made)
    found += _bad_slides(made, handset)
    return found


def _unreadable(made: Composition) -> list[Failure]:
    """Whether the message reads back as what was written."""
    try:
        pdu = decode_pdu(made.mms)
        entity = decode_entity(made.mime)
        smil = decode_smil(made.related.parts[0].data)
    except CodecError as error:
        return [(None, reason("unreadable", error=error))]
    found: list[Failure] = []
    if not isinstance(pdu, RetrieveConf) or [part.data for part in pdu.related.parts] != [part.data for part in made.related.parts]:
        found.append((None, reason("pdu_parts")))
    if len(entity.parts) != len(made.related.parts):
        found.append((None, reason("entity_parts")))
    names = {part.content_location for part in made.related.parts}
    for number, slide in enumerate(smil.slides, start=1):
        found += [(number, reason("no_part", source=source)) for source in (slide.image_src, slide.text_src) if source is not None and source not in names]
    return found


def _bad_slides(made: Composition, handset: HandsetClass) -> list[Failure]:
    found: list[Failure] = []
    for number, slide in enumerate(made.slides, start=1):
        if not slide.text and slide.picture is None:
            found.append((number, reason("empty")))
        if slide.picture is None:
            continue
        if slide.picture.media_type not in handset.image_types:
            found.append((number, reason("class_image_type", media_type=slide.picture.media_type)))
        with Image.open(io.BytesIO(slide.picture.data)) as image:
            if image.width > handset.width_px or image.height > handset.height_px:
                found.append((number, reason("class_picture", width=image.width, height=image.height, screen_width=handset.width_px, screen_height=handset.height_px)))
    return found
