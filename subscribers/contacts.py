"""The contact ledger: how often a reader was addressed for other than what he pays for.

Written when something leaves (`note_contacts`), read before the next does: at most
so many contacts in so many days, whatever they were about.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, insert, select
from sqlalchemy.orm import Session

from huabao.settings import Setting
from subscribers.models import Contact, Reader

CONTACTS_MAX = Setting("contacts_max", 3, "contacts", "an activity addresses nobody who was addressed so often in `contacts_days`; 0 addresses nobody", minimum=0, maximum=1000)
CONTACTS_DAYS = Setting("contacts_days", 7, "days", "how far back contacts count for `contacts_max`", minimum=1, maximum=366)

SETTINGS: tuple[Setting[Any], ...] = (CONTACTS_MAX, CONTACTS_DAYS)


def addressed_often_sql(contacts_max: int, since: datetime | ColumnElement[datetime], reference: ColumnElement[str] | None = None) -> ColumnElement[bool]:
    """The reader was addressed at least `contacts_max` times after `since`; true or false, never NULL.

    Args:
        reference: contacts of this reference do not count.
    """
    mine = [Contact.reader_id == Reader.id, Contact.at > since]
    if reference is not None:
        mine.append(Contact.reference != reference)
    found = select(func.count()).select_from(Contact).where(*mine).correlate(Reader).scalar_subquery()
    return found >= contacts_max


def note_contacts(session: Session, readers: Sequence[int], *, channel: str, purpose: str, reference: str, at: datetime) -> None:
    """Write down that these readers were addressed."""
    if readers:
        session.connection().execute(
            insert(Contact), [{"reader_id": reader, "channel": channel, "purpose": purpose, "reference": reference, "at": at} for reader in readers]
        )
