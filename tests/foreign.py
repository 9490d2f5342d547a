"""Messages read by decoders that are not ours: Python's mail parser, tshark, OpenCV, and Debian's programs for pictures.

`read_by_strangers` fails where any of them sees something else than what was composed.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import cv2
import numpy as np
import pytest
from lxml import etree

from content.compose import Composition
from tests.dissectors import Dissection, dissect_mms_each

_SUFFIXES = {"image/jpeg": "jpg", "image/png": "png", "image/gif": "gif"}


def read_by_strangers(messages: Sequence[Composition], folder: Path) -> None:
    """Each message as MIME and as MMS, and each of its pictures."""
    assert messages
    for made in messages:
        _mail(made)
        _pictures(made)
    for made, seen in zip(messages, dissect_mms_each([one.mms for one in messages], folder), strict=True):
        _dissected(made, seen)
    _programs({part.data: part.content_type for made in messages for part in made.related.parts if part.content_type in _SUFFIXES}, folder)


def _mail(made: Composition) -> None:
    """The entity that a SubmitReq carries, by `email`; its SMIL by libxml2."""
    entity = message_from_bytes(made.mime, _class=EmailMessage, policy=policy.HTTP)
    assert isinstance(entity, EmailMessage) and entity.get_content_type() == "multipart/related" and not entity.defects
    parts = [part for part in entity.iter_parts() if isinstance(part, EmailMessage)]
    assert [part.get_payload(decode=True) for part in parts] == [part.data for part in made.related.parts]
    by_id = {str(part["Content-ID"]).strip("<>"): part for part in parts}
    by_name = {str(part["Content-Location"]): part for part in parts}
    assert len(by_id) == len(by_name) == len(parts) and not any(part.defects for part in parts)
    start = by_id[str(entity.get_param("start")).strip("<>")]
    assert start.get_content_type() == entity.get_param("type") == "application/smil"
    smil = etree.fromstring(start.get_payload(decode=True), etree.XMLParser(resolve_entities=False, no_network=True))
    pars = smil.findall(".//{*}par")
    assert len(pars) == len(made.slides)
    for par, slide in zip(pars, made.slides, strict=True):
        text, image = par.find("{*}text"), par.find("{*}img")
        assert (by_name[text.get("src")].get_content() if text is not None else "") == slide.text
        assert (by_name[image.get("src")].get_content() if image is not None else None) == (slide.picture.data if slide.picture else None)


def _dissected(made: Composition, seen: Dissection) -> None:
    """The PDU as a handset fetches it, by tshark, which opens the pictures too."""
    assert seen.complaints == ()
    assert "m-retrieve-conf" in seen.text
    assert seen.text.count("Part: ") == len(made.related.parts)
    for part in made.related.parts:
        assert f"Content-Location: {part.content_location}" in seen.text
    for slide in made.slides:
        for line in slide.text.splitlines():
            assert line[:40].strip() in seen.text, line


def _pictures(made: Composition) -> None:
    """Size and shades, by OpenCV."""
    for slide in made.slides:
        if slide.picture is not None:
            shown = cv2.imdecode(np.frombuffer(slide.picture.data, np.uint8), cv2.IMREAD_COLOR)
            assert shown is not None and shown.shape[:2] == (slide.picture.height_px, slide.picture.width_px), slide.picture.key


def _programs(pictures: dict[bytes, str], folder: Path) -> None:
    """libjpeg's, libpng's and giflib's own programs, strict where they can be."""
    for program in ("djpeg", "pngcheck", "giftext"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    paths: dict[str, list[Path]] = {media_type: [] for media_type in _SUFFIXES}
    for number, (data, media_type) in enumerate(pictures.items()):
        path = folder / f"{number}.{_SUFFIXES[media_type]}"
        path.write_bytes(data)
        paths[media_type].append(path)
    for path in paths["image/jpeg"]:
        _silent(["djpeg", "-strict", "-scale", "1/8", "-outfile", "/dev/null", str(path)])
    for path in paths["image/gif"]:
        assert b"GIF file terminated normally" in _silent(["giftext", str(path)])
    if paths["image/png"]:
        _silent(["pngcheck", "-q", *map(str, paths["image/png"])])


def _silent(command: list[str]) -> bytes:
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0 and done.stderr == b"", (command[0], command[-1], done.stderr, done.stdout[-300:])
    return done.stdout
