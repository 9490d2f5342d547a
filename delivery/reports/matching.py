"""Whose report it is: from port and MessageID to the submission, from the number to the reader in it.

Three things go wrong at real peers. Sender and Recipient are swapped: whichever
of both is in the submission is the reader. The report comes before the answer:
it waits, parked. A number changes hands between submission and report: whoever had
it when the submission was written is meant. The answer was lost: then the MessageID is nobody's, and the
one unknown submission of that port that holds the reader must be meant; while
a submission with that reader is still leaving, its answer is waited for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy.orm import Session

from delivery.models import EventState
from delivery.reports import store
from delivery.reports.store import Event, Sent, Settled
from subscribers.orders.owners import Owners, owners_of


class Matched(NamedTuple):
    """An event with its submission and its reader."""

    event: Event
    sent: Sent
    reader_id: int


class Matching(NamedTuple):
    """What became of some events: matched, or settled otherwise (parked, stray)."""

    matched: list[Matched]
    rest: list[Settled]


def match(session: Session, events: Sequence[Event]) -> Matching:
    """Find the submission and the reader of each event."""
    readers = owners_of(session, _numbers(events))
    matching = Matching([], [])
    unowned = _by_message_id(session, events, readers, matching)
    if unowned:
        open_ones = store.unanswered_submissions(session, {event.port_id for event in unowned})
        # An answer may have been stored meanwhile: only an id that is still nobody's is one whose answer was lost.
        unowned = _by_message_id(session, unowned, readers, matching)
        _by_recipient(session, unowned, readers, open_ones, matching)
    return matching


def _numbers(events: Iterable[Event]) -> set[str]:
    return {number for event in events for number in (event.number, event.sender) if number}


def _by_message_id(session: Session, events: Sequence[Event], readers: Owners, matching: Matching) -> list[Event]:
    """Match what a known MessageID settles; what is left over."""
    owners = store.submissions_of(session, events)
    left = []
    for event in events:
        owned_by = owners.get((event.port_id, event.message_id))
        if owned_by is None:
            left.append(event)
            continue
        found = [Matched(event, sent, reader) for sent in owned_by if (reader := _reader_in(sent, event, readers)) is not None]
        if found:
            matching.matched.append(found[0])
        else:
            matching.rest.append(Settled(event.id, EventState.STRAY, owned_by[0].id))
    return left


def _reader_in(sent: Sent, event: Event, readers: Owners) -> int | None:
    """The reader of the submission whom the report names, as Recipient or as Sender."""
    for number in (event.number, event.sender):
        reader = readers.at(number or "", sent.written_at)
        if reader is not None and reader in sent.readers:
            return reader
    return None


def _by_recipient(session: Session, events: Sequence[Event], readers: Owners, open_ones: Sequence[Sent], matching: Matching) -> None:
    holding: dict[tuple[int, int], list[Sent]] = defaultdict(list)
    for sent in open_ones:
        for reader in sent.readers:
            holding[sent.port_id, reader].append(sent)
    learnt: dict[tuple[int, str], Sent] = {}
    taken: set[int] = set()
    for event in events:
        key = (event.port_id, event.message_id)
        meant = learnt.get(key) or _one_unknown(event, readers, holding, taken)
        named = _reader_in(meant, event, readers) if meant is not None else None
        if meant is None or named is None:
            matching.rest.append(Settled(event.id, EventState.PARKED))
            continue
        if key not in learnt:
            store.learn_message_id(session, meant.id, event.message_id)
            learnt[key] = meant
            taken.add(meant.id)
        matching.matched.append(Matched(event, meant, named))


def _one_unknown(event: Event, readers: Owners, holding: dict[tuple[int, int], list[Sent]], taken: set[int]) -> Sent | None:
    """The one submission without answer that holds the report's reader, unless one of them may still be answered."""
    for number in (event.number, event.sender):
        had = readers.all(number or "")
        sent_to = {sent.id: sent for reader in had for sent in holding.get((event.port_id, reader), ()) if reader == readers.at(number or "", sent.written_at)}
        candidates = [sent for sent in sent_to.values() if sent.id not in taken]
        if len(candidates) == 1 and candidates[0].state == "unknown" and candidates[0].written_at <= event.received_at:
            return candidates[0]
    return None
