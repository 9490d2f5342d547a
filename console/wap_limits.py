"""How fast pages below `/wap/` may be asked for: by each reader, where his link names him, else by each address.

A gateway of the operator's stands for many handsets, so its address is not counted;
a reader whom it names is, as soon as he has a token of his own. So one handset that hangs on its
reload key, or somebody who tries links out, takes nobody else's turn.
"""

from __future__ import annotations

import ipaddress
import math
import time
from functools import wraps

from sqlalchemy.orm import Session
from starlette.responses import Response

from console.visit import Page, Visit
from console.wap_answers import notice
from content.wap.keys import wap_address_of
from content.wap.settings import WAP_GATEWAYS, WAP_RATE_PER_MIN, WAP_READER_RATE_PER_MIN, networks
from content.wap.tokens import PERSONAL_CHARS


def limited(page: Page) -> Page:
    """The same page; who asks too fast is told to wait, and nothing is looked up or done."""

    @wraps(page)
    def called(visit: Visit) -> Response:
        with visit.runtime.transaction(read_only=True) as session:
            found = _asker(visit, session)
        wait_s = visit.limits.wait_s(found[0], found[1], time.monotonic()) if found is not None else 0.0
        if wait_s <= 0:
            return page(visit)
        answer = notice(visit, 429, "fast")
        answer.headers["Retry-After"] = str(math.ceil(wait_s))
        return answer

    return called


def _asker(visit: Visit, session: Session) -> tuple[tuple[str, object], float] | None:
    """Who is counted, and his requests a minute; None for a gateway and for a peer that has no address."""
    token = str(visit.request.path_params["token"])
    if len(token) == PERSONAL_CHARS:
        ticket = wap_address_of(session, visit.runtime.config).ticket(token)
        if ticket is not None:
            return ("reader", ticket.reader_id), WAP_READER_RATE_PER_MIN.get(session)
    try:
        sender = ipaddress.ip_address(visit.request.client.host) if visit.request.client else None
    except ValueError:
        return None
    if sender is None or any(sender in network for network in networks(WAP_GATEWAYS.get(session))):
        return None
    return ("address", sender), WAP_RATE_PER_MIN.get(session)
