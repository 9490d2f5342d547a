"""Scenes of the newspaper by day: dawn over the lake, the bridge, the train, the avenue, rain, a bowl of noodles."""

from __future__ import annotations

import math
import random

from sandbox.demo.drawings.canvas import Brush, Canvas
from sandbox.demo.drawings.nature import birds, cloud, hills, rain, ranges, ripples, tree
from sandbox.demo.drawings.palette import AMBER, BARK, BROWN, CINNABAR, CORAL, GOLD, INDIGO, INK, LEAF, MIST, PAPER, PEACH, PINE, SAGE, SLATE, STRAW, TEAL, WHITE, WINE, Colour, mix
from sandbox.demo.drawings.town import boat, cable_bridge, cyclist, hui_house, lamp, skyline, train, walker

WIDE, HIGH = 1200, 900


def dawn() -> Canvas:
    """The city across the lake at sunrise, cyclists on the shore."""
    canvas = Canvas(WIDE, HIGH)
    water = 560.0
    canvas.wash([(0, mix(INDIGO, SLATE, 0.55)), (0.35, mix(SLATE, CORAL, 0.45)), (0.7, PEACH), (1, mix(GOLD, PAPER, 0.45))], 0, water)
    canvas.glow(760, 500, 520, mix(GOLD, WHITE, 0.35), 0.85, 1.6)
    canvas.disc(760, 478, 62, mix(WHITE, GOLD, 0.22))
    for number, (x, y, size) in enumerate(((250, 170, 230), (880, 120, 200), (560, 265, 170), (1080, 290, 150))):
        cloud(canvas, x, y, size, mix(PEACH, WHITE, 0.35), 120, number)
    skyline(canvas, water - 14, 210, mix(SLATE, PEACH, 0.5), 5, step=0.8)
    canvas.haze(380, water, PEACH, 0.0, 0.55)
    skyline(canvas, water, 190, mix(SLATE, INDIGO, 0.25), 21, lit=0.06)
    canvas.haze(470, water, PEACH, 0.0, 0.5)
    canvas.mirrored(water, 340, mix(CORAL, SLATE, 0.35), 0.3)
    canvas.glow(760, 640, 330, mix(GOLD, WHITE, 0.4), 0.5, 2.0)
    ripples(canvas, water + 8, 830, mix(PEACH, WHITE, 0.6), count=130)
    boat(canvas, 330, 640, 58, mix(INDIGO, INK, 0.3))
    birds(canvas, 440, 330, 15, mix(INDIGO, SLATE, 0.4), 6)
    shore = mix(INDIGO, PINE, 0.45)
    canvas.blob([(-60, 830), (200, 796), (620, 812), (1000, 776), (1280, 792), (1300, 980), (-80, 980)], shore)
    canvas.blob([(-60, 866), (300, 838), (760, 850), (1280, 822), (1280, 850), (760, 882), (300, 872), (-60, 896)], mix(shore, PEACH, 0.34))
    _reeds(canvas, 40, 830, shore, 1)
    _reeds(canvas, 1010, 800, shore, 4)
    for x, size, coat in ((500, 118, CINNABAR), (664, 108, TEAL), (800, 112, GOLD)):
        cyclist(canvas, x, 866, size, coat)
    return canvas


