"""Edition folders made for tests: drawn pictures, invented stories."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from PIL import Image, ImageDraw

STORY = "江边的新桥在星期一早晨开放。第一辆公共汽车在六点十分驶过桥面，车上坐着三十二位去上班的人。“等了五年，终于等到了。”一位老人说。桥长1.2公里，双向四车道。"
LONG = "".join(f"这是第{number}句话，说的是第{number}件事，说完了就停下来。" for number in range(1, 121))


def picture(width_px: int = 320, height_px: int = 240, colour: str = "#3070a0", *, form: str = "JPEG", noise: bool = True) -> bytes:
    """A drawn picture; with noise it is hard to compress, as a photograph is."""
    image = Image.effect_noise((width_px, height_px), 60).convert("RGB") if noise else Image.new("RGB", (width_px, height_px), colour)
    draw = ImageDraw.Draw(image)
    draw.rectangle((width_px // 4, height_px // 4, width_px * 3 // 4, height_px * 3 // 4), fill=colour)
    out = io.BytesIO()
    image.save(out, form)
    return out.getvalue()


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    """A folder with these files."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def article(title: str, body: str = STORY, **front: Any) -> str:
    """An article file."""
    return f"---\n{yaml.safe_dump({'title': title, **front}, allow_unicode=True, sort_keys=False)}---\n\n{body}\n"


def edition(kind: str = "newspaper", **values: Any) -> str:
    """An edition.yaml."""
    document = {"publication": f"test-{kind}", "kind": kind, "number": "2026-11-22", "title": "江城早报", "date": "2026-11-22", **values}
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False)


SPORT = {"all": [{"field": "preferences.topics", "op": "contains", "value": "sport"}]}
CITY = {"all": [{"field": "city", "op": "eq", "value": "合肥"}]}


def newspaper(folder: Path, **values: Any) -> Path:
    """Nine stories in three sections, two of them for some readers only, one of them long."""
    sections = [
        {"title": "要闻", "items": ["articles/1.md", "articles/2.md", "articles/3.md"]},
        {"title": "体育", "items": ["articles/4.md", "articles/5.md"]},
        {"title": "简讯", "items": ["articles/6.md", "articles/7.md", "articles/8.md", "articles/9.md"]},
    ]
    texts = _texts()
    return write(
        folder,
        {
            "edition.yaml": edition(sections=sections, **values),
            "articles/1.md": article("新桥通车", image="images/a.jpg"),
            "articles/2.md": article("水库蓄满", texts[0], image="images/b.png"),
            "articles/3.md": article("百年老店的一百二十个故事", LONG),
            "articles/4.md": article("主队赢球", texts[1], segment=SPORT, image="images/c.jpg"),
            "articles/5.md": article("马拉松报名", texts[2], segment=CITY, level="city"),
            "articles/6.md": article("天气", texts[3]),
            "articles/7.md": article("交通", texts[4]),
            "articles/8.md": article("菜价", texts[5]),
            "articles/9.md": article("讲座", texts[6]),
            "images/a.jpg": picture(640, 480),
            "images/b.png": picture(500, 700, "#a03030", form="PNG"),
            "images/c.jpg": picture(300, 200, "#30a030"),
        },
    )


def _texts() -> Sequence[str]:
    return (
        "连日降雨之后，城北水库昨夜蓄满，开闸放水三个小时，下游水位上涨四十厘米。",
        "主队昨晚在主场以3比1战胜来访的客队，排名升到第四。",
        "十二月的马拉松今天开始报名，名额两万人，报满为止。",
        "今天多云，最高气温15度，东北风三级。",
        "环城路维修，早高峰请绕行。",
        "白菜每斤八角，萝卜每斤一元二角。",
        "图书馆周六下午有古籍修复讲座，免费入场。",
    )


def magazine(folder: Path, **values: Any) -> Path:
    """The four parts and four essays."""
    sections = [
        {"title": "卷首", "part": "front", "items": ["articles/front.md"]},
        {"title": "业务介绍", "part": "service", "items": ["articles/service.md"]},
        {"title": "散文", "items": [f"articles/e{number}.md" for number in range(1, 5)]},
        {"title": "有奖问答", "part": "quiz", "items": ["articles/quiz.md"]},
        {"title": "四格漫画", "part": "comic", "items": [f"panels/{number}.png" for number in range(1, 5)]},
    ]
    quiz = {
        "question": "江城新桥有几条车道？",
        "choices": ["两条", "四条", "六条"],
        "answer": 2,
        "reply_to": "10650000",
        "keyword": "DA",
        "closes_at": "2099-12-31T24:00:00+08:00",
        "winners": 20,
    }
    files: dict[str, str | bytes] = {
        "edition.yaml": edition("magazine", title="江城会刊", number="2026-11", cover="images/cover.jpg", sections=sections, **values),
        "articles/front.md": article("写在前面", f"写在前面\n\n·编者·\n\n{STORY}"),
        "articles/service.md": article("彩信怎么看", image="images/cover.jpg"),
        "articles/quiz.md": article("有奖问答", "编辑短信 DA1、DA2 或 DA3 发送到 10650000。", quiz=quiz),
        "images/cover.jpg": picture(800, 600),
    }
    for number in range(1, 5):
        files[f"articles/e{number}.md"] = article(f"散文之{number}", "".join(f"第{number}篇的第{line}段，写了{line * number}个字。\n\n" for line in range(1, 61)))
        files[f"panels/{number}.png"] = picture(200, 260, f"#{number}0{number}0a0", form="PNG", noise=False)
    return write(folder, files)


def comic(folder: Path, pages: int = 6, *, panels: bool = True, **values: Any) -> Path:
    """Pages of 400×560, the first with two named panels."""
    listed: list[dict[str, Any]] = [{"image": f"pages/{number:02}.png"} for number in range(1, pages + 1)]
    if panels:
        listed[0]["panels"] = [[20, 20, 360, 240], [20, 300, 360, 240]]
    files: dict[str, str | bytes] = {
        "edition.yaml": edition("comic", title="小船", number="6", reading="ltr", cover="pages/01.png", pages=listed, credit="江城出版社, CC BY 4.0", **values)
    }
    for number in range(1, pages + 1):
        files[f"pages/{number:02}.png"] = picture(400, 560, f"#50{number:02}90", form="PNG")
    return write(folder, files)
