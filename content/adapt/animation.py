"""An animated picture made small enough for a message, for handsets that show animated GIF.

Whatever the file is (GIF, animated PNG or WebP), its frames are composed as they are
seen, made smaller together, and written as one GIF with one palette: only
what changes from frame to frame is in it. A handset that does not move it shows
its first frame, which is always whole.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field

from PIL import Image

from content.adapt.colour import to_srgb
from content.adapt.opening import DECODER_FAULTS

FRAMES_MAX = 40
"""Of a longer animation every second, third … frame is taken, shown for as long as those left out."""

SOURCE_FRAMES_MAX = 400
SOURCE_PIXELS_MAX = 60_000_000
"""Frames, and frames × pixels, of an animation that is looked at; a longer one is a film and shows its first frame."""

FRAME_MS_MIN, FRAME_MS_MAX = 50, 10_000
"""Handsets of that time slow down or hurry what is outside."""

_WAYS = ((1.0, 128, 1), (1.0, 64, 1), (0.8, 64, 1), (0.8, 32, 2), (0.6, 32, 2), (0.6, 16, 3))
"""Share of the size, colours, and every how many frames, from the best on."""

_SMALLEST_SHARE_PX = 32


@dataclass(frozen=True)
class Animation:
    """An animated GIF, ready for a message."""

    data: bytes = field(repr=False)
    width_px: int
    height_px: int
    frames: int
    media_type: str = "image/gif"


@dataclass(frozen=True)
class _Film:
    """Frames as they are seen, how long each stays, and how often all are played (0 without end, None once)."""

    frames: tuple[Image.Image, ...]
    durations_ms: tuple[int, ...]
    loop: int | None


def may_move(data: bytes) -> bool:
    """Whether the bytes could be an animation, from their head alone."""
    if data.startswith(b"GIF8"):
        return True
    if data.startswith(b"\x89PNG"):
        return b"acTL" in data[:1024]
    return data.startswith(b"RIFF") and data[8:12] == b"WEBP" and data[12:16] == b"VP8X" and bool(data[20] & 2)


def animation(data: bytes, width_px_max: int, height_px_max: int, size_bytes_max: int) -> Animation | None:
    """The animation within these bounds, as good as they allow; None where it does not move, or cannot be made so small.

    Args:
        data: a file that `inspect` took.
        width_px_max, height_px_max: of the region.
        size_bytes_max: of the GIF.
    """
    film = _film(data, width_px_max, height_px_max) if may_move(data) else None
    if film is None:
        return None
    for share, colours, step in _WAYS:
        made = _made(film, share, colours, step)
        if made is not None and len(made.data) <= size_bytes_max:
            return made
    return None


def _film(data: bytes, width_px_max: int, height_px_max: int) -> _Film | None:
    try:
        with Image.open(io.BytesIO(data), formats=("GIF", "PNG", "WEBP")) as image:
            count = int(getattr(image, "n_frames", 1))
            if not 1 < count <= SOURCE_FRAMES_MAX or count * image.width * image.height > SOURCE_PIXELS_MAX:
                return None
            loop = image.info.get("loop")
            step = -(-count // FRAMES_MAX)
            frames: list[Image.Image] = []
            durations: list[int] = []
            share = min(1.0, width_px_max / image.width, height_px_max / image.height)
            size = max(1, round(image.width * share)), max(1, round(image.height * share))
            for number in range(count):
                image.seek(number)
                image.load()  # a WebP knows how long a frame stays only then
                shown_ms = min(FRAME_MS_MAX, max(FRAME_MS_MIN, round(float(image.info.get("duration") or 100))))
                if number % step:
                    durations[-1] += shown_ms
                    continue
                upright = to_srgb(image.copy(), None)
                frames.append(upright.resize(size, Image.Resampling.LANCZOS) if upright.size != size else upright)
                durations.append(shown_ms)
    except DECODER_FAULTS:
        return None  # damaged behind its first frame, which is shown
    return _Film(tuple(frames), tuple(durations), loop if isinstance(loop, int) else None)


def _made(film: _Film, share: float, colours: int, step: int) -> Animation | None:
    frames = film.frames[::step]
    if len(frames) < 2:
        return None
    durations = [sum(film.durations_ms[start : start + step]) for start in range(0, len(film.frames), step)]
    size = max(1, round(frames[0].width * share)), max(1, round(frames[0].height * share))
    if share < 1.0 and max(size) < _SMALLEST_SHARE_PX:
        return None
    small = [frame.resize(size, Image.Resampling.LANCZOS) if frame.size != size else frame for frame in frames]
    indexed = _one_palette(small, colours)
    if all(frame.tobytes() == indexed[0].tobytes() for frame in indexed[1:]):
        return None
    out = io.BytesIO()
    options = {} if film.loop is None else {"loop": film.loop}
    indexed[0].save(out, "GIF", save_all=True, append_images=indexed[1:], duration=durations, disposal=1, optimize=False, **options)
    return Animation(out.getvalue(), *size, len(indexed))


def _one_palette(frames: Sequence[Image.Image], colours: int) -> list[Image.Image]:
    """The frames in colours that suit all of them."""
    width, height = frames[0].size
    sheet = Image.new("RGB", (width, height * len(frames)))
    for number, frame in enumerate(frames):
        sheet.paste(frame, (0, number * height))
    palette = sheet.quantize(colours, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    indexed = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    for frame in indexed:
        frame.info = {}
    return indexed
