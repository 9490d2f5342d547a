"""Pictures for a draft: fetched or read, judged by the safe opener, the lead's first."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from content.adapt import PictureError, inspect
from content.feeds.fetching import Fetched, FetchError, Limits, Wanted, fetch_all
from content.feeds.markup import Picture
from content.feeds.stories import Story, Telling
from content.folder.files import Folder
from content.folder.problems import Findings, Place

TRIES_MAX: Final = 3
"""Addresses tried for one story."""


@dataclass(frozen=True)
class Illustration:
    """A story's picture: the item that tells it, where it came from, its bytes, and the suffix that they deserve."""

    item_id: int
    url: str
    data: bytes
    suffix: str


def illustrate(
    stories: Sequence[Story], servers: Mapping[str, str], folders: Mapping[str, Path], limits: Limits, pictures_max: int
) -> tuple[list[Illustration], list[str]]:
    """Pictures of the first stories that have one, at most `pictures_max`, and what an editor should know of the others.

    Args:
        servers: the server of each source, which may be asked though its address is not public.
        folders: the folder of each source that is one.
    """
    found: list[Illustration] = []
    told: list[str] = []
    for number, story in enumerate(stories):
        if len(found) >= pictures_max:
            break
        wanted = [(one, picture) for one in story.tellings for picture in one.pictures][:TRIES_MAX]
        made = next((one for one in (_picture(story, *each, servers, folders, limits, told) for each in wanted) if one is not None), None)
        if made is not None:
            found.append(made)
        elif number == 0:
            told.append(f"the lead “{story.teller.title}” has no picture; add one as `image`")
    return found, told


def _picture(
    story: Story, telling: Telling, picture: Picture, servers: Mapping[str, str], folders: Mapping[str, Path], limits: Limits, told: list[str]
) -> Illustration | None:
    local = telling.source in folders and not picture.url.startswith(("http://", "https://"))
    try:
        data = _read(folders[telling.source], picture.url, limits) if local else _fetched(picture.url, servers.get(telling.source, ""), limits)
        info = inspect(data)
    except (FetchError, PictureError) as error:
        told.append(f"a picture of “{story.teller.title}” is not taken: {error}")
        return None
    return Illustration(story.teller.item_id, picture.url, data, _SUFFIXES.get(info.media_type) or mimetypes.guess_extension(info.media_type) or ".img")


_SUFFIXES: Final = {"image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "image/webp": ".webp", "image/bmp": ".bmp", "image/tiff": ".tif"}


def _read(folder: Path, name: str, limits: Limits) -> bytes:
    findings = Findings()
    data = Folder(folder.resolve(), findings).file(name, Place(str(folder)), limits.size_bytes_max)
    if data is None:
        raise FetchError("; ".join(findings.problems))
    return data


def _fetched(url: str, trusted: str, limits: Limits) -> bytes:
    (answer,) = fetch_all([Wanted(url, trusted)], limits)
    if isinstance(answer, Fetched):
        return answer.body or b""
    raise answer
