"""Scenes by lamplight and starlight, and of the hills: stadium, library, stars, tea, snow, a boat under the moon."""

from __future__ import annotations

import math
import random

from sandbox.demo.drawings.canvas import Brush, Canvas, ridge
from sandbox.demo.drawings.day import HIGH, WIDE
from sandbox.demo.drawings.nature import birds, cloud, hills, pine, ranges, stars, tree
from sandbox.demo.drawings.palette import (
    AMBER,
    BARK,
    BROWN,
    CINNABAR,
    CORAL,
    GOLD,
    INDIGO,
    INK,
    LEAF,
    MIST,
    NIGHT,
    PAPER,
    PEACH,
    PINE,
    SAGE,
    SLATE,
    STRAW,
    TEAL,
    WHITE,
    WINE,
    Colour,
    mix,
)
from sandbox.demo.drawings.town import hui_house, lamp, skyline, walker


def stadium() -> Canvas:
    """The stadium under floodlight, full to the last row."""
    canvas = Canvas(WIDE, HIGH)
    canvas.wash([(0, NIGHT), (0.7, INDIGO), (1, mix(INDIGO, CORAL, 0.35))], 0, 520)
    stars(canvas, 130, 300)
    skyline(canvas, 430, 170, mix(NIGHT, INDIGO, 0.5), 9, lit=0.2)
    canvas.blob([(-160, 520), (120, 372), (600, 330), (1080, 372), (1360, 520), (1360, 760), (-160, 760)], mix(INDIGO, INK, 0.4))
    draw = random.Random(2)
    crowd = (CINNABAR, CORAL, PAPER, GOLD, SLATE, TEAL, PEACH)
    for row in range(15):
        y, bow = 398 + row * 15, 42 - row * 1.6
        for column in range(150):
            x = column * 8.2 + draw.uniform(-2, 2)
            lift = bow * ((x - 600) / 600) ** 2
            canvas.disc(x, y + lift + draw.uniform(-1.5, 1.5), 3.3 + row * 0.1, mix(draw.choice(crowd), INDIGO, draw.uniform(0.05, 0.6)))
    canvas.blob([(-260, 700), (120, 636), (600, 614), (1080, 636), (1460, 700), (1460, 1000), (-260, 1000)], mix(WINE, CINNABAR, 0.4))
    canvas.blob([(-260, 740), (120, 664), (600, 642), (1080, 664), (1460, 740), (1460, 1000), (-260, 1000)], LEAF)
    for number in range(-6, 7, 2):
        canvas.poly([(600 + number * 62, 648), (600 + (number + 1) * 62, 648), (600 + (number + 1) * 150, 900), (600 + number * 150, 900)], mix(LEAF, GOLD, 0.2), 150)
    canvas.stroke([(0, 760), (600, 744), (1200, 760)], 3.5, WHITE, 220, bent=True)
    canvas.stroke([(600, 642), (600, 900)], 3.5, WHITE, 220)
    for x, y, coat in ((430, 740, CINNABAR), (520, 800, CINNABAR), (690, 764, PAPER), (770, 832, PAPER), (350, 812, PAPER), (860, 724, CINNABAR), (618, 704, CINNABAR)):
        canvas.oval(x, y + 2, 22, 5, INK, 90)
        walker(canvas, x, y, 74, coat, flip=bool(x % 4))
    canvas.disc(590, 826, 8, WHITE)
    for x in (110, 1090):
        canvas.stroke([(x, 470), (x, 120)], 9, mix(SLATE, INK, 0.3))
        canvas.slab(x - 74, 76, 148, 66, 8, mix(SLATE, INK, 0.3))
        for row in range(3):
            for column in range(6):
                canvas.disc(x - 58 + column * 23, 90 + row * 19, 7.5, WHITE)
        canvas.glow(x, 108, 430, mix(WHITE, PEACH, 0.2), 0.75, 2.4)
    return canvas


