"""The address of this installation's WAP pages with the key that seals their links, and the links of one reader."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from content.wap.models import SigningKey
from content.wap.settings import WAP_PERSONAL_DAYS
from content.wap.tokens import Ticket, WapAddress
from huabao.config import Config
from huabao.errors import StoreError

_NAME = "wap"


def wap_address_of(session: Session, config: Config) -> WapAddress:
    """The address: its key is made of `HUABAO_SECRET_KEY` where that is set, else it is the one made with the database.

    Raises:
        StoreError: the database has none.
    """
    secret = config.secret_key.get_secret_value()
    if secret:
        return WapAddress(config.wap_base_url, hashlib.sha256(f"wap links\0{secret}".encode()).digest())
    found = session.get(SigningKey, _NAME)
    if found is None:
        raise StoreError("the database has no key for WAP links; `huabao db upgrade` makes one, or set HUABAO_SECRET_KEY")
    return WapAddress(config.wap_base_url, found.key)


def personal_link(session: Session, config: Config, reader_id: int, purpose: str, about: int, now: datetime) -> str:
    """A link of one reader's own, for what he alone is sent; it opens for `wap_personal_days`.

    The same reader, purpose and edition give the same link within an hour, so that a message made twice is the same bytes.

    Args:
        purpose: `package`, `leave` or `quiz`, see `content.wap.tokens.PURPOSES`.
        about: the edition's version, or 0.
    """
    hour = now.replace(minute=0, second=0, microsecond=0)
    ticket = Ticket(reader_id, purpose, about, hour + timedelta(days=WAP_PERSONAL_DAYS.get(session)))
    address = wap_address_of(session, config)
    return address.at(address.personal_token(ticket))
