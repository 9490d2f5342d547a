"""Tables of readers and of what they subscribe to.

The reader is a person with a number; the subscription is what he pays for. The
stop state belongs to one subscription, never to the person. Events keep
`effective_at` and `recorded_at`, because an as-of question needs both.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, SmallInteger, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from huabao.db import Base, BigKey, Document

DRIVES = ("emotion", "entertainment", "content")
SUBSCRIPTION_STATES = ("active", "paused", "cancelled")
HOLDING_STATES = ("active", "paused")
"""A paused order is still his order."""

ACCOUNT_STATES = ("normal", "barred", "closed")
STOP_STATES = ("sending", "stopped", "recovering")
BLACKLIST_KINDS = ("registration", "experience", "marketing")
NO_NUMBER = "-"
"""What stands, with his id behind it, where the number of a reader was who has none any more."""

CONTACT_CONSENT = "contact"
"""The kind of consent that the column `consent` of an import speaks of: to be addressed beyond what he ordered."""


class Reader(Base):
    """One person with one mobile number.

    Attributes:
        msisdn: 11 digits; of one whose number went to another, `-` and his id, which is no number, see `NO_NUMBER`.
        handset: the model or class name as it was given, or None.
        handset_class: the class it falls in; None while the handset is unknown,
            `no-mms` when it cannot take an MMS, `text-only` when no pushed link either.
        handset_model: the model that `handset` names, or else the TAC of `imei`; None where neither is known.
        preferred_hour: 0–23, Asia/Shanghai.
        attributes: imported columns that nobody defined, by name.
        account_state: normal, barred (停机) or closed (销户); BOSS is its master.
        account_at, account_source: since when that is known, and from whom; None and "" where nobody said.
        opened_at: when the account was opened. After the date of an order, it is the mark of a reused number.
        joined_id: of one who has no number any more, the reader who is the same person; what was kept of him stays under his own id.
    """

    __tablename__ = "readers"
    __table_args__ = (
        Index("ix_readers_handsets", "handset_model", "handset", "handset_class"),
        Index("ix_readers_joined", "joined_id", sqlite_where=text("joined_id IS NOT NULL"), postgresql_where=text("joined_id IS NOT NULL")),
        Index("ix_readers_account", "id", sqlite_where=text("account_state <> 'normal'"), postgresql_where=text("account_state <> 'normal'")),
        {"sqlite_autoincrement": True},  # the id of a reader who was forgotten never becomes another's
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    msisdn: Mapped[str] = mapped_column(String(11), unique=True)
    city: Mapped[str | None] = mapped_column(String(40))
    handset: Mapped[str | None] = mapped_column(String(120))
    handset_class: Mapped[str | None] = mapped_column(String(20))
    handset_model: Mapped[str | None] = mapped_column(String(120))
    imei: Mapped[str | None] = mapped_column(String(16))
    drive: Mapped[str | None] = mapped_column(String(20))
    topics: Mapped[list[Any]] = mapped_column(Document, default=list)
    attribute_class: Mapped[str | None] = mapped_column(String(1))
    preferred_hour: Mapped[int | None] = mapped_column(SmallInteger)
    last_active_at: Mapped[datetime | None]
    attributes: Mapped[dict[str, Any]] = mapped_column(Document, default=dict)
    account_state: Mapped[str] = mapped_column(String(10), default="normal", server_default="normal")
    account_at: Mapped[datetime | None]
    account_source: Mapped[str] = mapped_column(String(10), default="", server_default="")
    opened_at: Mapped[datetime | None]
    joined_id: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Consent(Base):
    """Whether a reader agreed to a kind of contact; the newest row counts."""

    __tablename__ = "consents"
    __table_args__ = (Index("ix_consents_reader", "reader_id", "kind", "recorded_at"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    reader_id: Mapped[int] = mapped_column(ForeignKey("readers.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(20))
    given: Mapped[bool]
    source: Mapped[str] = mapped_column(String(80))
    recorded_at: Mapped[datetime]


class BlacklistEntry(Base):
    """A number that must not be registered, tried out or marketed to."""

    __tablename__ = "blacklist_entries"

    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    msisdn: Mapped[str] = mapped_column(String(11), primary_key=True)
    reason: Mapped[str] = mapped_column(Text, default="")
    recorded_at: Mapped[datetime]


def _same_as(name: str) -> Callable[[Any], Any]:
    """A default: the value of another column of the row."""
    return lambda context: context.get_current_parameters()[name]


class Subscription(Base):
    """A reader's order of one service, with the stop state of its delivery.

    Only `subscribers.orders` and the import of orders write what concerns the order; all others read `state`.

    Attributes:
        service_id: how BOSS and MISC name the service; a service may hold two papers.
        state: active, paused or cancelled: what holds now, derived from the order and the reader's account.
        effective_at: since when the order, or while it is barred the account, says so.
        order_state: what the order alone says; MISC is its master.
        order_at, order_source: since when and by whom that is known; None in a row that an earlier release wrote,
            where `state` and `effective_at` say it.
        fee_msisdn: who pays where it is not himself; `payer_at`, `payer_source` tell since when and by whom that is known.
        price_fen: what BOSS charges for a month, None where nobody said; `price_at`, `price_source` likewise.
        stop_state: sending, stopped or recovering: what the platform does about it.
    """

    __tablename__ = "subscriptions"
    __table_args__ = (
        UniqueConstraint("service_id", "reader_id"),
        Index("ix_subscriptions_reader", "reader_id"),
        Index("ix_subscriptions_payer", "fee_msisdn", sqlite_where=text("fee_msisdn IS NOT NULL"), postgresql_where=text("fee_msisdn IS NOT NULL")),
        Index("ix_subscriptions_stop", "reader_id", "service_id", sqlite_where=text("stop_state <> 'sending'"), postgresql_where=text("stop_state <> 'sending'")),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    reader_id: Mapped[int] = mapped_column(ForeignKey("readers.id", ondelete="CASCADE"))
    service_id: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(10))
    effective_at: Mapped[datetime]
    order_state: Mapped[str] = mapped_column(String(10), default=_same_as("state"), server_default="active")
    order_at: Mapped[datetime | None] = mapped_column(default=_same_as("effective_at"))
    order_source: Mapped[str] = mapped_column(String(10), default="", server_default="")
    fee_msisdn: Mapped[str | None] = mapped_column(String(11))
    payer_at: Mapped[datetime | None]
    payer_source: Mapped[str] = mapped_column(String(10), default="", server_default="")
    price_fen: Mapped[int | None] = mapped_column(Integer)
    price_at: Mapped[datetime | None]
    price_source: Mapped[str] = mapped_column(String(10), default="", server_default="")
    stop_state: Mapped[str] = mapped_column(String(10), default="sending")
    stop_cause: Mapped[str | None] = mapped_column(String(20))
    stopped_at: Mapped[datetime | None]
    updated_at: Mapped[datetime]


class SubscriptionEvent(Base):
    """What happened to a subscription, or to all of a reader's; only ever added.

    Attributes:
        service_id: "" where the account or the number changed, which concerns all of them.
        field: order, terms, account, identity, or stop (of the sending).
        state: the subscription's derived state after it; of the account, the account's.
        fee_msisdn, price_fen: of an order or its terms, as they are after it.
        message_id: the journal's row of the message that said so.
    """

    __tablename__ = "subscription_events"
    __table_args__ = (
        Index("ix_subscription_events_reader", "reader_id", "service_id", "effective_at"),
        Index("ix_subscription_events_payer", "fee_msisdn", sqlite_where=text("fee_msisdn IS NOT NULL"), postgresql_where=text("fee_msisdn IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    reader_id: Mapped[int] = mapped_column(BigKey)
    service_id: Mapped[str] = mapped_column(String(40))
    event: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(10))
    source: Mapped[str] = mapped_column(String(40))
    field: Mapped[str] = mapped_column(String(10), default="order", server_default="order")
    transaction_id: Mapped[str | None] = mapped_column(String(80))
    reason: Mapped[str] = mapped_column(String(200), default="", server_default="")
    fee_msisdn: Mapped[str | None] = mapped_column(String(11))
    price_fen: Mapped[int | None] = mapped_column(Integer)
    message_id: Mapped[int | None] = mapped_column(BigInteger)
    effective_at: Mapped[datetime]
    recorded_at: Mapped[datetime]


class Segment(Base):
    """A named audience: a rule over reader fields."""

    __tablename__ = "segments"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    rule: Mapped[dict[str, Any]] = mapped_column(Document)
    created_by: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime]


class Handset(Base):
    """A model, what its sources say of it, and the handset class that it falls in.

    Attributes:
        handset_class: `no-mms`, `text-only` where it takes none; "" where no rule knows.
        source: the file that named it last.
        records: capabilities by source, each as that source says them.
        given_class: the class that an operator gave it, which goes before every rule; or None.
        class_rule: the name of the rule that chose the class; "" where it was given, or none did.
    """

    __tablename__ = "handsets"

    model: Mapped[str] = mapped_column(String(120), primary_key=True)
    handset_class: Mapped[str] = mapped_column(String(20))
    brand: Mapped[str] = mapped_column(String(80), default="")
    source: Mapped[str] = mapped_column(String(80), default="")
    records: Mapped[dict[str, Any]] = mapped_column(Document, default=dict, server_default="{}")
    given_class: Mapped[str | None] = mapped_column(String(20))
    class_rule: Mapped[str] = mapped_column(String(80), default="", server_default="")


class HandsetName(Base):
    """A key (see `capabilities.names`) that a model is found under; one that names two models names neither."""

    __tablename__ = "handset_names"

    key: Mapped[str] = mapped_column(String(120), primary_key=True)
    model: Mapped[str] = mapped_column(String(120), primary_key=True)


class HandsetTAC(Base):
    """The first eight digits of an IMEI, and the model that they stand for, as a list names it."""

    __tablename__ = "handset_tacs"

    tac: Mapped[str] = mapped_column(String(8), primary_key=True)
    brand: Mapped[str] = mapped_column(String(80))
    model: Mapped[str] = mapped_column(String(120))
    aka: Mapped[list[Any]] = mapped_column(Document, default=list)
    source: Mapped[str] = mapped_column(String(80))


class Contact(Base):
    """The contact ledger: each time a reader was addressed for other than what he pays for."""

    __tablename__ = "contacts"
    __table_args__ = (Index("ix_contacts_reader", "reader_id", "at"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    reader_id: Mapped[int] = mapped_column(BigKey)
    channel: Mapped[str] = mapped_column(String(10))
    purpose: Mapped[str] = mapped_column(String(40))
    reference: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime]


class ReaderServiceMonth(Base):
    """What a reader got of a service in a month, so that nobody scans a month of deliveries.

    Attributes:
        month: its first day.
        retrieved, failed: deliveries that ended so, as their reports say.
    """

    __tablename__ = "reader_service_months"

    month: Mapped[date] = mapped_column(primary_key=True)
    reader_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    service_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    retrieved: Mapped[int] = mapped_column(Integer, default=0)
    failed: Mapped[int] = mapped_column(Integer, default=0)
    last_success_at: Mapped[datetime | None]
