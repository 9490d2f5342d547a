"""MM1 messages as frozen dataclasses.

Spec: OMA-WAP-MMS-ENC 1.0 to 1.3, 6.3 (M-Retrieve.conf).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from content.codecs.mime import Related


@dataclass(frozen=True)
class RetrieveConf:
    """A message as the handset fetches it.

    Attributes:
        date: aware; whole seconds are carried.
        from_: `10658000/TYPE=PLMN` or a mail address; None: the MMSC inserts it.
        to, cc: addresses in the same form.
        message_class: personal, advertisement, informational, auto, or a token of somebody's own.
        priority: low, normal, high.
        transaction_id: "" leaves it out.
        version: MMS version of the PDU. 1.0 by default: each header we write exists there, and a handset of 1.2 must read it.
    """

    message_id: str
    date: datetime
    from_: str | None
    to: tuple[str, ...]
    subject: str
    message_class: str
    related: Related
    transaction_id: str = ""
    priority: str = "normal"
    version: str = "1.0"
    cc: tuple[str, ...] = ()


@dataclass(frozen=True)
class OtherPDU:
    """A PDU of another type than M-Retrieve.conf: its type octet and what its headers say, undecoded ones as hex."""

    message_type: int
    headers: tuple[tuple[str, str], ...]
