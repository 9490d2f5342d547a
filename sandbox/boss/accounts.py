"""What BOSS knows: who has an account, in which state, what he ordered, at which price and who pays; and what it did already."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from huabao.errors import UsageError
from sandbox.boss.wire import Asked, now_text

FEED_COLUMNS: Final = ("msisdn", "service_id", "state", "effective_at", "price_fen", "fee_msisdn")
BILL_COLUMNS: Final = ("msisdn", "fee_msisdn", "service_id", "price_fen")
DONE, ALREADY, NOT_ORDERED, SAME_STATE, BARRED, NO_NUMBER = "00", "05", "06", "07", "102", "100"
OTHER_CONTENT: Final = "98"
PRICE_FEN: Final = 300


@dataclass
class Order:
    """One order of one service."""

    state: str
    effective_at: str
    price_fen: int
    fee_msisdn: str = ""


@dataclass
class Account:
    """A number and what is known of it."""

    state: str = "normal"
    orders: dict[str, Order] = field(default_factory=dict)


class Accounts:
    """Every account by number; each transaction id is done once."""

    def __init__(self, prices: Mapping[str, int]) -> None:
        self.by_number: dict[str, Account] = {}
        self.counts: Counter[str] = Counter()
        self._prices = dict(prices)
        self._answers: dict[str, tuple[tuple[str, str, str], str]] = {}

    def price_of(self, service_id: str) -> int:
        """A month's price, fen."""
        return self._prices.get(service_id, PRICE_FEN)

    def ask(self, asked: Asked) -> str:
        """Do what the platform asks, once for each transaction id; the code of the answer."""
        known = self._answers.get(asked.transaction_id)
        if known is not None:
            self.counts["repeated"] += 1
            return known[1] if known[0] == asked.content else OTHER_CONTENT
        code = self._done(asked)
        self._answers[asked.transaction_id] = (asked.content, code)
        return code

    def _done(self, asked: Asked) -> str:
        account = self.by_number.get(asked.msisdn)
        if account is None or account.state == "closed":
            if asked.operation != "order":
                return NOT_ORDERED if asked.operation == "cancel" else NO_NUMBER
            account = self.by_number[asked.msisdn] = Account()
        if asked.operation in ("barred", "unbarred", "closed"):
            return self._account(account, asked.operation)
        order = account.orders.get(asked.service_id)
        if asked.operation == "order":
            if account.state == "barred":
                return BARRED
            if order is not None and order.state != "cancelled":
                return ALREADY
            self.counts["ordered"] += 1
            price = asked.price_fen if asked.price_fen is not None else self.price_of(asked.service_id)
            account.orders[asked.service_id] = Order("active", now_text(), price, asked.fee_msisdn)
            return DONE
        if order is None or order.state == "cancelled":
            return NOT_ORDERED
        state = {"cancel": "cancelled", "pause": "paused", "resume": "active"}[asked.operation]
        if order.state == state:
            return SAME_STATE
        order.state, order.effective_at = state, now_text()
        return DONE

    def _account(self, account: Account, operation: str) -> str:
        state = {"barred": "barred", "unbarred": "normal", "closed": "closed"}[operation]
        if account.state == state:
            return SAME_STATE
        account.state = state
        if state == "closed":
            account.orders.clear()
        return DONE

    def happen(self, event: Mapping[str, Any]) -> None:
        """Something happens at a counter of BOSS; `event` is what the platform is told of it."""
        name, msisdn, service_id = str(event["event"]), str(event["msisdn"]), str(event.get("service_id") or "")
        account = self.by_number.setdefault(msisdn, Account())
        at = str(event.get("effective_at") or now_text())
        if name == "order":
            price = event.get("price_fen")
            account.orders[service_id] = Order("active", at, self.price_of(service_id) if price is None else int(price), str(event.get("fee_msisdn") or ""))
        elif name in ("cancel", "pause", "resume") and service_id in account.orders:
            order = account.orders[service_id]
            if order.state == "cancelled":
                return
            order.state, order.effective_at = {"cancel": "cancelled", "pause": "paused", "resume": "active"}[name], at
        elif name == "terms" and service_id in account.orders:
            order = account.orders[service_id]
            order.price_fen = int(event.get("price_fen") or order.price_fen)
            order.fee_msisdn = str(event.get("fee_msisdn") or "")
        elif name in ("barred", "unbarred"):
            account.state = "barred" if name == "barred" else "normal"
        elif name in ("closed", "transfer"):
            self.by_number[msisdn] = Account("closed" if name == "closed" else "normal")
        elif name == "number_change":
            self.by_number[str(event["new_msisdn"])] = self.by_number.pop(msisdn)

    # --- files ---------------------------------------------------------------------------------------------------------

    def load(self, path: Path) -> int:
        """Begin with the orders of a feed file; how many.

        Raises:
            UsageError: it cannot be read, or is none.
        """
        try:
            with path.open(encoding="utf-8", newline="") as file:
                rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
            for row in rows:
                state = row["state"]
                order = Order(state, row["effective_at"], int(row.get("price_fen") or self.price_of(row["service_id"])), row.get("fee_msisdn") or "")
                self.by_number.setdefault(row["msisdn"], Account()).orders[row["service_id"]] = order
        except (OSError, UnicodeDecodeError, KeyError, ValueError, csv.Error) as error:
            raise UsageError(f"{path}: no feed of accounts: {error!r}; its header line is {','.join(FEED_COLUMNS)}") from error
        return len(rows)

    def feed(self, as_of: datetime) -> Iterator[str]:
        """The lines of a feed file in the csv dialect: orders, those of barred accounts as paused, then count and instant."""
        yield ",".join(FEED_COLUMNS)
        count = 0
        for msisdn in sorted(self.by_number):
            account = self.by_number[msisdn]
            for service_id, order in sorted(account.orders.items()):
                state = "paused" if account.state == "barred" and order.state == "active" else order.state
                count += 1
                yield _line((msisdn, service_id, state, order.effective_at, order.price_fen, order.fee_msisdn))
        yield f"#count={count}"
        yield f"#as_of={as_of.isoformat()}"

    def bill(self) -> Iterator[str]:
        """The lines of a month's bill: what each active order costs, and who pays."""
        yield ",".join(BILL_COLUMNS)
        for msisdn in sorted(self.by_number):
            account = self.by_number[msisdn]
            for service_id, order in sorted(account.orders.items()):
                if account.state == "normal" and order.state == "active":
                    yield _line((msisdn, order.fee_msisdn or msisdn, service_id, order.price_fen))


def _line(cells: Iterable[object]) -> str:
    return ",".join(map(str, cells))
