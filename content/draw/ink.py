"""Colours of the type and of the grounds it stands on, and whether they can be read together."""

from __future__ import annotations

Colour = tuple[int, int, int]

INK: Colour = (23, 23, 26)
PAPER: Colour = (255, 255, 255)
GREY: Colour = (96, 98, 104)
RULE: Colour = (204, 205, 208)
ACCENT: Colour = (184, 22, 33)
"""Cinnabar: the red of a seal, and of a newspaper's nameplate."""

CONTRAST_MIN = 4.5


def luminance(colour: Colour) -> float:
    """Relative luminance, 0 to 1. Spec: WCAG 2.2, relative luminance."""
    red, green, blue = ((value / 255 / 12.92) if value <= 10 else ((value / 255 + 0.055) / 1.055) ** 2.4 for value in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Colour, other: Colour) -> float:
    """Contrast ratio, 1 to 21. Spec: WCAG 2.2, contrast ratio."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)
