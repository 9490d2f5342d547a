"""`huabao design …`: what designs there are, whether one is fit, and one more."""

from __future__ import annotations

import io
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from huabao.cli import Invocation, Report, operation
from huabao.errors import UsageError
from huabao.words import counted

if TYPE_CHECKING:
    from content.compose import Composition
    from content.designs import Design
    from content.trials import Trial


@click.group()
def design() -> None:
    """Designs: how editions look. One is a folder; adding one needs no code (docs/designs.md)."""


@design.command("list")
@operation
def list_(invocation: Invocation) -> Report:
    """All designs by name, broken ones too; your own lie in the folder HUABAO_DESIGNS."""
    from content.designs import DesignError
    from content.designs.library import DEFAULTS, load, shelves

    del invocation
    found: list[dict[str, Any]] = []
    for shelf in shelves().values():
        try:
            found.append({**_document(load(shelf.folder)), "ours": shelf.ours, "default": DEFAULTS.get(load(shelf.folder).kind) == shelf.name, "faults": []})
        except DesignError as error:
            found.append({"name": shelf.name, "kind": "", "title": {}, "ours": shelf.ours, "default": False, "faults": [fault.to_document() for fault in error.faults]})
    rows = [[one["name"], one["kind"], one["title"].get("zh", ""), one["title"].get("en", ""), "Huabao's" if one["ours"] else "your own", _state(one)] for one in found]
    return Report({"designs": found}, columns=("name", "kind", "标题", "title", "whose", "state"), rows=rows, problem=any(one["faults"] for one in found))


def _state(one: dict[str, Any]) -> str:
    if one["faults"]:
        return f"broken: huabao design check {one['name']}"
    return "default" if one["default"] else ""


@design.command("show")
@click.argument("name")
@operation
def show(invocation: Invocation, name: str) -> Report:
    """A design's style, its marks, and which files it has of its own."""
    from content.designs import find_design
    from content.designs.library import base_texts

    del invocation
    found = find_design(name)
    base = base_texts()
    own = sorted(path for path, text in found.files.items() if base.get(path) != text)
    data = {**_document(found), "style": found.style_values(), "marks": vars(found.sheet.marks), "own_files": own, "inherited_files": sorted(found.files.keys() - set(own))}
    lines = [f"{found.name}: {found.sheet.titles['zh']} ({found.sheet.titles['en']}), for a {found.kind}", found.sheet.descriptions["zh"], found.sheet.descriptions["en"]]
    lines += [f"its own: {', '.join(own) or 'nothing but its style'}", f"sha256 {found.sha256}"]
    rows = [[key, value] for key, value in (*data["style"].items(), *((f"mark {key}", value) for key, value in data["marks"].items()))]
    return Report(data, lines=lines, columns=("value", "is"), rows=rows)


@design.command("check")
@click.argument("name", metavar="NAME|DIR")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="A contact sheet of the sample for each handset class, as PNG files.")
@operation
def check(invocation: Invocation, name: str, out: Path | None) -> Report:
    """Try a design on its sample edition for every handset class; each fault with file, line and reason."""
    tried, found = _tried(invocation, _folder(name))
    sheets = _sheets(tried, found, out) if out is not None and found is not None else []
    faults = tried.faults
    data = {
        "name": name if found is None else found.name, "fit": not faults, "faults": [fault.to_document() for fault in faults],
        "classes": {name: {"slides": len(made.slides), "size_bytes": len(made.mms), "worst_quality": made.worst_quality} for name, made in tried.messages.items()},
        "sheets": [str(sheet) for sheet in sheets],
    }  # fmt: skip
    told = f"{data['name']} is fit: tried on {len(tried.messages)} handset classes" if not faults else f"{data['name']} is refused: {counted(len(faults), 'fault')}"
    return Report(data, lines=(told, *map(str, faults), *map(str, sheets)), problem=bool(faults))


@design.command("add")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False, exists=True))
@operation
def add(invocation: Invocation, folder: Path) -> Report:
    """Copy a design into the folder HUABAO_DESIGNS, where it is fit; one of the same name there is replaced."""
    from content.designs import DesignError

    tried, found = _tried(invocation, folder)
    if tried.faults or found is None:
        raise DesignError(folder.name, tried.faults)
    target = invocation.runtime.config.designs_folder / found.name
    if target.resolve() == folder.resolve():
        raise UsageError(f"{folder} lies in the folder of your own designs already; there is nothing to copy")
    new = target.with_name(f".{found.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    shutil.copytree(folder, new, symlinks=True)
    shutil.rmtree(target, ignore_errors=True)
    new.rename(target)
    return Report({**_document(found), "folder": str(target)}, lines=(f"{found.name} lies in {target}: `huabao publication set SLUG --design {found.name}` uses it",))


def _folder(name: str) -> Path:
    """The folder of a design by its name, or one that was named itself."""
    from content.designs.library import shelves

    known = shelves()
    if name in known:
        return known[name].folder
    if Path(name).is_dir():
        return Path(name).resolve()
    raise UsageError(f"there is no design {name[:80]!r} and no such folder; there are {', '.join(known)}")


def _tried(invocation: Invocation, folder: Path) -> tuple[Trial, Design | None]:
    from content.designs import DesignError
    from content.designs.library import load
    from content.trials import Trial, try_design
    from subscribers.handset_classes import handset_classes

    try:
        found = load(folder.resolve())
    except DesignError as error:
        return Trial(error.faults, {}), None
    with invocation.progress("classes", len(handset_classes())) as advance:
        done: list[str] = []

        def composed(name: str) -> None:
            done.append(name)
            advance(len(done))

        return try_design(found, folder, progress=composed), found


def _sheets(tried: Trial, found: Design, out: Path) -> list[Path]:
    from PIL import Image

    from content.draw import screen
    from content.draw.contact import contact_sheet
    from subscribers.handset_classes import handset_class

    def shown(made: Composition, name: str) -> Image.Image:
        pictures = [Image.open(io.BytesIO(slide.picture.data)) if slide.picture else None for slide in made.slides]
        screens = [screen(picture, slide.text, handset_class(name)) for picture, slide in zip(pictures, made.slides, strict=True)]
        return contact_sheet(screens, f"{found.sheet.titles['zh']} {found.sheet.titles['en']}", f"{name} · {len(made.slides)} slides · {len(made.mms):,} bytes")

    out.mkdir(parents=True, exist_ok=True)
    sheets = []
    for name, made in tried.messages.items():
        sheets.append(out / f"{found.name}-{name}.png")
        shown(made, name).save(sheets[-1])
    return sheets


def _document(found: Design) -> dict[str, Any]:
    return {"name": found.name, "kind": found.kind, "title": dict(found.sheet.titles), "description": dict(found.sheet.descriptions), "sha256": found.sha256}


COMMANDS: tuple[click.Command, ...] = (design,)
