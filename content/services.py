"""Publications and editions: made, imported, found."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from content.dressing import chosen, dressed, of_publication
from content.folder import ImportedFolder, read_folder
from content.folder.reader import SLUG
from content.introducing import introduced
from content.manuscript import Manuscript
from content.models import KINDS, PUBLICATION_CLASSES, REPLAY_POLICIES, SEED_MISSING, SERIALS, UNKNOWN_POLICIES, Asset, Edition, EditionVersion, Publication
from content.workflow import cities, lifecycle, locks, readiness, standing
from content.workflow.customs import customary, warnings_of
from content.workflow.lifecycle import Act
from huabao import audit
from huabao.errors import UsageError
from subscribers.offers.store import current
from subscribers.segments.store import segment_documents


@dataclass(frozen=True)
class ImportResult:
    """What an import made.

    Attributes:
        items: how many.
        warnings: what an editor should look at.
    """

    edition_id: int
    version_id: int
    version: int
    kind: str
    publication: str
    number: str
    items: int
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class LoadedVersion:
    """An edition's version with its manuscript parsed."""

    version: EditionVersion
    publication: Publication
    manuscript: Manuscript


def import_folder(session: Session, path: Path, by: str, now: datetime, *, city: str = "") -> ImportResult:
    """Read an edition folder and keep it as a new version of its edition; an unknown publication is made.

    Args:
        city: of who imports it, who may change that city's sections only; "" for all.

    Raises:
        UsageError: the folder cannot be used; nothing of it is kept.
    """
    return import_read(session, read_folder(path, segment_documents(session)), by, now, city=city)


def import_read(session: Session, found: ImportedFolder, by: str, now: datetime, *, city: str = "") -> ImportResult:
    """Keep an edition that was read, from a folder or from a draft, as `import_folder` does.

    Raises:
        UsageError: as `import_folder`.
    """
    design = chosen(session, found.manuscript)
    publication, made = _publication(session, found.manuscript, now)
    manuscript = customary(session, publication, found.manuscript)
    warnings = [*found.warnings, *warnings_of(session, publication, found.manuscript, manuscript)]
    manuscript = introduced(dressed(session, manuscript, design), current(session).catalogue)
    found = dataclasses.replace(found, manuscript=manuscript)
    if made:
        terms = f"service_id {publication.service_id}, class {publication.klass}"
        warnings.append(f"publication {publication.slug!r} was unknown and is made: {terms}; `huabao publication set` changes it")
    edition = lock_edition(session, _edition(session, publication, manuscript, now).id)
    before = None if edition.current_version_id is None else load_version(session, edition).manuscript
    if city:
        cities.guard_version(before, manuscript, city)
    if before is not None:
        locks.guard_change(session, edition, before, manuscript, by=by, at=now)
    same = _same_version(session, edition, found)
    version = _new_version(session, edition, found, by, now)
    audit.record(session, actor=by, action="edition.import", object_kind="edition", object_id=edition.id, at=now, version=version.version, number=edition.number)
    if same is not None:
        warnings.append(f"version {version.version} is version {same.version} again, byte for byte")
    edition.current_version_id = version.id
    warnings += [f"not ready yet: {one}" for one in readiness.lacks(session, edition, now)] + readiness.partial_parts(manuscript)
    state = edition.state
    if standing.changed(session, edition, f"version {version.version} was imported", by=by, at=now):
        warnings.append(f"the approval of {publication.slug}/{edition.number} ended; it is in review: `huabao edition reapprove {edition.id}` shows the difference and approves it")
    if state == KILLED_EDITION:
        warnings.append(f"{publication.slug}/{edition.number} was killed; this version may be sent, as a correction: `huabao edition correct {edition.id}`")
    session.flush()
    return ImportResult(edition.id, version.id, version.version, edition.kind, publication.slug, edition.number, len(manuscript.items), tuple(warnings))


def _publication(session: Session, manuscript: Manuscript, now: datetime) -> tuple[Publication, bool]:
    found = session.scalar(select(Publication).where(Publication.slug == manuscript.publication))
    if found is None:
        made = Publication(slug=manuscript.publication, title=manuscript.title, kind=manuscript.kind, service_id=manuscript.publication, klass="subscribed", created_at=now)
        session.add(made)
        session.flush()
        return made, True
    if found.kind != manuscript.kind:
        raise UsageError(f"edition.yaml: publication {found.slug!r} is a {found.kind}, this folder is a {manuscript.kind}; correct `kind` or `publication`")
    return found, False


def _edition(session: Session, publication: Publication, manuscript: Manuscript, now: datetime) -> Edition:
    found = session.scalar(select(Edition).where(Edition.publication_id == publication.id, Edition.number == manuscript.number))
    if found is None:
        found = Edition(publication_id=publication.id, number=manuscript.number, kind=manuscript.kind, state="draft", created_at=now)
        session.add(found)
        session.flush()
    return found


