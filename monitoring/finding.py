"""What a few typed letters may mean: editions, dispatches, ports; the newest first, a handful of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from content.models import Edition, EditionVersion, Publication
from delivery import kinds
from delivery.lanes import RESEND
from delivery.models import Dispatch, Port
from monitoring.cities import DispatchCity


@dataclass(frozen=True)
class FoundEdition:
    """An edition."""

    edition_id: int
    publication: str
    number: str
    title: str


@dataclass(frozen=True)
class FoundDispatch:
    """A dispatch."""

    dispatch_id: int
    publication: str
    number: str
    state: str
    day: date


def find_editions(session: Session, typed: str, limit: int) -> list[FoundEdition]:
    """Editions whose publication or title holds what was typed, or whose number begins with it."""
    rows = session.execute(
        select(Edition.id, Publication.title, Edition.number, EditionVersion.title)
        .join(Publication, Publication.id == Edition.publication_id)
        .join(EditionVersion, EditionVersion.id == Edition.current_version_id)
        .where(*_fitting(typed))
        .order_by(Edition.id.desc())
        .limit(limit)
    )
    return [FoundEdition(edition_id, publication, number, title) for edition_id, publication, number, title in rows]


def find_dispatches(session: Session, typed: str, limit: int, *, city: str = "") -> list[FoundDispatch]:
    """Dispatches of such editions, or with that number; without those to test handsets and to single readers. With a city, those with readers there."""
    here = (Dispatch.id.in_(select(DispatchCity.dispatch_id).where(DispatchCity.city == city)),) if city else ()
    rows = session.execute(
        select(Dispatch.id, Publication.title, Edition.number, Dispatch.state, Dispatch.day)
        .join(Edition, Edition.id == Dispatch.edition_id)
        .join(Publication, Publication.id == Edition.publication_id)
        .join(EditionVersion, EditionVersion.id == Dispatch.edition_version_id)
        .where(Dispatch.kind.not_in(kinds.UNCOUNTED), Dispatch.lane != RESEND, *_fitting(typed), *here)
        .order_by(Dispatch.id.desc())
        .limit(limit)
    )
    return [FoundDispatch(dispatch_id, publication, number, state, day) for dispatch_id, publication, number, state, day in rows]


def find_ports(session: Session, typed: str, limit: int) -> Sequence[str]:
    """Names of ports that hold what was typed."""
    return session.scalars(select(Port.name).where(Port.name.icontains(typed, autoescape=True)).order_by(Port.name).limit(limit)).all()


def _fitting(typed: str) -> list[ColumnElement[bool]]:
    words = [word.removeprefix("第").removesuffix("期") for word in typed.split()[:4]]
    titles = (Publication.title, EditionVersion.title)
    return [or_(*(title.icontains(word, autoescape=True) for title in titles), Edition.number.startswith(word, autoescape=True)) for word in words]
