"""Requests to MISC that are under way, so that its call back is known for what it is, and can be undone.

An order that we ask MISC for comes back as a call before the request is answered. The
call is matched here to the request; where MISC then refuses, what the call did is
undone (`reconciliation.ordering.misc`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import Index, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from huabao.db import Base
from huabao.quick import Quick, ask


class AskedMISC(Base):
    """A request that left and is not answered.

    Attributes:
        transaction_id: of the request, the same at every try.
        event: order or cancel: what MISC will call us with.
        called_as: the transaction of the call back that changed something, or None.
    """

    __tablename__ = "misc_asked"
    __table_args__ = (Index("ix_misc_asked_msisdn", "msisdn"),)

    transaction_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    peer: Mapped[str] = mapped_column(String(20))
    msisdn: Mapped[str] = mapped_column(String(11))
    service_id: Mapped[str] = mapped_column(String(40))
    event: Mapped[str] = mapped_column(String(10))
    asked_at: Mapped[datetime]
    called_as: Mapped[str | None] = mapped_column(String(80))
    called_at: Mapped[datetime | None]


_ALL: Final = Quick(lambda _: select(AskedMISC.transaction_id, AskedMISC.msisdn))

Key = tuple[str, str, str]
"""Number, service, event."""


def remember(session: Session, transaction_id: str, peer: str, key: Key, *, at: datetime) -> None:
    """A request leaves; one that leaves again stands as it stood."""
    row = session.get(AskedMISC, transaction_id)
    if row is None:
        msisdn, service_id, event = key
        session.add(AskedMISC(transaction_id=transaction_id, peer=peer, msisdn=msisdn, service_id=service_id, event=event, asked_at=at))
        session.flush()


def take(session: Session, transaction_id: str) -> AskedMISC | None:
    """The request that is answered now, no longer under way."""
    row = session.get(AskedMISC, transaction_id)
    if row is not None:
        session.delete(row)
        session.flush()
    return row


def match_calls(session: Session, calls: Mapping[Key, str], *, at: datetime) -> int:
    """Note calls that changed something with the requests that they came of; how many were.

    Args:
        calls: the transaction of each call, by what it is about.
    """
    if not calls:
        return 0
    matched = 0
    for row in _under_way(session, {msisdn for msisdn, _, _ in calls}):
        transaction = calls.get((row.msisdn, row.service_id, row.event))
        if transaction is not None and row.called_as is None:
            row.called_as, row.called_at = transaction, at
            matched += 1
    return matched


def _under_way(session: Session, numbers: Collection[str]) -> list[AskedMISC]:
    """Those about these numbers; few requests are ever under way, so they are read all."""
    (rows,) = ask(session, _ALL())
    about = [transaction_id for transaction_id, msisdn in rows if msisdn in numbers]
    return [row for transaction_id in about if (row := session.get(AskedMISC, transaction_id, populate_existing=True)) is not None]


def forget_number(session: Session, msisdn: str) -> Mapping[str, int]:
    """Forget a number (11 digits)."""
    gone = session.execute(delete(AskedMISC).where(AskedMISC.msisdn == msisdn))
    return {"misc_asked": int(gone.rowcount)}  # type: ignore[attr-defined]  # a cursor's result
