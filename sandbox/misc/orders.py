"""The orders that the simulator holds, by what its calls were answered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8))
_STATES = {"order": "active", "resume": "active", "pause": "paused", "cancel": "cancelled"}
_FROM = {"resume": ("paused",), "pause": ("active",)}
"""What an order must be for these to change it."""


@dataclass(slots=True)
class Order:
    """One order: active, paused or cancelled, since when, and who pays."""

    state: str
    since: datetime
    fee_msisdn: str


class Orders:
    """Every order by number and service."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, str], Order] = {}

    def state(self, msisdn: str, service_id: str) -> str | None:
        """The state of an order, None where there never was one."""
        found = self._held.get((msisdn, service_id))
        return found.state if found else None

    def change(self, event: str, msisdn: str, service_id: str, fee_msisdn: str, at: datetime) -> None:
        """What an answered call did."""
        state = _STATES.get(event)
        if state is not None:
            if self.state(msisdn, service_id) in _FROM.get(event, (self.state(msisdn, service_id),)):
                self._held[msisdn, service_id] = Order(state, at, fee_msisdn)
        elif event in ("transfer", "closed"):  # the others are the account's, not the order's
            for (number, _), order in self._held.items():
                if number == msisdn and order.state != "cancelled":
                    order.state, order.since = "cancelled", at

    def copy(self, msisdn: str, service_id: str) -> Order | None:
        """An order as it is now."""
        found = self._held.get((msisdn, service_id))
        return replace(found) if found else None

    def put_back(self, msisdn: str, service_id: str, order: Order | None) -> None:
        """Make an order what it was."""
        if order is None:
            self._held.pop((msisdn, service_id), None)
        else:
            self._held[msisdn, service_id] = order

    def document(self) -> list[dict[str, str]]:
        """Every order for people and tests."""
        return [
            {"msisdn": msisdn, "service_id": service_id, "state": order.state, "effective_at": order.since.isoformat(), "fee_msisdn": order.fee_msisdn}
            for (msisdn, service_id), order in sorted(self._held.items())
        ]

    def feed(self, as_of: datetime) -> Iterator[str]:
        """The lines of a feed in the dialect `csv`: header, orders, `#count`, `#as_of`."""
        yield "msisdn,service_id,state,effective_at,fee_msisdn\n"
        rows = [row for row in self.document() if row["state"] != "cancelled"]
        for row in rows:
            since = datetime.fromisoformat(row["effective_at"]).astimezone(CHINA).isoformat(timespec="seconds")
            payer = row["fee_msisdn"] if row["fee_msisdn"] != row["msisdn"] else ""
            yield f"{row['msisdn']},{row['service_id']},{row['state']},{since},{payer}\n"
        yield f"#count={len(rows)}\n#as_of={as_of.astimezone(CHINA).isoformat(timespec='seconds')}\n"
