"""A newspaper for the benchmarks: invented text, pictures with the detail of photographs."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageFilter

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


def _picture(seed: int) -> Image.Image:
    size = (800, 600)
    sky = Image.linear_gradient("L").resize(size)
    detail = Image.effect_noise(size, 60 + 5 * seed).filter(ImageFilter.GaussianBlur(2))
    waves = Image.effect_mandelbrot(size, (-2.0 + seed / 10, -1.2, 0.8, 1.2), 60).convert("L")
    return Image.merge("RGB", (Image.blend(sky, detail, 0.4), Image.blend(waves, detail, 0.5), Image.blend(sky, waves, 0.5)))
