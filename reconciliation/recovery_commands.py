"""`huabao recovery …`: who is stopped, attempts to reach them again, what they are owed, and what a month brought."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from huabao.cli import Invocation, Report, operation
from huabao.clock import shanghai_text
from huabao.errors import UsageError
from huabao.msisdn import MSISDN, parse_msisdn
from huabao.words import counted

CONFIRMED_MAX = 50_000
"""Numbers of one call of `recovery confirm`."""


@click.group()
def recovery() -> None:
    """Readers whom nothing reaches: stopped, tried again, brought back (停发, 回捞)."""


@recovery.command("list")
@click.option("--msisdn", help="This reader's stops only.")
@operation
def list_stopped(invocation: Invocation, msisdn: str | None) -> Report:
    """All stopped subscriptions by title, cause, city and age; runs that are held; who needs a person. Exit 1 where something does."""
    from reconciliation.stop_send import looking, monitors, told
    from reconciliation.stop_send.causes import NAMES

    with invocation.runtime.transaction(read_only=True) as session:
        if msisdn is not None:
            reader_id = looking.reader_of(session, str(parse_msisdn(msisdn)))
            return _of_reader([(one, told.next_step(session, one)) for one in told.stories(session, reader_id, invocation.runtime.now())])
        found = monitors.stopped(session, invocation.runtime.now())
        held, listed = looking.held(session), looking.listed(session)
    total = sum(one.number for one in found)
    data = {
        "stopped": total,
        "lines": [
            {"service_id": one.service_id, "titles": one.titles, "cause": one.cause, "city": one.city, "age_days": one.age_days, "subscriptions": one.number} for one in found
        ],
        "held_runs": held,
        "for_a_person": listed,
    }
    lines = [f"{counted(total, 'subscription')} stopped"]
    lines += [f"run {one['run']} is held since {shanghai_text(one['at'])}: {one['why']}; agreed so far: {', '.join(one['agreed']) or 'nobody'}" for one in held]
    lines += [f"{counted(len(listed), 'subscription')} stopped through two billed months: refund or cancel (--json names them)"] if listed else []
    rows = [(one.titles or one.service_id, f"{NAMES[one.cause][0]} {NAMES[one.cause][1]}", one.city, f"{one.age_days}+", f"{one.number:,}") for one in found]
    return Report(data, lines, rows, ("title", "cause", "city", "days", "subscriptions"), problem=bool(held or listed))


def _of_reader(found: list[tuple[Any, str]]) -> Report:
    from reconciliation.stop_send.causes import NAMES

    names = ("service_id", "cause", "failing_since", "stopped_at", "by", "tried", "next_at", "next_why", "listed_at", "ended_at", "ended_by")
    data = [
        {
            **{name: getattr(one.stop, name) for name in names},
            "attempt": one.attempts[0].state if one.attempts else None,
            "steps": one.attempts[0].steps if one.attempts else [],
            "months_paid": len(one.months),
            "paid_fen": one.paid_fen,
            "missed": one.missed,
            "credit_fen": one.credit_fen,
            "next_step": step,
        }
        for one, step in found
    ]
    rows = [
        (one.stop.service_id, " ".join(NAMES.get(one.stop.cause, (one.stop.cause,))), shanghai_text(one.stop.stopped_at), _paid(one), one.missed, one.stop.tried, step)
        for one, step in found
    ]
    lines = [] if found else ["he was never stopped"]
    return Report({"stops": data}, lines, rows, ("service", "cause", "stopped at", "paid meanwhile", "missed", "tried", "next"))


def _paid(one: Any) -> str:
    """Money and months; a barred account's is BOSS's to know."""
    if one.by_account:
        return "as BOSS bills"
    return f"{counted(len(one.months), 'month')}, " + ("price not told" if one.paid_fen is None else f"{one.paid_fen / 100:.2f} yuan")


@recovery.command()
@click.option("--msisdn", "numbers", multiple=True, help="Try this reader now, whatever the schedule says; may be repeated.")
@operation
def run(invocation: Invocation, numbers: tuple[str, ...]) -> Report:
    """One pass now: count failures, stop, look for signs of life, begin attempts and carry them on."""
    from reconciliation.stop_send import attempts, looking, passing

    wanted = [str(parse_msisdn(one)) for one in numbers]
    data: dict[str, Any] = passing.judge(invocation.runtime)
    if wanted:
        with invocation.runtime.transaction() as session:
            data["asked"] = attempts.begin(session, invocation.runtime.now(), only=looking.open_stops(session, wanted))
    data |= passing.recover(invocation.runtime)
    return Report(data, lines=[f"{name}: {number:,}" for name, number in data.items()])


@recovery.command()
@click.option("--publication", "slug", help="Of this title only.")
@click.option("--dry-run", is_flag=True, help="Count only.")
@operation
def replay(invocation: Invocation, slug: str | None, dry_run: bool) -> Report:
    """Give readers who were reached again what they missed, by each title's policy."""
    from content.services import find_publication
    from reconciliation.stop_send import replaying

    runtime = invocation.runtime
    with runtime.transaction(read_only=True) as session:
        titles = replaying.due_titles(session) if slug is None else [find_publication(session, slug).id]
        found = [replaying.count(session, one, runtime.now()) for one in titles] if dry_run else []
    found = found or ([] if dry_run else [replaying.replay(runtime, one, actor=invocation.actor) for one in titles])
    lines = [", ".join(f"{name} {value}" for name, value in one.items()) for one in found] or ["nobody is owed anything"]
    return Report({"dry_run": dry_run, "titles": found}, lines=lines)


