"""By which design an edition is set: chosen when it is imported, tried, and kept whole beside its pictures.

What `edition.yaml` names goes first, then what the publication names, then the default of
the kind. The manuscript carries the name and the sum of the design as it was; an approval
binds both with it. A template that changes in its folder later changes nothing of
what was imported: a variant that is built at the last minute is built by the kept design.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from content.designs import Design
from content.designs.library import DEFAULTS, load, shelves
from content.manuscript import Manuscript
from content.models import Asset, Publication
from content.trials import refuse_unfit
from huabao.errors import UsageError

MEDIA_TYPE = "application/vnd.huabao.design+json"
DEFAULT = "default"
"""Says on the command line that a publication has no design of its own."""


def chosen(session: Session, manuscript: Manuscript) -> Design:
    """The design for what is being imported; writes nothing.

    Raises:
        UsageError: there is no such design, or it is one of another kind.
        DesignError: it is broken; every fault with file and line.
    """
    if manuscript.design:
        return tried(session, manuscript.design, manuscript.kind)
    own = session.scalar(select(Publication.design).where(Publication.slug == manuscript.publication))
    return tried(session, own or DEFAULTS[manuscript.kind], manuscript.kind)


def tried(session: Session, name: str, kind: str) -> Design:
    """The design called `name`, fit for publications of that kind; one that an edition was set by already is not tried again.

    Raises:
        UsageError, DesignError: as `chosen`.
    """
    known = shelves()
    if name not in known:
        raise UsageError(f"there is no design {name[:60]!r}; there are {', '.join(known)}")
    shelf = known[name]
    design = load(shelf.folder)
    if design.kind != kind:
        fitting = ", ".join(other for other, one in known.items() if _kind_of(one.folder) == kind)
        raise UsageError(f"the design {name!r} is for a {design.kind}, not for a {kind}; there are {fitting}")
    if session.get(Asset, design.sha256) is None:
        refuse_unfit(design, shelf.folder, ours=shelf.ours)
    return design


def _kind_of(folder: Path) -> str:
    try:
        return load(folder).kind
    except UsageError:
        return ""


def dressed(session: Session, manuscript: Manuscript, design: Design, *, keep: bool = True) -> Manuscript:
    """The manuscript with its design, which is kept unless the manuscript is only looked at."""
    if keep and session.get(Asset, design.sha256) is None:
        packed = design.packed()
        session.add(Asset(sha256=design.sha256, media_type=MEDIA_TYPE, width_px=0, height_px=0, size_bytes=len(packed), data=packed))
        session.flush()
    return dataclasses.replace(manuscript, design=design.name, design_sha256=design.sha256)


def of_publication(session: Session, name: str, kind: str) -> str:
    """What a publication keeps for what was typed: the name of a design that is fit for it, or "" for its kind's default.

    Raises:
        UsageError, DesignError: as `chosen`.
    """
    return "" if name == DEFAULT else tried(session, name, kind).name
