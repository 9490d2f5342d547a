"""Service Indication and Service Loading: a link that the network brings to a handset by itself.

Spec: WAP-167 (Service Indication) 5, WAP-168 (Service Loading) 5.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

SignalAction = Literal["signal-none", "signal-low", "signal-medium", "signal-high", "delete"]
LoadAction = Literal["execute-low", "execute-high", "cache"]


@dataclass(frozen=True, slots=True)
class ServiceIndication:
    """A short text with a link, which the reader may open.

    Attributes:
        href: the link; also the identity of the indication where `si_id` is empty.
        text: what is shown.
        action: how much the handset draws attention; `delete` takes back the one of the same identity.
        si_id: an identity of its own: a later one replaces an earlier one.
        created: aware; of two with one identity the later one stands.
        expires: aware; the handset throws it away then.
    """

    href: str
    text: str
    action: SignalAction = "signal-medium"
    si_id: str = ""
    created: datetime | None = None
    expires: datetime | None = None


@dataclass(frozen=True, slots=True)
class ServiceLoading:
    """A link that the handset opens, or keeps, without asking."""

    href: str
    action: LoadAction = "execute-low"


PushMessage = ServiceIndication | ServiceLoading
