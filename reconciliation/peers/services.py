"""Peers as they are configured; without any, one that calls from this very machine and speaks MISC 1.5.0."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from huabao import audit
from huabao.errors import UsageError
from reconciliation.peers.models import MISCPeer
from reconciliation.peers.options import MISCOptions, checked

DEFAULT_NAME: Final = "misc"


@dataclass(frozen=True)
class Peer:
    """A peer and its options."""

    name: str
    options: MISCOptions


def peers(session: Session) -> tuple[Peer, ...]:
    """Every peer, by name; the default one where none is configured."""
    found = tuple(Peer(row.name, MISCOptions(**row.options)) for row in session.scalars(select(MISCPeer).order_by(MISCPeer.name)))
    return found or (Peer(DEFAULT_NAME, MISCOptions()),)


def asked_peer(session: Session, service_id: str) -> Peer | None:
    """The peer that orders of a service are asked of: one that names the service, else one that names none; None where there is none."""
    called = [one for one in peers(session) if one.options.url]
    named = [one for one in called if service_id in one.options.services]
    return next(iter(named or [one for one in called if not one.options.services]), None)


def set_peer(session: Session, name: str, changes: Mapping[str, Any], *, new: bool, by: str, at: datetime) -> Peer:
    """Add a peer, or change some of its options.

    Raises:
        UsageError: the name or an option cannot be used; it is there already, or is not.
    """
    if not name or len(name) > 20 or not all(one.isalnum() or one in "-." for one in name) or not name.isascii():
        raise UsageError(f"a peer's name has 1 to 20 letters, digits, - and .; {name!r} has not")
    row = session.get(MISCPeer, name)
    if new and row is not None:
        raise UsageError(f"there is a peer {name!r} already; `huabao misc set {name}` changes it")
    if not new and row is None:
        raise UsageError(f"there is no peer {name!r}; `huabao misc add {name}` makes it")
    options = checked({**(row.options if row else {}), **changes}, name)
    kept = options.model_dump(mode="json", exclude_defaults=True)
    session.merge(MISCPeer(name=name, options=kept, updated_at=at))
    audit.record(session, actor=by, action="misc.add" if new else "misc.set", object_kind="misc_peer", object_id=name, at=at, options=kept)
    return Peer(name, options)


def remove_peer(session: Session, name: str, *, by: str, at: datetime) -> None:
    """Forget a peer.

    Raises:
        UsageError: there is none of that name.
    """
    row = session.get(MISCPeer, name)
    if row is None:
        raise UsageError(f"there is no peer {name!r}; `huabao misc list` shows them all")
    session.delete(row)
    audit.record(session, actor=by, action="misc.remove", object_kind="misc_peer", object_id=name, at=at)
