"""The places of the console, in the order of its sidebar: what stands there is seen by whoever may go there."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Desk:
    """One place of the sidebar.

    Attributes:
        right: the route that it leads to (`console.rights`); its path begins every path of the desk.
        icon: a shape of the sprite.
        text: the name of its text.
    """

    right: str
    icon: str
    text: str


DESKS: tuple[Desk, ...] = (
    Desk("today", "today", "name.today"),
    Desk("ports", "ports", "ports.name"),
    Desk("seeds", "seeds", "seeds.name"),
    Desk("capacity", "capacity", "capacity.name"),
    Desk("duty", "duty", "duty.name"),
    Desk("alarms", "alarms", "alarms.name"),
    Desk("editions", "editions", "editions.name"),
    Desk("segments", "segments", "segment.name_of_desk"),
    Desk("readers", "readers", "name.readers"),
    Desk("complaints", "complaint", "complaint.name"),
    Desk("recovery", "recovery", "name.recovery"),
    Desk("reconcile", "reconcile", "name.reconcile"),
    Desk("accounts", "accounts", "account.title"),
    Desk("audit", "audit", "audit.name"),
    Desk("settings", "settings", "settings.name"),
)
