"""`huabao reconcile …`: the daily and the monthly reconciliation."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from huabao.cli import Invocation, Report, operation
from huabao.clock import shanghai_text
from huabao.errors import UsageError
from reconciliation.download_commands import differences as differences_command
from reconciliation.report_commands import report

if TYPE_CHECKING:
    from reconciliation.codecs.feeds import FeedDialect
    from reconciliation.runs.models import ReconcileDifference
    from reconciliation.runs.running import GivenFile, Order, Summary

_FILE = click.Path(path_type=Path)


@click.group()
def reconcile() -> None:
    """BOSS, MISC and the platform held against each other: what differs, and its repair."""


@reconcile.command()
@click.option("--date", "day", metavar="DATE", help="The business day that the files speak of.")
@click.option("--boss", type=_FILE, metavar="FILE", help="BOSS's file; without one BOSS is unknown.")
@click.option("--misc", type=_FILE, metavar="FILE", help="MISC's file; without one MISC is unknown.")
@click.option("--dialect", "dialects", multiple=True, metavar="NAME", help="How the files are written (default csv); boss=NAME and misc=NAME where they differ.")
@click.option("--increment", is_flag=True, help="The files hold what changed, not everything.")
@click.option("--apply", "apply_", is_flag=True, help="Carry out the repairs (default: only show them).")
@click.option("--approve", type=int, metavar="RUN", help="Agree to what the guard holds of this run; two different people must (--as).")
@operation
def daily(invocation: Invocation, day: str | None, boss: Path | None, misc: Path | None, dialects: tuple[str, ...], increment: bool, apply_: bool, approve: int | None) -> Report:
    """Compare a day's files with the platform; exit 1 where something differs, is refused or held."""
    from reconciliation.runs.running import Order

    files = _files(invocation, {"boss": boss, "misc": misc}, dialects, whole=not increment)
    if not files and approve is None:
        raise UsageError("no file was given; name at least one of --boss and --misc")
    wanted = Order(_day(day) if files else date.min, files, invocation.actor)
    return _work(invocation, wanted, apply_=apply_, approve=approve)


@reconcile.command()
@click.option("--date", "day", required=True, metavar="DATE", help="A day of the month; full files speak of it, as a rule the last.")
@click.option("--boss", type=_FILE, metavar="FILE", help="BOSS's full file.")
@click.option("--misc", type=_FILE, metavar="FILE", help="MISC's full file.")
@click.option("--bill", type=_FILE, metavar="FILE", help="The month's bill: msisdn,service_id,amount_fen; it may come days later.")
@click.option("--dialect", "dialects", multiple=True, metavar="NAME", help="How the full files are written (default csv); boss=NAME and misc=NAME where they differ.")
@click.option("--masked", is_flag=True, help="Hide the middle of numbers in the lists.")
@click.option("--apply", "apply_", is_flag=True, help="Carry out the repairs (default: only show them).")
@click.option("--approve", type=int, metavar="RUN", help="Agree to what the guard holds of this run.")
@operation
def monthly(
    invocation: Invocation, day: str, boss: Path | None, misc: Path | None, bill: Path | None, dialects: tuple[str, ...], masked: bool, apply_: bool, approve: int | None
) -> Report:
    """Compare full files with the platform, and the month's bill with what was delivered; exit 1 where something differs, is refused or held."""
    from reconciliation.runs.models import MONTHLY
    from reconciliation.runs.running import Order

    files = _files(invocation, {"boss": boss, "misc": misc}, dialects, whole=True)
    if not files and bill is None and approve is None:
        raise UsageError("no file was given; name at least one of --boss, --misc and --bill")
    if bill is not None and not bill.is_file():
        raise UsageError(f"--bill {bill}: there is no such file")
    return _work(invocation, Order(_day(day), files, invocation.actor, kind=MONTHLY, bill=bill, masked=masked), apply_=apply_, approve=approve)


def _work(invocation: Invocation, wanted: Order, *, apply_: bool, approve: int | None) -> Report:
    from reconciliation.runs import guard
    from reconciliation.runs.running import apply_repairs, reconcile, summary

    run_id = approve
    if wanted.files or wanted.bill:
        run_id = reconcile(invocation.runtime, wanted)
    if approve is not None:
        if run_id != approve:
            raise UsageError(f"these files are run {run_id}, not {approve}; nothing was agreed to")
        with invocation.runtime.transaction() as session:
            guard.approve(session, approve, by=invocation.actor, at=invocation.runtime.now())
    assert run_id is not None
    if apply_:
        apply_repairs(invocation.runtime, run_id, by=invocation.actor)
    with invocation.runtime.transaction(read_only=True) as session:
        return _report(summary(session, run_id), applied=apply_)


def _day(text: str | None) -> date:
    if not text:
        raise UsageError("--date is missing: the business day that the files speak of, as 2026-11-21")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is no day; write it as 2026-11-21") from error


