"""Creating a dispatch: the audience is decided here, once; `delivery.dispatch.plans` counts it beforehand.

`create` builds the variants that the audience needs, then freezes the audience in
one transaction: exclusions with
their reasons, one delivery row for each planned reader, the digest of their ids,
and the batches. From then on the numbers never change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from content.models import Edition, EditionVersion, Publication
from content.services import KILLED_EDITION, find_edition, load_version, lock_edition
from content.signatures import SignatureRules
from content.variants import check_count, ensure_variants
from content.workflow import lifecycle as desk
from content.workflow import standing
from content.workflow.lifecycle import Act
from delivery import kinds, lifecycle, partitions
from delivery.dispatch import compliance, gate, outlook, preflight, ramp, seeds, snapshot, windows
from delivery.dispatch.audience import Audience
from delivery.dispatch.gate import release as release  # whoever makes a dispatch of his own lets it go by this name
from delivery.dispatch.routing import Routing, carries_short
from delivery.dispatch.snapshot import Count, Signature, Terms
from delivery.lanes import BULK, URGENT
from delivery.ledger.copies import AGAIN
from delivery.models import Dispatch, Port
from delivery.serials import course as serials
from delivery.serials.notes import note_keys
from delivery.settings import BATCH_READERS_MAX
from huabao import tracing
from huabao.clock import business_day
from huabao.errors import StoreError, UsageError
from huabao.hours import ALWAYS, Hours
from huabao.runtime import Runtime

SNAPSHOT_ATTEMPTS_MAX = 3
"""A reader may come with a signature that nobody had a moment ago; then the variants are looked at once more."""


NO_PORT = "there is no port to send through; add one: `huabao port add NAME --kind mm7 --url URL --rate N`"


class _NewSignatureError(Exception):
    """A reader has a signature that has no variant yet."""


MOVED_SHARE = 0.01
"""So many more readers than a person said yes to are the same number to him."""


def has_moved(found: int, confirmed: int | None) -> bool:
    """Whether noticeably more readers are found now than a person said yes to; None where nobody was asked."""
    return confirmed is not None and found > confirmed * (1 + MOVED_SHARE)


@dataclass(frozen=True)
class Request:
    """What somebody wants to send.

    Attributes:
        edition: id or `slug/number`.
        ports: names; empty for all that are up.
        start_at: None for at once.
        again: send although this version was sent or is being sent.
        many_variants: more variants than `content.variants.VARIANTS_MAX` are wanted.
        despite_contract: a person knows that a port's contract would be broken.
        seed_group: whose members get it before everybody else.
        lane: special (号外) overtakes and waits for no window.
        block_classes: handset classes that are held from the start, so that others go.
        personal: readers get words of their own where the edition has slots; otherwise all get the fallbacks, in groups.
        confirmed: so many readers a person said yes to; None where nobody was asked. Noticeably more refuses the send.
    """

    edition: str
    ports: tuple[str, ...] = ()
    start_at: datetime | None = None
    deadline_at: datetime | None = None
    again: bool = False
    many_variants: bool = False
    despite_contract: bool = False
    seed_group: str | None = None
    lane: str = BULK
    block_classes: tuple[str, ...] = ()
    personal: bool = True
    confirmed: int | None = None


@dataclass(frozen=True)
class Subject:
    """What a request turned out to name."""

    publication: Publication
    edition: Edition
    version: EditionVersion
    rules: SignatureRules
    audience: Audience
    ports: tuple[Port, ...]


def create(runtime: Runtime, request: Request, *, actor: str, progress: Callable[[int], None] | None = None) -> int:
    """Freeze the audience and cut it into batches; the new dispatch's number.

    It starts at once, or waits as planned until its start.

    Raises:
        UsageError: no such edition or port, nobody is planned, too many variants, the version is under way already,
            or it fails on its readers' handsets.
    """
    with tracing.span("dispatch.create", lambda: _approved(runtime, request.edition)) as traced:
        dispatch_id = _create(runtime, request, actor=actor, progress=progress)
        if tracing.is_on():
            with runtime.transaction() as session:
                traced.keep(session, tracing.DISPATCH, dispatch_id, at=runtime.now())
        return dispatch_id


def _approved(runtime: Runtime, ref: str) -> str:
    """Where the trace of the edition's approval goes on."""
    with runtime.transaction(read_only=True) as session:
        return tracing.kept(session, tracing.EDITION, find_edition(session, ref).id)


