"""The places of the console, in the order of its sidebar: what stands there is seen by whoever may go there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from console.visit import Visit


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
    Desk("refunds", "refund", "refund.name"),
    Desk("recovery", "recovery", "name.recovery"),
    Desk("reconcile", "reconcile", "name.reconcile"),
    Desk("overview", "overview", "overview.name"),
    Desk("reports", "reports", "report.name"),
    Desk("accounts", "accounts", "account.title"),
    Desk("audit", "audit", "audit.name"),
    Desk("settings", "settings", "settings.name"),
)

BAR: dict[str, tuple[str, ...]] = {
    "editor": ("editions", "today", "seeds", "alarms"),
    "support": ("readers", "complaints", "today", "recovery"),
    "ops": ("today", "seeds", "alarms", "readers"),
    "admin": ("today", "seeds", "alarms", "readers"),
}
"""The places in the bar of a phone, by role, the fifth being the way to all others; where one of them is not for a person, the next of the sidebar stands there."""

BAR_PLACES = 4


@dataclass(frozen=True)
class Key:
    """`g` and a letter lead to a place.

    Attributes:
        right: who may call this route has the key.
    """

    letter: str
    right: str
    path: str
    text: str


KEYS: tuple[Key, ...] = (
    Key("t", "today", "/", "name.today"),
    Key("d", "today", "/#dispatches", "name.dispatch"),
    Key("p", "ports", "/ports", "ports.name"),
    Key("s", "seeds", "/seeds", "seeds.name"),
    Key("a", "alarms", "/alarms", "alarms.name"),
    Key("o", "overview", "/overview", "overview.name"),
    Key("r", "readers", "/readers", "name.readers"),
)


def phone_bar(visit: Visit) -> tuple[str, ...]:
    """The places in the bar of this person's phone."""
    mine = BAR.get(visit.who.role, ()) if visit.who else ()
    order = (*mine, *(desk.right for desk in DESKS if desk.right not in mine))
    return tuple(name for name in order if visit.may(name))[:BAR_PLACES]
