"""Which version of an edition is sent again, and which items of it a reader gets.

The version is the newest that was sent: what an editor imported since and nobody
released goes to nobody. Where nothing was ever sent it is the edition's current one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import String, cast, select
from sqlalchemy.orm import Session

from content.models import Edition, EditionVersion, Publication, Variant
from content.services import KILLED_EDITION, find_edition, load_version, load_version_by_id
from content.signatures import SignatureRules
from content.variants import Wanted
from content.workflow import standing
from delivery import kinds, lifecycle
from delivery.dispatch.audience import Audience, readers_of, reason_sql
from delivery.dispatch.routing import Routing, route_sql, served_as_sql, unreachable_sql
from delivery.models import Dispatch, Port, Route
from delivery.ports import PortSettings
from delivery.resend.copies import Copy
from delivery.resend.rules import Facts, Order
from huabao.clock import shanghai_text
from huabao.config import get_config
from huabao.msisdn import MSISDN
from subscribers import store as readers
from subscribers.models import Reader, Subscription


@dataclass(frozen=True)
class Target:
    """What is sent again.

    Attributes:
        killed: who withdrew it, in a sentence, or None.
        dispatch_id: the newest dispatch that brought this version out, or None.
    """

    edition: Edition
    version: EditionVersion
    publication: Publication
    rules: SignatureRules
    audience: Audience
    killed: str | None
    dispatch_id: int | None

    @property
    def name(self) -> str:
        """`slug/number`."""
        return f"{self.publication.slug}/{self.edition.number}"


def find_target(session: Session, ref: str) -> Target:
    """What a resend of the edition `ref` sends.

    Raises:
        UsageError: there is no such edition, or nothing of it was sent and it is not approved though it must be.
    """
    edition = find_edition(session, ref)
    wanted = select(Dispatch).where(Dispatch.edition_id == edition.id, Dispatch.kind.in_(kinds.BY_PLAN)).order_by(Dispatch.id.desc())
    sent = session.scalars(wanted).all()
    out = next((one for one in sent if one.started_at is not None), None)
    loaded = load_version(session, edition) if out is None else load_version_by_id(session, out.edition_version_id)
    if out is None:
        standing.require(session, edition, loaded.version.id, production=get_config().production)
    audience = Audience.of(session, loaded.publication, edition, loaded.version, resend=True)
    killed = _killed(session, edition, loaded.publication, sent)
    return Target(edition, loaded.version, loaded.publication, SignatureRules(loaded.manuscript), audience, killed, None if out is None else out.id)


def _killed(session: Session, edition: Edition, publication: Publication, sent: Sequence[Dispatch]) -> str | None:
    name = f"{publication.slug}/{edition.number}"
    if edition.state == KILLED_EDITION:
        return f"{name} was killed"
    if not sent or sent[0].state != lifecycle.KILLED:
        return None
    last = lifecycle.last_transition(session, sent[0].id)
    who = "" if last is None else f" by {last.by} at {shanghai_text(last.at)}" + (f" ({last.reason})" if last.reason else "")
    return f"{name} was killed{who}"


def ports_for(session: Session, publication: Publication) -> list[Port]:
    """The ports that may carry the publication at all, MMS, links and texts alike."""
    return [row for row in session.scalars(select(Port).order_by(Port.id)) if PortSettings.of(row).carries(publication.service_code)]


def reader_id_of(session: Session, msisdn: MSISDN) -> int | None:
    """Who has the number, or None."""
    found = readers.find_reader(session, msisdn)
    return None if found is None else found.id


@dataclass(frozen=True)
class Service:
    """What is decided about one reader.

    Attributes:
        mask: of today's rules, see `content.signatures`.
        served_as: the handset class that he has now, or the channel of a link or a text.
        route: by what he is reached.
    """

    facts: Facts
    mask: str = ""
    served_as: str = ""
    route: Route = Route.MMS


def service_of(session: Session, target: Target, reader_id: int | None, routing: Routing, at: datetime) -> Service:
    """What decides about one reader, and how he would be served."""
    publication, audience = target.publication, target.audience
    if reader_id is None:
        return Service(Facts(None, publication.title, publication.service_id, target.killed))
    reason = cast(reason_sql(audience, at, unreachable=unreachable_sql(audience, routing)), String)
    columns = [reason, target.rules.mask_sql(), served_as_sql(audience, routing), route_sql(audience, routing)]
    found = session.execute(readers_of(audience, columns).where(Reader.id == reader_id)).one_or_none()
    why, mask, served_as, route = found if found is not None else ("not_subscribed", "", "", 0)
    row = session.execute(
        select(Subscription.state, Subscription.effective_at).where(Subscription.reader_id == reader_id, Subscription.service_id == publication.service_id)
    ).one_or_none()
    order = None if row is None else Order(row.state, row.effective_at)
    return Service(Facts(reader_id, publication.title, publication.service_id, target.killed, order, why), mask, served_as, Route(route))


def wanted_variant(session: Session, target: Target, copies: Sequence[Copy], service: Service) -> Wanted:
    """What he gets: the items of his last copy of this version (or, without one, by today's rules), for his present handset."""
    mine = next((one for one in copies if one.edition_version_id == target.version.id), None)
    variant = None if mine is None else session.get(Variant, mine.variant_id)
    items = target.rules.items_of(service.mask) if variant is None else tuple(variant.items)
    return service.served_as, items


def parent_of(target: Target, copies: Sequence[Copy]) -> int | None:
    """The dispatch that a resend belongs to: the newest that brought him the edition, else the newest of the edition."""
    return next((one.dispatch_id for one in copies if one.kind in kinds.BY_PLAN), target.dispatch_id)
