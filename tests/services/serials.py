"""A serial of small drawn chapters, and sends that end as a test says."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from datetime import timedelta

from PIL import Image, ImageDraw
from sqlalchemy import select, update

from content.manuscript import Item, Manuscript, PictureRef, Section
from content.models import Asset, Edition, EditionVersion, Publication
from delivery import lifecycle
from delivery.dispatch import planning as dispatches
from delivery.dispatch.planning import Request
from delivery.models import Batch, Dispatch, Outcome, deliveries
from huabao.clock import business_day
from huabao.runtime import Runtime

SLUG = "serial"
SMALL = "30kb-128x160"


def build_serial(runtime: Runtime, chapters: int, *, start: str = "current", unknown: str = "wait-then-once") -> list[str]:
    """A comic with so many chapters of one panel each, as `slug/number`."""
    now = runtime.now()
    out = io.BytesIO()
    page = Image.new("RGB", (120, 90), "white")
    ImageDraw.Draw(page).rectangle((10, 10, 110, 80), outline="black", fill="#d0e0f0")
    page.save(out, "PNG")
    sha256 = hashlib.sha256(out.getvalue()).hexdigest()
    with runtime.transaction() as session:
        session.add(Asset(sha256=sha256, media_type="image/png", width_px=120, height_px=90, size_bytes=len(out.getvalue()), data=out.getvalue()))
        publication = Publication(
            slug=SLUG, title="小船", kind="comic", service_id=SLUG, klass="subscribed", unknown_policy=unknown, replay_policy="latest", serial=start, created_at=now
        )
        session.add(publication)
        session.flush()
        for number in range(1, chapters + 1):
            edition = Edition(publication_id=publication.id, number=str(number), kind="comic", state="draft", created_at=now)
            session.add(edition)
            session.flush()
            item = Item(key="pages/1.png", rule=None, picture=PictureRef("pages/1.png", sha256, 120, 90))
            manuscript = Manuscript(SLUG, "comic", str(number), "小船", business_day(now), (Section("小船", (item,)),))
            version = EditionVersion(
                edition_id=edition.id, version=1, title="小船", issue_date=business_day(now), manuscript=manuscript.to_document(), source_sha256=f"{number:064d}",
                created_at=now, created_by="test",
            )  # fmt: skip
            session.add(version)
            session.flush()
            edition.current_version_id = version.id
    return [f"{SLUG}/{number}" for number in range(1, chapters + 1)]


def send_chapter(runtime: Runtime, chapter: str) -> int:
    """Plan a chapter and let it begin."""
    return dispatches.create(runtime, Request(chapter), actor="test")


def end_sends(runtime: Runtime, outcome_of: Callable[[int, int], Outcome]) -> dict[int, dict[int, Outcome]]:
    """All dispatches that send come to their end: the outcome of each reader, by dispatch.

    Args:
        outcome_of: asked with the dispatch and the reader.
    """
    now = runtime.now()
    ended: dict[int, dict[int, Outcome]] = {}
    with runtime.transaction() as session:
        for dispatch in session.scalars(select(Dispatch).where(Dispatch.state == lifecycle.SENDING).order_by(Dispatch.id)).all():
            readers = session.scalars(select(deliveries.c.reader_id).where(deliveries.c.dispatch_id == dispatch.id).order_by(deliveries.c.reader_id)).all()
            ended[dispatch.id] = {reader: outcome_of(dispatch.id, reader) for reader in readers}
            for outcome in set(ended[dispatch.id].values()):
                mine = [reader for reader, one in ended[dispatch.id].items() if one is outcome]
                at = None if outcome is Outcome.SUBMITTED else now
                wanted = (deliveries.c.dispatch_id == dispatch.id, deliveries.c.reader_id.in_(mine))
                session.execute(update(deliveries).where(*wanted).values(outcome=int(outcome), submitted_at=now - timedelta(minutes=1), outcome_at=at))
            session.execute(update(Batch).where(Batch.dispatch_id == dispatch.id).values(state="done"))
            dispatch.state = lifecycle.DRAINING
    return ended
