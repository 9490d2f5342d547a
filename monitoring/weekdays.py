"""Is it sick today: the share that had retrieved it at the same age, beside earlier same weekdays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from delivery.dispatch import curves
from delivery.models import Dispatch
from monitoring.kept import Kept


@dataclass(frozen=True)
class SameAge:
    """Shares of the readers sent to who had retrieved it so many minutes after they were sent to.

    Attributes:
        minutes: of age; the first is 0.
        today: None at an age that nobody has reached.
        earlier: by day, the newest first; at most four.
    """

    minutes: tuple[float, ...]
    today: tuple[float | None, ...]
    earlier: tuple[tuple[date, tuple[float, ...]], ...]


_kept: Kept[Sequence[float | None]] = Kept(10.0)


def same_age(session: Session, dispatch: Dispatch, now: datetime) -> SameAge:
    """The dispatch beside the title's earlier same weekdays; a closed one has the curve that it left."""
    left = dispatch.gate.get("curve")
    dispatch_id = dispatch.id
    today = left["all"] if left else _kept.get(session, dispatch_id, now, lambda own: curves.so_far(own, own.get_one(Dispatch, dispatch_id), now))
    earlier = tuple((day, (0.0, *curve["all"])) for day, curve in curves.earlier(session, dispatch))
    return SameAge((0.0, *(age / 60 for age in curves.AGES_S)), (0.0, *today), earlier)
