"""The edition folder of a draft, as `edition import` takes it and an editor corrects it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from content.feeds.illustrating import Illustration
from content.feeds.planning import Draft
from content.feeds.stories import Story
from content.folder.reader import EDITION_FILE


@dataclass(frozen=True)
class Head:
    """What stands above the stories; `credit` as yesterday's paper had it."""

    publication: str
    number: str
    title: str
    day: date
    credit: str | None = None


def write_folder(out: Path, head: Head, draft: Draft, pictures: Sequence[Illustration]) -> dict[int, str]:
    """Write the folder `out`, whole or not at all; the file of each story, by item.

    `out` must not exist or be empty.
    """
    files = {story.teller.item_id: f"articles/{number:02}.md" for number, story in enumerate(draft.stories, start=1)}
    images = {one.item_id: f"images/{Path(files[one.item_id]).stem}{one.suffix}" for one in pictures}
    out.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        made.chmod(0o755)
        (made / "articles").mkdir()
        (made / "images").mkdir()
        for one in pictures:
            (made / images[one.item_id]).write_bytes(one.data)
        for story in draft.stories:
            item = story.teller.item_id
            (made / files[item]).write_text(article_text(story, images.get(item)), "utf-8")
        (made / EDITION_FILE).write_text(_dump(_edition(head, draft, files, next(iter(images.values()), None))), "utf-8")
        made.replace(out)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    return files


def article_text(story: Story, image: str | None) -> str:
    """An article file: front matter and Markdown; whoever told the story stands in its credit."""
    teller = story.teller
    values = {"title": teller.title, "image": image, "topics": list(teller.topics), "segment": teller.segment, "level": teller.level}
    front = {name: value for name, value in values.items() if value} | {"credit": f"来源：{'、'.join(story.sources)}"}
    return f"---\n{_dump(front)}---\n\n{teller.body}\n"


def _edition(head: Head, draft: Draft, files: dict[int, str], cover: str | None) -> dict[str, Any]:
    document: dict[str, Any] = {"publication": head.publication, "kind": "newspaper", "number": head.number, "title": head.title, "date": head.day.isoformat()}
    if cover:
        document["cover"] = cover
    document["sections"] = [{"title": section.title, "items": [files[story.teller.item_id] for story in section.stories]} for section in draft.sections]
    if head.credit:
        document["credit"] = head.credit
    return document


def _dump(document: dict[str, Any]) -> str:
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=10_000)
