"""Pictures of a draft: taken in, cut, looked at small, their panels found. All are opened by `content.adapt`, which trusts none."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from PIL import Image
from sqlalchemy.orm import Session

from content.adapt import PictureError, decode, inspect
from content.adapt.opening import SIDE_PX_MAX
from content.adapt.panels import find_panels
from content.models import Asset
from huabao.errors import UsageError

SUFFIXES: Mapping[str, str] = {
    "image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "image/webp": "webp", "image/bmp": "bmp", "image/tiff": "tiff",
}  # fmt: skip

CUT_QUALITY = 95
SIDE_PX_MIN = 16
FINDING_PX = 1280
"""Longer side of the copy on which panels are looked for in an ordinary page."""

_ODD = re.compile(r"[^\w.-]+")


@dataclass(frozen=True)
class Picture:
    """A picture that may be named in a draft.

    Attributes:
        name: its path in the folder.
    """

    name: str
    sha256: str
    width_px: int
    height_px: int
    size_bytes: int

    def to_document(self) -> dict[str, Any]:
        """As JSON values."""
        return {"name": self.name, "sha256": self.sha256, "width": self.width_px, "height": self.height_px, "bytes": self.size_bytes}


def take(session: Session, data: bytes, file: str, folder: str = "images") -> Picture:
    """Keep a picture that an editor gave.

    Args:
        file: what he calls it; only its words are used.

    Raises:
        PictureError: it is no picture that is taken, too large or damaged; the text says what to do.
    """
    info = inspect(data)
    sha256 = hashlib.sha256(data).hexdigest()
    stem = _ODD.sub("-", PurePosixPath(file.replace("\\", "/")).stem)[:40].strip("-.") or "picture"
    name = f"{folder}/{stem}-{sha256[:8]}.{SUFFIXES[info.media_type]}"
    if session.get(Asset, sha256) is None:
        session.add(Asset(sha256=sha256, media_type=info.media_type, width_px=info.width_px, height_px=info.height_px, size_bytes=len(data), data=data))
        session.flush()
    return Picture(name, sha256, info.width_px, info.height_px, len(data))


def cut(session: Session, sha256: str, box: tuple[int, int, int, int], file: str, folder: str = "images") -> Picture:
    """A part of a picture as a picture of its own.

    Args:
        box: x, y, width, height in the picture's pixels.

    Raises:
        UsageError: there is no such picture, or the box does not lie in it.
        PictureError: it cannot be opened.
    """
    whole = find(session, sha256)
    x, y, width, height = box
    if min(x, y) < 0 or min(width, height) < SIDE_PX_MIN or x + width > whole.width_px or y + height > whole.height_px:
        raise UsageError(f"the part {x}, {y}, {width}×{height} does not lie in the picture of {whole.width_px}×{whole.height_px}")
    image = decode(whole.data, longest_px=SIDE_PX_MAX)
    out = io.BytesIO()
    part = image.crop((x, y, x + width, y + height))
    if whole.media_type in ("image/png", "image/gif", "image/bmp"):
        part.save(out, "PNG", optimize=False)
    else:
        part.save(out, "JPEG", quality=CUT_QUALITY, subsampling=0)
    return take(session, out.getvalue(), file, folder)


def small(session: Session, sha256: str, longest_px: int) -> bytes:
    """A JPEG of the picture whose longer side is at most `longest_px`.

    Raises:
        UsageError: there is no such picture, or it cannot be opened.
    """
    row = find(session, sha256)
    try:
        image: Image.Image = decode(row.data, longest_px=longest_px)
    except PictureError as error:
        raise UsageError(str(error)) from error
    out = io.BytesIO()
    image.save(out, "JPEG", quality=82)
    return out.getvalue()


def panels_of(session: Session, sha256: str, reading: str) -> list[list[int]]:
    """The panels of a page as they are found, each x, y, width, height in its pixels, in reading order.

    Raises:
        UsageError: there is no such picture.
        PictureError: it cannot be opened.
    """
    row = find(session, sha256)
    across = max(1.0, row.width_px / (FINDING_PX // 2))
    image = decode(row.data, longest_px=round(max(row.width_px, row.height_px) / across))
    scale_x, scale_y = row.width_px / image.width, row.height_px / image.height
    found = []
    for left, top, right, bottom in find_panels(image, reading):
        x, y = int(left * scale_x), int(top * scale_y)
        found.append([x, y, min(row.width_px, round(right * scale_x)) - x, min(row.height_px, round(bottom * scale_y)) - y])
    return found


def find(session: Session, sha256: str) -> Asset:
    """The picture with those bytes.

    Raises:
        UsageError: there is none.
    """
    row = session.get(Asset, sha256)
    if row is None or not row.width_px:
        raise UsageError("this picture is not there any more; drop it in again")
    return row
