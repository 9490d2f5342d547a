"""Tables behind the WAP pages: the key that signs their links, and the forms that readers sent."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from huabao.db import Base


class SigningKey(Base):
    """A secret of this installation, made with its database, so that all its processes and its backups share it."""

    __tablename__ = "signing_keys"

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    key: Mapped[bytes] = mapped_column(LargeBinary)


class WapForm(Base):
    """A form that a reader sent: what came of it is said again when it is sent again, and nothing is done twice.

    Attributes:
        form_sha256: of the form's own token, which no log and no table holds.
        act: `order`, `leave` or `quiz`.
        answer: what the reader was told.
    """

    __tablename__ = "wap_forms"

    form_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    reader_id: Mapped[int] = mapped_column(ForeignKey("readers.id", ondelete="CASCADE"))
    act: Mapped[str] = mapped_column(String(20))
    answer: Mapped[str] = mapped_column(Text)
    sent_at: Mapped[datetime] = mapped_column(index=True)
