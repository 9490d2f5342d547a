"""Preflight as a matrix: every variant of the audience on every handset of its class, and on the class itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from content.audience import counted, models, wanted_variants
from content.models import Edition, Variant
from content.preflight.checking import Finding, Outcome
from content.preflight.panel import panel_of
from content.preflight.reasons import reason
from content.proof.messages import Message, messages
from content.services import load_version
from content.signatures import SignatureRules
from content.variants import Wanted, check_count
from content.workflow.standing import standing
from content.works.services import Order, Result, Tell
from huabao.errors import CodecError
from huabao.runtime import Runtime

FINDINGS_MAX = 400
"""So many are kept one by one, those of most readers first; the matrix has all."""

ROWS_MAX = 60
"""Of one class, so many handsets are shown one by one; those that pass come last."""

LEVELS = ("fail", "warn")


@dataclass(frozen=True)
class _Column:
    """One variant as the matrix shows it."""

    name: str
    readers: int
    slides: int
    size_bytes: int


def preflight(runtime: Runtime, order: Order, tell: Tell) -> Result:
    """Try the version's messages; what is missing is built, and kept where no approval would be added to.

    Raises:
        UsageError: more variants are wanted than an edition should have.
    """
    with runtime.transaction(read_only=True) as session:
        edition = session.get_one(Edition, order.edition_id)
        loaded = load_version(session, edition)
        rules = SignatureRules(loaded.manuscript)
        wanted = wanted_variants(session, loaded, "audience", None)
        readers, having = counted(session, loaded.publication, rules), models(session, loaded.publication, rules)
        found = Outcome(panel_of(session, loaded.publication))
        keep = standing(session, edition.id) is None
    check_count(len(wanted), yes=order.args.get("many") == "1")
    tell(0, len(wanted))
    columns: dict[str, list[_Column]] = {}
    for number, (one, made) in enumerate(messages(runtime, loaded.version.id, wanted, keep=keep), 1):
        columns.setdefault(one[0], []).append(_tried(found, one, made, having.get(one, {}), readers.get(one, 0)))
        tell(number, len(wanted))
    with runtime.transaction(read_only=True) as session:
        ids = dict(session.execute(select(Variant.name, Variant.id).where(Variant.edition_version_id == loaded.version.id)).all())
    return Result(_document(found, columns, ids, loaded.version.version))


def _tried(found: Outcome, one: Wanted, made: Message, having: dict[str, int], readers: int) -> _Column:
    """Try a message on its class and on the handsets of it."""
    if made.size_bytes > made.handset.budget_bytes:
        found.fail_class(made.name, one[0], [(None, reason("class_bytes", bytes=made.size_bytes, most=made.handset.budget_bytes))])
    try:
        found.try_message(made.name, one[0], made.facts, having)
        slides = len(made.slides)
    except CodecError as error:
        found.fail_class(made.name, one[0], [(None, reason("unreadable", error=error))])
        slides = 0
    return _Column(made.name, readers, slides, made.size_bytes)


def _document(found: Outcome, columns: dict[str, list[_Column]], ids: dict[str, int], version: int) -> dict[str, Any]:
    worst: dict[tuple[str, str], str] = {}
    readers: dict[tuple[str, str], int] = {}
    for one in (*found.of("warn"), *found.of("fail")):
        worst[one.variant_id, one.handset] = one.level
        readers[one.variant_id, one.handset] = max(readers.get((one.variant_id, one.handset), 0), one.readers)
    classes = [_class(found, name, ones, ids, worst) for name, ones in columns.items()]
    failing = [pair for pair, level in worst.items() if level == "fail"]
    return {
        "version": version, "classes": classes, "cells": sum(one["cells"] for one in classes), "failed": len(failing),
        "readers": sum(readers[pair] for pair in failing), "tried": found.panel.tried, "unknown": list(found.panel.unknown), "untried": dict(found.panel.untried),
        "failing_classes": found.failing_classes(), "findings": [_finding(one, ids) for level in LEVELS for one in found.of(level)][:FINDINGS_MAX],  # type: ignore[arg-type]  # a Literal
    }  # fmt: skip


def _class(found: Outcome, name: str, columns: Sequence[_Column], ids: dict[str, int], worst: dict[tuple[str, str], str]) -> dict[str, Any]:
    """The part of the matrix that is one class's: the class itself on top, then its handsets, what fails first."""
    ordered = sorted(columns, key=lambda one: (-one.readers, one.name))
    handsets = [(name, found.panel.readers.get(name, 0)), *((one.model, one.readers) for one in found.panel.trials.get(name, ()))]
    rows = [(model, readers, [worst.get((one.name, model), "pass") for one in ordered]) for model, readers in handsets]
    others = sorted(rows[1:], key=lambda row: (_rank(row[2]), -row[1], row[0]))
    shown = [{"handset": model, "readers": readers, "cells": cells} for model, readers, cells in (rows[0], *others[:ROWS_MAX])]
    return {
        "name": name, "readers": found.panel.readers.get(name, 0), "cells": len(ordered) * len(rows), "handsets": len(others), "rows": shown,
        "more": max(0, len(others) - ROWS_MAX),
        "variants": [{"name": one.name, "id": ids.get(one.name), "readers": one.readers, "slides": one.slides, "size_bytes": one.size_bytes} for one in ordered],
    }  # fmt: skip


def _rank(cells: Sequence[str]) -> int:
    return 0 if "fail" in cells else 1 if "warn" in cells else 2


def _finding(one: Finding, ids: dict[str, int]) -> dict[str, Any]:
    return {
        "level": one.level, "variant": one.variant_id, "variant_id": ids.get(one.variant_id), "handset_class": one.handset_class, "handset": one.handset,
        "slide": one.slide, "check": one.check, "en": one.said("en"), "zh": one.said("zh"), "readers": one.readers,
    }  # fmt: skip
