"""The colours of all drawings: night blue to paper, and cinnabar where the eye shall go."""

from __future__ import annotations

Colour = tuple[int, int, int]

NIGHT: Colour = (22, 30, 58)
INDIGO: Colour = (38, 52, 92)
SLATE: Colour = (74, 92, 128)
MIST: Colour = (170, 184, 200)
TEAL: Colour = (38, 92, 98)
PINE: Colour = (34, 66, 64)
SAGE: Colour = (132, 164, 132)
LEAF: Colour = (88, 134, 88)
STRAW: Colour = (226, 198, 128)
GOLD: Colour = (244, 190, 84)
AMBER: Colour = (232, 146, 62)
PEACH: Colour = (248, 200, 164)
CORAL: Colour = (230, 124, 98)
CINNABAR: Colour = (200, 58, 44)
WINE: Colour = (110, 44, 58)
BARK: Colour = (96, 64, 48)
BROWN: Colour = (148, 96, 62)
PAPER: Colour = (250, 242, 228)
WHITE: Colour = (255, 253, 248)
INK: Colour = (36, 32, 40)


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """`first` with `share` (0 to 1) of `second`."""
    return (
        round(first[0] + (second[0] - first[0]) * share),
        round(first[1] + (second[1] - first[1]) * share),
        round(first[2] + (second[2] - first[2]) * share),
    )
