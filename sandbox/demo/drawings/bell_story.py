"""《雾天的钟声》: the panels of the comic, from the printing house at five to the tea in the tower next day."""

from __future__ import annotations

import math
import random

from sandbox.demo.drawings.canvas import Canvas
from sandbox.demo.drawings.figures import bell, cat, duck, owl, sparrow
from sandbox.demo.drawings.lettering import letter, say, tell
from sandbox.demo.drawings.nature import birds, cloud, hills, pine, ranges, ripples, stars
from sandbox.demo.drawings.palette import AMBER, BARK, BROWN, CINNABAR, CORAL, GOLD, INDIGO, INK, LEAF, MIST, NIGHT, PAPER, PEACH, PINE, SLATE, STRAW, TEAL, WHITE, WINE, mix
from sandbox.demo.drawings.town import boat, hui_house, skyline

FOG = mix(MIST, WHITE, 0.45)


def _sky(canvas: Canvas, top: tuple[int, int, int], low: tuple[int, int, int]) -> None:
    canvas.wash([(0, top), (1, low)])


def _roofs(canvas: Canvas, base: float, seed: int, pale: float = 0.0) -> None:
    draw = random.Random(seed)
    x = -60.0
    while x < canvas.width:
        wide = canvas.width * draw.uniform(0.14, 0.22)
        wall = mix(mix(WHITE, STRAW, 0.2), FOG, pale)
        hui_house(canvas, x, canvas.height + 30, wide, canvas.height * (1 - base) * draw.uniform(0.75, 1.1), wall, mix(mix(SLATE, INK, 0.4), FOG, pale), lit=mix(GOLD, FOG, pale))
        x += wide * 1.06


def _fog(canvas: Canvas, seed: int, strength: int = 90) -> None:
    draw = random.Random(seed)
    for _ in range(16):
        canvas.oval(draw.uniform(0, canvas.width), draw.uniform(0.1, 1) * canvas.height, canvas.width * draw.uniform(0.2, 0.5), canvas.height * draw.uniform(0.02, 0.07), WHITE, draw.randint(20, strength))


def cover(canvas: Canvas) -> None:
    """小麻 above the river town at first light."""
    w, h = canvas.width, canvas.height
    canvas.wash([(0, INDIGO), (0.5, mix(SLATE, CORAL, 0.5)), (0.85, PEACH), (1, GOLD)], 0, h * 0.75)
    canvas.glow(w * 0.72, h * 0.6, w * 0.45, mix(GOLD, WHITE, 0.4), 0.85, 1.7)
    stars(canvas, 70, h * 0.3)
    cloud(canvas, w * 0.2, h * 0.3, w * 0.2, mix(PEACH, WHITE, 0.4), 160, 3)
    cloud(canvas, w * 0.85, h * 0.22, w * 0.16, mix(PEACH, WHITE, 0.4), 150, 6)
    ranges(canvas, (h * 0.55, h * 0.68), h * 0.12, mix(SLATE, PEACH, 0.55), mix(INDIGO, TEAL, 0.4), 3, 3)
    _roofs(canvas, 0.72, 4)
    sparrow(canvas, w * 0.46, h * 0.46, w * 0.13, flying=True, turn=-8, mood="happy", paper=True)


def printing_house(canvas: Canvas) -> None:
    """Five in the morning."""
    w, h = canvas.width, canvas.height
    canvas.wash([(0, NIGHT), (0.7, INDIGO), (1, mix(SLATE, CORAL, 0.5))], 0, h * 0.78)
    stars(canvas, 160, h * 0.5)
    skyline(canvas, h * 0.66, h * 0.2, mix(NIGHT, INDIGO, 0.6), 4, lit=0.05)
    canvas.rect(w * 0.08, h * 0.36, w * 0.6, h * 0.42, mix(WINE, BARK, 0.4))
    canvas.poly([(w * 0.04, h * 0.37), (w * 0.38, h * 0.26), (w * 0.72, h * 0.37)], mix(WINE, INK, 0.4))
    for column in range(4):
        canvas.slab(w * (0.12 + column * 0.14), h * 0.48, w * 0.09, h * 0.11, 14, mix(GOLD, WHITE, 0.25))
    canvas.rect(w * 0.16, h * 0.39, w * 0.44, h * 0.06, PAPER)
    letter(canvas, w * 0.38, h * 0.42, "江淮印报厂", w * 0.062, CINNABAR)
    canvas.slab(w * 0.42, h * 0.62, w * 0.18, h * 0.16, 10, GOLD)
    canvas.glow(w * 0.52, h * 0.7, w * 0.4, GOLD, 0.5)
    canvas.rect(0, h * 0.77, w, h * 0.3, mix(INDIGO, SLATE, 0.35))
    canvas.poly([(w * 0.42, h * 0.78), (w * 0.6, h * 0.78), (w * 0.82, h), (w * 0.3, h)], GOLD, 90)
    for row in range(5):
        canvas.slab(w * 0.1, h * (0.9 - row * 0.028), w * 0.2, h * 0.026, 5, mix(PAPER, MIST, 0.25 * (row % 2)))
        canvas.rect(w * 0.19, h * (0.9 - row * 0.028), w * 0.016, h * 0.026, CINNABAR)
    sparrow(canvas, w * 0.62, h * 0.82, w * 0.1, mood="bright")
    tell(canvas, 0.07, ("清晨五点，", "江城还没有醒。"))
    say(canvas, 0.66, 0.6, ("今天四十八份，", "出发！"), (0.7, 0.71))


