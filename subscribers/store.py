"""Questions asked of readers and subscriptions, as SQL expressions and as look-ups.

The expressions are conditions over `Reader`; each is true or false, never NULL.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Boolean, ColumnElement, false, func, select
from sqlalchemy.orm import Session

from huabao.msisdn import MSISDN
from subscribers.models import CONTACT_CONSENT, NO_NUMBER, BlacklistEntry, Consent, Reader, Subscription, SubscriptionEvent


def effective_class_sql(default: str) -> ColumnElement[str]:
    """The handset class that a reader is served in: `default` while his handset is unknown; `no-mms` stays."""
    return func.coalesce(Reader.handset_class, default)


def has_number_sql() -> ColumnElement[bool]:
    """He has a number: it did not go to another, nor was his account closed."""
    return func.substr(Reader.msisdn, 1, 1) != NO_NUMBER


def not_subscribed_sql(service_id: str) -> ColumnElement[bool]:
    """No order of the service whose newest state is active, whatever instant that counts from."""
    return ~_subscription(service_id, Subscription.state == "active")


def stopped_sql(service_id: str) -> ColumnElement[bool]:
    """The platform stopped sending him the service."""
    return _subscription(service_id, Subscription.stop_state == "stopped")


def latest_consent_sql(kind: str = CONTACT_CONSENT) -> ColumnElement[bool | None]:
    """What he said last to this kind of contact; NULL where he never said anything."""
    newest = select(Consent.given).where(Consent.reader_id == Reader.id, Consent.kind == kind).order_by(Consent.recorded_at.desc(), Consent.id.desc()).limit(1).correlate(Reader)
    return newest.scalar_subquery()


def no_consent_sql(kind: str = CONTACT_CONSENT) -> ColumnElement[bool]:
    """He never agreed, or took it back."""
    return func.coalesce(latest_consent_sql(kind), false(), type_=Boolean()) == false()


def _subscription(service_id: str, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return select(Subscription.id).where(Subscription.reader_id == Reader.id, Subscription.service_id == service_id, condition).correlate(Reader).exists()


def find_reader(session: Session, msisdn: MSISDN) -> Reader | None:
    """The reader with this number, or None."""
    return session.scalar(select(Reader).where(Reader.msisdn == msisdn))


def consent_of(session: Session, reader: Reader, kind: str = CONTACT_CONSENT) -> bool | None:
    """What he said last, or None where he never said anything."""
    return session.scalar(select(latest_consent_sql(kind)).select_from(Reader).where(Reader.id == reader.id))


def subscriptions_of(session: Session, reader: Reader) -> list[Subscription]:
    """His subscriptions by service."""
    return list(session.scalars(select(Subscription).where(Subscription.reader_id == reader.id).order_by(Subscription.service_id)))


def ids_of(session: Session, reader_id: int) -> list[int]:
    """His id, and those under which his past is kept that was joined to him (`huabao subscribers join`)."""
    return [reader_id, *session.scalars(select(Reader.id).where(Reader.joined_id == reader_id).order_by(Reader.id))]


def events_of(session: Session, reader: Reader) -> list[SubscriptionEvent]:
    """What happened to his subscriptions, oldest first; what was joined to him too."""
    wanted = select(SubscriptionEvent).where(SubscriptionEvent.reader_id.in_(ids_of(session, reader.id))).order_by(SubscriptionEvent.effective_at, SubscriptionEvent.id)
    return list(session.scalars(wanted))


def blacklists_of(session: Session, msisdn: str) -> list[str]:
    """The kinds of blacklist that hold this number."""
    return list(session.scalars(select(BlacklistEntry.kind).where(BlacklistEntry.msisdn == msisdn).order_by(BlacklistEntry.kind)))


def readers_with_consent(session: Session) -> Iterator[tuple[Reader, bool | None]]:
    """Every reader who has a number, with what he said last, by number, streamed."""
    wanted = select(Reader, latest_consent_sql()).where(has_number_sql()).order_by(Reader.msisdn).execution_options(yield_per=2000)
    for reader, given in session.execute(wanted):
        yield reader, given
        session.expunge(reader)
