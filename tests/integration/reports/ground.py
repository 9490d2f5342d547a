"""A dispatch that was sent: readers, deliveries, submissions, as the sender leaves them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from content.models import Edition, EditionVersion, Publication
from delivery.codecs.mm7 import Address, DeliveryReportReq
from delivery.models import DeliveryEvent, Dispatch, EventState, Outcome, Port, Submission, deliveries
from delivery.partitions import ensure_day
from huabao.ids import pack_ids
from huabao.runtime import Runtime
from subscribers.models import Reader, ReaderServiceMonth

DAY = date(2026, 11, 22)
NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
SERVICE = "news"


def number(index: int) -> str:
    """The number of a reader."""
    return f"138{index:08d}"


def report(message_id: str, *numbers: str, status: str = "Retrieved", at: datetime = NOON, sender: str = "10658000") -> DeliveryReportReq:
    """A report as the codec reads it."""
    return DeliveryReportReq(message_id, tuple(Address(f"86{one}" if len(one) == 11 else one) for one in numbers), status, sender=Address(sender), date=at)


@dataclass
class Sent:
    """What stands in the database.

    Attributes:
        readers: ids, by index.
        submissions: ids, by group.
    """

    runtime: Runtime
    port_id: int
    dispatch_id: int
    readers: list[int]
    submissions: list[int] = field(default_factory=list)

    def outcomes(self) -> dict[int, Outcome]:
        """Outcome by index of the reader."""
        with self.runtime.transaction(read_only=True) as session:
            rows = session.execute(select(deliveries.c.reader_id, deliveries.c.outcome).where(deliveries.c.dispatch_id == self.dispatch_id)).all()
        found = {reader: Outcome(outcome) for reader, outcome in rows}
        return {index: found[reader] for index, reader in enumerate(self.readers)}

    def events(self) -> dict[EventState, int]:
        """How many events stand where."""
        with self.runtime.transaction(read_only=True) as session:
            states = [EventState(state) for state in session.scalars(select(DeliveryEvent.state))]
        return {state: states.count(state) for state in EventState if state in states}

    def counters(self) -> dict[int, tuple[int, int, datetime | None]]:
        """(retrieved, failed, last success) by index of the reader; only those that have any."""
        with self.runtime.transaction(read_only=True) as session:
            rows = {row.reader_id: row for row in session.scalars(select(ReaderServiceMonth))}
        return {index: (rows[one].retrieved, rows[one].failed, rows[one].last_success_at) for index, one in enumerate(self.readers) if one in rows}

    def message_id(self, group: int) -> str | None:
        """The MessageID that a group's submission has."""
        with self.runtime.transaction(read_only=True) as session:
            return session.get_one(Submission, self.submissions[group]).message_id

    def answer(self, group: int, message_id: str) -> None:
        """The answer to a group arrives."""
        with self.runtime.transaction() as session:
            submission = session.get_one(Submission, self.submissions[group])
            submission.message_id, submission.state, submission.answered_at = message_id, "accepted", NOON

    def submit(self, indexes: Sequence[int], state: str, message_id: str | None, outcome: Outcome) -> None:
        """Another submission, for readers whose deliveries it leaves at `outcome`."""
        with self.runtime.transaction() as session:
            group = [self.readers[index] for index in indexes]
            self.submissions.append(_submission(session, self, group, state, message_id))
            for reader in group:
                where = (deliveries.c.day == DAY, deliveries.c.dispatch_id == self.dispatch_id, deliveries.c.reader_id == reader)
                session.execute(deliveries.update().where(*where).values(outcome=int(outcome), submission_id=self.submissions[-1]))


def _submission(session: Session, sent: Sent, group: Iterable[int], state: str, message_id: str | None) -> int:
    members = list(group)
    row = Submission(
        dispatch_id=sent.dispatch_id, day=DAY, batch_id=1, port_id=sent.port_id, variant_id=1, fence=1, transaction_id="t", message_id=message_id,
        recipients=len(members), reader_ids=pack_ids(members), state=state, written_at=NOON - timedelta(minutes=1),
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row.id


def sent_dispatch(runtime: Runtime, readers: int = 10) -> Sent:
    """A dispatch whose deliveries are pending and that has no submission yet."""
    with runtime.transaction() as session:
        ensure_day(session, DAY)
        publication = Publication(slug="news", title="News", kind="newspaper", service_id=SERVICE, created_at=NOON)
        port = Port(name="main", kind="mm7", url="http://127.0.0.1:9/", rate=100, burst=3, created_at=NOON)
        session.add_all([publication, port])
        session.flush()
        edition = Edition(publication_id=publication.id, number="1", kind="newspaper", created_at=NOON)
        session.add(edition)
        session.flush()
        version = EditionVersion(edition_id=edition.id, version=1, title="News", issue_date=DAY, manuscript={}, source_sha256="0" * 64, created_at=NOON, created_by="t")
        session.add(version)
        session.flush()
        dispatch = Dispatch(edition_id=edition.id, edition_version_id=version.id, service_id=SERVICE, day=DAY, state="sending", start_at=NOON, created_at=NOON, created_by="t")
        session.add(dispatch)
        rows = [{"msisdn": number(index), "topics": [], "attributes": {}, "created_at": NOON, "updated_at": NOON} for index in range(readers)]
        ids = list(session.scalars(insert(Reader).returning(Reader.id, sort_by_parameter_order=True), rows))
        session.flush()
        session.execute(
            insert(deliveries),
            [{"day": DAY, "dispatch_id": dispatch.id, "reader_id": reader, "variant_id": 1, "port_id": port.id, "outcome": 0, "late": 0} for reader in ids],
        )
        return Sent(runtime, port.id, dispatch.id, ids)
