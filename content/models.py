"""Tables of publications, editions, pictures and built variants.

A publication is the title, an edition one number of it, a version one import of
that number. What a dispatch sends is bound to a version and never changes.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from huabao.db import Base, BigKey, Document

KINDS = ("newspaper", "magazine", "comic")
PUBLICATION_CLASSES = ("subscribed", "free", "activity")
UNKNOWN_POLICIES = ("wait-then-once", "never", "retry")
SEED_MISSING = ("", "ramp", "hold")
SERIALS = ("", "current", "first", "none")
"""A new reader of a serial begins with the current chapter, or with the first; `none`: its editions are no chapters."""
REPLAY_POLICIES = ("latest", "all", "none", "credit")


class Publication(Base):
    """A title.

    Attributes:
        service_id: how BOSS and MISC name it.
        klass: subscribed, free or activity; marketing rules bind activity only.
        service_code: the MT business code that goes out as MM7 ServiceCode.
        stale_after_s: an edition older than that is not sent any more.
        unknown_policy: what becomes of a submission whose answer was lost.
        replay_policy: what a recovered reader is owed.
        send_window: when it may be sent, Asia/Shanghai, e.g. `06:30-08:00`; empty for any time.
        seed_missing: what seeds without a report mean: ramp (go on into the first step) or hold; empty for its kind's default.
        reserve_edition_id: the edition that goes out when no other is approved, or None.
        design: by which its editions are set that name none; empty for its kind's default.
        serial: where a new reader of a comic begins, one of `SERIALS`; empty for its kind's default.
    """

    __tablename__ = "publications"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    title: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(20))
    service_id: Mapped[str] = mapped_column(String(40), index=True)
    klass: Mapped[str] = mapped_column(String(20), default="subscribed")
    service_code: Mapped[str | None] = mapped_column(String(40))
    stale_after_s: Mapped[float | None]
    unknown_policy: Mapped[str] = mapped_column(String(20), default="wait-then-once")
    replay_policy: Mapped[str] = mapped_column(String(20), default="latest")
    send_window: Mapped[str] = mapped_column(String(40), default="")
    seed_missing: Mapped[str] = mapped_column(String(10), default="")
    reserve_edition_id: Mapped[int | None] = mapped_column(BigKey)
    design: Mapped[str] = mapped_column(String(40), default="", server_default="")
    serial: Mapped[str] = mapped_column(String(10), default="", server_default="")
    created_at: Mapped[datetime]


class Edition(Base):
    """One number of a publication."""

    __tablename__ = "editions"
    __table_args__ = (UniqueConstraint("publication_id", "number"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    publication_id: Mapped[int] = mapped_column(ForeignKey("publications.id"))
    number: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20), default="draft")
    current_version_id: Mapped[int | None] = mapped_column(BigKey)
    created_at: Mapped[datetime]


class EditionVersion(Base):
    """One import of an edition.

    Attributes:
        manuscript: the parsed edition, see `content.manuscript.Manuscript.to_document`.
        source_sha256: of the folder's files, names and bytes.
    """

    __tablename__ = "edition_versions"
    __table_args__ = (UniqueConstraint("edition_id", "version"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id"))
    version: Mapped[int]
    title: Mapped[str] = mapped_column(String(200))
    issue_date: Mapped[date]
    manuscript: Mapped[dict[str, Any]] = mapped_column(Document)
    source_sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(80))


class Asset(Base):
    """What an edition is made of besides its text, kept once however many editions use it: a picture as the editor gave it, or a whole design (without sides)."""

    __tablename__ = "assets"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    media_type: Mapped[str] = mapped_column(String(40))
    width_px: Mapped[int]
    height_px: Mapped[int]
    size_bytes: Mapped[int]
    data: Mapped[bytes] = mapped_column(LargeBinary)


class Variant(Base):
    """What readers with the same items and the same handset class get.

    Attributes:
        name: `<handset class>-<8 hex of the signature>`, unique in its version; `variant_id` outside.
        signature: the item keys joined by a comma, in order.
        moved: what did not fit and where it went, as the manifest lists it.
        worst_quality: lowest JPEG quality among its pictures, 100 for none.
    """

    __tablename__ = "variants"
    __table_args__ = (UniqueConstraint("edition_version_id", "name"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    edition_version_id: Mapped[int] = mapped_column(ForeignKey("edition_versions.id"))
    name: Mapped[str] = mapped_column(String(40))
    channel: Mapped[str] = mapped_column(String(10), default="mms")
    handset_class: Mapped[str] = mapped_column(String(20))
    signature: Mapped[str]
    items: Mapped[list[Any]] = mapped_column(Document)
    moved: Mapped[list[Any]] = mapped_column(Document, default=list)
    slides: Mapped[int]
    size_bytes: Mapped[int]
    budget_bytes: Mapped[int]
    worst_quality: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    built_at: Mapped[datetime]


class VariantPayload(Base):
    """The bytes of a variant: the multipart/related entity, header lines first.

    Attributes:
        slots: where a reader's own words go into it, as `content.slots.gaps` writes them; None where nothing does.
    """

    __tablename__ = "variant_payloads"

    variant_id: Mapped[int] = mapped_column(ForeignKey("variants.id", ondelete="CASCADE"), primary_key=True)
    mime: Mapped[bytes] = mapped_column(LargeBinary)
    slots: Mapped[list[Any] | None] = mapped_column(Document)


class WapPage(Base):
    """A page behind a link, named by an opaque token made of its content, and kept once.

    Attributes:
        edition_version_id: the version that it was first made for, which is all that the release before this one knew; `WapPageVersion` has them all.
    """

    __tablename__ = "wap_pages"
    __table_args__ = (Index("ix_wap_pages_version", "edition_version_id"),)

    token: Mapped[str] = mapped_column(String(40), primary_key=True)
    edition_version_id: Mapped[int] = mapped_column(ForeignKey("edition_versions.id"))
    media_type: Mapped[str] = mapped_column(String(60))
    body: Mapped[bytes] = mapped_column(LargeBinary)


class WapPageVersion(Base):
    """That a page is a part of a version: versions with the same content share their pages."""

    __tablename__ = "wap_page_versions"
    __table_args__ = (Index("ix_wap_page_versions_token", "token"),)

    edition_version_id: Mapped[int] = mapped_column(ForeignKey("edition_versions.id", ondelete="CASCADE"), primary_key=True)
    token: Mapped[str] = mapped_column(ForeignKey("wap_pages.token", ondelete="CASCADE"), primary_key=True)