def over_the_roofs(canvas: Canvas) -> None:
    """Papers fly to every door."""
    w, h = canvas.width, canvas.height
    _sky(canvas, mix(SLATE, PEACH, 0.4), mix(PEACH, WHITE, 0.4))
    canvas.glow(w * 0.2, h * 0.5, w * 0.3, GOLD, 0.6)
    _roofs(canvas, 0.62, 9)
    for x, y, turn in ((0.34, 0.62, 20), (0.2, 0.5, -30), (0.46, 0.76, 50)):
        own = canvas.at(w * x, h * y, w * 0.05, turn=turn)
        own.slab(-0.6, -0.17, 1.2, 0.34, 0.16, WHITE)
        own.rect(-0.06, -0.17, 0.14, 0.34, CINNABAR)
    sparrow(canvas, w * 0.62, h * 0.56, w * 0.085, flying=True, mood="happy")
    say(canvas, 0.3, 0.17, ("早报来啦！",), (0.58, 0.4))


def cat_window(canvas: Canvas) -> None:
    """The tea house: a warning."""
    w, h = canvas.width, canvas.height
    _sky(canvas, mix(BROWN, WINE, 0.3), mix(BROWN, BARK, 0.4))
    canvas.rect(w * 0.14, h * 0.4, w * 0.72, h * 0.46, mix(GOLD, WHITE, 0.2))
    cat(canvas, w * 0.5, h * 0.6, w * 0.17)
    canvas.rect(w * 0.08, h * 0.85, w * 0.84, h * 0.05, BARK)
    for side in (0.08, 0.86):
        canvas.rect(w * side, h * 0.37, w * 0.06, h * 0.5, BARK)
    canvas.rect(w * 0.08, h * 0.36, w * 0.84, h * 0.04, BARK)
    canvas.at(w * 0.72, h * 0.83, w * 0.07).slab(-1, -0.3, 2, 0.6, 0.28, WHITE)
    canvas.rect(w * 0.7, h * 0.81, w * 0.02, h * 0.03, CINNABAR)
    say(canvas, 0.5, 0.18, ("小麻，雾要来了，", "当心点。"), (0.5, 0.46))


def last_one(canvas: Canvas) -> None:
    """One paper left."""
    w, h = canvas.width, canvas.height
    _sky(canvas, mix(MIST, PEACH, 0.3), FOG)
    canvas.blob([(-50, h * 0.84), (w * 0.5, h * 0.78), (w + 60, h * 0.84), (w + 60, h + 60), (-60, h + 60)], mix(SLATE, INK, 0.35))
    for x in range(0, w, 46):
        canvas.stroke([(x, h * 0.83), (x, h)], 5, mix(SLATE, INK, 0.55))
    _fog(canvas, 4, 60)
    sparrow(canvas, w * 0.45, h * 0.64, w * 0.19, mood="wide")
    say(canvas, 0.5, 0.17, ("咦？还剩", "最后一份……"), (0.62, 0.4))


def label(canvas: Canvas) -> None:
    """The address."""
    w, h = canvas.width, canvas.height
    _sky(canvas, mix(TEAL, SLATE, 0.4), mix(TEAL, PINE, 0.4))
    own = canvas.at(w * 0.5, h * 0.54, w * 0.1, turn=-7)
    own.slab(-3.9, -1.9, 7.8, 3.8, 0.4, mix(PAPER, MIST, 0.45))
    own.slab(-3.8, -2.0, 7.6, 3.8, 0.4, WHITE)
    own.rect(-1.0, -2.0, 2.0, 3.8, CINNABAR)
    own.slab(-3.1, -0.95, 6.2, 1.9, 0.1, PAPER)
    letter(canvas, w * 0.49, h * 0.495, "望江山顶 钟楼", w * 0.072, INK, turn=-7)
    letter(canvas, w * 0.515, h * 0.62, "老钟 收", w * 0.072, INK, turn=-7)
    tell(canvas, 0.12, ("从来没人见过的老钟。",))


