"""A reader in memory, with what is known of his account and of each of his orders. Pure rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from subscribers.orders.fields import EVER, NO_ORDER, NORMAL, NOTHING, Known, derive, newer


@dataclass(slots=True, eq=False)
class Order:
    """One subscription.

    Attributes:
        id: its row, or None for a new one.
        changed: its row is to be written.
        fresh: it was ordered anew: whatever stopped its sending before does not bind the new order.
    """

    id: int | None = None
    order: Known = NO_ORDER
    payer: Known = NOTHING
    price: Known = NOTHING
    changed: bool = False
    fresh: bool = False

    @property
    def is_known(self) -> bool:
        """Whether anybody ever said that it was ordered or ended."""
        return self.order.at > EVER

    def after(self, at: datetime) -> Order | None:
        """What was said of it from later instants than `at`, as an order of another reader; None where nothing was."""
        if max(self.order.at, self.payer.at, self.price.at) <= at:
            return None
        order, payer, price = (one if one.at > at else none for one, none in ((self.order, NO_ORDER), (self.payer, NOTHING), (self.price, NOTHING)))
        return Order(None, order, payer, price, changed=True)

    def merge(self, other: Order) -> None:
        """Take over what the other knows better."""
        self.order, self.payer, self.price = newer("order", self.order, other.order), newer("payer", self.payer, other.payer), newer("price", self.price, other.price)
        self.changed = True


@dataclass(slots=True, eq=False)
class Holder:
    """A reader.

    Attributes:
        id: his row, or None for a new one.
        msisdn: his present number, None where he has none any more.
        number_changed: another number than his row has, or none.
        changed: his account is to be written.
        joined_id: the reader who has his past, see `identity.join`.
    """

    id: int | None
    msisdn: str | None
    account: Known = NORMAL
    opened_at: datetime | None = None
    orders: dict[str, Order] = field(default_factory=dict)
    number_changed: bool = False
    changed: bool = False
    joined_id: int | None = None

    def state_of(self, service_id: str | None) -> str | None:
        """The derived state of his subscription, None where none is known."""
        one = self.orders.get(service_id or "")
        return derive(one.order, self.account)[0] if one is not None and one.is_known else None

    def tell_account(self, told: Known) -> None:
        """Set what is known of the account; the derived state of every order follows."""
        if told.value != self.account.value:
            for one in self.orders.values():
                one.changed = True
        self.account, self.changed = told, True

    def after(self, at: datetime) -> Holder | None:
        """What was said of him from later instants than `at`, as another reader without a number; None where nothing was."""
        orders = {name: later for name, one in self.orders.items() if (later := one.after(at)) is not None}
        account = self.account if self.account.at > at else NORMAL
        opened = self.opened_at if self.opened_at is not None and self.opened_at > at else None
        if not orders and account is NORMAL and opened is None:
            return None
        return Holder(None, None, account, opened, orders, changed=True)

    def forget_after(self, at: datetime) -> None:
        """Leave what was said of the account from later instants to whoever has the number then."""
        if self.account.at > at:
            self.tell_account(NORMAL)
        if self.opened_at is not None and self.opened_at > at:
            self.opened_at, self.changed = None, True

    def end_orders(self, at: datetime, source: str) -> list[str]:
        """End every order at `at`; the services whose orders held until now."""
        ended = [name for name, one in self.orders.items() if self.state_of(name) in ("active", "paused")]
        for one in self.orders.values():
            if one.order.value != "cancelled" or one.order.at > at:
                one.order, one.changed = Known("cancelled", at, source), True
        return ended

    def merge(self, other: Holder) -> None:
        """Take over what the other knows better: they are one person."""
        for name, one in other.orders.items():
            self.orders.setdefault(name, Order()).merge(one)
        told = newer("account", self.account, other.account)
        if told is not self.account:
            self.tell_account(told)
        if other.opened_at is not None and (self.opened_at is None or other.opened_at > self.opened_at):
            self.opened_at, self.changed = other.opened_at, True
