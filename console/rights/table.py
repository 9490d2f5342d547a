"""The table as a whole, and what is asked of it."""

from __future__ import annotations

from collections.abc import Iterable

from console.rights.editing import EDITORS
from console.rights.frame import FRAME
from console.rights.keeping import KEEPING
from console.rights.operating import OPERATING
from console.rights.roles import PUBLIC, Grant, Right
from console.rights.supporting import SUPPORTING

RIGHTS: tuple[Right, ...] = (*FRAME, *EDITORS, *SUPPORTING, *KEEPING, *OPERATING)
"""Of two paths that fit, the first counts: what ends in any verb stands last."""

_BY_NAME = {right.name: right for right in RIGHTS}


def right(name: str) -> Right:
    """The right called `name`; a KeyError is a page of ours that nobody entered in the table."""
    return _BY_NAME[name]


def reach(role: str | None, city: str | None, grants: Iterable[Grant], name: str) -> tuple[str, ...]:
    """What a person may call the route `name` for: cities in order, `("",)` for all of them, `()` where he may not at all.

    Args:
        role: None where nobody is signed in.
        city: the one whose readers alone he sees; no grant goes beyond it.
    """
    one = right(name)
    if one.roles is PUBLIC:
        return ("",)
    opened = {city or ""} if role in one.roles else set[str]()
    given = [grant for grant in grants if role is not None and one.grant == grant.name and grant.kind in ("", one.kind)]
    opened |= {city or grant.city for grant in given if not (city and grant.city) or city == grant.city}
    opened = {found for found in opened if not found or one.by_city}
    return ("",) if "" in opened else tuple(sorted(opened))


def may(role: str | None, name: str, *, city: str | None = None, grants: Iterable[Grant] = ()) -> bool:
    """Whether a person of `role` (None: not signed in) may call the route `name`."""
    return bool(reach(role, city, grants, name))


def in_reach(own: str | None, city: str | None) -> bool:
    """Whether an account of the city `own` (None: of all) may see a reader of `city`; one whose city nobody knows is for those of all."""
    return not own or own == city