def _files(invocation: Invocation, paths: dict[str, Path | None], dialects: tuple[str, ...], *, whole: bool) -> dict[str, GivenFile]:
    from reconciliation.runs.running import GivenFile

    given = {side: path for side, path in paths.items() if path is not None}
    for side, path in given.items():
        if not path.is_file():
            raise UsageError(f"--{side} {path}: there is no such file")
    return {side: GivenFile(path, _dialect(invocation, dialects, side), whole) for side, path in given.items()}


def _dialect(invocation: Invocation, given: tuple[str, ...], side: str) -> FeedDialect:
    from reconciliation.codecs.feeds import find_dialect

    name = "csv"
    for one in given:
        key, equals, value = one.rpartition("=")
        if equals and key not in ("boss", "misc"):
            raise UsageError(f"--dialect {one}: write NAME, boss=NAME or misc=NAME")
        if key in ("", side):
            name = value
    return find_dialect(name, invocation.runtime.config.feed_dialects_folder)


def _report(one: Summary, *, applied: bool) -> Report:
    run = one.run
    differences: dict[str, int] = run.figures.get("differences", {})
    data: dict[str, Any] = {
        "run_id": run.id,
        "kind": run.kind,
        "date": run.day,
        "as_of": {"boss": run.boss_as_of, "misc": run.misc_as_of, "platform": run.platform_as_of},
        "compared": run.compared,
        "matched": run.matched,
        "explained": run.figures.get("explained", 0),
        "gaps": run.figures.get("gaps", {}),
        "later_run": run.figures.get("later_run"),
        "differences": differences,
        "money_fen": run.figures.get("money_fen", {}),
        "marks": run.figures.get("marks", {}),
        "in_flight": run.figures.get("in_flight", 0),
        "unknown": run.figures.get("unknown", 0),
        "repairs": dict(one.repairs),
        "repair_states": dict(one.states),
        "applied": run.state != "compared",
        "refused": run.refused,
        "guard_held": dict(one.held),
        "approved_by": sorted({entry["by"] for entry in run.approvals if entry["plan"] == run.plan}),
        "differences_file": run.differences_file,
        "lists": run.figures.get("lists", {}),
        "state": run.state,
    }
    listed = sum(entry["count"] for entry in run.figures.get("lists", {}).values())
    problem = bool(sum(differences.values()) or run.refused or one.held or listed or run.figures.get("gaps"))
    return Report(data, lines=_lines(one, applied=applied), columns=("class", "differences", "yuan a month"), rows=_rows(run.figures), problem=problem)


def _lines(one: Summary, *, applied: bool) -> list[str]:
    run = one.run
    explained = run.figures.get("explained", 0)
    share = f"{100 * (run.matched + explained) / run.compared:.3f} %" if run.compared else "no data"
    as_of = ", ".join(f"{name} {shanghai_text(at) or 'unknown'}" for name, at in (("BOSS", run.boss_as_of), ("MISC", run.misc_as_of), ("platform", run.platform_as_of)))
    lines = [f"run {run.id} for {run.day}: {run.compared:,} compared, {run.matched:,} matched, {explained:,} explained ({share})", f"as of: {as_of}"]
    lines += [f"{side}: {gap}, so what changed that day is unknown until a full file comes" for side, gap in run.figures.get("gaps", {}).items()]
    later = run.figures.get("later_run")
    lines += [f"run {later} looked at a later day already: this one is shown and decides nothing"] if later else []
    lines += [f"refused: {entry['file']}: {entry['detail']}" for entry in run.refused]
    if one.repairs:
        words = ", ".join(f"{action} {count:,}" for action, count in sorted(one.repairs.items()))
        lines.append(f"{'repairs' if applied or run.state != 'compared' else 'would be repaired (--apply does it)'}: {words}")
    lines += [f"held: {count:,} of {name}: two people must agree (--approve {run.id} --as …)" for name, count in one.held.items()]
    lines += [f"{name}: {entry['count']:,}, {entry['money_fen'] / 100:,.2f} yuan: {entry['file']}" for name, entry in run.figures.get("lists", {}).items()]
    if run.differences_file:
        lines.append(f"differences: {run.differences_file}")
    return lines


def _rows(figures: dict[str, Any]) -> list[tuple[object, ...]]:
    from reconciliation.diff import CLASSES

    money = figures.get("money_fen", {})
    return [(f"{name}  {CLASSES[name].en}", f"{count:,}", f"{money.get(name, 0) / 100:,.2f}") for name, count in sorted(figures.get("differences", {}).items())]


