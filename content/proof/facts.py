"""What stands in a proof, as plain values: the template is handed nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True)
class Shape:
    """A picture of a slide on the screen, in the handset's pixels.

    Attributes:
        name: among the resources of the proof.
        left: from the screen's left edge.
    """

    name: str
    left: int
    width: int
    height: int


@dataclass(frozen=True)
class SlideProof:
    """One slide as its handset shows it.

    Attributes:
        picture, text: on top and below; either may be missing.
        width, height: of the whole, the screen or more where it must be scrolled.
        fold: where the screen ends, where it is scrolled; else None.
        marks: "fail" or "warn" where preflight says something of this slide.
    """

    number: int
    seconds: int
    width: int
    height: int
    fold: int | None
    picture: Shape | None
    text: Shape | None
    marks: str = ""


@dataclass(frozen=True)
class Misfit:
    """What preflight says of one variant, handsets with the same trouble together.

    Attributes:
        slides: from 1; empty for the message as a whole.
        handsets: some of them by name.
        count: how many there are.
        readers: of the audience, who have them.
    """

    level: str
    slides: tuple[int, ...]
    reason: str
    handsets: tuple[str, ...]
    count: int
    readers: int


@dataclass(frozen=True)
class MovedProof:
    """What is not in the message; `where` is a link or ""."""

    title: str
    what: str
    where: str


@dataclass(frozen=True)
class VariantProof:
    """One variant.

    Attributes:
        group: the number of its set of items, see `Group`.
        readers: of the audience, who get it.
        bound: whether the approval in force binds these bytes; None where there is no approval.
        sha256: of the message as it leaves.
        tried: how many handsets of its class preflight tried it on.
        words: of a link or a text, what it says; slides is empty then.
    """

    name: str
    handset_class: str
    group: int
    readers: int
    size_bytes: int
    budget_bytes: int
    quality: int
    sha256: str
    bound: bool | None
    slides: tuple[SlideProof, ...]
    moved: tuple[MovedProof, ...] = ()
    misfits: tuple[Misfit, ...] = ()
    tried: int = 0
    words: str = ""

    @property
    def used(self) -> float:
        """Of its budget, 0 to 1."""
        return min(1.0, self.size_bytes / self.budget_bytes) if self.budget_bytes else 0.0

    @property
    def verdict(self) -> str:
        """fail, warn or pass; untried where preflight had no handset for it."""
        levels = {one.level for one in self.misfits}
        return "fail" if "fail" in levels else "warn" if "warn" in levels else "pass" if self.tried else "untried"


@dataclass(frozen=True)
class Group:
    """Readers with the same items.

    Attributes:
        number: from 1, the largest first.
        readers: of the audience.
        items: how many.
        classes: readers by handset class.
    """

    number: int
    signature: str
    readers: int
    items: frozenset[str]
    classes: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class ItemProof:
    """One article or picture.

    Attributes:
        rule: who gets it, in words; "" for everybody.
        groups: numbers of the groups that get it.
    """

    key: str
    section: str
    title: str
    rule: str
    groups: tuple[int, ...]


@dataclass(frozen=True)
class HitProof:
    """What the screening found, with its context and what was decided."""

    severity: str
    kind: str
    item: str
    where: str
    before: str
    found: str
    after: str
    rule: str
    ruled_by: str = ""
    ruled_why: str = ""
    open: bool = False


@dataclass(frozen=True)
class Step:
    """Something that somebody did, or must do: a change of state, a point of the checklist, a comment."""

    what: str
    by: str
    at: datetime | None
    note: str = ""


@dataclass(frozen=True)
class Proof:
    """Everything.

    Attributes:
        digest: SHA-256 over the manuscript, its slots, every payload and WAP page, as an approval binds it.
        at: when the readers were counted.
        variants_of_version: that are built of this version; as many are bound.
        resources: pictures by name.
        unknown: names of the mainstream of which nobody recorded anything.
    """

    publication: str
    slug: str
    kind: str
    number: str
    title: str
    issue_date: date
    version: int
    state: str
    imported_by: str
    imported_at: datetime
    at: datetime
    digest: str
    approval: Step | None
    audience: int
    variants_of_version: int
    pages_of_version: int
    tried: int
    unknown: tuple[str, ...]
    slots: tuple[str, ...]
    groups: tuple[Group, ...]
    items: tuple[ItemProof, ...]
    variants: tuple[VariantProof, ...]
    hits: tuple[HitProof, ...]
    checklist: tuple[Step, ...]
    comments: tuple[Step, ...]
    history: tuple[Step, ...]
    resources: dict[str, bytes] = field(repr=False, default_factory=dict)

    @property
    def fronts(self) -> tuple[VariantProof, ...]:
        """Of each handset class the variant of most readers."""
        best: dict[str, VariantProof] = {}
        for one in self.variants:
            if one.slides and (one.handset_class not in best or one.readers > best[one.handset_class].readers):
                best[one.handset_class] = one
        return tuple(best.values())

    @property
    def failing(self) -> tuple[VariantProof, ...]:
        """Variants that fail on handsets."""
        return tuple(one for one in self.variants if one.verdict == "fail")

    @property
    def open_hits(self) -> int:
        """Hits that stand in the way."""
        return sum(one.open for one in self.hits)

    @property
    def left(self) -> int:
        """Points of the checklist that nobody answered for."""
        return sum(not one.by for one in self.checklist)