def into_fog(canvas: Canvas) -> None:
    """Where is the hill?"""
    w, h = canvas.width, canvas.height
    _sky(canvas, FOG, mix(FOG, WHITE, 0.4))
    ranges(canvas, (h * 0.5, h * 0.8), h * 0.2, mix(FOG, SLATE, 0.08), mix(FOG, SLATE, 0.35), 8, 3)
    _fog(canvas, 2, 150)
    for x, high in ((0.06, 0.4), (0.14, 0.3), (0.92, 0.36)):
        pine(canvas, w * x, h * 1.02, h * high, mix(PINE, FOG, 0.5))
    sparrow(canvas, w * 0.6, h * 0.6, w * 0.08, flying=True, mood="lost")
    say(canvas, 0.3, 0.26, ("山在哪儿？",), (0.56, 0.47))


def lost(canvas: Canvas) -> None:
    """White everywhere, and far away a sound."""
    w, h = canvas.width, canvas.height
    _sky(canvas, mix(FOG, SLATE, 0.18), WHITE)
    _fog(canvas, 31, 200)
    for x, high in ((0.02, 0.22), (0.13, 0.16), (0.95, 0.2)):
        pine(canvas, w * x, h * 1.01, h * high, mix(PINE, FOG, 0.6))
    sparrow(canvas, w * 0.36, h * 0.6, w * 0.085, flying=True, mood="lost")
    _fog(canvas, 77, 70)
    say(canvas, 0.42, 0.4, ("什么也看不见……",), (0.4, 0.51))
    for x, y, size, share in ((0.82, 0.2, 0.13, 0.25), (0.68, 0.15, 0.085, 0.5), (0.58, 0.12, 0.055, 0.68)):
        letter(canvas, w * x, h * y, "当", w * size, mix(AMBER, FOG, share), turn=12)
    tell(canvas, 0.9, ("就在这时，远远地——",))


def follow(canvas: Canvas) -> None:
    """Towards the sound."""
    w, h = canvas.width, canvas.height
    _sky(canvas, mix(FOG, PEACH, 0.3), mix(FOG, WHITE, 0.5))
    _fog(canvas, 12, 120)
    for ring in range(5):
        reach = w * (0.14 + ring * 0.12)
        arc = [(w * 1.02 + reach * math.cos(math.radians(turn)), h * 0.5 + reach * math.sin(math.radians(turn))) for turn in range(150, 215, 5)]
        canvas.stroke(arc, 12 - ring, mix(AMBER, FOG, 0.15 + ring * 0.16))
    sparrow(canvas, w * 0.34, h * 0.62, w * 0.1, flying=True, turn=-14, mood="bright")
    say(canvas, 0.36, 0.15, ("钟声！跟着它飞！",), (0.4, 0.35))


def ferry(canvas: Canvas) -> None:
    """The ferry hears it too."""
    w, h = canvas.width, canvas.height
    _sky(canvas, mix(FOG, SLATE, 0.15), mix(TEAL, FOG, 0.5))
    canvas.wash([(0, mix(TEAL, FOG, 0.6)), (1, mix(TEAL, FOG, 0.25))], h * 0.66)
    ripples(canvas, h * 0.68, h, WHITE, 2, 50)
    boat(canvas, w * 0.5, h * 0.88, w * 0.42, mix(WINE, INK, 0.2))
    duck(canvas, w * 0.6, h * 0.66, w * 0.15)
    _fog(canvas, 19, 60)
    say(canvas, 0.5, 0.2, ("听见钟，就知道", "岸在哪边。"), (0.66, 0.44))


def tower(canvas: Canvas) -> None:
    """The tower comes out of the fog."""
    w, h = canvas.width, canvas.height
    _sky(canvas, mix(PEACH, FOG, 0.4), FOG)
    canvas.glow(w * 0.5, h * 0.4, w * 0.6, mix(GOLD, WHITE, 0.5), 0.8)
    hills(canvas, h * 0.86, h * 0.05, mix(PINE, FOG, 0.35), 6)
    _tower(canvas, w * 0.52, h * 0.88, h * 0.6)
    _fog(canvas, 23, 90)
    sparrow(canvas, w * 0.2, h * 0.52, w * 0.075, flying=True, mood="wide")
    tell(canvas, 0.1, ("雾里有一座钟楼。",))


