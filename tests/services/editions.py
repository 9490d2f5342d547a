"""A small newspaper and a few readers, made for tests of whole installations."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image, ImageDraw

CLASSES = ("30kb-128x160", "100kb-240x320", "600kb-480x800")

EDITION = """\
publication: test-paper
kind: newspaper
number: "2026-11-22"
title: 试验早报
date: 2026-11-22
cover: images/hill.jpg
sections:
  - title: 要闻
    items: [articles/01.md, articles/02.md]
  - title: 杭州
    segment: hangzhou
    items: [articles/03.md]
"""

ARTICLE = """\
---
title: {title}
{image}topics: [news]
level: province
---
{body}
"""

SEGMENT = "{field: city, op: eq, value: 杭州}\n"


def write_edition(folder: Path) -> Path:
    """A newspaper of three articles, one of them for 杭州 alone; it wants the segment `hangzhou`."""
    for name in ("articles", "images"):
        (folder / name).mkdir(parents=True)
    (folder / "edition.yaml").write_text(EDITION)
    stories = (
        ("01", "清晨的第一班车", "image: images/hill.jpg\n", "天还没有亮，第一班车已经出发。司机说，这条路他走了二十年。\n\n" * 3),
        ("02", "图书馆延长开放", "", "市图书馆从今天起开放到晚上十点。读者可以在一楼借书，在三楼自习。\n\n" * 2),
        ("03", "西湖边的新树", "", "西湖边新种了三百棵桂树，明年秋天就能闻到花香。\n"),
    )
    for number, title, image, body in stories:
        (folder / "articles" / f"{number}.md").write_text(ARTICLE.format(title=title, image=image, body=body))
    (folder / "images" / "hill.jpg").write_bytes(_hill())
    return folder


def _hill() -> bytes:
    picture = Image.new("RGB", (800, 600), (120, 170, 220))
    pen = ImageDraw.Draw(picture)
    for step in range(40):
        pen.ellipse((-200 + step * 12, 300 + step * 9, 1000 - step * 7, 1100), fill=(40 + step * 3, 90 + step * 2, 60))
    output = io.BytesIO()
    picture.save(output, "JPEG", quality=92)
    return output.getvalue()


def write_readers(folder: Path, count: int) -> tuple[Path, Path]:
    """`count` readers in three handset classes and two cities, and their subscriptions: two CSV files."""
    numbers = [f"1380013{index:04d}" for index in range(count)]
    readers, orders = folder / "readers.csv", folder / "orders.csv"
    lines = [f"{number},{('杭州', '宁波')[index % 2]},{CLASSES[index % len(CLASSES)]}" for index, number in enumerate(numbers)]
    readers.write_text("\n".join(["msisdn,city,handset", *lines, ""]))
    orders.write_text("\n".join(["msisdn,service_id,state,effective_at", *(f"{number},test-paper,active,2026-01-01" for number in numbers), ""]))
    return readers, orders
