"""A design tried: its sample edition composed for every handset class, its WAP pages rendered, before anybody sends by it.

`content.designs.fitness` finds what a template does wrong by itself; here is found what only a
whole edition shows: slides that are too long, pages that leave their limit or are no XML, bytes that
differ from one time to the next. A try takes a few seconds.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from lxml import etree

from content.compose import Composition, PictureSource, compose
from content.designs import Design, DesignError, Fault
from content.designs.fitness import check
from content.designs.library import package_folder
from content.designs.reading import BASE
from content.folder import ImportedFolder, read_folder
from content.wap.browsers import HTML, WML, XHTML_MP, Browser
from content.wap.documents import PAGE_TYPE, read_page
from content.wap.rendering import render_pages
from huabao.errors import HuabaoError, UsageError
from subscribers.handset_classes import HandsetClass, handset_classes

WAP_ADDRESS = "http://wap.example.com/wap"
BROWSERS = (Browser("xhtml", XHTML_MP, 240), Browser("xhtml", HTML, 640), Browser("wml", WML, 96))
LINK_LINE = "\n全文: "


@dataclass(frozen=True)
class Trial:
    """What a try found.

    Attributes:
        messages: by handset class, of a design that could be composed.
    """

    faults: tuple[Fault, ...]
    messages: dict[str, Composition]


def sample_folder(design: Design, folder: Path | None) -> Path:
    """The edition by which a design is tried: its own `sample/`, else the one that we have of its kind."""
    own = folder / "sample" if folder is not None else None
    return own if own is not None and own.is_dir() else package_folder() / BASE / "sample" / design.kind


def try_design(design: Design, folder: Path | None = None, *, classes: tuple[str, ...] | None = None, progress: Callable[[str], None] = lambda _name: None) -> Trial:
    """Everything that is wrong with a design, and its sample as each class gets it.

    Args:
        folder: of the design, for its sample.
        classes: by default all; the others are not composed.
        progress: told each class that was composed.
    """
    faults = check(design)
    if faults:
        return Trial(tuple(faults), {})
    try:
        sample = _sample(design, sample_folder(design, folder))
    except UsageError as error:
        return Trial(tuple(Fault("sample/edition.yaml", 0, line.strip()) for line in str(error).splitlines()), {})
    messages: dict[str, Composition] = {}
    for name, handset in handset_classes().items():
        if classes is None or name in classes:
            faults += _composed(design, sample, handset, messages)
            progress(name)
    return Trial(tuple(sorted(set(faults))), messages)


def _sample(design: Design, folder: Path) -> ImportedFolder:
    found = read_folder(folder, {})
    if found.manuscript.kind != design.kind:
        raise UsageError(f"it is a {found.manuscript.kind}; a sample of this design is a {design.kind}")
    return found


def _composed(design: Design, sample: ImportedFolder, handset: HandsetClass, messages: dict[str, Composition]) -> Iterator[Fault]:
    try:
        made = messages[handset.name] = _message(design, sample, handset)
        yield from _slides(made, handset)
        if made.wap_pages and handset.name == next(iter(handset_classes())):
            if _message(design, sample, handset).mms != made.mms:
                yield Fault("sample", 0, f"{handset.name}: the same edition gives other bytes each time")
            yield from _pages(design, made)
    except DesignError as error:
        yield from (dataclasses.replace(fault, reason=f"{fault.reason} ({handset.name})") for fault in error.faults)
    except HuabaoError as error:
        yield Fault("sample", 0, f"{handset.name}: {error}")


def _message(design: Design, sample: ImportedFolder, handset: HandsetClass) -> Composition:
    files = {sha256: data for sha256, (data, _) in sample.assets.items()} | {design.sha256: design.packed()}
    manuscript = dataclasses.replace(sample.manuscript, design=design.name, design_sha256=design.sha256)
    return compose(manuscript, [item.key for item in manuscript.items], handset, PictureSource(files.__getitem__), WAP_ADDRESS)


def _slides(made: Composition, handset: HandsetClass) -> Iterator[Fault]:
    for number, slide in enumerate(made.slides, 1):
        text, _, _ = slide.text.partition(LINK_LINE)
        if len(text) > handset.slide_chars_max:
            yield Fault("slides", 0, f"{handset.name}, slide {number}: {len(text)} characters, more than the {handset.slide_chars_max} of the class: {text[:20]!r} …")
        if slide.picture is None and not text.strip():
            yield Fault("slides", 0, f"{handset.name}, slide {number} shows nothing")


def _pages(design: Design, made: Composition) -> Iterator[Fault]:
    for page in made.wap_pages:
        if page.media_type != PAGE_TYPE:
            continue
        for browser in BROWSERS:
            file = f"wap/document.{browser.markup}.j2"
            try:
                for data in render_pages(read_page(page.body), browser, _Hrefs(), design.render):
                    etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
            except DesignError:
                raise
            except (HuabaoError, etree.XMLSyntaxError) as error:
                yield Fault(file, 0, f"a page of it cannot be read: {error}")


class _Hrefs:
    """Links of the length that real ones have."""

    def page(self, name: str) -> str:
        return name.ljust(40, "x")

    def part(self, number: int) -> str:
        return f"{'x' * 40}-{number}"

    def picture(self, name: str, width_px: int) -> str:
        return f"{name.ljust(40, 'x')}?w={width_px}"


@lru_cache(maxsize=64)
def _faults(design: Design, folder: Path) -> tuple[Fault, ...]:
    return try_design(design, folder).faults


def refuse_unfit(design: Design, folder: Path, *, ours: bool) -> None:
    """Nothing for a design that is fit; a design of the same files is tried once in a process.

    Args:
        ours: it came with Huabao, whose tests try it on whole editions; here its templates are checked, which is quick.

    Raises:
        DesignError: all its faults.
    """
    faults = check(design) if ours else _faults(design, folder)
    if faults:
        raise DesignError(design.name, faults)
