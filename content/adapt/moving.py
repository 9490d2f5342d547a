"""A message's pictures fitted together, animations among them where they leave enough for the others."""

from __future__ import annotations

from collections.abc import Sequence

from content.adapt.animation import Animation
from content.adapt.encoding import EncodedPicture
from content.adapt.fitting import Fitting, fit_pictures
from content.adapt.framing import PictureRequest
from content.adapt.renditions import EncodeCache
from subscribers.handset_classes import HandsetClass

ANIMATION_SHARE = 0.25
"""Of a message's budget, for one animation."""

ANIMATIONS_SHARE = 0.35
"""Of the pictures' budget, for all animations of a message; more than that stand still."""

QUALITY_BESIDE_MIN = 60
"""Quality that all other pictures must keep; else all stand still."""


def fit_all(requests: Sequence[PictureRequest], budget_bytes: int, handset: HandsetClass, *, cache: EncodeCache | None = None) -> Fitting:
    """As `fit_pictures`; a request with an animation gets it where its class shows it and the budget has room."""
    moving = _chosen(requests, budget_bytes) if handset.animated_gif else {}
    if moving:
        others = [request for request in requests if request.key not in moving]
        left = budget_bytes - sum(len(one.data) for one in moving.values())
        fitting = fit_pictures(others, left, handset, cache=cache)
        if not fitting.dropped and fitting.worst_quality >= QUALITY_BESIDE_MIN:
            ready = {key: EncodedPicture(key, one.data, one.media_type, one.width_px, one.height_px, 100) for key, one in moving.items()}
            return Fitting({**fitting.pictures, **ready}, (), fitting.worst_quality)
    return fit_pictures(requests, budget_bytes, handset, cache=cache)


def _chosen(requests: Sequence[PictureRequest], budget_bytes: int) -> dict[str, Animation]:
    """Animations, the most important first, as many as may move."""
    found: dict[str, Animation] = {}
    left = ANIMATIONS_SHARE * budget_bytes
    for request in sorted(requests, key=lambda one: one.rank):
        if request.moving is not None and len(request.moving.data) <= left:
            found[request.key] = request.moving
            left -= len(request.moving.data)
    return found
