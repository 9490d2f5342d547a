"""Newspapers for the benchmarks: invented text, pictures with the detail of photographs."""

from __future__ import annotations

from pathlib import Path

import yaml
from PIL import Image, ImageFilter

from tests.benchmark.photographs import photographs

STORIES = 12
PICTURES = 6
SENTENCES = (
    "清晨的河面上升起薄雾，渡船照常开行。",
    "市民在新修的步道上散步，孩子们追着风筝跑。",
    "工程师说，桥面将在月底以前铺好。",
    "图书馆把闭馆时间推迟到晚上九点。",
    "农贸市场里的莲藕今年格外便宜。",
)


def write_newspaper(folder: Path) -> Path:
    """An edition folder of `STORIES` stories, `PICTURES` of them with a picture."""
    (folder / "articles").mkdir(parents=True)
    (folder / "images").mkdir()
    names = []
    for at in range(STORIES):
        picture = f"image: images/{at}.jpg\n" if at < PICTURES else ""
        if picture:
            _picture(at).save(folder / "images" / f"{at}.jpg", quality=92)
        text = "".join(SENTENCES[(at + step) % len(SENTENCES)] for step in range(4 + at))
        (folder / "articles" / f"{at}.md").write_text(f"---\ntitle: 第{at + 1}条：河边的消息\n{picture}---\n{text}\n", "utf-8")
        names.append(f"      - articles/{at}.md")
    head = "publication: bench\nkind: newspaper\nnumber: '1'\ntitle: 河边日报\ndate: '2026-11-22'\nsections:\n  - title: 要闻\n    items:\n"
    (folder / "edition.yaml").write_text(head + "\n".join(names) + "\n", "utf-8")
    return folder


TOPICS = ("sport", "film", "food")
"""Each has one story of the larger paper to itself: readers of any of them make eight signatures."""


def write_eight_signatures(folder: Path) -> Path:
    """Twenty stories in four sections, twelve with a photograph, three for those of a topic."""
    for name in ("articles", "images"):
        (folder / name).mkdir(parents=True)
    images = dict(list(photographs().items())[:12])
    for name, data in images.items():
        (folder / "images" / name).write_bytes(data)
    own = dict(zip((4, 9, 14), TOPICS, strict=True))
    for at in range(20):
        front: dict[str, object] = {"title": f"第{at + 1}条：河边的消息"}
        if at < len(images):
            front["image"] = f"images/{list(images)[at]}"
        if at in own:
            front["segment"] = {"all": [{"field": "preferences.topics", "op": "contains", "value": own[at]}]}
        text = "".join(SENTENCES[(at + step) % len(SENTENCES)] for step in range(4 + at % 9))
        (folder / "articles" / f"{at:02}.md").write_text(f"---\n{yaml.safe_dump(front, allow_unicode=True)}---\n{text}第{at + 1}处。\n", "utf-8")
    sections = [{"title": title, "items": [f"articles/{at:02}.md" for at in range(first, first + 5)]} for first, title in ((0, "要闻"), (5, "本地"), (10, "文体"), (15, "生活"))]
    edition = {"publication": "bench-40", "kind": "newspaper", "number": "1", "title": "河边日报", "date": "2026-11-22", "sections": sections}
    (folder / "edition.yaml").write_text(yaml.safe_dump(edition, allow_unicode=True, sort_keys=False), "utf-8")
    return folder


def _picture(seed: int) -> Image.Image:
    size = (800, 600)
    sky = Image.linear_gradient("L").resize(size)
    detail = Image.effect_noise(size, 60 + 5 * seed).filter(ImageFilter.GaussianBlur(2))
    waves = Image.effect_mandelbrot(size, (-2.0 + seed / 10, -1.2, 0.8, 1.2), 60).convert("L")
    return Image.merge("RGB", (Image.blend(sky, detail, 0.4), Image.blend(waves, detail, 0.5), Image.blend(sky, waves, 0.5)))