@reconcile.command()
@click.option("--date", "day", required=True, metavar="DATE", help="The business day; the file speaks of its end.")
@click.option("--to", "peer", required=True, type=click.Choice(("boss", "misc")), help="For whom it is.")
@click.option("--out", required=True, type=_FILE, metavar="FILE")
@click.option("--dialect", "dialects", multiple=True, metavar="NAME", help="How it is written (default csv).")
@click.option("--field", "fields", multiple=True, metavar="NAME=VALUE", help="What header and trailer of the dialect hold beside count and as-of time.")
@operation
def export(invocation: Invocation, day: str, peer: str, out: Path, dialects: tuple[str, ...], fields: tuple[str, ...]) -> Report:
    """The platform's own check file, for BOSS or MISC to hold against theirs."""
    from reconciliation.runs import exporting

    values = dict(one.partition("=")[::2] for one in fields)
    count, as_of = exporting.export(invocation.runtime, _day(day), out, _dialect(invocation, dialects, peer), values)
    return Report({"to": peer, "records": count, "as_of": as_of, "file": str(out)}, lines=[f"{count:,} records as of {shanghai_text(as_of)}: {out}"])


@reconcile.command("open")
@click.option("--class", "name", default="", help="Only this class.")
@click.option("--action", default="", help="Only these: serve, pause, stop, adopt, peers, ask, wait.")
@click.option("--owner", default="", help="Only of this owner.")
@click.option("--msisdn", default="", help="Only of this number.")
@click.option("--older-than-days", default=0, type=click.IntRange(0, 10_000))
@click.option("--limit", default=200, show_default=True, type=click.IntRange(1, 100_000))
@operation
def open_(invocation: Invocation, name: str, action: str, owner: str, msisdn: str, older_than_days: int, limit: int) -> Report:
    """Differences that are open, the oldest first; exit 1 where there is one. Numbers are masked."""
    from huabao.clock import business_day
    from huabao.msisdn import parse_msisdn
    from reconciliation.runs.open import Wanted, list_open

    wanted = Wanted(name, action, owner, str(parse_msisdn(msisdn)) if msisdn else "", older_than_days)
    today = business_day(invocation.runtime.now())
    with invocation.runtime.transaction(read_only=True) as session:
        data = [_difference(row, today) for row in list_open(session, wanted, today=today, limit=limit)]
    columns = ("id", "msisdn", "service_id", "class", "mark", "age_days", "money_fen", "action", "owner", "why")
    return Report(data, columns=columns, rows=[tuple(one[key] for key in columns) for one in data], problem=bool(data))


def _difference(row: ReconcileDifference, today: date) -> dict[str, Any]:
    from huabao.msisdn import MSISDN

    return {
        "id": row.id,
        "msisdn": MSISDN(row.msisdn).masked,
        "service_id": row.service_id,
        "class": row.name,
        "mark": row.mark,
        "states": {"boss": row.boss, "misc": row.misc, "platform": row.platform},
        "age_days": (today - row.first_day).days,
        "money_fen": row.money_fen,
        "direction": row.direction,
        "action": row.action,
        "tries": row.tries,
        "owner": row.owner,
        "why": row.why,
        "run_id": row.run_id,
    }


@reconcile.command()
@click.argument("ids", type=int, nargs=-1, required=True, metavar="ID…")
@click.option("--to", "owner", required=True, help="Who looks after them from now on; empty for nobody.")
@operation
def assign(invocation: Invocation, ids: tuple[int, ...], owner: str) -> Report:
    """Give open differences an owner."""
    from reconciliation.runs import open as open_differences

    with invocation.runtime.transaction() as session:
        open_differences.assign(session, ids, owner.strip(), by=invocation.actor, at=invocation.runtime.now())
    return Report({"ids": list(ids), "owner": owner.strip()}, lines=[f"{len(ids)} differences are {owner.strip() or 'nobody'}'s"])


@reconcile.command()
@click.option("--limit", default=30, show_default=True, type=click.IntRange(1, 1000))
@operation
def runs(invocation: Invocation, limit: int) -> Report:
    """The latest runs."""
    from sqlalchemy import select

    from reconciliation.runs.models import ReconcileRun

    with invocation.runtime.transaction(read_only=True) as session:
        found = session.scalars(select(ReconcileRun).order_by(ReconcileRun.day.desc(), ReconcileRun.id.desc()).limit(limit)).all()
    rows = [
        (one.id, one.kind, one.day, one.state, f"{one.compared:,}", f"{one.matched:,}", sum(one.figures.get("differences", {}).values()), len(one.refused), _at(one.compared_at))
        for one in found
    ]
    columns = ("run", "kind", "day", "state", "compared", "matched", "differences", "refused", "compared at")
    return Report([dict(zip(columns, row, strict=True)) for row in rows], columns=columns, rows=rows)


def _at(at: datetime | None) -> str:
    return shanghai_text(at)


reconcile.add_command(report)
reconcile.add_command(differences_command)

COMMANDS: tuple[click.Command, ...] = (reconcile,)
