"""A batch does what its changes do one by one; two batches of the same readers at once lose nothing and hold nobody up for good."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from random import Random

from sqlalchemy import delete, func, select

from huabao.runtime import Runtime
from subscribers.models import Reader, Subscription, SubscriptionEvent
from subscribers.orders.change import Change
from subscribers.orders.models import AppliedTransaction, ReaderNumber
from subscribers.orders.services import apply
from tests.integration.orders.test_apply import NOW, at, change, tell, verdicts

NUMBERS = tuple(f"1380000000{number}" for number in range(4))
EVENTS = ("order", "order", "cancel", "pause", "resume", "barred", "unbarred", "opened", "closed", "transfer", "number_change")


def stream(random: Random, count: int) -> list[Change]:
    """Changes of every kind; some come late, some twice."""
    made: list[Change] = []
    for number in range(count):
        event, msisdn = random.choice(EVENTS), random.choice(NUMBERS)
        new = {"new_msisdn": random.choice([one for one in NUMBERS if one != msisdn])} if event == "number_change" else {}
        made.append(change(event, random.randrange(300), source=random.choice(("misc", "boss")), msisdn=msisdn, service_id=random.choice("ab"), key=f"{number}", **new))
    return made + random.choices(made, k=count // 5)


def seen(runtime: Runtime) -> list[object]:
    """What is known by number, whatever ids rows have, and what the history says."""
    c, s = Reader, Subscription
    with runtime.transaction() as session:
        rows = select(c.msisdn, c.account_state, c.account_at, s.service_id, s.state, s.effective_at, s.order_state, s.order_at, s.order_source)
        found = [tuple(row) for row in session.execute(rows.outerjoin(s, s.reader_id == c.id).where(c.msisdn.like("1%")).order_by(c.msisdn, s.service_id))]
        events = select(SubscriptionEvent.transaction_id, SubscriptionEvent.service_id, SubscriptionEvent.state, func.count()).group_by(
            SubscriptionEvent.transaction_id, SubscriptionEvent.service_id, SubscriptionEvent.state
        )
        numbers = select(ReaderNumber.msisdn, ReaderNumber.since, ReaderNumber.until, ReaderNumber.why)
        return [*found, *sorted(map(repr, map(tuple, session.execute(events)))), *sorted(map(repr, map(tuple, session.execute(numbers))))]


def told(runtime: Runtime, changes: Sequence[Change], size: int) -> tuple[list[str], list[object]]:
    """Verdicts and rows of a stream told in batches of `size` to an empty database."""
    with runtime.transaction() as session:
        for model in (ReaderNumber, Subscription, SubscriptionEvent, AppliedTransaction, Reader):
            session.execute(delete(model))
    said: list[str] = []
    for start in range(0, len(changes), size):
        said += verdicts(tell(runtime, *changes[start : start + size]))
    return said, seen(runtime)


def test_a_batch_does_what_its_changes_do_one_by_one(runtime: Runtime) -> None:
    for seed in range(2):
        changes = stream(Random(seed), 20)
        single = told(runtime, changes, 1)
        assert told(runtime, changes, len(changes)) == single, f"stream {seed}"


def test_two_batches_of_the_same_readers_at_once(postgres_runtime: Runtime) -> None:
    numbers = [f"138000{number:05}" for number in range(40)]
    lots = [[change("order" if lot % 2 else "pause", lot, msisdn=number, key=f"{lot} {number}") for number in numbers] for lot in range(1, 9)]
    for lot in lots:
        Random(lot[0].effective_at.hour).shuffle(lot)

    def run(lot: list[Change]) -> list[str]:
        with postgres_runtime.transaction() as session:
            return verdicts(apply(session, lot, now=NOW))

    with ThreadPoolExecutor(4) as pool:
        answers = [*pool.map(run, lots), *pool.map(run, lots)]
    assert {verdict for lot in answers[:8] for verdict in lot} <= {"applied", "late", "unchanged"}
    assert all(set(lot) == {"repeated"} for lot in answers[8:])
    with postgres_runtime.transaction() as session:
        assert session.scalar(select(func.count()).select_from(Reader)) == 40
        assert {tuple(row) for row in session.execute(select(Subscription.state, Subscription.order_at))} == {("paused", at(8))}


def test_the_same_transaction_told_by_two_at_once_counts_once(postgres_runtime: Runtime) -> None:
    changes = [change("number_change", 5, source="boss", msisdn=NUMBERS[0], new_msisdn=NUMBERS[1]), change("order", 6, msisdn=NUMBERS[1], service_id="b")]
    tell(postgres_runtime, change("order", 1, msisdn=NUMBERS[0]), change("order", 1, msisdn=NUMBERS[1], service_id="a"))

    def run(_: int) -> list[str]:
        with postgres_runtime.transaction() as session:
            return verdicts(apply(session, changes, now=NOW))

    with ThreadPoolExecutor(4) as pool:
        assert sorted(map(tuple, pool.map(run, range(4)))) == [("applied", "applied"), *[("repeated", "repeated")] * 3]
    with postgres_runtime.transaction() as session:
        numbers = session.scalars(select(Reader.msisdn).order_by(Reader.id)).all()
        assert numbers[0] == NUMBERS[1] and numbers[1].startswith("-")