def _same_version(session: Session, edition: Edition, found: ImportedFolder) -> EditionVersion | None:
    """The version with the same bytes and the same meaning (a named segment may have changed since)."""
    versions = session.scalars(
        select(EditionVersion).where(EditionVersion.edition_id == edition.id, EditionVersion.source_sha256 == found.source_sha256).order_by(EditionVersion.version.desc())
    )
    return next((version for version in versions if Manuscript.from_document(version.manuscript) == found.manuscript), None)


def _new_version(session: Session, edition: Edition, found: ImportedFolder, by: str, now: datetime) -> EditionVersion:
    _keep_assets(session, found)
    last = session.scalar(select(func.max(EditionVersion.version)).where(EditionVersion.edition_id == edition.id)) or 0
    version = EditionVersion(
        edition_id=edition.id,
        version=last + 1,
        title=found.manuscript.title,
        issue_date=found.manuscript.issue_date,
        manuscript=found.manuscript.to_document(),
        source_sha256=found.source_sha256,
        created_at=now,
        created_by=by,
    )
    session.add(version)
    session.flush()
    return version


def _keep_assets(session: Session, found: ImportedFolder) -> None:
    known = set(session.scalars(select(Asset.sha256).where(Asset.sha256.in_(found.assets))))
    for sha256, (data, info) in found.assets.items():
        if sha256 not in known:
            session.add(Asset(sha256=sha256, media_type=info.media_type, width_px=info.width_px, height_px=info.height_px, size_bytes=len(data), data=data))
    session.flush()


KILLED_EDITION = lifecycle.KILLED
"""The state of an edition that was withdrawn: nobody gets it any more, until a new version is imported."""


def lock_edition(session: Session, edition_id: int, *, shared: bool = False) -> Edition:
    """The edition as it stands now, locked until the transaction ends: it is not killed meanwhile.

    Not against references, so that other dispatches of it go on.

    Args:
        shared: others may hold the same lock, e.g. a resend beside another.
    """
    locked = select(Edition).where(Edition.id == edition_id).with_for_update(read=shared, key_share=not shared)
    return session.scalars(locked, execution_options={"populate_existing": True}).one()


def kill_edition(session: Session, edition: Edition, *, by: str, now: datetime, reason: str) -> None:
    """Withdraw an edition; what is on its way is the business of `delivery.dispatch.correction`."""
    locked = lock_edition(session, edition.id)
    standing.withdraw(session, locked.id, f"killed by {by}: {reason}", by=by, at=now)
    lifecycle.act(session, locked, lifecycle.KILL, Act(by, now, reason))


def find_edition(session: Session, ref: str) -> Edition:
    """The edition with that id or `slug/number`.

    Raises:
        UsageError: there is none.
    """
    slug, slash, number = ref.partition("/")
    if slash:
        found = session.scalar(select(Edition).join(Publication, Publication.id == Edition.publication_id).where(Publication.slug == slug, Edition.number == number))
    else:
        found = session.get(Edition, int(ref)) if ref.isascii() and ref.isdigit() and len(ref) < 18 else None
    if found is None:
        raise UsageError(f"there is no edition {ref!r}; `huabao edition list` shows them, by id or as publication/number")
    if found.current_version_id is None:
        raise UsageError(f"edition {ref!r} has no version yet: keep its draft as one in the console, or import its folder")
    return found


def load_version(session: Session, edition: Edition) -> LoadedVersion:
    """The edition's current version.

    Raises:
        UsageError: it has none yet: it is being written in the console.
    """
    if edition.current_version_id is None:
        raise UsageError(f"edition {edition.id} has no version yet: keep its draft as one first")
    return load_version_by_id(session, edition.current_version_id)


def load_version_by_id(session: Session, version_id: int) -> LoadedVersion:
    """The version with that id.

    Raises:
        UsageError: there is none.
    """
    version = session.get(EditionVersion, version_id)
    if version is None:
        raise UsageError(f"there is no edition version {version_id}")
    edition = session.get_one(Edition, version.edition_id)
    publication = session.get_one(Publication, edition.publication_id)
    return LoadedVersion(version, publication, Manuscript.from_document(version.manuscript))


def load_assets(session: Session, manuscript: Manuscript) -> dict[str, bytes]:
    """The bytes of all pictures of a manuscript and of its design, by their SHA-256."""
    wanted = {picture.sha256 for picture in pictures_of(manuscript)} | {manuscript.design_sha256}
    return {row.sha256: row.data for row in session.execute(select(Asset.sha256, Asset.data).where(Asset.sha256.in_(wanted)))}