@recovery.command()
@click.option("--msisdn", help="Stop this reader.")
@click.option("--service", "service_id", help="Of this service.")
@click.option("--cause", default="system", show_default=True, help="Why.")
@click.option("--approve", "approved", type=int, metavar="RUN", help="Agree to a run that the guard holds; two people must.")
@click.option("--drop", "dropped", type=int, metavar="RUN", help="Stop nobody of a run that the guard holds.")
@click.option("--reason", default="", help="Why, for the record.")
@operation
def stop(invocation: Invocation, msisdn: str | None, service_id: str | None, cause: str, approved: int | None, dropped: int | None, reason: str) -> Report:
    """Stop sending to one reader, or settle a run of stops that is held."""
    from reconciliation.stop_send import deciding, looking

    if sum(one is not None for one in (msisdn, approved, dropped)) > 1:
        raise UsageError("one thing at a time: a reader (--msisdn), or a held run to agree to (--approve) or to drop (--drop)")
    now = invocation.runtime.now()
    with invocation.runtime.transaction() as session:
        if approved is not None:
            row, number = deciding.approve(session, approved, by=invocation.actor, now=now)
            said = f"run {row.id}: another person must agree too" if number is None else f"run {row.id}: {counted(number, 'subscription')} stopped"
            return Report({"run": row.id, "state": row.state, "stopped": number}, lines=[said])
        if dropped is not None:
            row = deciding.drop(session, dropped, by=invocation.actor, why=reason, now=now)
            return Report({"run": row.id, "state": row.state, "stopped": 0}, lines=[f"run {row.id}: nobody is stopped"])
        if msisdn is None or service_id is None:
            raise UsageError("name a reader and a service (--msisdn, --service), or a held run (--approve, --drop)")
        number = looking.stop_one(session, str(parse_msisdn(msisdn)), service_id, cause, by=invocation.actor, reason=reason, now=now)
    return Report({"stopped": number}, lines=[counted(number, "subscription") + " stopped"])


@recovery.command()
@click.option("--msisdn", required=True)
@click.option("--service", "service_id", help="Of this service; without it of all.")
@click.option("--reason", default="", help="Why, for the record.")
@operation
def release(invocation: Invocation, msisdn: str, service_id: str | None, reason: str) -> Report:
    """Send to a stopped reader again, without an attempt; what he missed is owed to him."""
    from reconciliation.stop_send import looking

    with invocation.runtime.transaction() as session:
        number = looking.release(session, str(parse_msisdn(msisdn)), service_id, by=invocation.actor, reason=reason, now=invocation.runtime.now())
    return Report({"released": number}, lines=[f"{counted(number, 'subscription')} sent to again"])


@recovery.command()
@click.option("--msisdn", "numbers", multiple=True, help="This reader; may be repeated.")
@click.option("--file", "file", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="These readers: one number a line.")
@operation
def confirm(invocation: Invocation, numbers: tuple[str, ...], file: Path | None) -> Report:
    """Say that readers saved the MMS settings sent over the air; who is stopped is tried again. Exit 1 where a number is nobody's."""
    from reconciliation.stop_send import over_the_air

    wanted = [str(parse_msisdn(one)) for one in numbers] + ([] if file is None else _numbers_in(file))
    if not wanted:
        raise UsageError("name a reader (--msisdn), or a file with one number a line (--file)")
    if len(wanted) > CONFIRMED_MAX:
        raise UsageError(f"{len(wanted):,} numbers are too many for one call; cut the file into pieces of {CONFIRMED_MAX:,}")
    with invocation.runtime.transaction() as session:
        found = over_the_air.confirm(session, wanted, by=invocation.actor, now=invocation.runtime.now())
    lines = [f"{counted(found['confirmed'], 'reader')} confirmed", *(f"nobody has {MSISDN(one).masked}" for one in found["unknown"])]
    return Report({"confirmed": found["confirmed"], "unknown": [MSISDN(one).masked for one in found["unknown"]]}, lines, problem=bool(found["unknown"]))


