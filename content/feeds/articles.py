"""A folder of articles as a source: Markdown with or without front matter, plain text and HTML, each file a story.

A story's guid is its file's name, its time the file's own. A folder may be one that reporters fill by FTP, so texts in
GBK or Big5 are read too, and nothing outside the folder is ever opened.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import yaml

from content.feeds.charsets import decoded
from content.feeds.entries import Entries, Entry
from content.feeds.markup import HTML_CHARACTERS_MAX, Picture, as_html, to_markdown, words_of
from content.folder.articles import split_front_matter
from content.folder.files import TEXT_BYTES_MAX, Folder
from content.folder.markdown import clean_text
from content.folder.problems import Findings, Place
from huabao.clock import parse_time
from huabao.errors import UsageError

FILES_MAX: Final = 300
"""Of one folder; the newest ones."""

TITLE_CHARACTERS_MAX: Final = 200

_SUFFIXES: Final = (".md", ".markdown", ".txt", ".html", ".htm")


def read_articles(path: Path) -> Entries:
    """The stories of the folder `path`, the newest first.

    Raises:
        UsageError: there is no such folder.
    """
    if not path.is_dir():
        raise UsageError(f"{path}: no such folder; make it, or remove this source and add it with another (`huabao feed remove`, `add`)")
    findings = Findings()
    folder = Folder(path.resolve(), findings)
    files = sorted((-_changed(one), one.name) for one in path.iterdir() if one.suffix.lower() in _SUFFIXES and not one.name.startswith("."))
    entries = [entry for at, name in files[:FILES_MAX] if (entry := _entry(folder, name, -at)) is not None]
    if len(files) > FILES_MAX:
        findings.warn(Place(str(path)), f"only the newest {FILES_MAX} of {len(files)} files are read")
    return Entries(tuple(entries), (*findings.problems, *findings.warnings))


def _changed(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:  # it went while we looked, or is a link to nowhere; reading it says so
        return 0.0


def _entry(folder: Folder, name: str, changed_at: float) -> Entry | None:
    data = folder.file(name, Place(name), TEXT_BYTES_MAX)
    if data is None:
        return None
    text = decoded(data)[0].replace("\r\n", "\n").replace("\r", "\n")
    front, body, _ = split_front_matter(text)
    values = _front(front, name, folder.findings)
    suffix = name.rpartition(".")[2].lower()
    pictures: tuple[Picture, ...] = ()
    title = words_of(str(values.get("title") or ""))
    if suffix == "txt" and not title:
        title, _, body = body.strip().partition("\n")
    if suffix in ("html", "htm"):
        pictures = tuple(Picture(one.url) for one in to_markdown(body).pictures)
        title = title or _page_title(body)
        body = to_markdown(body).markdown
    elif suffix == "txt":
        body = to_markdown(as_html(body)).markdown
    elif not title:
        head, _, rest = body.strip().partition("\n")
        title, body = (head.lstrip("#").strip(), rest) if head.startswith("#") else (Path(name).stem, body)
    title = " ".join(clean_text(title).split())[:TITLE_CHARACTERS_MAX]
    body = clean_text(body)[:HTML_CHARACTERS_MAX]
    if not title or not body:
        folder.findings.warn(Place(name), "a story without title or without text is left out")
        return None
    image = str(values.get("image") or "")
    return Entry(
        guid=name,
        link="",
        title=title,
        body=body,
        pictures=((Picture(image),) if image else ()) + pictures,
        origin=words_of(str(values.get("origin") or values.get("credit") or ""))[:80],
        topics=_topics(values.get("topics")),
        published_at=_moment(values.get("date"), changed_at),
        updated_at=datetime.fromtimestamp(changed_at, UTC),
    )


def _front(front: str | None, name: str, findings: Findings) -> dict[str, object]:
    if not front:
        return {}
    try:
        nodes = yaml.compose(front[:10_000], Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError):
        findings.warn(Place(name, 1), "its front matter is broken YAML and is not used")
        return {}
    if not isinstance(nodes, yaml.MappingNode):
        return {}
    return {str(key.value): _plain(value) for key, value in nodes.value if isinstance(key, yaml.ScalarNode)}


def _plain(node: yaml.Node) -> object:
    """A text, or a list of texts, as it was written; what is built deeper is nobody's front matter."""
    if isinstance(node, yaml.SequenceNode):
        return [str(one.value) for one in node.value[:50] if isinstance(one, yaml.ScalarNode)]
    return str(node.value) if isinstance(node, yaml.ScalarNode) else ""


def _topics(written: object) -> tuple[str, ...]:
    words = written if isinstance(written, list) else str(written or "").replace("，", ",").split(",")
    return tuple(dict.fromkeys(word.strip()[:40] for word in words if word.strip()))[:10]


def _moment(written: object, changed_at: float) -> datetime:
    try:
        return parse_time(str(written)) if written else datetime.fromtimestamp(changed_at, UTC)
    except UsageError:
        return datetime.fromtimestamp(changed_at, UTC)


def _page_title(source: str) -> str:
    lower = source.lower()
    for tag in ("h1", "title"):
        begin = lower.find(f"<{tag}")
        end = lower.find(f"</{tag}", begin)
        if 0 <= begin < end:
            return words_of(source[source.find(">", begin) + 1 : end])
    return ""
