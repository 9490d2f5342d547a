"""Questions asked of the catalogue, of what readers hold and of their orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, literal, select
from sqlalchemy.orm import Session

from huabao.db import in_ids
from subscribers.models import HOLDING_STATES as HOLDING_STATES
from subscribers.models import Reader, Subscription
from subscribers.offers.catalogue import LAST_CLASS, Catalogue, Package, parse_catalogue, shipped_text
from subscribers.offers.models import OPEN_STATES, OfferCatalogue, ServiceOrder
from subscribers.segments import rule_sql

SHIPPED = "catalogue.toml"


@dataclass(frozen=True)
class Catalogued:
    """The catalogue in force with the text it came from."""

    file: str
    source: str
    catalogue: Catalogue


def current(session: Session) -> Catalogued:
    """The newest catalogue that was imported; the shipped one until then."""
    row = session.scalar(select(OfferCatalogue).order_by(OfferCatalogue.id.desc()).limit(1))
    file, source = (SHIPPED, shipped_text()) if row is None else (row.file, row.source)
    return Catalogued(file, source, parse_catalogue(source, file))


def packages_of(session: Session, catalogue: Catalogue, reader_ids: Sequence[int]) -> dict[int, list[Package]]:
    """The packages that are for each reader, in the catalogue's order, by his id; one statement, however many readers."""
    asked = [(one, _is_for(one)) for one in catalogue.packages]
    columns = [condition.label(f"package_{number}") for number, (_, condition) in enumerate(asked)]
    wanted = select(Reader.id, *columns).where(in_ids(session, Reader.id, reader_ids))
    return {row[0]: [one for (one, _), fits in zip(asked, row[1:], strict=True) if fits] for row in session.execute(wanted)}


def _is_for(package: Package) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = literal(value=True)
    if package.attribute_class == LAST_CLASS:  # whoever has no class is an ordinary reader
        condition = Reader.attribute_class.is_(None) | (Reader.attribute_class == LAST_CLASS)
    elif package.attribute_class:
        condition = Reader.attribute_class.is_not(None) & (Reader.attribute_class == package.attribute_class)
    if package.city:
        condition = condition & Reader.city.is_not(None) & (Reader.city == package.city)
    return condition if package.rule is None else condition & rule_sql(package.rule)


def holdings(session: Session, reader_ids: Sequence[int]) -> dict[int, set[str]]:
    """The service ids that each reader holds, by his id; readers without any are left out."""
    wanted = select(Subscription.reader_id, Subscription.service_id).where(in_ids(session, Subscription.reader_id, reader_ids), Subscription.state.in_(HOLDING_STATES))
    found: dict[int, set[str]] = {}
    for reader_id, service_id in session.execute(wanted):
        found.setdefault(reader_id, set()).add(service_id)
    return found


def open_orders(session: Session, reader_id: int) -> list[ServiceOrder]:
    """What he asked for and nobody has answered yet, oldest first."""
    wanted = select(ServiceOrder).where(ServiceOrder.reader_id == reader_id, ServiceOrder.state.in_(OPEN_STATES)).order_by(ServiceOrder.id)
    return list(session.scalars(wanted))
