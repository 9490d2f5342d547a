"""Roles, the rights that stand beside them, and what is said of one route."""

from __future__ import annotations

from dataclasses import dataclass

from console.rights.cities import page_way

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


DESK: frozenset[str] = frozenset({EDITOR, ADMIN})
"""Who makes papers and approves them."""

DEPUTIES: frozenset[str] = frozenset({EDITOR, OPS, ADMIN})
"""Of whom a publication may name deputies, who approve again after a typo."""

MASTERS: frozenset[str] = frozenset({ADMIN})
"""Who says who may do what: accounts, clients of the API."""

RESENDERS: frozenset[str] = OPERATORS | {SUPPORT}
"""Who looks after single readers: sees them, sends one his copy again, tries to reach him."""


SYSTEM, NOTICES, TRIALS, OPINIONS, RANKS, STATISTICS = "system", "notices", "trials", "opinions", "ranks", "statistics"
GRANTS = (SYSTEM, NOTICES, TRIALS, OPINIONS, RANKS, STATISTICS)
"""The six rights of the management side (系統管理, 信息公告管理, 體驗業務管理, 業務意見征集管理, 會員等級管理, 數據統計): what one
account is given beside its role. A grant opens the routes that name it; those of the community wait for its pages."""

KINDS = ("operations", "edition", "month", "recovery", "reconciliation", "complaints")
"""Kinds of statistics; a grant of STATISTICS is for one of them, or for all."""


@dataclass(frozen=True)
class Grant:
    """One right given to one account.

    Attributes:
        name: one of `GRANTS`.
        city: whose figures alone it opens, or "" for all.
        kind: of statistics, one of `KINDS`, or "" for all.
    """

    name: str
    city: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Right:
    """One route and who may call it; what an account of one city gets of it stands in `console.rights.cities`.

    Attributes:
        name: of the page, `console.web.PAGES` holds its function.
        method: GET or POST; a POST always carries a CSRF token.
        path: as Starlette writes it.
        roles: `PUBLIC`, or the roles that may.
        refresh: a page calls it by itself, so it is no act of the person.
        sealed: its forms are a reader's, who has no cookies: each carries a signed token of its own, which the page checks.
        grant: one of `GRANTS` that opens it too, whatever the role; or "".
        kind: of statistics, where `grant` is STATISTICS.
        first: it is there for whoever must set a password or a second factor before anything else.
        body_bytes_max: of a POST whose body is no form (a picture, JSON): its token comes in a header; 0 for a form.
    """

    name: str
    method: str
    path: str
    roles: frozenset[str]
    refresh: bool = False
    sealed: bool = False
    grant: str = ""
    kind: str = ""
    body_bytes_max: int = 0
    first: bool = False

    @property
    def by_city(self) -> bool:
        """Whether accounts of one city may call it: it shows and does nothing beyond `visit.city`."""
        return page_way(self.name).is_open
