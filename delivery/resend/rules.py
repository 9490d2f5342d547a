"""Whether a resend may go: facts in, a refusal or nothing out.

The one condition is that the order is in force: whether the reader got a copy, got
none or is stopped does not matter. What was withdrawn is not sent again, and nobody
gets what his handset cannot take.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from huabao.clock import shanghai_text

UNKNOWN_NUMBER, KILLED, NOT_ORDERED, CANCELLED, PAUSED, NOT_YET = "unknown_number", "killed", "not_ordered", "cancelled", "paused", "not_yet"
HANDSET_CANNOT, NO_CONSENT, BLACKLISTED, NO_PORT, RESENT_LATELY = "handset_cannot", "no_consent", "blacklisted", "no_port", "resent_lately"
HANDSET_MISFIT = "handset_misfit"

REFUSALS = (UNKNOWN_NUMBER, KILLED, NOT_ORDERED, CANCELLED, PAUSED, NOT_YET, HANDSET_CANNOT, HANDSET_MISFIT, NO_CONSENT, BLACKLISTED, NO_PORT, RESENT_LATELY)
"""Every word that `Resend.refusal` may hold. The last says that nothing is lacking: he was sent it a moment ago."""


_OTHERS: Mapping[str, str] = MappingProxyType(
    {
        HANDSET_CANNOT: "his handset cannot take an MMS, and there is no port for links; correct the handset of the number if it is another by now",
        NO_CONSENT: "{title} is an activity and he has not agreed to be addressed",
        BLACKLISTED: "{title} is an activity and his number is on the blacklist of marketing",
        UNKNOWN_NUMBER: "what is kept as his number is none",
    }
)
"""What to say of the reasons that an audience gives beside the order."""


@dataclass(frozen=True)
class Refusal:
    """Why a resend does not go.

    Attributes:
        code: one of `REFUSALS`.
        text: for the one who asked, with what he may do.
    """

    code: str
    text: str


@dataclass(frozen=True)
class Order:
    """A reader's order of the service, as its newest record says.

    Attributes:
        state: active, paused or cancelled.
        effective_at: from when.
    """

    state: str
    effective_at: datetime


@dataclass(frozen=True)
class Facts:
    """What decides.

    Attributes:
        reader_id: None where nobody has the number.
        title: of the publication.
        service_id: whose order counts.
        killed: the sentence that says who withdrew the edition, or None.
        order: the reader's, or None; meaningless for an activity.
        reason: what `delivery.dispatch.audience.reason_sql` says of him, or None where he may be served.
    """

    reader_id: int | None
    title: str
    service_id: str
    killed: str | None = None
    order: Order | None = None
    reason: str | None = None


def refusal(facts: Facts, at: datetime) -> Refusal | None:
    """Why a resend at the instant `at` does not go, or None where it may."""
    if facts.reader_id is None:
        return Refusal(UNKNOWN_NUMBER, "no reader has this number; `huabao subscribers import` adds readers")
    if facts.killed is not None:
        return Refusal(KILLED, f"{facts.killed}; nobody may get it any more")
    if facts.reason is None:
        return None
    if facts.reason == "not_subscribed":
        return _no_order(facts, at)
    return Refusal(facts.reason, _OTHERS.get(facts.reason, "he is not served: {reason}").format(title=facts.title, reason=facts.reason))


def _no_order(facts: Facts, at: datetime) -> Refusal:
    what = f"the order of {facts.title} (service {facts.service_id})"
    if facts.order is None:
        return Refusal(NOT_ORDERED, f"he has no order of {facts.title} (service {facts.service_id}); a resend wants one that is in force")
    since = shanghai_text(facts.order.effective_at)
    if facts.order.effective_at > at:
        return Refusal(NOT_YET, f"{what} is in force from {since} only")
    if facts.order.state == "paused":
        return Refusal(PAUSED, f"{what} is paused since {since}; a resend wants one that is in force")
    return Refusal(CANCELLED, f"{what} is cancelled since {since}; a resend wants one that is in force")
