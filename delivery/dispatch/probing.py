"""Probes: one small MMS to readers of whom it is not known whether they can be reached; it is no edition.

It is the same for everybody: a text of two lines, of a title of the house that nobody
can order and that is made when it is first needed. A probe has a ledger of its own and
stands in no statistics; it lies in the MMSC for hours and not for days, so that its
success says something about the hour. Whoever cancelled meanwhile gets none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Integer, Select, literal, select
from sqlalchemy.orm import Session

from content.codecs.mime import Part, Related, encode_related
from content.codecs.smil import SMILDocument, SMILRegion, SMILSlide, encode_smil
from content.manuscript import Article, Item, Manuscript, Section
from content.models import Edition, EditionVersion, Publication, Variant, VariantPayload
from content.workflow.lifecycle import SENT
from delivery import kinds, lifecycle
from delivery.dispatch import gate, pacing, snapshot
from delivery.dispatch.routing import carries_short
from delivery.dispatch.windows import unbound
from delivery.lanes import BULK
from delivery.models import Dispatch, Port
from delivery.ports import PortSettings
from delivery.settings import BATCH_READERS_MAX
from huabao.clock import business_day
from huabao.db import in_ids
from subscribers.handset_classes import handset_classes
from subscribers.models import Reader, Subscription

SLUG: Final = "huabao-probe"
TITLE: Final = "彩信测试"
TEXT: Final = "您好！您订阅的手机报近期多次未能送达。\n看到本条说明您的手机已能接收彩信，手机报将恢复发送。本条免费，无需回复。"
LASTS_S: Final = 6 * 3600.0
"""The MMSC keeps a probe for so long."""

_MASK: Final = "probe"


def probe_ports(session: Session) -> list[Port]:
    """The ports that may carry a probe: those for MMS that are up and take what has no service code."""
    rows = session.scalars(select(Port).where(Port.state == "up").order_by(Port.id))
    return [row for row in rows if not carries_short(row) and PortSettings.of(row).carries(None)]


def send_probe(session: Session, service_id: str, reader_ids: Sequence[int], *, rate: float | None, now: datetime) -> int | None:
    """A probe to these readers of a service, on its way; its dispatch, or None where no port can carry it or nobody is there."""
    ports = probe_ports(session)
    if not ports:
        return None
    version, variant = _house(session, now)
    name = variant.handset_class
    columns = (Reader.id.label("reader_id"), literal(_MASK).label("mask"), literal(name).label("handset_class"), literal(0, Integer).label("route"), literal(None).label("reason"))
    rows: Select[*tuple[Any, ...]] = (
        select(*columns).join(Subscription, Subscription.reader_id == Reader.id).where(Subscription.service_id == service_id, in_ids(session, Reader.id, sorted(reader_ids)))
    )
    staged = snapshot.stage_rows(session, rows)
    if not staged.planned:
        snapshot.drop_stage(session)
        return None
    dispatch = Dispatch(
        edition_id=version.edition_id, edition_version_id=version.id, service_id=service_id, kind=kinds.PROBE, lane=BULK, gate=unbound(now), rate=rate, day=business_day(now),
        state=lifecycle.DRAFT, audience=staged.audience, planned=staged.planned, ports=[port.name for port in ports], start_at=now, created_at=now, created_by=lifecycle.SYSTEM,
    )  # fmt: skip
    session.add(dispatch)
    session.flush()
    snapshot.write_rows(session, dispatch, {(_MASK, name): variant.id}, ports)
    snapshot.cut_batches(session, dispatch, None, readers_max=pacing.batch_readers(rate, BATCH_READERS_MAX.get(session)))
    snapshot.drop_stage(session)
    pacing.spread(session, dispatch, start=now)
    lifecycle.note_created(session, dispatch, by=lifecycle.SYSTEM, at=now)
    lifecycle.act(session, dispatch, "plan", by=lifecycle.SYSTEM, at=now, reason="a probe to stopped readers")
    gate.release(session, dispatch, by=lifecycle.SYSTEM, at=now, reason="a probe to stopped readers")
    return dispatch.id


def _house(session: Session, now: datetime) -> tuple[EditionVersion, Variant]:
    """The title of the house with its one edition and its one message; made when it is first needed."""
    wanted = select(EditionVersion, Variant).join(Variant, Variant.edition_version_id == EditionVersion.id).join(Edition, Edition.id == EditionVersion.edition_id)
    found = session.execute(wanted.join(Publication, Publication.id == Edition.publication_id).where(Publication.slug == SLUG)).first()
    return (found[0], found[1]) if found is not None else _made(session, now)


def _made(session: Session, now: datetime) -> tuple[EditionVersion, Variant]:
    publication = Publication(
        slug=SLUG, title=TITLE, kind="newspaper", service_id=SLUG, klass="free", stale_after_s=LASTS_S, unknown_policy="never", replay_policy="none", created_at=now
    )
    session.add(publication)
    session.flush()
    edition = Edition(publication_id=publication.id, number="1", kind="newspaper", state=SENT, created_at=now)
    session.add(edition)
    session.flush()
    day = business_day(now)
    item = Item(key="probe.md", rule=None, article=Article(title=TITLE, paragraphs=tuple(TEXT.splitlines())))
    manuscript = Manuscript(publication=SLUG, kind="newspaper", number="1", title=TITLE, issue_date=day, sections=(Section(TITLE, (item,)),))
    mime = probe_mime()
    sha256 = hashlib.sha256(mime).hexdigest()
    version = EditionVersion(
        edition_id=edition.id, version=1, title=TITLE, issue_date=day, manuscript=manuscript.to_document(), source_sha256=sha256, created_at=now, created_by=lifecycle.SYSTEM
    )
    session.add(version)
    session.flush()
    edition.current_version_id = version.id
    smallest = next(iter(handset_classes().values()))
    variant = Variant(
        edition_version_id=version.id, name=f"{smallest.name}-probe", handset_class=smallest.name, signature=item.key, items=[item.key], slides=1,
        size_bytes=len(mime), budget_bytes=smallest.budget_bytes, worst_quality=100, sha256=sha256, built_at=now,
    )  # fmt: skip
    session.add(variant)
    session.flush()
    session.add(VariantPayload(variant_id=variant.id, mime=mime))
    session.flush()
    return version, variant


def probe_mime() -> bytes:
    """The message: one slide of text, for the smallest screen, as a SubmitReq carries it."""
    screen = next(iter(handset_classes().values()))
    region = SMILRegion(0, 0, screen.width_px, screen.height_px)
    smil = SMILDocument(screen.width_px, screen.height_px, None, region, (SMILSlide(10_000, None, "01.txt"),))
    parts = (Part("application/smil; charset=utf-8", "smil", "probe.smil", encode_smil(smil)), Part("text/plain; charset=utf-8", "01.txt", "01.txt", TEXT.encode()))
    return encode_related(Related(parts, "smil"))
