"""Changes folded, one after the other, into what is known of readers and numbers. A pure rule: no database, no clock.

`Fold.tell` answers for each change what became of it, and gathers what is to be written:
changed readers and orders (they carry their own marks), history, transactions, changes that
are kept until their time comes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from subscribers.orders.change import ACCOUNT_EVENTS, IDENTITY_EVENTS, Change, Verdict
from subscribers.orders.check import mistake_of
from subscribers.orders.fields import ACCOUNT_STATE, ORDER_STATE, Known, Weight, weigh
from subscribers.orders.holder import Holder, Order
from subscribers.orders.identity import Moved, Past, change_number, end, join
from subscribers.orders.numbers import Book

TOLD_AGAIN = timedelta(days=1)


@dataclass(slots=True)
class Outcome:
    """What became of a change; `holder` has an id once it is written.

    Attributes:
        was: the fields that it changed, as they were: what `undo` puts back.
        others: see `Result`.
    """

    change: Change
    verdict: Verdict
    holder: Holder | None = None
    before: str | None = None
    after: str | None = None
    why: str = ""
    was: dict[str, Known] | None = None
    others: list[Holder] = field(default_factory=list)


@dataclass(slots=True)
class Happened:
    """A row of the history; `event` where it is another for him than for whom it was told of."""

    holder: Holder
    change: Change
    service_id: str
    field: str
    state: str
    fee_msisdn: str | None = None
    price_fen: int | None = None
    event: str = ""


@dataclass(slots=True)
class Fold:
    """A batch on its way.

    Attributes:
        seen: transactions that were here before, as (source, id), with the reader and the service that each concerned.
        told_again: see `identity.end`.
        outcomes: of every change, in the order told.
        awaited: changes whose time has not come.
    """

    book: Book
    past: Past
    now: datetime
    seen: dict[tuple[str, str], Holder | None] = field(default_factory=dict)
    told_again: timedelta = TOLD_AGAIN
    outcomes: list[Outcome] = field(default_factory=list)
    history: list[Happened] = field(default_factory=list)
    awaited: list[Change] = field(default_factory=list)
    moves_seen: int = 0

    def tell(self, change: Change) -> Outcome:
        """Fold one change."""
        done = self._fold(change)
        self.outcomes.append(done)
        return done

    def _fold(self, change: Change) -> Outcome:
        mistake = mistake_of(change)
        if mistake is not None:
            return Outcome(change, "refused", why=mistake)
        key = (change.source, change.transaction_id)
        if key in self.seen:
            holder = self.seen[key] or self.book.present.get(change.msisdn)
            state = None if holder is None else holder.state_of(change.service_id)
            return Outcome(change, "repeated", holder, state, state)
        done = self._await(change) if change.effective_at > self.now else self._apply(change)
        self.seen[key] = done.holder
        return done

    def _await(self, change: Change) -> Outcome:
        self.awaited.append(change)
        holder = self.book.present.get(change.msisdn)
        state = None if holder is None else holder.state_of(change.service_id)
        return Outcome(change, "applied", holder, state, state, "it holds from its instant, which has not come")

    def _apply(self, change: Change) -> Outcome:
        if change.event in IDENTITY_EVENTS:
            return self._identity(change)
        owner = self.book.owner_at(change.msisdn, change.effective_at)
        holder = self.book.take(change.msisdn) if owner.free else owner.holder
        if holder is None or (owner.stretch is not None and holder.msisdn is None):
            return Outcome(change, "late", holder, why="the number went to another after that")
        if change.event in ACCOUNT_EVENTS:
            return self._account(change, holder)
        return self._order(change, holder)

    def _order(self, change: Change, holder: Holder) -> Outcome:
        service = change.service_id or ""
        before = holder.state_of(service)
        one = holder.orders.setdefault(service, Order())
        was: dict[str, Known] = {}
        weights: dict[str, Weight] = {}
        for name, told in _told(change).items():
            known = getattr(one, name)
            weights[name] = weigh(name, known, told)
            if weights[name] != "late":
                was[name] = known
                setattr(one, name, told)
                one.changed = True
        main = weights.get("order")
        changed = "applied" in weights.values()
        verdict: Verdict = main if main in ("applied", "late") else "applied" if changed else "unchanged" if "unchanged" in weights.values() else "late"
        after = holder.state_of(service)
        if before in (None, "cancelled") and after not in (None, "cancelled"):
            one.fresh = True
        if changed:
            self.history.append(Happened(holder, change, service, "order" if main == "applied" else "terms", after or "cancelled", one.payer.value, one.price.value))
        return Outcome(change, verdict, holder, before, after, was=was if changed else None)

    def _account(self, change: Change, holder: Holder) -> Outcome:
        was, told = holder.account, Known(ACCOUNT_STATE[change.event], change.effective_at, change.source)
        weight = weigh("account", was, told)
        if weight != "late":
            holder.tell_account(told)
        if change.event == "opened" and (holder.opened_at is None or holder.opened_at < change.effective_at):
            holder.opened_at, holder.changed, weight = change.effective_at, True, "applied"
        if weight == "applied":
            self.history.append(Happened(holder, change, "", "account", str(holder.account.value)))
        return Outcome(change, weight, holder, was={"account": was} if weight == "applied" else None)

    def _identity(self, change: Change) -> Outcome:
        book, msisdn, at, source = self.book, change.msisdn, change.effective_at, change.source
        if change.event == "number_change":
            assert change.new_msisdn is not None, "checked before"
            moved = change_number(book, msisdn, change.new_msisdn, at, source=source, past=_Pending(self.past, self.history))
        elif change.event == "joined":
            assert change.new_msisdn is not None, "checked before"
            moved = join(book, msisdn, change.new_msisdn, at, source=source)
        else:
            moved = end(book, msisdn, at, event=change.event, source=source, told_again=self.told_again)
        return Outcome(change, moved.verdict, moved.holder, why=moved.why, others=self._ended(change, moved))

    def _ended(self, change: Change, moved: Moved) -> list[Holder]:
        """Write down whose orders ended, and give what came later to whom it belongs; the readers concerned beside its own."""
        if moved.verdict == "applied" and moved.holder is not None and change.event != "released":
            self.history.append(Happened(moved.holder, change, "", "identity", str(moved.holder.account.value)))
        for holder, services in moved.ended:
            event = change.event if holder is moved.holder else "released"
            self.history += [Happened(holder, change, service, "order", "cancelled", event=event) for service in services]
        moves = self.book.moves[self.moves_seen :]
        for holder, later, after in moves:
            told: list[Happened | Outcome] = [*self.history, *self.outcomes]
            for one in told:
                if one.holder is holder and one.change.effective_at > after:
                    one.holder = later
        self.moves_seen = len(self.book.moves)
        concerned = [*(holder for holder, _ in moved.ended), *(one for holder, later, _ in moves for one in (holder, later))]
        return [one for one in concerned if one is not moved.holder]


def _told(change: Change) -> dict[str, Known]:
    """What a change says of each field."""
    at, source = change.effective_at, change.source
    told: dict[str, Any] = {"order": ORDER_STATE[change.event]} if change.event in ORDER_STATE else {}
    if change.event == "order" or change.fee_msisdn is not None:
        told["payer"] = None if change.fee_msisdn == change.msisdn else change.fee_msisdn
    if change.price_fen is not None:
        told["price"] = change.price_fen
    return {name: Known(value, at, source) for name, value in told.items()}


@dataclass(frozen=True, slots=True)
class _Pending:
    """The history with what this batch has added to it."""

    written: Past
    history: list[Happened]

    def order(self, holder: Holder, service_id: str, at: datetime) -> Order:
        was = self.written.order(holder, service_id, at)
        for one in self.history:
            if one.holder is holder and one.service_id == service_id and one.change.effective_at <= at:
                for name, told in _told(one.change).items():
                    if weigh(name, getattr(was, name), told) != "late":
                        setattr(was, name, told)
        return was

    def account(self, holder: Holder, at: datetime) -> Known:
        was = self.written.account(holder, at)
        for one in self.history:
            if one.holder is holder and one.field == "account" and one.change.effective_at <= at:
                told = Known(ACCOUNT_STATE[one.change.event], one.change.effective_at, one.change.source)
                was = was if weigh("account", was, told) == "late" else told
        return was
