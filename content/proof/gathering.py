"""A proof put together: from the desk's tables, and out of the very bytes that would leave."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from content.audience import counted, models
from content.manuscript import Manuscript
from content.models import Edition, Variant
from content.preflight.checking import Outcome
from content.preflight.panel import panel_of
from content.proof import papers
from content.proof.facts import Group, Misfit, MovedProof, Proof, SlideProof, Step, VariantProof
from content.proof.messages import Message, messages
from content.proof.pictures import Pictures
from content.services import LoadedVersion, load_version
from content.signatures import SignatureRules, variant_name
from content.variants import SHORT, Wanted, load_short
from content.workflow.binding import bind
from content.workflow.models import Approval
from content.workflow.standing import standing
from huabao.runtime import Runtime
from subscribers.handset_classes import CANNOT_MMS

HANDSETS_NAMED = 3


def gather(
    runtime: Runtime, edition: Edition, wanted: Sequence[Wanted], language: str, progress: Callable[[int], None], each: Callable[[Message, Manuscript], object] = lambda *_: None
) -> Proof:
    """The proof of an edition's present version.

    Args:
        wanted: the variants that are shown, classes in order of size.
        language: zh or en, for what is said in whole sentences.
        progress: told how many variants are done.
        each: handed every message, e.g. for its contact sheet.

    Raises:
        StoreError, CodecError: a payload does not read back.
    """
    with runtime.transaction(read_only=True) as session:
        loaded = load_version(session, edition)
        rules = SignatureRules(loaded.manuscript)
        readers = counted(session, loaded.publication, rules)
        approval = _approval(session, edition, loaded)
        tried = Outcome(panel_of(session, loaded.publication))
        having = models(session, loaded.publication, rules)
    groups = groups_of(readers, wanted)
    numbers = {group.items: group.number for group in groups}
    pictures = Pictures()
    shown = []
    for one, made in messages(runtime, loaded.version.id, wanted, keep=approval is None):
        tried.try_message(made.name, one[0], made.facts, having.get(one, {}))
        each(made, loaded.manuscript)
        bound = None if approval is None else approval.bound["variants"].get(made.name) == made.sha256
        shown.append(_variant(made, numbers[frozenset(one[1])], readers.get(one, 0), bound, tried, pictures, loaded, language))
        progress(len(shown))
    order = {one: place for place, one in enumerate(wanted)}
    shown.sort(key=lambda one: order[_wanted_of(one, wanted)])
    with runtime.transaction(read_only=True) as session:
        shown += _short(session, loaded, readers, numbers)
        return _proof(session, edition, loaded, approval, readers, groups, tuple(shown), tried, pictures, runtime, language)


def _wanted_of(one: VariantProof, wanted: Sequence[Wanted]) -> Wanted:
    return next(pair for pair in wanted if variant_name(*pair) == one.name)


def _approval(session: Session, edition: Edition, loaded: LoadedVersion) -> Approval | None:
    found = standing(session, edition.id)
    return found if found is not None and found.edition_version_id == loaded.version.id else None


def groups_of(readers: Mapping[Wanted, int], wanted: Sequence[Wanted]) -> tuple[Group, ...]:
    """The sets of items, the one of most readers first, then the larger one; those without readers are there when they are shown."""
    found: dict[tuple[str, ...], dict[str, int]] = {items: {} for _, items in wanted}
    for (name, items), count in readers.items():
        found.setdefault(items, {})[name] = count
    ordered = sorted(found.items(), key=lambda one: (-sum(one[1].values()), -len(one[0]), one[0]))
    return tuple(
        Group(number, variant_name("", items).lstrip("-"), sum(classes.values()), frozenset(items), tuple(sorted(classes.items(), key=lambda one: (-one[1], one[0]))))
        for number, (items, classes) in enumerate(ordered, 1)
    )


def _variant(made: Message, group: int, readers: int, bound: bool | None, tried: Outcome, pictures: Pictures, loaded: LoadedVersion, language: str) -> VariantProof:
    misfits = misfits_of(tried, made.name, language)
    marks = {slide: misfit.level for misfit in reversed(misfits) for slide in misfit.slides}
    shown: tuple[SlideProof, ...] = tuple(pictures.slide(number, slide, made.handset, marks) for number, slide in enumerate(made.slides, 1))
    titles = papers.titles_of(loaded.manuscript)
    moved = tuple(MovedProof(titles.get(entry["item"], entry["item"]), entry["what"], entry["where"]) for entry in made.moved)
    return VariantProof(
        made.name, made.handset.name, group, readers, made.size_bytes, made.handset.budget_bytes, made.worst_quality, made.sha256, bound, shown, moved, misfits,
        len(tried.panel.trials.get(made.handset.name, ())),
    )  # fmt: skip


def misfits_of(tried: Outcome, name: str, language: str) -> tuple[Misfit, ...]:
    """What preflight says of a variant: the same trouble on several slides and handsets is one; what fails first, most readers first."""
    found: dict[tuple[str, str], tuple[set[int], dict[str, int]]] = {}
    for one in tried.findings:
        if one.variant_id == name:
            slides, handsets = found.setdefault((one.level, one.said(language)), (set(), {}))
            slides |= {one.slide} if one.slide else set()
            handsets[one.handset] = one.readers
    misfits = [
        Misfit(level, tuple(sorted(slides)), reason, tuple(sorted(handsets, key=lambda model: (-handsets[model], model))[:HANDSETS_NAMED]), len(handsets), sum(handsets.values()))
        for (level, reason), (slides, handsets) in found.items()
    ]
    return tuple(sorted(misfits, key=lambda one: (one.level != "fail", -one.readers, -one.count, one.slides)))


def _short(session: Session, loaded: LoadedVersion, readers: Mapping[Wanted, int], numbers: Mapping[frozenset[str], int]) -> list[VariantProof]:
    """Links and texts that are built already; the readers without MMS stand in the groups anyway."""
    found = []
    rows = session.scalars(select(Variant).where(Variant.edition_version_id == loaded.version.id, Variant.channel.in_(SHORT)).order_by(Variant.name))
    for row in rows:
        message = load_short(session, row.id)
        group = numbers.get(frozenset(row.items), 0)
        who = sum(readers.get((name, tuple(row.items)), 0) for name in CANNOT_MMS)
        words = message.text if message.href in message.text else f"{message.text} {message.href}"
        found.append(VariantProof(row.name, row.channel, group, who, row.size_bytes, 0, 100, row.sha256, None, (), words=words))
    return found


def _proof(
    session: Session, edition: Edition, loaded: LoadedVersion, approval: Approval | None, readers: Mapping[Wanted, int], groups: tuple[Group, ...],
    variants: tuple[VariantProof, ...], tried: Outcome, pictures: Pictures, runtime: Runtime, language: str,
) -> Proof:  # fmt: skip
    version, publication, manuscript = loaded.version, loaded.publication, loaded.manuscript
    binding = bind(session, version)
    return Proof(
        publication=publication.title, slug=publication.slug, kind=edition.kind, number=edition.number, title=manuscript.title, issue_date=manuscript.issue_date,
        version=version.version, state=edition.state, imported_by=version.created_by, imported_at=version.created_at, at=runtime.now(), digest=binding.digest,
        approval=None if approval is None else Step("approve", approval.by, approval.at, approval.digest), audience=sum(readers.values()),
        variants_of_version=len(binding.variants), pages_of_version=len(binding.pages), tried=tried.panel.tried, unknown=tried.panel.unknown,
        slots=papers.slots_of(binding.slots), groups=groups, items=papers.items_of(session, manuscript, groups, language), variants=variants,
        hits=papers.hits_of(session, edition, version, language), checklist=papers.checklist_of(session, edition), comments=papers.comments_of(session, edition),
        history=papers.history_of(session, edition), resources=pictures.resources,
    )  # fmt: skip