def _reeds(brush: Brush, x: float, y: float, fill: Colour, seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(26):
        foot, high, lean = x + draw.uniform(0, 170), draw.uniform(60, 170), draw.uniform(-8, 34)
        brush.stroke([(foot, y + 20), (foot + lean * 0.3, y - high * 0.6), (foot + lean, y - high)], 2.4, mix(fill, LEAF, draw.random() * 0.3), bent=True)
        brush.oval(foot + lean, y - high, 4, 16, mix(BROWN, fill, 0.35))


def bridge() -> Canvas:
    """A cable bridge over the great river, boats below, hills beyond."""
    canvas = Canvas(WIDE, HIGH)
    water = 600.0
    canvas.wash([(0, mix(TEAL, WHITE, 0.35)), (0.6, mix(MIST, PAPER, 0.55)), (1, mix(STRAW, PAPER, 0.6))], 0, water)
    canvas.glow(250, 190, 420, WHITE, 0.9, 1.8)
    canvas.disc(250, 190, 52, mix(WHITE, STRAW, 0.15))
    for number, (x, y, size) in enumerate(((820, 130, 240), (480, 250, 160), (1080, 270, 170))):
        cloud(canvas, x, y, size, WHITE, 190, number + 3)
    ranges(canvas, (430, 560), 95, mix(MIST, TEAL, 0.12), mix(TEAL, SAGE, 0.35), 12, 4)
    skyline(canvas, water, 90, mix(TEAL, MIST, 0.35), 8, step=0.6)
    canvas.wash([(0, mix(TEAL, MIST, 0.6)), (1, mix(TEAL, INDIGO, 0.35))], water)
    canvas.mirrored(water, 170, mix(TEAL, MIST, 0.45), 0.45)
    ripples(canvas, water + 10, 890, WHITE, 8, 170)
    cable_bridge(canvas, 566, (380, 860), 170, mix(CINNABAR, WINE, 0.15))
    draw = random.Random(4)
    for x in range(30, WIDE, 74):
        canvas.slab(x + draw.uniform(-12, 12), 566 - 14 * x / WIDE - 9, 20, 8, 3, (PAPER, GOLD, INDIGO, CORAL)[x % 4])
    for x in (380, 860):
        canvas.oval(x, 662, 44, 13, mix(TEAL, INK, 0.35))
    boat(canvas, 600, 752, 150, mix(WINE, INK, 0.35))
    boat(canvas, 1010, 664, 60, mix(INDIGO, INK, 0.2))
    boat(canvas, 190, 676, 46, mix(PINE, INK, 0.2))
    birds(canvas, 560, 420, 17, WHITE, 7, 8)
    return canvas


def avenue() -> Canvas:
    """An avenue of ginkgos in November; people walk on gold."""
    canvas = Canvas(WIDE, HIGH)
    canvas.wash([(0, mix(MIST, WHITE, 0.35)), (1, mix(STRAW, PAPER, 0.6))], 0, 640)
    skyline(canvas, 560, 250, mix(MIST, WHITE, 0.35), 33, step=0.9)
    canvas.haze(250, 580, PAPER, 0.1, 0.75)
    canvas.rect(0, 555, WIDE, 400, mix(STRAW, GOLD, 0.45))
    canvas.poly([(560, 555), (640, 555), (1080, 900), (120, 900)], mix(PAPER, STRAW, 0.6))
    leaves = (mix(AMBER, BROWN, 0.35), AMBER, GOLD, mix(GOLD, STRAW, 0.4), mix(STRAW, PAPER, 0.35))
    for depth in range(6):
        share = (depth / 5) ** 1.7
        for side in (-1, 1):
            pale = tuple(mix(tone, PAPER, 0.45 * (1 - share)) for tone in leaves)
            tree(canvas, 600 + side * (86 + 390 * share), 566 + 215 * share, 215 + 560 * share, pale, depth * 2 + (side > 0), mix(BARK, PAPER, 0.4 * (1 - share)))
    draw = random.Random(6)
    for _ in range(900):
        near = draw.random() ** 0.6
        y = 566 + 330 * near
        canvas.oval(draw.uniform(0, WIDE), y, 2 + 6 * near, 1 + 2.6 * near, draw.choice(leaves), 210)
    for _ in range(45):
        canvas.at(draw.uniform(0, WIDE), draw.uniform(80, 700), draw.uniform(6, 12), turn=draw.uniform(0, 360)).oval(0, 0, 1, 0.55, draw.choice(leaves[1:]))
    walker(canvas, 520, 690, 120, INDIGO, scarf=CINNABAR)
    walker(canvas, 566, 692, 108, CORAL, flip=True)
    walker(canvas, 680, 640, 76, TEAL, flip=True)
    cyclist(canvas, 690, 820, 150, WINE)
    return canvas


def railway() -> Canvas:
    """The morning train between rape fields and white houses."""
    canvas = Canvas(WIDE, HIGH)
    canvas.wash([(0, mix(SLATE, WHITE, 0.45)), (1, mix(PEACH, WHITE, 0.4))], 0, 560)
    for number, (x, y, size) in enumerate(((300, 150, 260), (820, 110, 190), (1010, 250, 230))):
        cloud(canvas, x, y, size, WHITE, 220, number + 9)
    ranges(canvas, (370, 500), 110, mix(MIST, PEACH, 0.25), mix(TEAL, SAGE, 0.5), 71, 4)
    hills(canvas, 555, 16, mix(SAGE, STRAW, 0.35), 4)
    for x, wide, high in ((690, 96, 92), (776, 76, 72), (850, 112, 100), (240, 84, 76)):
        hui_house(canvas, x, 580, wide, high, WHITE, mix(SLATE, INK, 0.3))
    for x, high, seed in ((640, 130, 2), (985, 150, 3), (190, 112, 4), (1040, 104, 8)):
        tree(canvas, x, 586, high, (PINE, LEAF, SAGE), seed)
    canvas.rect(0, 582, WIDE, 330, mix(LEAF, GOLD, 0.25))
    for number in range(7):
        y = 590 + 300 * (number / 7) ** 1.5
        canvas.blob([(-50, y + 8), (300, y - 6), (700, y + 10), (1260, y - 4), (1260, y + 30), (-50, y + 34)], mix(GOLD, LEAF, 0.12 + 0.3 * (number % 2)))
    draw = random.Random(8)
    for _ in range(1300):
        near = draw.random()
        canvas.disc(draw.uniform(0, WIDE), 592 + 310 * near, 1.4 + 4.5 * near * draw.random(), draw.choice((GOLD, mix(GOLD, WHITE, 0.4), LEAF)), 230)
    canvas.rect(0, 742, WIDE, 20, mix(PAPER, SLATE, 0.25))
    for x in range(60, WIDE, 230):
        canvas.poly([(x, 760), (x + 38, 760), (x + 30, 900), (x + 8, 900)], mix(PAPER, SLATE, 0.3))
    train(canvas, 744, 1030)
    return canvas


def umbrellas() -> Canvas:
    """Rain in the old street at dusk, umbrellas and wet stone."""
    canvas = Canvas(WIDE, HIGH)
    canvas.wash([(0, mix(INDIGO, SLATE, 0.5)), (1, mix(SLATE, PEACH, 0.35))], 0, 640)
    canvas.haze(200, 640, MIST, 0.0, 0.5)
    for depth in range(4):
        share = depth / 3
        wall, roof = mix(mix(MIST, PAPER, 0.6), SLATE, 0.45 - 0.22 * share), mix(INDIGO, INK, share * 0.5)
        wide, high = 120 + 150 * share, 190 + 190 * share
        for side in (-1, 1):
            left = 600 + side * (100 + 340 * share) - (wide if side < 0 else 0)
            hui_house(canvas, left, 610 + 70 * share, wide, high, wall, roof, lit=GOLD)
    canvas.wash([(0, mix(SLATE, MIST, 0.35)), (1, mix(INDIGO, SLATE, 0.3))], 640)
    canvas.mirrored(680, 220, mix(INDIGO, SLATE, 0.4), 0.42)
    for x, y, high in ((330, 690, 250), (880, 690, 250), (505, 640, 140), (705, 640, 140)):
        lamp(canvas, x, y, high, mix(INK, INDIGO, 0.5))
        canvas.glow(x, y + 80, high * 0.35, GOLD, 0.35)
    people = ((560, 676, 120, TEAL, GOLD, False), (668, 684, 132, WINE, CORAL, True), (430, 770, 214, INDIGO, CINNABAR, False), (790, 806, 250, BROWN, TEAL, True), (610, 724, 156, SLATE, PAPER, False))
    for x, y, high, coat, shade, flip in people:
        canvas.oval(x, y + 4, high * 0.3, high * 0.04, INK, 90)
        canvas.oval(x, y + high * 0.22, high * 0.24, high * 0.16, shade, 46)
        walker(canvas, x, y, high, coat, umbrella=shade, flip=flip)
    ripples(canvas, 690, 895, mix(PEACH, WHITE, 0.4), 12, 90)
    rain(canvas, 330, mix(MIST, WHITE, 0.6))
    return canvas


def noodles() -> Canvas:
    """A bowl of beef soup with vermicelli, on the table by the window."""
    canvas = Canvas(WIDE, HIGH, mix(PAPER, STRAW, 0.3))
    canvas.wash([(0, mix(TEAL, PINE, 0.3)), (1, mix(TEAL, SAGE, 0.3))], 0, 430)
    canvas.glow(900, 90, 620, mix(GOLD, PAPER, 0.3), 0.55, 1.6)
    canvas.wash([(0, mix(BROWN, AMBER, 0.25)), (1, mix(BARK, BROWN, 0.35))], 430)
    for y in (470, 560, 690, 850):
        canvas.stroke([(0, y), (300, y + 6), (800, y - 5), (1200, y + 4)], 2.5, BARK, 110, bent=True)
    canvas.oval(600, 770, 400, 66, INK, 80)
    canvas.poly([(440, 760), (760, 760), (735, 812), (465, 812)], mix(WHITE, SLATE, 0.2))
    canvas.blob([(215, 470), (250, 610), (380, 748), (600, 790), (820, 748), (950, 610), (985, 470), (600, 450)], WHITE)
    canvas.blob([(700, 500), (985, 470), (950, 610), (820, 748), (640, 788), (790, 690)], MIST, 90)
    for number in range(15):
        angle = math.radians(18 + number * 10.3)
        canvas.at(600 - 352 * math.cos(angle), 520 + 172 * math.sin(angle) + 40 * math.sin(angle), 19, turn=number * 4 - 30).blob([(-1, 0), (0, -0.8), (1, 0), (0, 0.8)], mix(TEAL, INDIGO, 0.4))
    canvas.oval(600, 470, 388, 122, mix(WHITE, MIST, 0.25))
    canvas.oval(600, 474, 362, 108, mix(AMBER, CINNABAR, 0.38))
    canvas.oval(600, 482, 350, 98, mix(AMBER, GOLD, 0.15))
    _toppings(canvas)
    canvas.stroke([(770, 500), (1130, 250)], 13, mix(BARK, WINE, 0.3))
    canvas.stroke([(815, 512), (1160, 290)], 13, mix(BARK, WINE, 0.15))
    draw = random.Random(3)
    for x in (470, 600, 740):
        points = [(x + math.sin(step * 0.9 + x) * 26, 360 - step * 42) for step in range(8)]
        for number, (px, py) in enumerate(points):
            canvas.glow(px, py, 62 + number * 9 + draw.uniform(0, 10), WHITE, 0.26 - number * 0.026)
    return canvas


def _toppings(canvas: Canvas) -> None:
    draw = random.Random(11)
    for number in range(34):
        angle, y = draw.uniform(0, 6.28), 0.0
        points = []
        for step in range(7):
            x = 600 + 265 * math.cos(angle + step * 0.16) * (0.35 + 0.1 * (number % 6))
            y = 482 + 74 * math.sin(angle + step * 0.16) * (0.4 + 0.1 * (number % 6)) + math.sin(step * 1.7) * 4
            points.append((x, y))
        canvas.stroke(points, 6.5, mix(PAPER, STRAW, 0.25 + 0.35 * draw.random()), bent=True)
    for x, y, turn in ((470, 470, -18), (548, 440, 8), (640, 450, 24), (560, 508, -6), (690, 498, 12)):
        own = canvas.at(x, y, 60, turn=turn)
        own.blob([(-1, 0.02), (-0.5, -0.36), (0.4, -0.4), (1, -0.05), (0.55, 0.32), (-0.45, 0.36)], mix(BROWN, WINE, 0.4))
        own.stroke([(-0.75, 0.0), (-0.1, -0.16), (0.7, -0.06)], 0.07, mix(PEACH, BROWN, 0.45), bent=True)
        own.stroke([(-0.6, 0.17), (0.0, 0.07), (0.6, 0.14)], 0.05, mix(PEACH, BROWN, 0.6), bent=True)
    for _ in range(60):
        angle, reach = draw.uniform(0, 6.28), draw.random() ** 0.5
        x, y = 600 + 300 * reach * math.cos(angle), 480 + 80 * reach * math.sin(angle)
        if draw.random() < 0.6:
            canvas.oval(x, y, 8, 5, LEAF)
            canvas.oval(x, y, 3.6, 2.2, mix(LEAF, WHITE, 0.65))
        else:
            canvas.disc(x, y, 5, CINNABAR, 200)
