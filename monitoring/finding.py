"""What a few typed letters may mean: editions, dispatches, ports; the newest first, a handful of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from content.models import Edition, EditionVersion, Publication
from delivery import kinds
from delivery.lanes import RESEND
from delivery.models import Dispatch, Port


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
    wanted = (
        select(Edition.id, Publication.title, Edition.number, EditionVersion.title)
        .join(Publication, Publication.id == Edition.publication_id)
        .join(EditionVersion, EditionVersion.id == Edition.current_version_id)
        .order_by(Edition.id.desc())
        .limit(limit)
    )
    return [FoundEdition(*row) for row in session.execute(_where(wanted, typed))]


def find_dispatches(session: Session, typed: str, limit: int) -> list[FoundDispatch]:
    """Dispatches of such editions, or with that number; without those to test handsets and to single readers."""
    wanted = (
        select(Dispatch.id, Publication.title, Edition.number, Dispatch.state, Dispatch.day)
        .join(Edition, Edition.id == Dispatch.edition_id)
        .join(Publication, Publication.id == Edition.publication_id)
        .join(EditionVersion, EditionVersion.id == Dispatch.edition_version_id)
        .where(Dispatch.kind.not_in(kinds.UNCOUNTED), Dispatch.lane != RESEND)
        .order_by(Dispatch.id.desc())
        .limit(limit)
    )
    return [FoundDispatch(*row) for row in session.execute(_where(wanted, typed))]


def find_ports(session: Session, typed: str, limit: int) -> Sequence[str]:
    """Names of ports that hold what was typed."""
    return session.scalars(select(Port.name).where(Port.name.icontains(typed, autoescape=True)).order_by(Port.name).limit(limit)).all()


def _where(wanted: Select[tuple[int, str, str, str]] | Select[tuple[int, str, str, str, date]], typed: str) -> Select[tuple[int, str, str, str]]:
    for word in typed.split()[:4]:
        word = word.removeprefix("第").removesuffix("期")
        texts = (Publication.title.icontains(word, autoescape=True), EditionVersion.title.icontains(word, autoescape=True))
        wanted = wanted.where(or_(*texts, Edition.number.startswith(word, autoescape=True)))
    return wanted  # type: ignore[return-value]  # the columns are the caller's
