"""An edition's messages as files: what a person, a test or another system looks at.

The same messages that a dispatch sends, with each part, each slide as the
handset's screen shows it and all of them on a contact sheet, the WAP pages, and a
manifest over all.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from content.compose import Composition
from content.compose.issue import design_of
from content.draw import screen
from content.draw.contact import contact_sheet
from content.manuscript import Manuscript
from content.signatures import variant_name
from content.variants import Source, Wanted, composed
from content.wap.files import wap_files
from content.wap.pictures import PictureShelf
from huabao.errors import UsageError
from subscribers.handset_classes import HandsetClass, handset_class

MANIFEST = "manifest.json"

WAITING_MAX = 8
"""Messages that wait in memory to be written."""


@dataclass(frozen=True)
class Naming:
    """How the manifest names the edition."""

    edition_id: int
    publication: str
    number: str
    version: int


def write_package(
    source: Source, naming: Naming, wanted: Sequence[Wanted], out: Path, progress: Callable[[int], None], each: Callable[[Wanted, Composition], object]
) -> dict[str, Any]:
    """Build the variants wanted and write them below `out`.

    A folder that holds an earlier build is written over; any other folder must be empty.

    Args:
        progress: told how many variants are written.
        each: handed every message, e.g. to keep it.

    Returns:
        the manifest.

    Raises:
        UsageError: `out` holds something else.
    """
    _prepare(out)
    entries: dict[Wanted, dict[str, Any]] = {}
    shelf = PictureShelf()
    writing: dict[Future[dict[str, Any]], Wanted] = {}

    def finish(most: int) -> None:
        while len(writing) > most:
            for done in wait(writing, return_when=FIRST_COMPLETED).done:
                entries[writing.pop(done)] = done.result()
                progress(len(entries))

    with ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="write") as pool:
        for one, composition in composed(source, wanted):
            each(one, composition)
            writing[pool.submit(write_variant, out, one, composition, source, shelf)] = one
            finish(WAITING_MAX)
        finish(0)
    manifest = {
        "edition_id": naming.edition_id,
        "publication": naming.publication,
        "number": naming.number,
        "version": naming.version,
        "variants": [entries[one] for one in wanted],
    }
    (out / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return manifest


def _prepare(out: Path) -> None:
    """An empty folder: a former build is removed, by its manifest, and nothing else."""
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is no folder; give another --out")
    old = out / MANIFEST
    if old.is_file():
        try:
            names = [str(entry["variant_id"]) for entry in json.loads(old.read_text("utf-8"))["variants"]]
        except (ValueError, KeyError, TypeError) as error:
            raise UsageError(f"{old} is no manifest of ours; give another --out") from error
        for name in names:
            folder = out / Path(name).name
            if folder.is_dir() and (folder / "message.mime").is_file():
                shutil.rmtree(folder)
        old.unlink()
    if out.exists() and any(out.iterdir()):
        raise UsageError(f"{out} is not empty and holds no earlier build; give an empty folder")
    out.mkdir(parents=True, exist_ok=True)


def write_variant(out: Path, one: Wanted, made: Composition, source: Source, shelf: PictureShelf) -> dict[str, Any]:
    """Write one message below `out`; its entry of the manifest."""
    handset = handset_class(one[0])
    name = variant_name(*one)
    files: dict[str, bytes] = {"message.mime": made.mime, "message.mms": made.mms}
    files |= {f"parts/{part.content_location}": part.data for part in made.related.parts}
    screens = screens_of(made, handset)
    files |= {f"screens/{number:02}.png": png_of(image) for number, image in enumerate(screens, start=1)}
    files["contact.png"] = png_of(contact_sheet(screens, title_of(source.manuscript), facts_text(name, len(screens), len(made.mms), handset.budget_bytes, made.worst_quality)))
    render, load = design_of(source.manuscript, source.assets.__getitem__).render, source.assets.__getitem__
    files |= {f"wap/{path}": data for path, data in wap_files(made.wap_pages, source.wap, render, handset.width_px, load, shelf)}
    for path, data in files.items():
        target = out / name / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return {
        "variant_id": name,
        "channel": "mms",
        "handset_class": handset.name,
        "signature": name.rpartition("-")[2],
        "items": list(one[1]),
        "moved": [moved.to_document() for moved in made.moved],
        "slides": len(made.slides),
        "size_bytes": len(made.mms),
        "budget_bytes": handset.budget_bytes,
        "worst_quality": made.worst_quality,
        "files": [f"{name}/{path}" for path in files],
        "sha256": hashlib.sha256(made.mime).hexdigest(),
        **({"slots": [gap.name for gap in made.gaps], "size_bytes_max": made.size_bytes_max} if made.gaps else {}),
    }


def screens_of(made: Composition, handset: HandsetClass) -> list[Image.Image]:
    """Each slide as that class shows it."""
    opened = (Image.open(io.BytesIO(slide.picture.data)) if slide.picture is not None else None for slide in made.slides)
    return [screen(picture, slide.text, handset) for picture, slide in zip(opened, made.slides, strict=True)]


def title_of(manuscript: Manuscript) -> str:
    """What stands above a contact sheet: `江城早报 2026-11-22-am`."""
    return f"{manuscript.title} {manuscript.number}"


def facts_text(name: str, slides: int, size_bytes: int, budget_bytes: int, worst_quality: int) -> str:
    """What stands below it: the variant's class and signature, how large it is and how good its worst picture."""
    handset, _, signature = name.rpartition("-")
    return f"{handset} · #{signature} · {slides} 页 slides · {size_bytes:,} / {budget_bytes:,} B ({size_bytes / budget_bytes:.0%}) · Q {worst_quality}"


def png_of(image: Image.Image) -> bytes:
    """The picture as a PNG that is quickly written."""
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=1)
    return out.getvalue()
