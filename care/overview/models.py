"""Tables: who came and went, and readers who are kept an eye on."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from huabao.db import Base, BigKey


class ReaderMove(Base):
    """An order that began or ended; one row for the event that did it.

    Attributes:
        event_id: of `subscription_events`.
        day: business day on which it became known.
        city: the reader's at that time, "" where nobody knows.
        what, cause, channel: of `rules.WHATS`, `rules.CAUSES`, `rules.CHANNELS`.
        at: from when it holds.
    """

    __tablename__ = "reader_moves"
    __table_args__ = (Index("ix_reader_moves_day", "day", "event_id"), Index("ix_reader_moves_reader", "reader_id"))

    event_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(Date)
    reader_id: Mapped[int] = mapped_column(BigInteger)
    service_id: Mapped[str] = mapped_column(String(40))
    city: Mapped[str] = mapped_column(String(40))
    what: Mapped[str] = mapped_column(String(10))
    cause: Mapped[str] = mapped_column(String(12))
    channel: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime]


class ReaderMark(Base):
    """A reader's order that is kept an eye on; all rows of a mark are of its last round.

    Attributes:
        mark: of `marks.MARKS`.
        since: when it was ordered.
        arrived_at: of who is new, when the first copy arrived after all; None where none did.
        price_fen: of a month, None where nobody said.
        sending: whether he is sent to at present: he is not stopped.
    """

    __tablename__ = "reader_marks"
    __table_args__ = (Index("ix_reader_marks_reader", "reader_id"),)

    mark: Mapped[str] = mapped_column(String(10), primary_key=True)
    reader_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    service_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    city: Mapped[str] = mapped_column(String(40))
    since: Mapped[datetime]
    arrived_at: Mapped[datetime | None]
    price_fen: Mapped[int | None] = mapped_column(Integer)
    sending: Mapped[bool]


class OverviewRound(Base):
    """A piece of this counting, and how far it is.

    Attributes:
        name: moves, or one of `marks.MARKS`.
        at: as of when its rows are.
        last_id: of the moves, the event up to which all were looked at for good.
    """

    __tablename__ = "overview_rounds"

    name: Mapped[str] = mapped_column(String(10), primary_key=True)
    at: Mapped[datetime]
    last_id: Mapped[int] = mapped_column(BigKey, default=0)
