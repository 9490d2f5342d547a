"""Submissions to the simulator, its reports to `/mm7`, folded: everybody's outcome is what the peer says it was."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from delivery.models import EventState, Outcome, Submission, deliveries
from delivery.ports import Answer, OutboundGroup, PortSettings
from delivery.ports.mm7.link import MM7Link
from delivery.reports.folding import fold
from huabao.ids import unpack_ids
from huabao.msisdn import MSISDN
from huabao.runtime import Runtime
from tests.integration.console.test_mm7_route import serving
from tests.integration.reports.ground import Sent, number, sent_dispatch
from tests.integration.sandbox.running import Sandbox, kept, mmsc
from tests.integration.sandbox.test_mmsc import CONTENT
from tests.services.waiting import ANSWER_S

GROUPS, SIZE = 20, 10
MANNERS = ("--drop", 0.2, "--early", 0.3, "--double", 0.3, "--swapped", 0.5, "--grouped", 0.3, "--delay-ms", "0-300", "--mix", "retrieved=0.7,expired=0.2", "--seed", "round-trip")


def send_all(sent: Sent, sandbox: Sandbox) -> None:
    """What the sender does: write, send, record."""
    for group in range(GROUPS):
        sent.submit(range(group * SIZE, group * SIZE + SIZE), "leaving", None, Outcome.PENDING)
    link = MM7Link(PortSettings(sent.port_id, "main", "mm7", sandbox.url, 1000, 100, connections=4, timeout_s=ANSWER_S, options={"vasp_id": "801234"}))
    stream = link.stream(link.prepare(CONTENT))
    stream.put(OutboundGroup(sent.submissions[group], f"t{group}", tuple(MSISDN(number(group * SIZE + one)) for one in range(SIZE))) for group in range(GROUPS))
    while stream.in_flight:
        for answer in stream.take(10.0):
            record(sent, answer)
            fold(sent.runtime)
    link.close()


def record(sent: Sent, answer: Answer) -> None:
    """An answer as the sender's journal keeps it."""
    with sent.runtime.transaction() as session:
        row = session.get_one(Submission, answer.submission_id)
        row.state, row.message_id = answer.state, answer.message_id
        outcome = Outcome.UNKNOWN if answer.state == "unknown" else Outcome.SUBMITTED
        for reader in unpack_ids(row.reader_ids):
            session.execute(deliveries.update().where(deliveries.c.reader_id == reader, deliveries.c.outcome == int(Outcome.PENDING)).values(outcome=int(outcome)))


def test_every_outcome_is_the_peers(runtime: Runtime, tmp_path: Path) -> None:
    sent = sent_dispatch(runtime, GROUPS * SIZE)
    with serving(runtime) as tcp_port, mmsc("--keep", tmp_path, "--report-url", f"http://127.0.0.1:{tcp_port}/mm7/main", *MANNERS) as sandbox:
        send_all(sent, sandbox)
        while sandbox.stats()["reports_pending"]:
            fold(runtime)
        stats = sandbox.stats()
    fold(runtime)
    fold(runtime)
    lines = {line["transaction_id"]: line for line in kept(tmp_path)}
    assert len(lines) == GROUPS
    assert 0 < stats["dropped"] < GROUPS
    assert sent.events().keys() == {EventState.FOLDED}
    with runtime.transaction(read_only=True) as session:
        rows = session.scalars(select(Submission).order_by(Submission.id)).all()
    for group, row in enumerate(rows):
        line = lines[f"t{group}"]
        assert row.message_id == line["message_id"], "learnt from the answer, or from a report where the answer was dropped"
        assert (row.state == "accepted") == line["answered"]
    outcomes = list(sent.outcomes().values())
    assert 100 < outcomes.count(Outcome.RETRIEVED) < 180
    assert 15 < outcomes.count(Outcome.EXPIRED) < 70
    assert outcomes.count(Outcome.RETRIEVED) + outcomes.count(Outcome.EXPIRED) + outcomes.count(Outcome.SUBMITTED) + outcomes.count(Outcome.UNKNOWN) == GROUPS * SIZE
    counters = sent.counters()
    assert sum(retrieved for retrieved, _, _ in counters.values()) == outcomes.count(Outcome.RETRIEVED)
    assert sum(failed for _, failed, _ in counters.values()) == outcomes.count(Outcome.EXPIRED)