def _tower(canvas: Canvas, x: float, base: float, high: float) -> None:
    own = canvas.at(x, base, high)
    own.poly([(-0.2, 0), (-0.15, -0.6), (0.15, -0.6), (0.2, 0)], mix(WINE, BROWN, 0.5))
    own.poly([(-0.3, -0.56), (-0.2, -0.66), (0.2, -0.66), (0.3, -0.56)], mix(SLATE, INK, 0.35))
    own.rect(-0.15, -0.9, 0.3, 0.26, mix(GOLD, WHITE, 0.3))
    for side in (-0.15, 0.12):
        own.rect(side, -0.9, 0.03, 0.28, BARK)
    own.poly([(-0.34, -0.86), (-0.22, -0.93), (0.0, -1.1), (0.22, -0.93), (0.34, -0.86)], mix(SLATE, INK, 0.35))
    bell(own, 0, -0.86, 0.1)
    own.slab(-0.05, -0.16, 0.1, 0.16, 0.04, mix(BARK, INK, 0.4))


def _belfry(canvas: Canvas) -> None:
    """The room at the top."""
    w, h = canvas.width, canvas.height
    _sky(canvas, mix(FOG, PEACH, 0.5), mix(FOG, WHITE, 0.3))
    ranges(canvas, (h * 0.55, h * 0.72), h * 0.08, mix(FOG, SLATE, 0.1), mix(FOG, SLATE, 0.25), 18, 2)
    canvas.rect(0, h * 0.8, w, h * 0.3, mix(BROWN, BARK, 0.35))
    for y in (0.85, 0.92):
        canvas.stroke([(0, h * y), (w, h * y)], 4, BARK)
    for side in (-0.02, 0.94):
        canvas.rect(w * side, 0, w * 0.08, h, mix(BARK, WINE, 0.3))


def ringing(canvas: Canvas) -> None:
    """The one who rings."""
    w, h = canvas.width, canvas.height
    _belfry(canvas)
    bell(canvas, w * 0.62, h * 0.14, w * 0.2, turn=14)
    canvas.stroke([(w * 0.62, h * 0.5), (w * 0.5, h * 0.64)], 8, BARK)
    owl(canvas, w * 0.34, h * 0.68, w * 0.17, mood="calm")
    letter(canvas, w * 0.24, h * 0.2, "当——", w * 0.11, CINNABAR, turn=-12)
    for reach in (0.3, 0.36):
        canvas.stroke([(w * (0.62 + reach * 0.75), h * 0.2), (w * (0.66 + reach * 0.8), h * 0.34), (w * (0.6 + reach * 0.75), h * 0.46)], 7, AMBER, bent=True)


def delivered(canvas: Canvas) -> None:
    """Good morning."""
    w, h = canvas.width, canvas.height
    _belfry(canvas)
    owl(canvas, w * 0.76, h * 0.66, w * 0.16)
    sparrow(canvas, w * 0.26, h * 0.72, w * 0.13, mood="happy", paper=True)
    say(canvas, 0.5, 0.2, ("老钟先生，", "您的早报！"), (0.3, 0.52))


def squinting(canvas: Canvas) -> None:
    """His eyes are old."""
    w, h = canvas.width, canvas.height
    _belfry(canvas)
    owl(canvas, w * 0.5, h * 0.62, w * 0.2, mood="squint")
    own = canvas.at(w * 0.5, h * 0.86, w * 0.1, turn=3)
    own.rect(-3, -0.9, 6, 2.6, WHITE)
    own.rect(-2.8, -0.75, 5.6, 0.5, CINNABAR)
    for row in range(3):
        own.rect(-2.8, 0.0 + row * 0.42, 2.5, 0.16, MIST)
        own.rect(0.3, 0.0 + row * 0.42, 2.5, 0.16, MIST)
    say(canvas, 0.5, 0.17, ("眼睛花了，", "你念给我听吧。"), (0.5, 0.42))


