"""The table of MISC-like peers: who calls, who is called, and whose numbers mean what."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from huabao.db import Base


class MISCPeer(Base):
    """One peer; its options are those of `reconciliation.peers.options`."""

    __tablename__ = "misc_peers"

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    options: Mapped[dict[str, Any]]
    updated_at: Mapped[datetime]