def library() -> Canvas:
    """The library at night seen from the lawn, readers behind tall windows."""
    canvas = Canvas(WIDE, HIGH)
    canvas.wash([(0, NIGHT), (1, mix(INDIGO, SLATE, 0.35))], 0, 700)
    stars(canvas, 160, 330, 8)
    canvas.disc(180, 150, 46, mix(PAPER, GOLD, 0.15))
    canvas.disc(198, 138, 42, mix(NIGHT, INDIGO, 0.2))
    canvas.rect(150, 250, 900, 450, mix(BROWN, WINE, 0.45))
    canvas.poly([(110, 254), (600, 150), (1090, 254)], mix(WINE, INK, 0.4))
    canvas.rect(110, 248, 980, 18, mix(WINE, INK, 0.55))
    draw = random.Random(14)
    for number in range(6):
        _window(canvas, 186 + number * 143, draw)
    canvas.rect(150, 690, 900, 14, mix(WINE, INK, 0.5))
    canvas.rect(0, 700, WIDE, 220, mix(PINE, NIGHT, 0.55))
    for number in range(6):
        x = 242 + number * 143
        canvas.poly([(x - 48, 704), (x + 48, 704), (x + 48 + (x - 600) * 0.5 + 46, 900), (x - 48 + (x - 600) * 0.5 - 46, 900)], GOLD, 46)
    canvas.poly([(548, 704), (652, 704), (830, 900), (370, 900)], mix(PAPER, BROWN, 0.5))
    for x, high, seed in ((70, 470, 3), (1140, 500, 5)):
        tree(canvas, x, 730, high, (mix(PINE, NIGHT, 0.4), mix(AMBER, NIGHT, 0.5), mix(AMBER, BROWN, 0.5)), seed, mix(BARK, NIGHT, 0.4))
    for x in (330, 870):
        lamp(canvas, x, 800, 210, INK)
    walker(canvas, 560, 800, 128, CINNABAR, scarf=PAPER)
    walker(canvas, 660, 770, 108, TEAL)
    walker(canvas, 610, 852, 150, mix(INDIGO, SLATE, 0.4), flip=True)
    return canvas


def _window(canvas: Canvas, x: float, draw: random.Random) -> None:
    """A tall window with shelves and somebody who reads."""
    canvas.slab(x - 6, 296, 124, 394, 58, mix(WINE, INK, 0.4))
    canvas.slab(x, 302, 112, 384, 54, mix(GOLD, PAPER, 0.35))
    canvas.glow(x + 56, 470, 150, PAPER, 0.5, 1.4)
    for shelf in range(3):
        y, book = 430 + shelf * 62, x + 8.0
        canvas.rect(x + 4, y, 104, 5, BROWN)
        while book < x + 98:
            wide, high = draw.uniform(5, 11), draw.uniform(26, 46)
            canvas.rect(book, y - high, wide, high, mix(draw.choice((CINNABAR, TEAL, INDIGO, BROWN, SAGE, CORAL)), GOLD, 0.18))
            book += wide + draw.choice((0.8, 0.8, 7.0))
    canvas.rect(x + 10, 646, 92, 7, BARK)
    coat = draw.choice((TEAL, CINNABAR, INDIGO, PINE))
    canvas.blob([(x + 36, 650), (x + 38, 604), (x + 56, 594), (x + 74, 604), (x + 76, 650)], coat)
    canvas.disc(x + 56, 580, 14, PEACH)
    canvas.blob([(x + 41, 580), (x + 45, 564), (x + 58, 561), (x + 71, 570), (x + 69, 578), (x + 56, 572)], INK)
    canvas.poly([(x + 36, 646), (x + 56, 640), (x + 76, 646), (x + 76, 630), (x + 56, 626), (x + 36, 630)], WHITE)
    canvas.rect(x + 54, 302, 4, 120, mix(WINE, INK, 0.4))
    canvas.glow(x + 56, 600, 260, GOLD, 0.14, 2.0)


