"""Twelve chapters to two hundred readers, of whom many fail: each gets them in order, each failed one once more, and nobody is left behind."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import timedelta

from sqlalchemy import select, update

from content.models import Edition, Variant
from content.serial import EARLIER, MISSED, note_of
from delivery import kinds
from delivery.models import Dispatch, Outcome, deliveries
from delivery.serials.following import follow_up
from huabao.runtime import Runtime
from tests.services.clocks import at
from tests.services.delivering import LONG_AGO, add_port, add_readers
from tests.services.serials import SLUG, SMALL, build_serial, end_sends, send_chapter

FAILING = (Outcome.FAILED, Outcome.EXPIRED, Outcome.REJECTED, Outcome.UNKNOWN, Outcome.NO_REPORT)
BEGIN = LONG_AGO + timedelta(days=300, hours=2)

History = dict[int, list[tuple[int, Outcome, str | None, str]]]


def histories(runtime: Runtime) -> History:
    """Of each reader, in order: the chapter, what became of it, which chapter its note names, and the note's kind."""
    found: History = defaultdict(list)
    with runtime.transaction(read_only=True) as session:
        rows = session.execute(
            select(deliveries.c.reader_id, Edition.number, deliveries.c.outcome, Variant.items)
            .join(Dispatch, Dispatch.id == deliveries.c.dispatch_id)
            .join(Edition, Edition.id == Dispatch.edition_id)
            .join(Variant, Variant.id == deliveries.c.variant_id)
            .order_by(Dispatch.id)
        )
        for reader, number, outcome, items in rows:
            note = note_of(items)
            found[reader].append((int(number), Outcome(outcome), note.chapter if note else None, note.kind if note else ""))
    return found


def check_order(history: History, *, start: str) -> None:
    """The rules of the serial, on what each reader was sent."""
    for reader, sent in history.items():
        tries: dict[int, list[Outcome]] = defaultdict(list)
        for place, (chapter, outcome, named, kind) in enumerate(sent):
            if place:
                before, last, _, _ = sent[place - 1]
                assert chapter in (before, before + 1), f"reader {reader} got {chapter} after {before}"
                if chapter == before:
                    assert last in FAILING, "sent again to who had it"
                else:
                    lost = last in FAILING
                    assert not lost or len(tries[before]) == 2, f"{chapter} came before {before} had its second try"
                    assert (kind, named) == ((MISSED, str(before)) if lost else ("", None)), "the link names another chapter, or none"
            elif start == "current" and chapter > 1:
                assert (kind, named) == (EARLIER, str(chapter - 1))
            else:
                assert (chapter, kind) == (1, "")
            tries[chapter].append(outcome)
        assert all(len(ones) <= 2 for ones in tries.values())


def test_nobody_is_left_behind_and_nothing_comes_out_of_order(sqlite_runtime: Runtime) -> None:
    run_through(sqlite_runtime, "current", 12, 200)


def test_nobody_is_left_behind_on_postgresql(postgres_runtime: Runtime) -> None:
    run_through(postgres_runtime, "current", 5, 60)


def test_whoever_begins_with_the_first_chapter_catches_up(sqlite_runtime: Runtime) -> None:
    run_through(sqlite_runtime, "first", 4, 40)


def run_through(runtime: Runtime, start: str, count: int, readers: int) -> None:
    """So many chapters to so many readers, with outcomes by chance, until nobody is due anything; then the rules are held against what was sent."""
    dice = random.Random(start)
    joins = readers // 6
    chance = {reader: dice.choice((0.0, 0.1, 0.4, 0.9)) for reader in range(1, readers + joins + 1)}
    chapters = build_serial(at(runtime, BEGIN), count, start=start)
    add_readers(runtime, readers, service_id=SLUG, handset_class=SMALL)
    add_port(at(runtime, BEGIN), "http://127.0.0.1:9/")
    fallen = False

    def outcome_of(_dispatch: int, reader: int) -> Outcome:
        return dice.choice(FAILING) if dice.random() < chance[reader] else Outcome.RETRIEVED

    for number, chapter in enumerate(chapters, 1):
        week = BEGIN + timedelta(days=7 * number)
        if number == count // 2:
            add_readers(runtime, joins, service_id=SLUG, first=readers + 1, handset_class=SMALL)
        send_chapter(at(runtime, week), chapter)
        end_sends(at(runtime, week + timedelta(hours=1)), outcome_of)
        fallen |= bool(follow_up(at(runtime, week + timedelta(hours=30)), 1))
        end_sends(at(runtime, week + timedelta(hours=31)), outcome_of)
    for day in range(40):  # whoever catches up
        if not follow_up(at(runtime, BEGIN + timedelta(days=100 + day)), 1):
            break
        end_sends(at(runtime, BEGIN + timedelta(days=100 + day, hours=1)), outcome_of)
    assert fallen
    history = histories(runtime)
    assert len(history) == readers + joins
    check_order(history, start=start)
    for reader, sent in history.items():
        last = [outcome for chapter, outcome, _, _ in sent if chapter == count]
        assert last, f"reader {reader} was left at chapter {sent[-1][0]}"
        assert last[-1] is Outcome.RETRIEVED or len(last) == 2, "a missed chapter was not tried again"
    with runtime.transaction(read_only=True) as session:
        made = session.scalars(select(Dispatch.kind)).all()
    assert set(made) == {kinds.EDITION, kinds.SERIAL}


def test_a_failure_told_late_is_led_to_once(runtime: Runtime) -> None:
    """A phone that was off: chapter 1 counts as delivered when 2 is planned, and expires afterwards; 3 leads to it, 4 says nothing more."""
    chapters = build_serial(at(runtime, BEGIN), 4)
    add_readers(runtime, 2, service_id=SLUG, handset_class=SMALL)
    add_port(at(runtime, BEGIN), "http://127.0.0.1:9/")
    first = send_chapter(at(runtime, BEGIN), chapters[0])
    end_sends(at(runtime, BEGIN + timedelta(hours=1)), lambda _, reader: Outcome.SUBMITTED if reader == 1 else Outcome.RETRIEVED)
    send_chapter(at(runtime, BEGIN + timedelta(days=1)), chapters[1])
    end_sends(at(runtime, BEGIN + timedelta(days=1, hours=1)), lambda *_: Outcome.RETRIEVED)
    with runtime.transaction() as session:
        late = (deliveries.c.dispatch_id == first, deliveries.c.reader_id == 1)
        session.execute(update(deliveries).where(*late).values(outcome=int(Outcome.EXPIRED), outcome_at=BEGIN + timedelta(days=1, hours=2)))
    for day, chapter in enumerate(chapters[2:], 2):
        assert follow_up(at(runtime, BEGIN + timedelta(days=day)), 1) == [], "nothing comes after the chapter that follows it"
        send_chapter(at(runtime, BEGIN + timedelta(days=day)), chapter)
        end_sends(at(runtime, BEGIN + timedelta(days=day, hours=1)), lambda *_: Outcome.RETRIEVED)
    notes = {reader: [(chapter, kind) for chapter, _, _, kind in sent if kind] for reader, sent in histories(runtime).items()}
    assert notes == {1: [(3, EARLIER)], 2: []}
