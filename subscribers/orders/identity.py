"""Events of identity: an account is closed, a number goes to another person, a person takes another number. Pure rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from subscribers.orders.change import Verdict
from subscribers.orders.fields import Known
from subscribers.orders.holder import Holder, Order
from subscribers.orders.numbers import Book, Owner, Stretch


class Past(Protocol):
    """What the history says of a reader."""

    def order(self, holder: Holder, service_id: str, at: datetime) -> Order:
        """One of his orders as it was at `at`."""

    def account(self, holder: Holder, at: datetime) -> Known:
        """His account as it was at `at`."""


@dataclass(slots=True)
class Moved:
    """What an event of identity did.

    Attributes:
        holder: whom it was about.
        ended: readers whose orders ended, with the services that held until then.
    """

    verdict: Verdict
    holder: Holder | None = None
    why: str = ""
    ended: list[tuple[Holder, list[str]]] = field(default_factory=list)


def end(book: Book, msisdn: str, at: datetime, *, event: str, source: str, told_again: timedelta) -> Moved:
    """The account is closed, or the number goes to another person: nothing of his goes along.

    Args:
        event: closed, transfer or released.
        told_again: two sources tell of the same event; the second within this time means the first.
    """
    last = book.last_end(msisdn) if event != "released" else None
    if last is not None and last.why in ("closed", "transfer") and last.source != source and last.until is not None and timedelta() <= at - last.until <= told_again:
        return Moved("unchanged", last.holder, f"{last.source} said so before")
    owner = book.owner_at(msisdn, at)
    if owner.free:
        if event != "released":
            book.note(None, msisdn, book.since(msisdn), at, event, source)
        return Moved("unchanged", None, "nobody here has this number")
    holder = owner.holder
    if holder is None or holder.msisdn is None:
        return Moved("late", holder, "the number went to another before")
    book.leave(holder, msisdn, at, event, source)
    holder.forget_after(at)
    ended = holder.end_orders(at, source)
    if event == "closed":
        holder.tell_account(Known("closed", at, source))
    book.awaited.append((msisdn, at, None))
    return Moved("applied", holder, ended=[(holder, ended)])


def change_number(book: Book, msisdn: str, new: str, at: datetime, *, source: str, past: Past) -> Moved:
    """A person takes another number: everything of his goes along; whoever still had that number is released first.

    Args:
        past: asked where something later was told of the number that he gives up, which is not of him then.
    """
    owner, there = book.owner_at(msisdn, at), book.owner_at(new, at)
    if there.holder is not None and book.came_from(there.holder, msisdn):
        return Moved("unchanged", there.holder, "he has that number already")
    holder = owner.holder
    if holder is not None and owner.stretch is not None and book.moved_to(holder, owner.stretch) == new:
        return Moved("unchanged", holder, "he has that number already")
    if holder is None and not owner.free:
        return Moved("late", None, "the number went to another before")
    if holder is not None and (holder is there.holder or (holder.msisdn is None and (owner.stretch is None or owner.stretch.why != "released"))):
        return Moved("late", holder, "the number went to another before")
    if holder is None:
        holder = Holder(None, None)
        book.made.append(holder)
        book.note(holder, msisdn, book.since(msisdn), at, "number_change", source)
    else:
        book.leave(holder, msisdn, at, "number_change", source)
        _turn_back(holder, at, past)
    moved = Moved("applied", holder)
    _arrive(book, holder, new, there, at, source, moved)
    book.awaited.append((msisdn, at, new))
    return moved


def _turn_back(holder: Holder, at: datetime, past: Past) -> None:
    """What was told of his number from later instants was not told of him."""
    for service_id, one in holder.orders.items():
        if one.after(at) is not None:
            was = past.order(holder, service_id, at)
            one.order, one.payer, one.price, one.changed = was.order, was.payer, was.price, True
    account = past.account(holder, at) if holder.account.at > at else None
    holder.forget_after(at)
    if account is not None:
        holder.tell_account(account)


def _arrive(book: Book, holder: Holder, new: str, there: Owner, at: datetime, source: str, moved: Moved) -> None:
    """He has the number `new` from `at`."""
    if there.holder is not None and there.holder.msisdn is not None:
        other = there.holder
        later = book.leave(other, new, at, "released", source)
        other.forget_after(at)
        moved.ended.append((other, other.end_orders(at, source)))
        book.awaited.append((new, at, None))
        if later is not None:
            book.join(later, holder)
            if any(one.holder is holder for one in book.by_number.get(new, ())):
                return  # and he went on from it, as we had heard
    elif not there.free:
        _pass_through(book, holder, new, there.stretch, at, source, moved)
        return
    book.give(holder, new)
    book.note(holder, new, at, None, "number_change", source)


def _pass_through(book: Book, holder: Holder, new: str, stretch: Stretch | None, at: datetime, source: str, moved: Moved) -> None:
    """He had the number only until it was given up, as we know already."""
    if stretch is not None and stretch.until is not None:
        until, why = stretch.until, stretch.why
        stretch.until, stretch.changed = at, True
    else:
        known = book.since(new)
        assert known is not None, "an instant before somebody has a number lies before a stretch or a beginning"
        until, why = known, "released"
    book.note(holder, new, at, until, why, source)
    moved.ended.append((holder, holder.end_orders(until, source)))


def join(book: Book, msisdn: str, new: str, at: datetime, *, source: str) -> Moved:
    """A person found that whoever has `new` had `msisdn` before: his past stays as it was told and belongs to him.

    It is refused where the number passed to another by what BOSS or MISC said (closed, transfer), and where its reader still reads under it.
    """
    holder = book.present.get(new)
    if holder is None:
        return Moved("refused", None, "nobody has the new number")
    past = _past_of(book, msisdn, new, holder)
    if isinstance(past, str):
        return Moved("refused", holder, past)
    if past is holder or (past.joined_id is not None and past.joined_id == holder.id) or (past, holder) in book.joins:
        return Moved("unchanged", holder, "they are one already")
    if past.msisdn is not None:
        book.leave(past, past.msisdn, at, "joined", source)
        book.awaited.append((msisdn, at, None))
    book.joins.append((past, holder))
    return Moved("applied", holder, ended=[(past, [])])


def _past_of(book: Book, msisdn: str, new: str, holder: Holder) -> Holder | str:
    """Whose past under `msisdn` is that of who has `new` now; or why it is nobody's."""
    there, last = book.present.get(msisdn), book.last_end(msisdn)
    if there is not None and (last is None or book.came_to(there, msisdn)):
        holds = any(there.state_of(name) in ("active", "paused") for name in there.orders)
        return "whoever has the old number still reads under it: he is another" if holds else there
    if last is None or last.holder is None:
        return "nobody here had the old number"
    if last.why in ("closed", "transfer"):
        return f"{last.source} says that the old number was given up ({last.why}): nothing of its reader goes along"
    if last.holder is not holder:
        return last.holder if last.holder.msisdn is None and last.why in ("released", "joined") else "who had the old number has another one now"
    before = next((one for one in book.by_number.get(new, ()) if one.until is not None and one.until == book.since(new) and one.why == "released"), None)
    return holder if before is None or before.holder is None or before.holder.msisdn is not None else before.holder
