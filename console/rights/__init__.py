"""Who may do what: one table, from which the console's routes are made, and the commands that do the same.

A route that does not stand here does not exist; a page asks `may` before it
shows a button, and the web edge asks it again before the act. A command that touches
what reaches readers asks for the roles of the page that does so (`console.acting`).
"""

from __future__ import annotations

from console.rights.commands import COMMANDS
from console.rights.roles import (
    ADMIN,
    DEPUTIES,
    DESK,
    EDITOR,
    EVERYBODY,
    GRANTS,
    KINDS,
    MASTERS,
    NOTICES,
    OPERATORS,
    OPINIONS,
    OPS,
    PUBLIC,
    RANKS,
    RESENDERS,
    ROLES,
    STATISTICS,
    STOPPERS,
    SUPPORT,
    SYSTEM,
    TRIALS,
    Grant,
    Right,
)
from console.rights.table import RIGHTS, in_reach, may, reach, right

__all__ = [
    "ADMIN",
    "COMMANDS",
    "DEPUTIES",
    "DESK",
    "EDITOR",
    "EVERYBODY",
    "GRANTS",
    "KINDS",
    "MASTERS",
    "NOTICES",
    "OPERATORS",
    "OPINIONS",
    "OPS",
    "PUBLIC",
    "RANKS",
    "RESENDERS",
    "RIGHTS",
    "ROLES",
    "STATISTICS",
    "STOPPERS",
    "SUPPORT",
    "SYSTEM",
    "TRIALS",
    "Grant",
    "Right",
    "in_reach",
    "may",
    "reach",
    "right",
]
