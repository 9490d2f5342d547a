"""Small editions whose every pixel is known: a newspaper, a magazine and a comic."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from content.draw.fonts import font
from tests.unit.content import editions


def landscape(width: int, height: int, hue: int) -> bytes:
    """Hills under a sky with a sun."""
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float64)
    sky = np.stack([120 + 90 * rows / height + 0 * columns, 150 + 70 * rows / height + 0 * columns, 235 - 20 * rows / height + 0 * columns], axis=-1)
    for number, ground in enumerate(((96, 140, 110), (60, 110, 80), (40, 80, 50))):
        line = height * (0.5 + 0.13 * number) + height * 0.07 * np.sin(columns / width * (5 + 3 * number) + hue + number)
        sky[rows > line] = np.roll(ground, hue % 3)
    image = Image.fromarray(np.clip(sky, 0, 255).astype(np.uint8))
    ImageDraw.Draw(image).ellipse((width * 0.62, height * 0.12, width * 0.62 + height * 0.2, height * 0.32), fill=(250, 225, 150))
    return _png(image)


def page(number: int) -> bytes:
    """Three panels with a line of lettering in each."""
    image = Image.new("RGB", (600, 840), "white")
    draw = ImageDraw.Draw(image)
    for row, (top, bottom, colour) in enumerate(((20, 280, (214, 228, 240)), (300, 560, (240, 224, 206)), (580, 820, (222, 236, 214)))):
        draw.rectangle((20, top, 580, bottom), fill=colour, outline="black", width=4)
        draw.ellipse((60 + 90 * row, bottom - 150, 180 + 90 * row, bottom - 20), fill=(200 - 40 * row, 90 + 40 * number, 80), outline="black", width=3)
        draw.rounded_rectangle((300, top + 20, 560, top + 90), 20, fill="white", outline="black", width=3)
        draw.text((320, top + 36), f"第{number}页第{row + 1}格", font=font(32), fill="black")
    return _png(image)


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def newspaper(folder: Path, design: str) -> Path:
    """Five stories in two sections, two of them with pictures."""
    texts = editions._texts()
    sections = [{"title": "要闻", "items": ["a/1.md", "a/2.md"]}, {"title": "简讯", "items": ["a/3.md", "a/4.md", "a/5.md"]}]
    files: dict[str, str | bytes] = {
        "edition.yaml": editions.edition(sections=sections, design=design),
        "a/1.md": editions.article("新桥通车：首班车6点10分驶过江面", image="i/bridge.png"),
        "a/2.md": editions.article("水库蓄满", texts[0], image="i/lake.png"),
        "i/bridge.png": landscape(480, 320, 0),
        "i/lake.png": landscape(300, 420, 4),
    }
    files |= {f"a/{number}.md": editions.article(title, texts[number]) for number, title in ((3, "天气"), (4, "交通"), (5, "菜价"))}
    return editions.write(folder, files)


def magazine(folder: Path, design: str) -> Path:
    """A cover, an essay, a quiz."""
    sections = [{"title": "卷首", "part": "front", "items": ["a/1.md"]}, {"title": "散文", "items": ["a/2.md"]}, {"title": "有奖问答", "part": "quiz", "items": ["a/3.md"]}]
    quiz = {"question": "江城新桥有几条车道？", "choices": ["两条", "四条"], "answer": 2, "reply_to": "10650000", "keyword": "DA", "closes_at": "2099-12-31T24:00:00+08:00", "winners": 5}
    files: dict[str, str | bytes] = {
        "edition.yaml": editions.edition("magazine", title="江城会刊", number="2026-11", cover="i/cover.png", sections=sections, design=design),
        "a/1.md": editions.article("写在前面", editions.STORY),
        "a/2.md": editions.article("秋天的湖", editions.STORY * 2, image="i/cover.png"),
        "a/3.md": editions.article("有奖问答", "编辑短信 DA1 或 DA2 发送到 10650000。", quiz=quiz),
        "i/cover.png": landscape(640, 480, 2),
    }
    return editions.write(folder, files)


def comic(folder: Path, design: str) -> Path:
    """Two pages."""
    pages = [{"image": f"p/{number}.png"} for number in (1, 2)]
    files: dict[str, str | bytes] = {
        "edition.yaml": editions.edition("comic", title="小船出海", number="6", reading="ltr", cover="p/cover.png", pages=pages, credit="江城出版社", design=design),
        "p/cover.png": landscape(480, 480, 1),
        **{f"p/{number}.png": page(number) for number in (1, 2)},
    }
    return editions.write(folder, files)


PAPERS = {"newspaper": newspaper, "magazine": magazine, "comic": comic}
