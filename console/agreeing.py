"""Who may agree to what a guard holds: operators of the whole house, two different ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from console.models import User
from console.rights import right
from console.visit import Refused, Visit


def asked_run(visit: Visit, verbs: Sequence[str]) -> tuple[int, str]:
    """The run that a path names, and what is to be done about it.

    Raises:
        Refused: that is none of `verbs`.
    """
    verb = visit.request.path_params["verb"]
    if verb not in verbs:
        raise Refused(404, "not_found")
    return int(visit.request.path_params["run_id"]), verb


def others(session: Session, route: str, agreed: Iterable[str]) -> Sequence[str]:
    """Accounts that may be the next to agree, by name."""
    done = {name.casefold() for name in agreed}
    rows = session.scalars(
        select(User.name).where(User.role.in_(sorted(right(route).roles)), User.disabled_at.is_(None), or_(User.city.is_(None), User.city == "")).order_by(User.name)
    )
    return [name for name in rows if name.casefold() not in done]
