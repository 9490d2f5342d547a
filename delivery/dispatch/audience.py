"""Who is in an audience, and the first reason why a reader of it gets nothing.

Everything here is SQL over `Reader` and `Subscription`; no reader is ever looked
at in Python. The audience of a subscribed or a free publication is every reader
with an order of its service, whatever its state; of an activity, every reader.
What binds marketing (consent, the marketing blacklist, how often a reader is
addressed, quiet hours) binds activities only; a paid paper is not marketing.

The same reasons are looked at again when a batch is claimed (`recheck_sql`): the
world moves after the snapshot.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, case, func, literal, null, or_, select, true
from sqlalchemy.orm import Session

from content.models import Edition, EditionVersion, Publication
from delivery.dispatch.quiet import AWAKE, NEVER_QUIET, Asleep, Quiet
from delivery.dispatch.wishes import quiet_now
from delivery.models import Seed, SeedGroup
from huabao.clock import SHANGHAI
from subscribers.blacklists import blacklisted_sql
from subscribers.contacts import CONTACTS_DAYS, CONTACTS_MAX, addressed_often_sql
from subscribers.handset_classes import CANNOT_MMS, DEFAULT_HANDSET_CLASS
from subscribers.models import Reader, Subscription, SubscriptionEvent
from subscribers.orders.awaited import awaited_state, is_awaited
from subscribers.orders.owners import is_present_owners
from subscribers.store import effective_class_sql, has_number_sql, no_consent_sql

EARLIER_FIRST = "earlier_first"
"""An earlier chapter of the serial comes first, and this one follows by itself, see `delivery.serials`."""

REASONS = (
    "not_subscribed", "stopped", "handset_cannot", "stale_edition", "unknown_number", "no_consent", "blacklisted", "frequency_limit", "quiet_hours",
    EARLIER_FIRST,
)  # fmt: skip
"""In the order in which they are asked; the first that holds is the reader's."""

RESEND_REASONS = ("on_its_way", "has_it", "resent_lately")
"""Further ones of a filtered resend: his copy waits to be sent, he has another copy, he was sent one a moment ago."""

MARKETING = ("marketing",)
"""The blacklists that bind an activity."""


When = tuple[ColumnElement[bool], Any]
"""A condition and the reason that it gives."""


@dataclass(frozen=True)
class Audience:
    """What decides who is addressed.

    Attributes:
        service_id: whose orders make the audience.
        activity: the publication is marketing: every reader, if he agreed.
        stale_at: from this instant the edition is not sent any more, or None.
        default_class: of a reader whose handset is unknown.
        resend: somebody asked for it: it goes to a stopped reader too, however old the edition is, at any hour.
        house: test handsets: whoever is planned is served, whatever he ordered.
        prefers: the hour that a reader prefers is waited for (activity, magazine).
        quiet: when cities are left in peace, of an activity.
        contacts_max, contacts_days: an activity addresses nobody who was addressed so often in so many days.
    """

    service_id: str
    activity: bool
    stale_at: datetime | None
    default_class: str
    resend: bool = False
    house: bool = False
    prefers: bool = False
    quiet: Quiet = NEVER_QUIET
    contacts_max: int = CONTACTS_MAX.default
    contacts_days: int = CONTACTS_DAYS.default

    @property
    def is_marketing(self) -> bool:
        """Whether quiet hours and the frequency limit bind: an activity that nobody asked for."""
        return self.activity and not self.resend

    def is_stale(self, at: datetime) -> bool:
        """Whether the edition is too old at `at`."""
        return self.stale_at is not None and self.stale_at <= at

    @classmethod
    def of(
        cls, session: Session, publication: Publication, edition: Edition, version: EditionVersion, *, resend: bool = False, house: bool = False, start: datetime | None = None
    ) -> Audience:
        """The audience of an edition's version.

        Args:
            start: of the dispatch; a reserve edition is as fresh as its dispatch.
        """
        activity = publication.klass == "activity" and not house
        return cls(
            service_id=publication.service_id,
            activity=activity,
            stale_at=None if resend or house else stale_at(publication, edition, version, start=start),
            default_class=DEFAULT_HANDSET_CLASS.get(session),
            resend=resend,
            house=house,
            prefers=not resend and (activity or edition.kind == "magazine"),
            quiet=quiet_now(session) if activity and not resend else NEVER_QUIET,
            contacts_max=CONTACTS_MAX.get(session),
            contacts_days=CONTACTS_DAYS.get(session),
        )


def stale_at(publication: Publication, edition: Edition, version: EditionVersion, *, start: datetime | None = None) -> datetime | None:
    """When the edition becomes too old to be sent, or None where its publication never does.

    It ages from its import, but not before its day begins nor after it ends (Shanghai):
    a paper made the evening before is fresh in the morning, one dated last week is not.
    The reserve edition ages from the `start` of its dispatch.
    """
    if publication.stale_after_s is None:
        return None
    if publication.reserve_edition_id == edition.id:
        return None if start is None else start + timedelta(seconds=publication.stale_after_s)
    begins = datetime.combine(version.issue_date, time.min, SHANGHAI).astimezone(UTC)
    born = min(max(edition.created_at, begins), begins + timedelta(days=1))
    return born + timedelta(seconds=publication.stale_after_s)


def handset_class_sql(audience: Audience) -> ColumnElement[str]:
    """The handset class that a reader is served as."""
    return effective_class_sql(audience.default_class)


def readers_of(audience: Audience, columns: Sequence[Any], beside: Callable[[FromClause], FromClause] | None = None) -> Select[Any]:
    """`columns` of each reader of the audience, from `Reader` (and his `Subscription`).

    A test handset is no reader of an activity, nor is whoever has no number any more.

    Args:
        beside: adds what else the columns are of, one row a reader.
    """
    source = _source(audience)
    found = select(*columns).select_from(source if beside is None else beside(source))
    return found.where(~_is_test_handset(), has_number_sql()) if audience.activity else found