def reading(canvas: Canvas) -> None:
    """What the paper says."""
    w, h = canvas.width, canvas.height
    _belfry(canvas)
    owl(canvas, w * 0.8, h * 0.7, w * 0.14)
    sparrow(canvas, w * 0.3, h * 0.7, w * 0.14, mood="wide")
    own = canvas.at(w * 0.55, h * 0.82, w * 0.07, turn=-6)
    own.rect(-1.5, -1.1, 3, 2.2, WHITE)
    own.rect(-1.3, -0.95, 2.6, 0.42, CINNABAR)
    for row in range(3):
        own.rect(-1.3, -0.3 + row * 0.4, 2.6, 0.14, MIST)
    say(canvas, 0.5, 0.2, ("“寻人：雾天里", "敲钟的，是谁？”"), (0.38, 0.5))


def thanks(canvas: Canvas) -> None:
    """The whole town answers."""
    w, h = canvas.width, canvas.height
    canvas.wash([(0, mix(SLATE, WHITE, 0.4)), (1, mix(PEACH, WHITE, 0.3))], 0, h * 0.7)
    canvas.glow(w * 0.3, h * 0.3, w * 0.4, GOLD, 0.7)
    canvas.disc(w * 0.3, h * 0.32, w * 0.05, mix(WHITE, GOLD, 0.3))
    ranges(canvas, (h * 0.52, h * 0.66), h * 0.12, mix(MIST, PEACH, 0.3), mix(TEAL, LEAF, 0.5), 14, 3)
    _tower(canvas, w * 0.76, h * 0.62, h * 0.36)
    canvas.wash([(0, mix(TEAL, MIST, 0.5)), (1, TEAL)], h * 0.7)
    ripples(canvas, h * 0.72, h, WHITE, 6, 60)
    for x, size in ((0.22, 0.13), (0.55, 0.1), (0.86, 0.12)):
        boat(canvas, w * x, h * (0.8 + size * 0.4), w * size, (WINE, INDIGO, PINE)[round(size * 100) % 3])
        duck(canvas, w * (x + 0.02), h * (0.8 + size * 0.4) - w * size * 0.48, w * size * 0.32)
    draw = random.Random(5)
    for _ in range(46):
        canvas.at(draw.uniform(0, w), draw.uniform(h * 0.2, h * 0.75), w * 0.011, turn=draw.uniform(0, 180)).slab(-1, -0.5, 2, 1, 0.2, draw.choice((CINNABAR, GOLD, WHITE, CORAL)))
    birds(canvas, w * 0.4, h * 0.28, w * 0.02, INDIGO, 5)
    tell(canvas, 0.1, ("第二天，全城的船都挂了彩。",))


def front_page(canvas: Canvas) -> None:
    """Four characters."""
    w, h = canvas.width, canvas.height
    _sky(canvas, mix(STRAW, PAPER, 0.4), mix(STRAW, BROWN, 0.25))
    own = canvas.at(w * 0.5, h * 0.54, w * 0.1, turn=-3)
    own.rect(-3.6, -4.4, 7.4, 9.2, mix(BROWN, INK, 0.2), 60)
    own.rect(-3.7, -4.5, 7.4, 9.2, WHITE)
    own.rect(-3.3, -4.1, 6.6, 1.7, CINNABAR)
    letter(canvas, w * 0.48, h * 0.54 - w * 0.33, "江淮晨报", w * 0.11, WHITE, turn=-3)
    letter(canvas, w * 0.5, h * 0.54 - w * 0.06, "谢谢老钟", w * 0.15, INK, turn=-3)
    for row in range(5):
        for column in (-3.3, 0.25):
            own.rect(column, 1.3 + row * 0.62, 3.05, 0.2, MIST)
    tell(canvas, 0.09, ("头版只有四个字：",))


def tea_for_two(canvas: Canvas) -> None:
    """See you tomorrow."""
    w, h = canvas.width, canvas.height
    _belfry(canvas)
    canvas.glow(w * 0.5, h * 0.42, w * 0.5, GOLD, 0.5)
    owl(canvas, w * 0.74, h * 0.62, w * 0.16, glasses=True, mood="happy", flip=True)
    sparrow(canvas, w * 0.26, h * 0.66, w * 0.12, mood="happy", bag=False)
    canvas.slab(w * 0.38, h * 0.76, w * 0.22, h * 0.03, 8, BARK)
    for x in (0.43, 0.55):
        canvas.slab(w * x - w * 0.03, h * 0.72, w * 0.06, h * 0.04, 8, TEAL)
        canvas.glow(w * x, h * 0.68, w * 0.05, WHITE, 0.7)
    say(canvas, 0.3, 0.14, ("明天见！",), (0.3, 0.46))
    say(canvas, 0.66, 0.31, ("明天见。",), (0.72, 0.45))
    letter(canvas, w * 0.5, h * 0.92, "（完）", w * 0.075, PAPER)
