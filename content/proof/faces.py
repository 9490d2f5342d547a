"""The type of a proof: the characters that are used, of the families that slides are drawn with, as small static fonts.

A PDF may not hold a variable font, and a whole family has 65,000 glyphs: the
outlines of the characters at hand are taken from it and set up as a font. What the
family lacks is shown as the geta mark, so that no other font of the machine slips in.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any

from fontTools.fontBuilder import FontBuilder
from fontTools.misc.psCharStrings import T2CharString
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.ttLib import TTFont

from content.draw.fonts import SC_FACE, regular_path, song_path, variable_path
from content.draw.glyphs import MISSING, clusters, drawable

BOLD_WEIGHT = 700

MADE_AT = 2_082_844_800
"""1970, in the seconds since 1904 in which fonts count: the same characters give the same bytes."""

ALWAYS = MISSING + "".join(map(chr, range(0x20, 0x7F)))
"""Digits of page numbers are counted by the layout itself."""


class Face:
    """One font file, opened once; `weight` is for a variable one."""

    def __init__(self, path: str, *, number: int = -1, weight: int | None = None) -> None:
        self._font = TTFont(path, fontNumber=number, lazy=True)
        self._names: dict[int, str] = self._font.getBestCmap()
        self._weight = weight
        self._outlines: dict[str, tuple[Sequence[Any], int]] = {}

    def has(self, char: str) -> bool:
        """Whether there is a glyph for it."""
        return ord(char) in self._names

    def of(self, texts: Iterable[str], family: str, style: str) -> bytes:
        """An OpenType font with static outlines of the characters of these texts; the same characters give the same bytes."""
        chars = sorted({char for text in (*texts, ALWAYS) for char in text if self.has(char)})
        outlines = self._font.getGlyphSet(location=None if self._weight is None else {"wght": self._weight})
        drawn, widths = {}, {}
        for name in dict.fromkeys([".notdef", *(self._names[ord(char)] for char in chars)]):
            program, width = self._outline(name, outlines)
            drawn[name], widths[name] = T2CharString(program=list(program)), (width, 0)
        return self._built(f"{family} {style}", {ord(char): self._names[ord(char)] for char in chars}, drawn, widths)

    def _outline(self, name: str, outlines: Any) -> tuple[Sequence[Any], int]:
        """The strokes of a glyph and how far it moves the pen; drawn once."""
        if name not in self._outlines:
            glyph = outlines[name]
            pen = T2CharStringPen(glyph.width, outlines)
            glyph.draw(pen)
            self._outlines[name] = (pen.getCharString().program, round(glyph.width))
        return self._outlines[name]

    def _built(self, name: str, cmap: dict[int, str], drawn: dict[str, object], widths: dict[str, tuple[int, int]]) -> bytes:
        built = FontBuilder(self._font["head"].unitsPerEm, isTTF=False)
        built.setupGlyphOrder(list(drawn))
        built.setupCharacterMap(cmap)
        built.font.recalcBBoxes = built.font.recalcTimestamp = False  # the whole family's box holds any of its glyphs
        head, line = self._font["head"], self._font["hhea"]
        box = {side: getattr(head, side) for side in ("xMin", "yMin", "xMax", "yMax")}
        built.setupCFF(name.replace(" ", ""), {"FullName": name, "FontBBox": list(box.values())}, drawn, {})
        built.setupHorizontalMetrics(widths)
        built.setupHorizontalHeader(ascent=line.ascent, descent=line.descent, advanceWidthMax=line.advanceWidthMax, xMaxExtent=line.xMaxExtent)
        built.setupNameTable({"familyName": name, "styleName": "Regular", "psName": name.replace(" ", "")})
        built.setupOS2(sTypoAscender=line.ascent, sTypoDescender=line.descent, usWinAscent=line.ascent, usWinDescent=-line.descent)
        built.setupPost(keepGlyphNames=False)
        vars(built.font["head"]).update(box, created=MADE_AT, modified=MADE_AT)
        out = io.BytesIO()
        built.font.save(out)
        return out.getvalue()


class Faces:
    """The three faces of a proof."""

    def __init__(self) -> None:
        self.regular = Face(regular_path(), number=SC_FACE)
        self.bold = Face(variable_path(), number=SC_FACE, weight=BOLD_WEIGHT)
        self.song = Face(song_path())

    def shown(self, text: str) -> str:
        """The text in characters that the faces have; line ends stay, what nobody sees goes."""
        return "".join(self._shown(cluster) for cluster in clusters(text))

    def _shown(self, cluster: str) -> str:
        if cluster.isspace():
            return "\n" if cluster == "\n" else " "
        found = drawable(cluster)
        return found if all(self.regular.has(char) for char in found) else MISSING
