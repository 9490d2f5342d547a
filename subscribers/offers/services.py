"""What a reader is shown: his package less what he holds, what he holds, and the rest; the catalogue's import."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from huabao import audit
from subscribers.blacklists import kinds_of
from subscribers.models import Reader
from subscribers.offers import store
from subscribers.offers.catalogue import Catalogue, Package, Service, parse_catalogue
from subscribers.offers.models import OfferCatalogue, ServiceOrder

RECOMMENDED_MAX, HELD_MAX, OTHERS_MAX = 5, 50, 50
"""What the province's pages show: 5 services to try, at most 50 orders."""

TRYING_BARRED_BY = "experience"
"""The blacklist whose numbers may not try services (業務體驗黑名單)."""


def recommended_many(session: Session, reader_ids: Sequence[int], limit: int = RECOMMENDED_MAX) -> dict[int, tuple[Service, ...]]:
    """For each reader the services of his packages in their order, less what he holds; two statements, however many readers.

    The province's package comes first, then those of groups, then of his city. A reader who
    has no attribute class is shown class F's. An id that no reader has is left out.
    """
    catalogue = store.current(session).catalogue
    held_by = store.holdings(session, reader_ids)
    packages = store.packages_of(session, catalogue, reader_ids)
    return {reader_id: choose(catalogue, found, held_by.get(reader_id, set()), limit) for reader_id, found in packages.items()}


def choose(catalogue: Catalogue, packages: Sequence[Package], holding: set[str], limit: int) -> tuple[Service, ...]:
    """The services of `packages` in their order, each once, less those whose service id is in `holding`; at most `limit`."""
    slugs = dict.fromkeys(slug for one in packages for slug in one.services)
    return tuple(one for one in (catalogue.services[slug] for slug in slugs) if one.service_id not in holding)[:limit]


def recommended(session: Session, reader_id: int, limit: int = RECOMMENDED_MAX) -> list[Service]:
    """What one reader is shown, see `recommended_many`; empty where there is no such reader."""
    return list(recommended_many(session, [reader_id], limit).get(reader_id, ()))


def held(session: Session, reader_id: int, limit: int = HELD_MAX) -> list[Service]:
    """What he holds, the catalogue's services first in its order, then others by name, with the slug "" and their service id as title."""
    known = store.current(session).catalogue.by_service_id()
    ids = store.holdings(session, [reader_id]).get(reader_id, set())
    unknown = [Service(slug="", title=one, service_id=one, trial=False) for one in sorted(ids - known.keys())]
    return [*(one for service_id, one in known.items() if service_id in ids), *unknown][:limit]


def others(session: Session, reader_id: int, limit: int = OTHERS_MAX) -> list[Service]:
    """What the catalogue has beyond what he is recommended and what he holds, in its order."""
    catalogue = store.current(session).catalogue
    shown = {one.slug for one in recommended(session, reader_id)}
    holding = store.holdings(session, [reader_id]).get(reader_id, set())
    return [one for one in catalogue.services.values() if one.slug not in shown and one.service_id not in holding][:limit]


def find_service(session: Session, slug: str) -> Service | None:
    """The service called `slug`, or None."""
    return store.current(session).catalogue.services.get(slug)


def package_title(session: Session, reader_id: int) -> str:
    """What the first of his packages is called; "" where none is for him."""
    catalogue = store.current(session).catalogue
    return next((one.title for one in store.packages_of(session, catalogue, [reader_id]).get(reader_id, [])), "")


def may_try(session: Session, reader_id: int) -> bool:
    """Whether he may be shown the button that tries a service."""
    return TRYING_BARRED_BY not in kinds_of(session, reader_id)


def import_catalogue(session: Session, source: str, file: str, *, by: str, at: datetime) -> Catalogue:
    """Put a catalogue in force.

    Raises:
        UsageError: it is none; the one in force stays.
    """
    found = parse_catalogue(source, file)
    session.add(OfferCatalogue(file=file[-120:], source=source, imported_by=by, imported_at=at))
    session.flush()
    audit.record(session, actor=by, action="offers.import", object_kind="offers", object_id=file[-120:], at=at, services=len(found.services), packages=len(found.packages))
    return found


def forget_number(session: Session, msisdn: str) -> Mapping[str, int]:
    """Remove the orders of a number; how many, by table."""
    whose = select(Reader.id).where(Reader.msisdn == msisdn).scalar_subquery()
    gone = session.execute(delete(ServiceOrder).where(ServiceOrder.reader_id == whose))
    return {ServiceOrder.__tablename__: int(gone.rowcount)}  # type: ignore[attr-defined]  # a cursor's result
