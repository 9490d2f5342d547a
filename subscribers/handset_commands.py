"""`huabao handsets …`: models, what they can do, the class each falls in and by which rule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from huabao import audit
from huabao.cli import Invocation, Report, operation
from huabao.errors import UsageError
from subscribers.capabilities.sniffing import FORMS
from subscribers.reader_commands import FILE

SHOWN_TACS = 20


@click.group()
def handsets() -> None:
    """Models of handsets, what they can do, and the class each falls in."""


@handsets.command("import")
@click.argument("file", type=FILE)
@click.option("--form", type=click.Choice(FORMS), help="What the file is (default: it says so itself).")
@operation
def import_handsets(invocation: Invocation, file: Path, form: str | None) -> Report:
    """Read a CSV (`model,handset_class[,brand,…]`), UAProf, OpenDDR, WURFL or a TAC list; the readers are classified anew."""
    from subscribers.imports.handsets import import_handsets as run

    outcome, readers = run(invocation.runtime, file, by=invocation.actor, form=form)
    what = {"tac": "TACs", "openddr-builders": "names"}.get(outcome.form or "", "models")
    lines = [f"{outcome.form}: {outcome.added:,} {what} added, {outcome.changed:,} changed, {outcome.rejected:,} rows set aside; {readers:,} readers got another model or class"]
    if outcome.rejected_file:
        lines.append(f"rows set aside are in {outcome.rejected_file}, each with its line and reason")
    return Report({**outcome.to_document(), "readers_reclassified": readers}, lines=[*lines, *outcome.warnings], problem=outcome.rejected > 0)


@handsets.command("list")
@click.option("--share", is_flag=True, help="The present readers' handsets instead, the commonest first.")
@click.option("--limit", type=click.IntRange(1), default=None, metavar="N", help="Only the first N.")
@operation
def list_handsets(invocation: Invocation, share: bool, limit: int | None) -> Report:
    """All models; with --share those that the readers have, by share."""
    from subscribers import handsets as store

    with invocation.runtime.transaction(read_only=True) as session:
        if share:
            return _shares(store.shares(session), limit)
        found = store.list_handsets(session)[:limit]
        rows = [{"model": one.model, "handset_class": one.handset_class, "brand": one.brand, "source": one.source} for one in found]
    return Report(rows, columns=("model", "class", "brand", "source"), rows=[tuple(row.values()) for row in rows])


def _shares(found: list[Any], limit: int | None) -> Report:
    whole, total, rows = 0.0, sum(one.readers for one in found), []
    for one in found:
        whole += one.share
        rows.append({"handset": one.handset, "handset_class": one.handset_class, "readers": one.readers, "share": one.share, "share_up_to_here": min(whole, 1.0)})
    shown = rows[:limit]
    table = [
        (row["handset"] or "unknown", row["handset_class"] or "unknown", f"{row['readers']:,}", f"{row['share']:.2%}", f"{row['share_up_to_here']:.2%}") for row in shown
    ]
    columns = ("handset", "class", "readers", "share", "up to here")
    return Report({"readers": total, "handsets": shown}, lines=[f"{total:,} readers"], columns=columns, rows=table)


@handsets.command()
@click.argument("model")
@operation
def show(invocation: Invocation, model: str) -> Report:
    """One model: its class and by which rule, what it can do, and who says so."""
    from subscribers import handsets as store

    with invocation.runtime.transaction(read_only=True) as session:
        found = store.find_handset(session, model)
        if found is None:
            raise UsageError(f"no handset model {model[:120]!r} is known; `huabao handsets import` adds models")
        tacs = store.tacs_of(session, found)
    own = store.capabilities_of(found).filled(found.handset_class)
    why = f"rule: {found.class_rule}" if found.class_rule else "given by import" if found.given_class else "no rule holds"
    data = {"model": found.model, "handset_class": found.handset_class, "brand": found.brand, "source": found.source, "class_by": why}
    values = {name: {"value": list(value) if isinstance(value, tuple) else value, "source": own.sources[name]} for name, value in own.values.items()}
    rows: list[tuple[str, object, str]] = [(name, value, "") for name, value in data.items()]
    rows += [(name, ", ".join(value) if isinstance(value, tuple) else value, own.sources[name]) for name, value in own.values.items()]
    rows += [("TACs", f"{', '.join(tacs[:SHOWN_TACS])}{' …' if len(tacs) > SHOWN_TACS else ''}", "")] if tacs else []
    return Report({**data, "values": values, "tacs": tacs}, columns=("", "", "says"), rows=rows)


@handsets.command("rules")
@click.option("--check", "file", type=FILE, help="Hold a file against the form instead; exit 2 with what is wrong.")
@operation
def rules(invocation: Invocation, file: Path | None) -> Report:
    """The rules that choose a model's class, in their order."""
    from subscribers.capabilities.rules import read_file, rules_in

    config = invocation.runtime.config
    found, path = (read_file(file), file) if file else rules_in(config.handsets_dir or config.data_dir / "handsets")
    data = [{"name": one.name, "handset_class": one.handset_class, "when": dict(one.when)} for one in found]
    table = [(one.name, one.handset_class, ", ".join(f"{name}: {wanted}" for name, wanted in one.when.items())) for one in found]
    return Report({"file": str(path), "rules": data}, lines=[f"{path}: {len(found)} rules"], columns=("rule", "class", "when"), rows=table)


@handsets.command("classify")
@operation
def classify(invocation: Invocation) -> Report:
    """Apply the rules in force to every model and reader; after a change of the rules."""
    from subscribers.handset_records import classify_all
    from subscribers.handsets import reclassify_readers

    runtime = invocation.runtime
    with runtime.transaction() as session:
        models, readers = classify_all(session), reclassify_readers(session)
        audit.record(session, actor=invocation.actor, action="handsets.classify", object_kind="handsets", object_id="all", at=runtime.now(), models=models, readers=readers)
    return Report({"models": models, "readers": readers}, lines=[f"{models:,} models and {readers:,} readers got another class"])