def reason_sql(audience: Audience, at: datetime, *, too_late: ColumnElement[bool] | None = None, unreachable: ColumnElement[bool] | None = None) -> ColumnElement[Any]:
    """Why the reader gets nothing at the instant `at`, or NULL; over `readers_of`.

    Args:
        too_late: of a marketing dispatch, he may not be addressed before the deadline.
        unreachable: nothing that his handset takes can be sent to it; None for every handset that takes no MMS.
    """
    cannot = (takes_no_mms_sql(audience) if unreachable is None else unreachable, literal("handset_cannot"))
    whens = [*_order_whens(audience, at), cannot, *_later_whens(audience, at - timedelta(days=audience.contacts_days), stale=audience.is_stale(at))]
    if audience.is_marketing and too_late is not None:
        whens.append((too_late, literal("quiet_hours")))
    return case(*whens, else_=null())


def takes_no_mms_sql(audience: Audience) -> ColumnElement[bool]:
    """The reader's handset takes no MMS."""
    return handset_class_sql(audience).in_(CANNOT_MMS)


def recheck_sql(
    audience: Audience,
    at: ColumnElement[datetime],
    *,
    stale: bool,
    since: ColumnElement[datetime] | None = None,
    reference: ColumnElement[str] | None = None,
    asleep: Asleep = AWAKE,
) -> ColumnElement[Any]:
    """The same once more, at claim, over `joined_readers`; an instant that is bound later keeps the statement the same.

    The handset is not asked again: his variant is made. `quiet_hours` means now, not for good.

    Args:
        stale: `audience.is_stale` at that instant.
        since: contacts from then on count, of an activity.
        reference: contacts of this reference do not: it is what is being sent.
        asleep: the cities that are quiet at that instant.
    """
    vanished = (Reader.id.is_(None), literal("unknown_number"))
    whens = [vanished, *_order_whens(audience, at), *_later_whens(audience, since, stale=stale, reference=reference)]
    if audience.is_marketing and (asleep.cities or asleep.others):
        whens.append((asleep.sql(), literal("quiet_hours")))
    return case(*whens, else_=null())


def joined_readers(audience: Audience, rows: FromClause, reader_id: ColumnElement[int]) -> FromClause:
    """`rows` with the `Reader` (and his `Subscription`) of each, NULL where he is gone."""
    readers, orders = Reader.__table__, Subscription.__table__
    found = rows.outerjoin(readers, readers.c.id == reader_id)
    if audience.activity or audience.house:
        return found
    return found.outerjoin(orders, and_(orders.c.reader_id == reader_id, orders.c.service_id == audience.service_id))


def _order_whens(audience: Audience, at: datetime | ColumnElement[datetime]) -> list[When]:
    if audience.activity or audience.house:
        return []
    whens: list[When] = [(~_in_force(at), literal("not_subscribed"))]
    return whens if audience.resend else [*whens, (Subscription.stop_state == "stopped", literal("stopped"))]


def _later_whens(audience: Audience, since: datetime | ColumnElement[datetime] | None, *, stale: bool, reference: ColumnElement[str] | None = None) -> list[When]:
    whens: list[When] = [(true(), literal("stale_edition"))] if stale else []
    whens.append((_no_number(), literal("unknown_number")))
    if audience.activity:
        whens += [(no_consent_sql(), literal("no_consent")), (blacklisted_sql(MARKETING), literal("blacklisted"))]
    if audience.is_marketing and since is not None:
        whens.append((addressed_often_sql(audience.contacts_max, since, reference), literal("frequency_limit")))
    return whens


def _is_test_handset() -> ColumnElement[bool]:
    """His number is a test handset of a seed group."""
    tests = (
        select(Seed.msisdn)
        .join(SeedGroup, SeedGroup.name == Seed.group_name)
        .where(SeedGroup.kind == "test", Seed.msisdn == Reader.msisdn, is_present_owners(Seed.msisdn, Seed.added_at))
    )
    return tests.correlate(Reader).exists()


def _no_number() -> ColumnElement[bool]:
    """What is kept as his number is none: 11 digits that begin with 1."""
    number = Reader.msisdn
    return or_(func.length(number) != 11, func.substr(number, 1, 1) != "1", func.rtrim(number, "0123456789") != "")


def _source(audience: Audience) -> FromClause:
    readers = Reader.__table__
    if audience.activity:
        return readers
    orders = Subscription.__table__
    return readers.join(orders, and_(orders.c.reader_id == readers.c.id, orders.c.service_id == audience.service_id))


def _in_force(at: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    """The order is active at `at`.

    A change that takes effect later leaves what holds in force until then: a cancellation for
    the month's end is served till then, and not after, also in what is planned beforehand.
    """
    before = (
        select(SubscriptionEvent.state)
        .where(
            SubscriptionEvent.reader_id == Subscription.reader_id,
            SubscriptionEvent.service_id == Subscription.service_id,
            SubscriptionEvent.effective_at <= at,
        )
        .order_by(SubscriptionEvent.effective_at.desc(), SubscriptionEvent.recorded_at.desc(), SubscriptionEvent.id.desc())
        .limit(1)
        .correlate(Subscription)
        .scalar_subquery()
    )
    state = case((Subscription.effective_at <= at, Subscription.state), else_=func.coalesce(before, "cancelled"))
    return case((is_awaited(Reader.msisdn, Subscription.service_id, at), awaited_state(Reader.msisdn, Subscription.service_id, at)), else_=state) == "active"