def _create(runtime: Runtime, request: Request, *, actor: str, progress: Callable[[int], None] | None) -> int:
    look_again(runtime, request.edition)
    for _ in range(SNAPSHOT_ATTEMPTS_MAX):
        now = runtime.now()
        with runtime.transaction(read_only=True) as session:
            subject = find_subject(session, request, now)
            _refuse_twice(session, subject, request)
            standing.require(session, subject.edition, subject.version.id, production=runtime.config.production)
            serials.refuse_too_early(session, subject.publication, subject.edition)
            terms = terms_of(session, subject, request, now)
            count = snapshot.count(session, subject.audience, subject.rules.mask_sql(), terms)
        variants = variants_of(runtime, request, subject, count, progress, terms)
        tried = preflight.look(runtime, subject.publication, variants.values(), request.block_classes)
        preflight.refuse(tried, request.block_classes)
        try:
            with runtime.transaction() as session:
                dispatch_id = _freeze(session, subject, request, variants, actor=actor, now=now)
                preflight.hold(session, dispatch_id, preflight.reasons(tried, request.block_classes), by=actor, at=now)
                standing.require(session, subject.edition, subject.version.id, production=runtime.config.production)
                return dispatch_id
        except _NewSignatureError:
            continue
    raise StoreError("the readers' attributes change faster than the audience can be taken down; wait for the import that runs, then start again")


def look_again(runtime: Runtime, ref: str) -> None:
    """End the approval of an edition whose bytes are no longer those that were approved; that is kept though the send is refused."""
    with runtime.transaction() as session:
        edition = find_edition(session, ref)
        if standing.standing(session, edition.id) is not None:
            standing.look_again(session, lock_edition(session, edition.id), runtime.now())


def find_subject(session: Session, request: Request, now: datetime, *, port_needed: bool = True) -> Subject:
    """Everything that a request names.

    Args:
        port_needed: no port that can be used is an error; otherwise those that there are stand in.

    Raises:
        UsageError: something that it names does not exist, or cannot be.
    """
    edition = find_edition(session, request.edition)
    loaded = load_version(session, edition)
    _refuse_killed(edition, loaded.publication)
    start = _start(request, now)
    if request.deadline_at is not None and request.deadline_at <= start:
        raise UsageError("the deadline lies before the start; give a later --deadline")
    return Subject(
        loaded.publication,
        edition,
        loaded.version,
        SignatureRules(loaded.manuscript),
        Audience.of(session, loaded.publication, edition, loaded.version, start=start),
        _ports(session, request.ports, loaded.publication.service_code, needed=port_needed),
    )


def _ports(session: Session, names: Sequence[str], service_code: str | None, *, needed: bool) -> tuple[Port, ...]:
    rows = session.scalars(select(Port).order_by(Port.id)).all()
    if not rows and (needed or names):
        raise UsageError(NO_PORT)
    if not rows:
        return ()
    unknown = sorted(set(names) - {row.name for row in rows})
    if unknown:
        raise UsageError(f"there is no port {unknown[0]!r}; there are {', '.join(row.name for row in rows)}")
    found = tuple(row for row in rows if (row.name in names if names else row.state == "up" and _carries(row, service_code)))
    if names or any(not carries_short(row) for row in found):
        return found
    if not needed:
        return tuple(rows)
    if any(row.state == "up" and not carries_short(row) and not _carries(row, service_code) for row in rows):
        raise UsageError(f"no port that is up may carry service code {service_code}; `huabao port set NAME --service-codes …` allows it, or name one with --ports")
    if all(carries_short(row) for row in rows):
        return tuple(rows)  # `Routing` says that none of them carries an MMS
    raise UsageError("every port is paused; `huabao port set NAME --state up` lets one send again, or name one with --ports")


def _carries(port: Port, service_code: str | None) -> bool:
    return service_code is None or not port.service_codes or service_code in port.service_codes


def _start(request: Request, now: datetime) -> datetime:
    return now if request.start_at is None else max(now, request.start_at)


def terms_of(session: Session, subject: Subject, request: Request, now: datetime) -> Terms:
    """When the request would begin to send and must be through, and what its ports carry."""
    start = _start(request, now)
    window = ALWAYS if request.lane in URGENT else Hours.parse(subject.publication.send_window)
    deadline = windows.deadline_of(subject.publication.send_window, start, request.deadline_at, lane=request.lane)
    course = serials.course_of(session, subject.publication, subject.edition, now)
    return Terms(window.opens_at(start), deadline, Routing.of(session, subject.ports, start), course)


def variants_of(runtime: Runtime, request: Request, subject: Subject, count: Count, progress: Callable[[int], None] | None, terms: Terms | None = None) -> dict[Signature, int]:
    """The variant of each signature that was counted; what is missing is built."""
    course = terms.course if terms is not None and isinstance(terms.course, serials.Course) else None
    notes = note_keys(runtime, course.earlier, subject.version.id, serials.flags_in(mask for mask, _ in count.signatures)) if course is not None and course.earlier else {}
    wanted = {(mask, name): (name, serials.items_of(subject.rules, mask, notes)) for mask, name in count.signatures}
    distinct = sorted(set(wanted.values()))
    check_count(len(distinct), yes=request.many_variants)
    built = ensure_variants(runtime, subject.version.id, distinct, progress=progress)
    return {signature: built[key] for signature, key in wanted.items()}


