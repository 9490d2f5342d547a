"""Accounts and dispatches for the console's tests, row by row, without the line that makes them in earnest."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from io import BytesIO
from typing import Any

from argon2 import PasswordHasher
from PIL import Image
from sqlalchemy import func, select, update

from console import auth
from content.codecs.mime import Part, Related, encode_related
from content.codecs.smil import SMILDocument, SMILRegion, SMILSlide, encode_smil
from content.models import Edition, EditionVersion, Publication, Variant, VariantPayload
from delivery import partitions
from delivery.models import Batch, DeliveryEvent, Dispatch, DispatchTransition, EventState, Exclusion, Outcome, Port, Submission, deliveries
from huabao.clock import business_day
from huabao.db import bulk_insert
from huabao.ids import pack_ids
from huabao.runtime import Runtime

PASSWORD = "four seeds at six"
USERS = {"王敏": "ops", "li": "editor", "zhou": "support", "root": "admin"}
_COLUMNS = ("day", "dispatch_id", "reader_id", "variant_id", "port_id", "outcome", "late", "submitted_at", "outcome_at")
_HASH = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
"""Argon2 at its cheapest: the cost stands in the hash, and hundreds of tests sign somebody in."""


def add_users(runtime: Runtime) -> None:
    """One account of each role, all with `PASSWORD`."""
    with runtime.transaction() as session:
        for name, role in USERS.items():
            auth.add_user(session, name, _HASH, role, city=None, by="test", now=runtime.now())


def message(text: str = "合肥地铁八号线今日开通") -> bytes:
    """A message of one slide, as a port would send it."""
    picture = BytesIO()
    Image.new("RGB", (240, 120), (160, 30, 30)).save(picture, "JPEG")
    document = SMILDocument(240, 320, SMILRegion(0, 0, 240, 120), SMILRegion(0, 120, 240, 200), (SMILSlide(8000, "one.jpg", "one.txt"),))
    parts = (
        Part("application/smil; charset=utf-8", "smil", "show.smil", encode_smil(document)),
        Part("image/jpeg", "one", "one.jpg", picture.getvalue()),
        Part("text/plain; charset=utf-8", "words", "one.txt", text.encode()),
    )
    return encode_related(Related(parts, "smil"))


def add_dispatch(
    runtime: Runtime,
    *,
    planned: int = 1000,
    number: str = "1522",
    title: str = "江淮早报",
    state: str = "sending",
    excluded: dict[str, int] | None = None,
    mime: bytes | None = None,
) -> int:
    """A dispatch of `planned` pending readers; its number."""
    now = runtime.now()
    day = business_day(now)
    reasons = {"stopped": 30, "not_subscribed": 12} if excluded is None else excluded
    with runtime.transaction() as session:
        partitions.ensure_day(session, day)
        edition, version = _edition(session, title, number, day, now)
        port = session.scalar(select(Port).where(Port.name == "mm-1")) or Port(name="mm-1", kind="mm7", url="http://127.0.0.1:9/", rate=300.0, burst=9, created_at=now)
        session.add(port)
        session.flush()
        dispatch = Dispatch(
            edition_id=edition.id, edition_version_id=version.id, service_id="jh", day=day, state=state, audience=planned + sum(reasons.values()),
            planned=planned, ports=["mm-1"], start_at=now - timedelta(minutes=10), deadline_at=now + timedelta(hours=2), started_at=now - timedelta(minutes=10),
            created_at=now - timedelta(hours=1), created_by="li",
        )
        variant = Variant(
            edition_version_id=version.id, name="100kb-240x320-0a1b2c3d", handset_class="100kb-240x320", signature="a,b", items=["a", "b"], slides=9, size_bytes=98_100,
            budget_bytes=100_000, worst_quality=82, sha256="ab" * 32, built_at=now,
        )
        session.add_all([dispatch, variant])
        session.flush()
        session.add(VariantPayload(variant_id=variant.id, mime=message() if mime is None else mime))
        session.add(DispatchTransition(dispatch_id=dispatch.id, before="planned", after="sending", at=now - timedelta(minutes=10), by="system", reason="start time"))
        session.add(Batch(dispatch_id=dispatch.id, day=day, variant_id=variant.id, port_id=port.id, position=0, size=planned, reader_ids=pack_ids(range(1, planned + 1))))
        first = 1_000_000
        for reason, count in reasons.items():
            rows = [{"dispatch_id": dispatch.id, "reader_id": first + index, "reason": reason} for index in range(count)]
            bulk_insert(session, Exclusion, rows, columns=("dispatch_id", "reader_id", "reason"))
            first += count
        bulk_insert(session, deliveries, _pending(day, dispatch.id, variant.id, port.id, planned), columns=_COLUMNS)
        return dispatch.id


def _edition(session: Any, title: str, number: str, day: date, now: datetime) -> tuple[Edition, EditionVersion]:
    publication = session.scalar(select(Publication).where(Publication.title == title))
    if publication is None:
        publication = Publication(slug=f"paper-{session.scalar(select(func.count()).select_from(Publication))}", title=title, kind="newspaper", service_id="jh", created_at=now)
        session.add(publication)
        session.flush()
    edition = Edition(publication_id=publication.id, number=number, kind="newspaper", created_at=now)
    session.add(edition)
    session.flush()
    version = EditionVersion(edition_id=edition.id, version=1, title="合肥地铁八号线开通", issue_date=day, manuscript={}, source_sha256="0" * 64, created_at=now, created_by="li")
    session.add(version)
    session.flush()
    return edition, version


def _pending(day: date, dispatch_id: int, variant_id: int, port_id: int, planned: int) -> Iterator[dict[str, Any]]:
    for reader_id in range(1, planned + 1):
        yield {
            "day": day, "dispatch_id": dispatch_id, "reader_id": reader_id, "variant_id": variant_id, "port_id": port_id,
            "outcome": int(Outcome.PENDING), "late": 0, "submitted_at": None, "outcome_at": None,
        }


def settle(runtime: Runtime, dispatch_id: int, outcome: Outcome, readers: range, *, ago_s: float = 0.0) -> None:
    """Let these readers come to `outcome`, so many seconds ago."""
    at = runtime.now() - timedelta(seconds=ago_s)
    with runtime.transaction() as session:
        session.execute(
            update(deliveries)
            .where(deliveries.c.dispatch_id == dispatch_id, deliveries.c.reader_id >= readers.start, deliveries.c.reader_id < readers.stop)
            .values(outcome=int(outcome), submitted_at=at, outcome_at=None if outcome is Outcome.SUBMITTED else at)
        )
        session.execute(update(Batch).where(Batch.dispatch_id == dispatch_id, Batch.fence == 0).values(fence=1))  # begun: who of it is left is counted


def add_submission(runtime: Runtime, dispatch_id: int, *, state: str = "accepted", recipients: int = 100, ago_s: float = 0.0) -> None:
    """A submission of the dispatch, answered so many seconds ago."""
    at = runtime.now() - timedelta(seconds=ago_s)
    with runtime.transaction() as session:
        port_id = session.scalars(select(Port.id)).first()
        batch_id = session.scalars(select(Batch.id).where(Batch.dispatch_id == dispatch_id)).first()
        assert port_id is not None and batch_id is not None
        session.add(
            Submission(
                dispatch_id=dispatch_id, day=business_day(at), batch_id=batch_id, port_id=port_id, variant_id=1, fence=1, transaction_id="t", recipients=recipients,
                reader_ids=pack_ids(range(1, recipients + 1)), state=state, written_at=at, answered_at=at,
            )
        )


def add_report(runtime: Runtime, submission_id: int, status: str, extension: str | None = None) -> None:
    """A report about one reader of a submission, folded."""
    with runtime.transaction() as session:
        port_id = session.get_one(Submission, submission_id).port_id
        session.add(
            DeliveryEvent(
                received_at=runtime.now(), port_id=port_id, message_id="m", number="13800000001", status=status, status_extension=extension,
                submission_id=submission_id, reader_id=1, state=int(EventState.FOLDED),
            )
        )