def meteors() -> Canvas:
    """Shooting stars above the mountains, two children and a telescope on the meadow."""
    canvas = Canvas(WIDE, HIGH)
    canvas.wash([(0, mix(NIGHT, INK, 0.3)), (0.55, INDIGO), (0.85, mix(SLATE, CORAL, 0.3)), (1, mix(PEACH, CORAL, 0.3))], 0, 700)
    draw = random.Random(12)
    for _ in range(170):
        share = draw.random()
        canvas.glow(80 + 900 * share + draw.gauss(0, 40), 640 - 600 * share + draw.gauss(0, 62), draw.uniform(20, 80), mix(SLATE, PEACH, draw.random() * 0.6), 0.07)
    stars(canvas, 460, 640, 5)
    for x, y, long in ((880, 90, 330), (520, 70, 220), (1080, 300, 210), (330, 220, 190), (720, 300, 130)):
        for part in range(40):
            share = part / 40
            canvas.stroke([(x - long * share, y + long * 0.52 * share), (x - long * (share + 0.035), y + long * 0.52 * (share + 0.035))], 4.4 * share + 0.4, mix(PEACH, WHITE, share), round(250 * share**1.6) + 4)
        canvas.glow(x - long, y + long * 0.52, 30, WHITE, 0.9)
    ranges(canvas, (610, 700), 110, mix(INDIGO, SLATE, 0.5), mix(NIGHT, PINE, 0.4), 31, 3)
    near = mix(NIGHT, INK, 0.4)
    hills(canvas, 800, 26, near, 40)
    for x, high in ((60, 250), (150, 190), (230, 130), (1040, 150), (1120, 240), (1180, 180)):
        pine(canvas, x, 830, high, near)
    own = canvas.at(640, 790, 1)
    own.stroke([(0, 0), (26, -76), (54, 4)], 5, INK)
    own.stroke([(26, -76), (28, 6)], 5, INK)
    own.at(26, -84, 1, turn=-38).slab(-42, -10, 104, 20, 8, mix(SLATE, PAPER, 0.4))
    walker(canvas, 580, 800, 118, CINNABAR, scarf=GOLD)
    walker(canvas, 730, 806, 96, TEAL, flip=True, scarf=PAPER)
    return canvas