def _refuse_twice(session: Session, subject: Subject, request: Request) -> None:
    if request.again:
        return
    found = session.scalar(
        select(Dispatch)
        .where(Dispatch.edition_version_id.in_(_same_bytes(subject)), Dispatch.state.not_in(lifecycle.ENDED))
        .where(Dispatch.kind.not_in((kinds.SEED, kinds.RESEND, kinds.SERIAL, kinds.PROBE)))
        .order_by(Dispatch.id.desc())
        .limit(1)
    )
    if found is not None:
        raise UsageError(
            f"version {subject.version.version} of {subject.publication.slug}/{subject.edition.number} is dispatch {found.id} already ({found.state}); "
            f"its readers would get it twice. `huabao dispatch status {found.id}` shows it; `--again` sends it once more all the same"
        )


def _refuse_killed(edition: Edition, publication: Publication) -> None:
    if edition.state == KILLED_EDITION:
        raise UsageError(f"{publication.slug}/{edition.number} was killed; import its corrected folder, then `huabao edition correct {edition.id}`")


def _same_bytes(subject: Subject) -> Select[int]:
    """The versions of this edition that were imported from the same folder, byte for byte."""
    version = subject.version
    return select(EditionVersion.id).where(EditionVersion.edition_id == version.edition_id, EditionVersion.source_sha256 == version.source_sha256)


def _freeze(session: Session, subject: Subject, request: Request, variants: Mapping[Signature, int], *, actor: str, now: datetime) -> int:
    """Write the dispatch down whole; its number."""
    _refuse_killed(lock_edition(session, subject.edition.id), subject.publication)
    serials.lock(session, subject.publication)
    _refuse_twice(session, subject, request)
    start = _start(request, now)
    terms = terms_of(session, subject, request, now)
    found = snapshot.stage(session, subject.audience, subject.rules.mask_sql(), terms)
    if not found.audience:
        service = subject.audience.service_id
        raise UsageError(f"{subject.publication.slug} has no readers: nobody has an order of service {service!r}; `huabao subscriptions import FILE` brings them")
    if not found.signatures.keys() <= variants.keys():
        raise _NewSignatureError
    if has_moved(found.planned, request.confirmed):
        raise UsageError(f"{found.planned:,} readers are planned now, {request.confirmed:,} were confirmed; look at the plan again")
    dispatch = _row(subject, request, found, actor=actor, start=start, now=now)
    session.add(dispatch)
    session.flush()
    expected = outlook.look(session, subject, found, terms, variants, but=dispatch.id, personal=request.personal)
    _refuse_breach(request, expected)
    snapshot.write_rows(session, dispatch, variants, subject.ports, outlook.weights(subject, expected))
    cast = seeds.choose(session, dispatch)
    steps = ramp.steps_of(session, dispatch, cast)
    snapshot.cut_batches(session, dispatch, subject.publication.service_code, readers_max=BATCH_READERS_MAX.get(session), steps=steps)
    late = None if request.lane in URGENT else windows.late_until(subject.publication.send_window, terms.opens, snapshot.last_hour(session))
    if late is not None:
        dispatch.gate = {**dispatch.gate, windows.LATE: late}
    snapshot.drop_stage(session)
    partitions.take_statistics(session, dispatch.day)
    lifecycle.note_created(session, dispatch, by=actor, at=now)
    desk.note_leaving(session, subject.edition.id, subject.version.id, desk.SCHEDULE, Act(actor, now, f"dispatch {dispatch.id}"))
    lifecycle.act(session, dispatch, "plan", by=actor, at=now, reason="snapshot")
    seeds.add_companion(session, dispatch, cast, by=actor, at=now)
    gate.start_now_or_later(session, dispatch, by=actor, at=now)
    return dispatch.id


def _refuse_breach(request: Request, expected: outlook.Outlook) -> None:
    if expected.breaches and not request.despite_contract:
        raise UsageError(f"{expected.breaches[0]} (`--despite-contract` sends it all the same; `huabao dispatch plan` shows every rule)")


def _gate(request: Request) -> dict[str, bool]:
    """What whoever started it knew and wanted."""
    said = {AGAIN: request.again, compliance.DESPITE: request.despite_contract, kinds.NO_PERSONAL: not request.personal}
    return {name: True for name, meant in said.items() if meant}


def _row(subject: Subject, request: Request, found: Count, *, actor: str, start: datetime, now: datetime) -> Dispatch:
    return Dispatch(
        edition_id=subject.edition.id,
        edition_version_id=subject.version.id,
        service_id=subject.publication.service_id,
        day=business_day(start),
        state=lifecycle.DRAFT,
        seed_group=request.seed_group,
        gate=_gate(request),
        audience=found.audience,
        planned=found.planned,
        ports=[port.name for port in subject.ports],
        start_at=start,
        deadline_at=windows.deadline_of(subject.publication.send_window, start, request.deadline_at, lane=request.lane),
        lane=request.lane,
        created_at=now,
        created_by=actor,
    )