def _numbers_in(file: Path) -> list[str]:
    """The numbers in a file.

    Raises:
        UsageError: a line holds none; the message says which.
    """
    found = []
    try:
        with file.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    found.append(str(_number_in(line.strip(), f"{file}, line {number}")))
                if len(found) > CONFIRMED_MAX:
                    break
    except UnicodeDecodeError as error:
        raise UsageError(f"{file}: is no UTF-8 text; write one number a line") from error
    return found


def _number_in(text: str, where: str) -> MSISDN:
    try:
        return parse_msisdn(text)
    except UsageError as error:
        raise UsageError(f"{where}: {error}") from error


@recovery.command()
@click.option("--month", required=True, metavar="YYYY-MM")
@click.option("--base", metavar="YYYY-MM", help="Compare the number recovered with this month's.")
@operation
def report(invocation: Invocation, month: str, base: str | None) -> Report:
    """What a month brought: stopped, attempted, recovered, with the denominator of each rate."""
    from reconciliation.stop_send import report as reports
    from reconciliation.stop_send.causes import NAMES

    with invocation.runtime.transaction(read_only=True) as session:
        found = reports.monthly(session, reports.month_of(month))
        other = None if base is None else reports.monthly(session, reports.month_of(base))
    data = reports.document(found, other)
    shares = [(f"{NAMES[cause][0]} {NAMES[cause][1]}", found.stopped.get(cause, 0), found.by_cause.get(cause, reports.Share(0, 0))) for cause in data["by_cause"]]
    rows = [("cause", name, f"{stopped:,}", *_share(one)) for name, stopped, one in shares]
    rows += [("method", name, "", *_share(one)) for name, one in found.by_method.items()]
    return Report(data, _said(data), rows, ("by", "", "stopped", "attempted", "recovered", "rate"))


def _share(one: Any) -> tuple[str, str, str]:
    return f"{one.attempted:,}", f"{one.recovered:,}", "no data 没有数据" if one.rate is None else f"{one.rate:.1%}"


def _said(data: dict[str, Any]) -> list[str]:
    lines = [f"{data['month']}: {data['stopped']:,} stopped (and {data['barred_accounts']:,} by their account's bar, in no rate)"]
    if data["rate"] is None:
        lines.append("recovered: no data, nothing was attempted / 没有数据")
    else:
        usual, best = data["reference"]["usual"], data["reference"]["best"]
        lines.append(f"recovered: {data['recovered']:,} of {data['attempted']:,} attempted = {data['rate']:.1%} (reference months: {usual:.0%} as a rule, {best:.0%} at best)")
    hours = data["hours_to_recovery"]
    if hours is not None:
        lines.append(
            f"from stop to recovery: median {hours['median'] / 24:.1f} days, half of all between {hours['first_quartile'] / 24:.1f} and {hours['third_quartile'] / 24:.1f}"
        )
    base = data["base"]
    if base is not None:
        against = f"{base['month']} with {base['recovered']:,}"
        lines.append(f"against {against}: no data / 没有数据" if base["times"] is None else f"against {against}: {base['times']:.1f} times the base, {base['up_by']:+.1f}")
    return lines


@recovery.command()
@click.option("--cause", help="This cause only.")
@operation
def schedule(invocation: Invocation, cause: str | None) -> Report:
    """What the schedule has learnt: for each cause and hour how many tries reached a reader, and what it expects now."""
    from reconciliation.stop_send.causes import CAUSES
    from reconciliation.stop_send.schedule import Knowledge

    if cause is not None and cause not in CAUSES:
        raise UsageError(f"there is no cause {cause!r}; there are {', '.join(CAUSES)}")
    with invocation.runtime.transaction(read_only=True) as session:
        known = Knowledge.of(session, invocation.runtime.now())
    found = [(one, arm) for one in CAUSES if cause in (None, one) for arm in known.arms(one)]
    data = [
        {
            "cause": one,
            "hour": arm.hour,
            "tried": round(arm.tried, 2),
            "reached": round(arm.reached, 2),
            "alpha": round(arm.alpha, 2),
            "beta": round(arm.beta, 2),
            "mean": round(arm.mean, 4),
        }
        for one, arm in found
    ]
    rows = [(one, f"{arm.hour:02}:00", f"{arm.tried:.1f}", f"{arm.reached:.1f}", f"{arm.mean:.1%}", f"Beta({arm.alpha:.1f}, {arm.beta:.1f})") for one, arm in found]
    lines = ["a stop's next hour is the largest of one draw from each hour's distribution, seeded by the stop and the attempt; old tries count less"]
    return Report({"days": dict(known.days), "hours": data}, lines, rows, ("cause", "hour", "tried", "reached", "expected", "drawn from"))


COMMANDS: tuple[click.Command, ...] = (recovery,)