def tea() -> Canvas:
    """Terraces of tea in the morning, mist between the hills, pickers with baskets."""
    canvas = Canvas(WIDE, HIGH)
    canvas.wash([(0, mix(SAGE, WHITE, 0.6)), (0.6, mix(PAPER, STRAW, 0.25)), (1, PAPER)], 0, 560)
    canvas.glow(860, 170, 380, WHITE, 0.9, 1.7)
    canvas.disc(860, 170, 50, mix(WHITE, GOLD, 0.18))
    ranges(canvas, (270, 470), 150, mix(MIST, SAGE, 0.35), mix(TEAL, LEAF, 0.4), 55, 5)
    for x, wide in ((190, 76), (262, 60), (330, 86)):
        hui_house(canvas, x, 520, wide, wide * 0.9, WHITE, mix(SLATE, INK, 0.3))
    for x, high, seed in ((150, 110, 1), (440, 130, 2), (480, 90, 3)):
        tree(canvas, x, 528, high, (PINE, LEAF, SAGE), seed)
    canvas.haze(440, 620, PAPER, 0.0, 0.55)
    for number in range(9):
        share = number / 8
        level, tone = 540 + 330 * share**1.35, mix(mix(SAGE, LEAF, 0.5), PINE, share * 0.6)
        line = ridge(WIDE, level, 26 - 8 * share, 90 + number // 3, waves=3)
        canvas.poly([*line, (WIDE, HIGH), (0, HIGH)], mix(tone, BARK, 0.32))
        draw = random.Random(number)
        for along, bush in line[:: max(1, 4 - number // 3)]:
            size = 12 + 32 * share
            canvas.oval(along, bush + size * 0.3, size, size * 0.62, mix(tone, PINE, draw.random() * 0.35))
            canvas.oval(along - size * 0.15, bush + size * 0.1, size * 0.6, size * 0.32, mix(tone, STRAW, 0.3 + draw.random() * 0.2), 190)
        if number in (3, 5):
            for offset in (0, 1):
                _picker(canvas, 380 + number * 90 + offset * 170, level - 2, 74 + 40 * share, (CINNABAR, INDIGO, CORAL)[(number + offset) % 3], bool(offset))
    birds(canvas, 620, 210, 14, mix(PINE, MIST, 0.3), 6, 4)
    return canvas


def _picker(brush: Brush, x: float, y: float, high: float, coat: Colour, flip: bool) -> None:
    own = brush.at(x, y, high, flip=flip)
    own.blob([(-0.16, 0.1), (-0.14, -0.42), (0.02, -0.6), (0.18, -0.42), (0.18, 0.1)], coat)
    own.stroke([(0.1, -0.42), (0.3, -0.16)], 0.08, mix(coat, INK, 0.15))
    own.blob([(-0.4, -0.42), (-0.16, -0.46), (-0.14, -0.08), (-0.34, -0.06)], mix(BROWN, STRAW, 0.45))
    own.disc(0.05, -0.68, 0.12, PEACH)
    own.poly([(-0.24, -0.7), (0.05, -0.98), (0.32, -0.68)], STRAW)


def lake_moon() -> Canvas:
    """The magazine's cover: a little boat with a lantern on a lake of moonlight."""
    canvas = Canvas(1000, 1200)
    water = 690.0
    canvas.wash([(0, NIGHT), (0.55, mix(INDIGO, TEAL, 0.45)), (1, mix(TEAL, PEACH, 0.5))], 0, water)
    stars(canvas, 170, 420, 11)
    canvas.glow(640, 300, 480, mix(PEACH, WHITE, 0.5), 0.6, 1.8)
    canvas.disc(640, 300, 118, mix(PAPER, GOLD, 0.2))
    for x, y, radius in ((600, 270, 22), (672, 330, 30), (650, 252, 13), (590, 340, 16)):
        canvas.disc(x, y, radius, mix(PAPER, AMBER, 0.34), 110)
    cloud(canvas, 380, 350, 220, mix(SLATE, PEACH, 0.5), 150, 2)
    cloud(canvas, 830, 420, 190, mix(SLATE, PEACH, 0.45), 150, 5)
    ranges(canvas, (520, 640), 120, mix(TEAL, MIST, 0.4), mix(NIGHT, TEAL, 0.45), 23, 4)
    canvas.haze(560, water, mix(PEACH, MIST, 0.5), 0.0, 0.45)
    canvas.mirrored(water, 510, mix(TEAL, NIGHT, 0.5), 0.34)
    canvas.haze(water, 1200, NIGHT, 0.0, 0.55)
    for number in range(60):
        row = water + 8 + number * 8.2
        canvas.oval(640 + math.sin(number * 2.1) * (6 + number), row, 16 + 70 * abs(math.sin(number * 1.3)), 1.8 + number * 0.02, mix(PAPER, GOLD, 0.3), 120)
    own = canvas.at(400, 910, 1.9)
    own.glow(70, -70, 150, GOLD, 0.8, 2.2)
    own.poly([(-130, -22), (-96, 14), (92, 14), (150, -36), (92, -14), (-88, -10)], INK)
    own.blob([(-62, -14), (-52, -62), (0, -80), (46, -60), (54, -14)], mix(BROWN, INK, 0.35))
    own.poly([(-52, -14), (-46, -50), (-6, -50), (-6, -14)], mix(GOLD, WHITE, 0.2))
    walker(own, 92, -10, 96, CINNABAR, scarf=PAPER)
    own.stroke([(112, -66), (146, 70)], 3, mix(BROWN, INK, 0.4))
    own.stroke([(62, -64), (72, -84)], 2.4, INK)
    own.slab(62, -84, 19, 25, 7, mix(GOLD, WHITE, 0.45))
    own.glow(72, -72, 46, WHITE, 0.7)
    canvas.glow(520, 985, 170, GOLD, 0.35)
    reed = mix(NIGHT, INK, 0.4)
    draw = random.Random(6)
    for side in (0, 1):
        for _ in range(34):
            foot, high = (draw.uniform(-20, 190) if side == 0 else draw.uniform(830, 1020)), draw.uniform(140, 420)
            lean = draw.uniform(-20, 46)
            canvas.stroke([(foot, 1210), (foot + lean * 0.3, 1210 - high * 0.6), (foot + lean, 1210 - high)], 4, reed, bent=True)
            canvas.oval(foot + lean, 1210 - high, 7, 26, mix(BROWN, reed, 0.55))
    return canvas


def snow_lane() -> Canvas:
    """First snow in an old lane; one window is lit and one pair of footprints leads there."""
    canvas = Canvas(WIDE, HIGH)
    canvas.wash([(0, mix(INDIGO, SLATE, 0.5)), (1, mix(MIST, PEACH, 0.35))], 0, 600)
    ranges(canvas, (380, 480), 80, mix(SLATE, MIST, 0.4), mix(SLATE, INDIGO, 0.3), 61, 3)
    canvas.wash([(0, mix(WHITE, MIST, 0.35)), (1, WHITE)], 540)
    for number, (x, base, wide, high) in enumerate(((470, 570, 120, 130), (620, 566, 110, 116), (250, 640, 240, 270), (730, 640, 260, 280), (-60, 730, 330, 420), (960, 730, 340, 430))):
        wall = mix(mix(WHITE, MIST, 0.4), SLATE, 0.18)
        hui_house(canvas, x, base, wide, high, wall, WHITE, lit=GOLD if number in (3, 4) else mix(SLATE, INDIGO, 0.4))
        canvas.rect(x - 4, base - high * 0.03, wide + 8, high * 0.05, WHITE)
    canvas.glow(790, 455, 210, GOLD, 0.5)
    canvas.glow(965, 470, 120, GOLD, 0.25)
    lamp(canvas, 600, 690, 260, INK)
    tree(canvas, 420, 690, 330, (mix(BARK, WHITE, 0.55), WHITE, WHITE), 8, mix(BARK, INK, 0.3))
    for number in range(11):
        share = number / 10
        left, down = 560 + 150 * share + (14 if number % 2 else -14) * (1.3 - share), 890 - 190 * share
        canvas.oval(left, down, 11 * (1.2 - share * 0.7), 5 * (1.2 - share * 0.7), mix(MIST, SLATE, 0.35))
    walker(canvas, 722, 690, 150, CINNABAR, umbrella=mix(CORAL, WHITE, 0.1), scarf=PAPER)
    draw = random.Random(17)
    for _ in range(420):
        near = draw.random() ** 2
        canvas.disc(draw.uniform(0, WIDE), draw.uniform(0, HIGH), 1.6 + 5.5 * near, WHITE, round(150 + 100 * near))
    return canvas


def night_train() -> Canvas:
    """A slow train crossing a viaduct at night, one carriage window after the other."""
    canvas = Canvas(WIDE, HIGH)
    canvas.wash([(0, NIGHT), (0.6, INDIGO), (1, mix(SLATE, CORAL, 0.4))], 0, 620)
    stars(canvas, 240, 430, 21)
    canvas.glow(240, 200, 240, PAPER, 0.45)
    canvas.disc(240, 200, 54, mix(PAPER, GOLD, 0.15))
    ranges(canvas, (430, 600), 130, mix(SLATE, CORAL, 0.25), mix(NIGHT, TEAL, 0.35), 44, 4)
    canvas.wash([(0, mix(SLATE, CORAL, 0.25)), (1, mix(NIGHT, INDIGO, 0.5))], 700)
    canvas.mirrored(700, 200, mix(NIGHT, INDIGO, 0.5), 0.45)
    stone = mix(NIGHT, SLATE, 0.32)
    canvas.rect(0, 516, WIDE, 34, stone)
    for x in range(-40, WIDE + 100, 190):
        canvas.rect(x, 545, 36, 230, stone)
        canvas.blob([(x + 36, 548), (x + 113, 516), (x + 190, 548), (x + 160, 560), (x + 113, 540), (x + 66, 560)], stone)
    for number in range(5):
        left = 40 + number * 212
        canvas.slab(left, 434, 204, 74, 10, mix(PINE, TEAL, 0.4) if number < 4 else mix(CINNABAR, WINE, 0.3))
        canvas.rect(left, 486, 204, 6, GOLD)
        for column in range(5):
            canvas.slab(left + 16 + column * 36, 448, 26, 27, 4, mix(GOLD, WHITE, 0.35) if number < 4 else mix(GOLD, WHITE, 0.1))
            if (number * 5 + column) % 3 == 0 and number < 4:
                canvas.disc(left + 29 + column * 36, 466, 6, INK)
                canvas.rect(left + 21 + column * 36, 469, 16, 6, INK)
        for wheel in (30, 62, 142, 174):
            canvas.disc(left + wheel, 510, 10, INK)
    canvas.glow(1108, 470, 190, mix(GOLD, WHITE, 0.4), 0.7)
    for number in range(40):
        canvas.oval(60 + number * 27, 712 + (number * 37) % 160, 16, 2, GOLD, 110)
    return canvas
