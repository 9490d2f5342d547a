"""The table of files that came."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from huabao.db import Base, BigKey, Document

FULL, INCREMENT, BILL = "full", "increment", "bill"
RIGHT, BAD, SEMIWRONG = "right", "bad", "semiwrong"
"""Taken whole; refused whole; taken without some records."""


class FeedArrival(Base):
    """One file of one peer for one day.

    Attributes:
        kind: full, increment or bill.
        sha256: of its bytes; the same file for another day is refused.
        day: that it was given for.
        records, usable: lines with a record, and those of them that count.
        faults: how many records did not count, by code.
        verdict: right, bad or semiwrong.
        reason: the code for which it was refused, "" where it was not.
        detail: that reason in words.
    """

    __tablename__ = "feed_arrivals"
    __table_args__ = (Index("uq_feed_arrivals_file", "peer", "kind", "day", "sha256", unique=True), Index("ix_feed_arrivals_sha", "sha256"))

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    peer: Mapped[str] = mapped_column(String(10))
    kind: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    day: Mapped[date]
    as_of: Mapped[datetime | None]
    records: Mapped[int] = mapped_column(default=0)
    usable: Mapped[int] = mapped_column(default=0)
    faults: Mapped[dict[str, Any]] = mapped_column(Document, default=dict)
    verdict: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(20), default="")
    detail: Mapped[str] = mapped_column(String(300), default="")
    received_at: Mapped[datetime]
