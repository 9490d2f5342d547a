"""`huabao segment …`."""

from __future__ import annotations

from pathlib import Path

import click

from huabao.cli import Invocation, Report, operation
from huabao.errors import UsageError
from huabao.runtime import Runtime
from subscribers import services
from subscribers.reader_commands import FILE
from subscribers.segments import FIELDS, Rule, find_segment, parse_rule
from subscribers.segments.store import count_readers, list_segments, sample_readers
from subscribers.segments.text import RULE_BYTES_MAX, rule_of_text

RULE = click.option("--rule", "file", type=FILE, default=None, help="A YAML file that holds a rule.")


@click.group()
def segment() -> None:
    """Audiences: named rules over what is known of a reader."""


def read_rule(path: Path) -> Rule:
    """The rule in a YAML file.

    Raises:
        UsageError: it cannot be read, is no YAML or no rule; the message says where.
    """
    try:
        text = path.read_bytes()[: RULE_BYTES_MAX + 1].decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: is not UTF-8; save it as UTF-8") from error
    return rule_of_text(text, str(path))


def _chosen(runtime: Runtime, name: str | None, file: Path | None) -> Rule:
    if (name is None) == (file is None):
        raise UsageError("name a segment, or a file with --rule: one of the two")
    if file is not None:
        return read_rule(file)
    assert name is not None
    with runtime.transaction(read_only=True) as session:
        found = find_segment(session, name)
        known = ", ".join(one.name for one in list_segments(session))
    if found is None:
        raise UsageError(f"there is no segment {name[:80]!r}; " + (f"there are {known}" if known else "`huabao segment add` makes one"))
    return found


@segment.command()
@click.argument("name")
@click.option("--rule", "file", type=FILE, required=True, help="A YAML file that holds the rule.")
@operation
def add(invocation: Invocation, name: str, file: Path) -> Report:
    """Keep a rule under NAME; one of that name is replaced."""
    rule = read_rule(file)
    with invocation.runtime.transaction() as session:
        replaced = services.add_segment(session, name, rule, by=invocation.actor, at=invocation.runtime.now())
        count = count_readers(session, rule)
    line = f"segment {name} {'replaced' if replaced else 'added'}; it fits {count:,} readers"
    return Report({"name": name, "replaced": replaced, "count": count, "rule": rule.to_document()}, lines=[line])


@segment.command("list")
@operation
def list_(invocation: Invocation) -> Report:
    """All segments with their sizes."""
    with invocation.runtime.transaction(read_only=True) as session:
        rows = [
            {"name": one.name, "count": count_readers(session, parse_rule(one.rule, f"segment {one.name}")), "created_by": one.created_by, "rule": one.rule}
            for one in list_segments(session)
        ]
    return Report(rows, columns=("name", "readers", "by"), rows=[(one["name"], one["count"], one["created_by"]) for one in rows])


@segment.command()
@operation
def fields(invocation: Invocation) -> Report:
    """The fields that a rule may name, and what may be asked of each."""
    rows = [{"field": f"{one.name}<name>" if one.name.endswith(".") else one.name, "ops": list(one.ops), "meaning": one.meaning} for one in FIELDS]
    return Report(rows, columns=("field", "op", "meaning"), rows=[(one["field"], " ".join(one["ops"]), one["meaning"]) for one in rows])


@segment.command()
@click.argument("name", required=False)
@RULE
@operation
def count(invocation: Invocation, name: str | None, file: Path | None) -> Report:
    """How many readers a segment or a rule fits."""
    rule = _chosen(invocation.runtime, name, file)
    with invocation.runtime.transaction(read_only=True) as session:
        found = count_readers(session, rule)
    return Report({"count": found}, lines=[f"{found:,} readers"])


@segment.command()
@click.argument("name", required=False)
@RULE
@click.option("--size", type=click.IntRange(1, 1000), default=10, show_default=True, help="How many readers.")
@operation
def sample(invocation: Invocation, name: str | None, file: Path | None, size: int) -> Report:
    """Some readers, drawn at random, whom a segment or a rule fits."""
    rule = _chosen(invocation.runtime, name, file)
    with invocation.runtime.transaction(read_only=True) as session:
        names = ("msisdn", "city", "handset_class", "attribute_class", "drive", "topics")
        rows = [{one: getattr(reader, one) for one in names} for reader in sample_readers(session, rule, size)]
    return Report(rows, columns=names, rows=[[";".join(map(str, cell)) if isinstance(cell, list) else cell for cell in row.values()] for row in rows])
