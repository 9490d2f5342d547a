"""Variants tried on the handsets of a panel; what came of it, for people and for whoever may refuse a send."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import String, cast, select
from sqlalchemy.orm import Session

from content.models import Publication, Variant
from content.preflight.facts import MessageFacts, facts_of
from content.preflight.matching import Level, Mismatch, mismatches
from content.preflight.panel import Panel, panel_of
from content.preflight.reasons import in_language, reason
from content.preflight.thresholds import PICTURE_SLACK
from content.variants import load_gaps, load_payload
from huabao.errors import CodecError
from huabao.runtime import Runtime
from subscribers.handsets import capabilities_of
from subscribers.models import Handset, Reader


@dataclass(frozen=True)
class Finding:
    """A variant that does not fit.

    Attributes:
        handset: a model, or a handset class where the class itself is meant.
        slide: from 1; None for the message as a whole.
        check: the capability that does not fit; "class" where the class itself is meant.
        readers: of the audience who have that handset; where they were counted by variant, those of them who get this one.
    """

    level: Level
    variant_id: str
    handset_class: str
    handset: str
    slide: int | None
    check: str
    reason: str
    readers: int = 0

    def to_document(self) -> dict[str, Any]:
        """As `edition check --json` prints it."""
        names = ("variant_id", "handset", "slide", "reason", "check", "handset_class", "readers")
        return {**{name: getattr(self, name) for name in names}, "reason_zh": self.said("zh")}

    def said(self, language: str) -> str:
        """The reason in that language, zh or en."""
        return in_language(self.reason, language)


@dataclass
class Outcome:
    """What preflight found; it passed while nothing fails."""

    panel: Panel
    variants: int = 0
    findings: list[Finding] = field(default_factory=list)

    def of(self, level: Level) -> list[Finding]:
        """Findings of one level: those of most readers first."""
        return sorted((one for one in self.findings if one.level == level), key=lambda one: (-one.readers, one.variant_id, one.handset, one.slide or 0))

    def failing_classes(self) -> dict[str, int]:
        """Handset classes that fail, and how many of the audience are in each."""
        return {name: self.panel.readers.get(name, 0) for name in sorted({one.handset_class for one in self.of("fail")})}

    def try_message(self, variant_id: str, handset_class: str, message: MessageFacts, having: Mapping[str, int] | None = None) -> None:
        """Try one variant on every handset of its class.

        Args:
            having: how many readers get this variant, by model; None where they were not counted by variant.
        """
        self.variants += 1
        for trial in self.panel.trials.get(handset_class, ()):
            found = mismatches(message, trial.values, self.panel.picture_slack)
            readers = trial.readers if having is None else having.get(trial.model, 0)
            self.findings += [Finding(one.level, variant_id, handset_class, trial.model, one.slide, one.check, one.reason, readers) for one in found]

    def fail_class(self, variant_id: str, handset_class: str, failures: Iterable[tuple[int | None, str]]) -> None:
        """Note that a variant does not fit its class."""
        readers = self.panel.readers.get(handset_class, 0)
        self.findings += [Finding("fail", variant_id, handset_class, handset_class, slide, "class", reason, readers) for slide, reason in failures]


def check_stored(runtime: Runtime, publication: Publication, variant_ids: Iterable[int], panel: Callable[[Session], Panel] | None = None) -> Outcome:
    """Try variants that are built already, one after the other; links and texts are passed over.

    Where nobody recorded anything of any handset there is nothing to try, and the readers are not counted.

    Args:
        panel: the handsets; None for those of the publication's readers.
    """
    with runtime.transaction(read_only=True) as session:
        if session.scalar(select(Handset.model).where(cast(Handset.records, String) != "{}").limit(1)) is None:
            return Outcome(Panel({}, {}))
        found = Outcome(panel_of(session, publication) if panel is None else panel(session))
    if not any(trial.values for ones in found.panel.trials.values() for trial in ones):
        return found
    for variant_id in sorted(set(variant_ids)):
        with runtime.transaction(read_only=True) as session:
            row = session.execute(select(Variant.name, Variant.handset_class, Variant.channel, Variant.size_bytes).where(Variant.id == variant_id)).one()
            payload = load_payload(session, variant_id) if row.channel == "mms" else b""
            gaps = load_gaps(session, variant_id)
        if payload:
            try:
                found.try_message(row.name, row.handset_class, facts_of(payload, row.size_bytes, gaps))
            except CodecError as error:
                found.fail_class(row.name, row.handset_class, [(None, reason("unreadable", error=error))])
    return found


def check_reader(session: Session, reader_id: int, variant_id: int) -> tuple[str, list[Mismatch]]:
    """The model that a reader has and what of a built variant does not fit it; nothing where nobody recorded the model, or for a link or text.

    Raises:
        CodecError: the variant does not read back.
    """
    row = session.execute(select(Variant.channel, Variant.size_bytes).where(Variant.id == variant_id)).one()
    handset = session.scalar(select(Handset).join(Reader, Reader.handset_model == Handset.model).where(Reader.id == reader_id))
    values = capabilities_of(handset).values if handset is not None else {}
    if handset is None or not values or row.channel != "mms":
        return "", []
    facts = facts_of(load_payload(session, variant_id), row.size_bytes, load_gaps(session, variant_id))
    return handset.model, mismatches(facts, values, PICTURE_SLACK.get(session))


def summary(found: Outcome, classes: Mapping[str, int]) -> str:
    """One failing class after the other, in words: its first reason and its readers."""
    said = []
    for name, readers in classes.items():
        first = next(one for one in found.of("fail") if one.handset_class == name)
        where = f", slide {first.slide}" if first.slide else ""
        said.append(f"{name} ({readers:,} readers) fails on {first.handset}{where}: {first.reason}")
    return "; ".join(said)
