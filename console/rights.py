"""Who may do what in the console: one table, from which the routes are made.

A route that does not stand here does not exist; a page asks `may` before it
shows a button, and the web edge asks it again before the act.
"""

from __future__ import annotations

from dataclasses import dataclass

EDITOR, OPS, SUPPORT, ADMIN = "editor", "ops", "support", "admin"
ROLES = (EDITOR, OPS, SUPPORT, ADMIN)

PUBLIC: frozenset[str] = frozenset({"public"})
"""Nobody need be signed in."""

EVERYBODY: frozenset[str] = frozenset(ROLES)
"""Whoever is signed in."""

OPERATORS: frozenset[str] = frozenset({OPS, ADMIN})
"""Who may touch what reaches readers; releasing is another right than editing."""

STOPPERS: frozenset[str] = OPERATORS | {EDITOR}
"""Who may hold a failing handset class back: the duty editor too; letting it go again is for operators."""


@dataclass(frozen=True)
class Right:
    """One route and who may call it.

    Attributes:
        name: of the page, `console.web.PAGES` holds its function.
        method: GET or POST; a POST always carries a CSRF token.
        path: as Starlette writes it.
        roles: `PUBLIC`, or the roles that may.
        refresh: a page calls it by itself, so it is no act of the person.
    """

    name: str
    method: str
    path: str
    roles: frozenset[str]
    refresh: bool = False


RIGHTS: tuple[Right, ...] = (
    Right("healthz", "GET", "/healthz", PUBLIC),
    Right("readyz", "GET", "/readyz", PUBLIC),
    Right("metrics", "GET", "/metrics", PUBLIC),
    Right("wap", "GET", "/wap/{token}", PUBLIC),
    Right("sign_in", "GET", "/sign-in", PUBLIC),
    Right("sign_in_act", "POST", "/sign-in", PUBLIC),
    Right("preference_act", "POST", "/preferences", PUBLIC),
    Right("sign_out_act", "POST", "/sign-out", EVERYBODY),
    Right("today", "GET", "/", EVERYBODY),
    Right("today_live", "GET", "/live", EVERYBODY, refresh=True),
    Right("dispatch", "GET", "/dispatches/{dispatch_id:int}", EVERYBODY),
    Right("dispatch_live", "GET", "/dispatches/{dispatch_id:int}/live", EVERYBODY, refresh=True),
    Right("slide", "GET", "/variants/{variant_id:int}/slide.png", EVERYBODY),
    Right("block", "GET", "/dispatches/{dispatch_id:int}/classes/{handset_class}/block", STOPPERS),
    Right("block_act", "POST", "/dispatches/{dispatch_id:int}/classes/{handset_class}/block", STOPPERS),
    Right("brake", "GET", "/brakes/{brake_id:int}/release", OPERATORS),
    Right("brake_act", "POST", "/brakes/{brake_id:int}/release", OPERATORS),
    Right("steer", "GET", "/dispatches/{dispatch_id:int}/{verb}", OPERATORS),
    Right("steer_act", "POST", "/dispatches/{dispatch_id:int}/{verb}", OPERATORS),
)

_BY_NAME = {right.name: right for right in RIGHTS}


def right(name: str) -> Right:
    """The right called `name`; a KeyError is a page of ours that nobody entered in the table."""
    return _BY_NAME[name]


def may(role: str | None, name: str) -> bool:
    """Whether a person of `role` (None: not signed in) may call the route `name`."""
    roles = right(name).roles
    return roles is PUBLIC or role in roles
