"""Every colour model that a picture file may hold, brought to 8-bit sRGB on white."""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

_DEEP_MODES = ("I", "F", "I;16", "I;16L", "I;16B", "I;16N")


def to_srgb(image: Image.Image, icc_profile: bytes | None) -> Image.Image:
    """The picture as RGB, seen through its colour profile, what is transparent on white.

    Args:
        image: of any mode that Pillow decodes.
        icc_profile: the profile of the file; one that does not fit the picture is passed over.
    """
    if image.mode in _DEEP_MODES:
        image = _to_eight_bits(image)
    if image.mode == "LAB":
        return _from_lab(image)
    if _is_transparent(image):
        return _on_white(image.convert("RGBA"), icc_profile)
    if image.mode not in ("L", "RGB", "CMYK"):
        image = image.convert("RGB")
    return _through_profile(image, icc_profile)


def _is_transparent(image: Image.Image) -> bool:
    return image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info


def _on_white(image: Image.Image, icc_profile: bytes | None) -> Image.Image:
    opaque = _through_profile(image.convert("RGB"), icc_profile)
    ground = Image.new("RGB", image.size, "white")
    ground.paste(opaque, mask=image.getchannel("A"))
    return ground


_BAND_PX = 4_000_000
"""Pixels that are brought to 8 bits at a time: of the largest picture a copy in floating point would fill the memory."""


def _to_eight_bits(image: Image.Image) -> Image.Image:
    """A deep grey picture as 8 bits; 0..1 and 0..65535 are taken for the full range."""
    rows = max(1, _BAND_PX // image.width)
    bands = [(top, min(image.height, top + rows)) for top in range(0, image.height, rows)]
    peak = max(float(_samples(image, band).max(initial=0.0)) for band in bands) if image.mode == "F" else 0.0
    scale = 255.0 if image.mode == "F" and peak <= 1.0 else 1 / 257.0 if image.mode != "F" or peak > 255.0 else 1.0
    found = Image.new("L", image.size)
    for band in bands:
        shades = np.clip(np.rint(_samples(image, band) * scale), 0, 255).astype(np.uint8)
        found.paste(Image.fromarray(shades), (0, band[0]))
    return found


def _samples(image: Image.Image, band: tuple[int, int]) -> NDArray[np.float64]:
    part = np.asarray(image.crop((0, band[0], image.width, band[1])), dtype=np.float64)
    return np.nan_to_num(part, posinf=0.0, neginf=0.0)


@lru_cache(maxsize=1)
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def _from_lab(image: Image.Image) -> Image.Image:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    converted = ImageCms.profileToProfile(image, lab, _srgb(), outputMode="RGB")
    return converted if converted is not None else image.convert("L").convert("RGB")


def _through_profile(image: Image.Image, icc_profile: bytes | None) -> Image.Image:
    """RGB in sRGB; a profile that is broken or of another colour model changes nothing."""
    if not icc_profile:
        return image.convert("RGB")
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc_profile))
        if image.mode == "RGB" and "sRGB" in (ImageCms.getProfileDescription(profile) or ""):
            return image
        converted = ImageCms.profileToProfile(image, profile, _srgb(), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image.convert("RGB")
    return converted if converted is not None else image.convert("RGB")
