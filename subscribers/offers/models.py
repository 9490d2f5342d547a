"""Tables of the catalogue's versions and of the orders that readers gave."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from huabao.db import Base, BigKey

CANCEL = "cancel"
ORDER_KINDS = ("subscribe", "try", CANCEL)
"""What a reader may ask for; the last to end what he holds, see `leaving`."""

ORDER_CHANNELS = ("wap", "sms", "mms")
ORDER_STATES = ("recorded", "exported", "confirmed", "refused", "lapsed")
"""The last: asked whether he really wants it, he said no or nothing."""

OPEN_STATES = ("recorded", "exported")
"""States of an order that somebody still has to answer."""

BY_FILE, BY_QUESTION, BY_INTERFACE = "file", "question", "interface"
"""Ways of an order: it waits for the file of orders; its reader is asked once more; it went to BOSS or MISC by their interfaces."""

_OPEN = text("state IN ('recorded', 'exported')")
_NEW = text("state = 'recorded' AND way IS NULL")


class OfferCatalogue(Base):
    """A catalogue as an operator gave it, whole; the newest counts.

    Attributes:
        source: the file's text.
    """

    __tablename__ = "offer_catalogues"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    file: Mapped[str] = mapped_column(String(120))
    source: Mapped[str] = mapped_column(Text)
    imported_by: Mapped[str] = mapped_column(String(80))
    imported_at: Mapped[datetime]


class ServiceOrder(Base):
    """What a reader asked for: data for the department that opens services in bulk. One open order of a service and kind each.

    Attributes:
        service: its slug in the catalogue.
        service_id: as BOSS names it, when he asked.
        answer: what he wrote, where he asked by a text.
        way: file, question or interface; None while nobody has looked which.
        batch: of the file that it went out in, or None.
        decided_at: when it was confirmed or refused.
        reason: what the department said of a refused one.
    """

    __tablename__ = "service_orders"
    __table_args__ = (
        Index("uq_service_orders_open", "reader_id", "service", "kind", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_service_orders_state", "state", "id"),
        Index("ix_service_orders_reader", "reader_id"),
        Index("ix_service_orders_new", "id", sqlite_where=_NEW, postgresql_where=_NEW),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    reader_id: Mapped[int] = mapped_column(ForeignKey("readers.id", ondelete="CASCADE"))
    service: Mapped[str] = mapped_column(String(40))
    service_id: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(10))
    channel: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10), default="recorded")
    answer: Mapped[str] = mapped_column(String(80), default="")
    way: Mapped[str | None] = mapped_column(String(10))
    batch: Mapped[str | None] = mapped_column(String(40))
    recorded_at: Mapped[datetime]
    exported_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(String(200), default="")