def pictures_of(manuscript: Manuscript) -> Sequence[Any]:
    """Every picture that a manuscript names."""
    found = [manuscript.cover, *(hero.cover for hero in manuscript.heroes)]
    for item in manuscript.items:
        found += [item.picture, item.article.picture if item.article else None]
    return [picture for picture in found if picture is not None]


@dataclass(frozen=True)
class PublicationFields:
    """What `publication add` and `set` take; None leaves a field as it is.

    Attributes:
        send_window: hours as `huabao.hours` writes them, "" for any time.
        seed_missing: ramp, hold, or "" for its kind's default.
        design: name of one, or `default` for its kind's.
        reserve: id or `slug/number` of one of its editions, or `none`.
        serial: where a new reader of a comic begins, one of `SERIALS`.
    """

    title: str | None = None
    kind: str | None = None
    service_id: str | None = None
    klass: str | None = None
    service_code: str | None = None
    stale_after_s: float | None = None
    unknown_policy: str | None = None
    replay_policy: str | None = None
    send_window: str | None = None
    seed_missing: str | None = None
    reserve: str | None = None
    design: str | None = None
    serial: str | None = None


NO_RESERVE = "none"

CHOICES = {"kind": KINDS, "klass": PUBLICATION_CLASSES, "unknown_policy": UNKNOWN_POLICIES, "replay_policy": REPLAY_POLICIES, "seed_missing": SEED_MISSING, "serial": SERIALS}


def find_publication(session: Session, slug: str) -> Publication:
    """The publication called `slug`.

    Raises:
        UsageError: there is none.
    """
    found = session.scalar(select(Publication).where(Publication.slug == slug))
    if found is None:
        raise UsageError(f"there is no publication {slug!r}; `huabao publication list` shows them")
    return found


def add_publication(session: Session, slug: str, fields: PublicationFields, by: str, now: datetime) -> Publication:
    """A new publication.

    Raises:
        UsageError: the slug is taken or malformed, or a field is missing.
    """
    if not SLUG.fullmatch(slug):
        raise UsageError(f"{slug!r} is no slug; write small letters, digits, `-` and `_`, at most 40")
    if session.scalar(select(Publication.id).where(Publication.slug == slug)) is not None:
        raise UsageError(f"there is a publication {slug!r} already; `huabao publication set` changes it")
    for name in ("title", "kind", "service_id"):
        if not getattr(fields, name):
            raise UsageError(f"a publication needs --{name.replace('_', '-')}")
    if fields.reserve not in (None, NO_RESERVE):
        raise UsageError("a new publication has no edition that could stand by; import one, then `publication set --reserve EDITION`")
    made = Publication(slug=slug, created_at=now, **_with_design(session, _given(fields), str(fields.kind)))
    session.add(made)
    session.flush()
    audit.record(session, actor=by, action="publication.add", object_kind="publication", object_id=slug, at=now, **_given(fields))
    return made


def set_publication(session: Session, slug: str, fields: PublicationFields, by: str, now: datetime) -> Publication:
    """Change fields of a publication.

    Raises:
        UsageError: there is no such publication, nothing to change, or editions of another kind.
    """
    found = find_publication(session, slug)
    given = _given(fields)
    if fields.reserve is not None:
        given["reserve_edition_id"] = _reserve_of(session, found, fields.reserve)
    if not given:
        raise UsageError("nothing to change; name a field, e.g. --title")
    if given.get("kind", found.kind) != found.kind and session.scalar(select(func.count()).select_from(Edition).where(Edition.publication_id == found.id)):
        raise UsageError(f"{slug!r} has editions of kind {found.kind}; make another publication for a {given['kind']}")
    for name, value in _with_design(session, given, given.get("kind", found.kind)).items():
        setattr(found, name, value)
    session.flush()
    audit.record(session, actor=by, action="publication.set", object_kind="publication", object_id=slug, at=now, **given)
    return found


def _with_design(session: Session, given: dict[str, Any], kind: str) -> dict[str, Any]:
    """The fields, the design tried: what is broken is refused now, not when an edition is imported."""
    return {**given, "design": of_publication(session, given["design"], kind)} if "design" in given else given


def _reserve_of(session: Session, publication: Publication, ref: str) -> int | None:
    """The id of the edition that stands by, or None for none."""
    if ref == NO_RESERVE:
        return None
    edition = find_edition(session, ref)
    if edition.publication_id != publication.id:
        raise UsageError(f"edition {ref!r} belongs to another publication; a reserve is an edition of {publication.slug!r}")
    return edition.id


def _given(fields: PublicationFields) -> dict[str, Any]:
    given = {name: value for name, value in dataclasses.asdict(fields).items() if value is not None and name != "reserve"}
    for name, choices in CHOICES.items():
        if name in given and given[name] not in choices:
            raise UsageError(f"{given[name]!r} is no {name}; there are {', '.join(choices)}")
    return given
