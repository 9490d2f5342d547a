"""`huabao capacity …`: will the ports carry it in time?"""

from __future__ import annotations

from datetime import date

import click

from huabao.cli import Invocation, Report, operation
from huabao.clock import parse_time, shanghai_text
from huabao.errors import UsageError


@click.group("capacity")
def capacity() -> None:
    """Planning before the day: audience forecast, window and ports."""


@capacity.command("plan")
@click.argument("publication")
@click.option("--date", "day", metavar="DAY", help="The day whose window is meant (default: the next window).")
@click.option("--start", metavar="T", help="With --deadline, instead of the publication's window.")
@click.option("--deadline", metavar="T", help="With --start.")
@click.option("--gain", type=int, metavar="N", help="Readers expected besides, instead of those of `capacity gain`.")
@click.option("--readers", type=int, metavar="N", help="Instead of the present readers.")
@click.option("--ports", "ports", multiple=True, metavar="NAME[,NAME…]", help="Ports that share the load (default: all that are up and may carry it).")
@operation
def plan(
    invocation: Invocation, publication: str, day: str | None, start: str | None, deadline: str | None, gain: int | None, readers: int | None, ports: tuple[str, ...]
) -> Report:
    """Forecast finish, rate needed and shortfall; exit 1 where it does not fit."""
    from delivery.dispatch.capacity import duration_text
    from delivery.dispatch.foresight import Window, look_ahead

    if (start is None) != (deadline is None):
        raise UsageError("--start and --deadline belong together")
    window = Window(parse_time(start), parse_time(deadline)) if start is not None and deadline is not None else None
    if window is not None and window.end <= window.begin:
        raise UsageError("the deadline lies before the start; give a later --deadline")
    names = tuple(name.strip() for given in ports for name in given.split(",") if name.strip())
    with invocation.runtime.transaction(read_only=True) as session:
        found = look_ahead(
            session, publication, now=invocation.runtime.now(), window=window, day=_day(day) if day else None, gain=gain, readers=readers, ports=names
        )  # fmt: skip
    alone = found.alone
    rows: list[tuple[object, ...]] = [("present readers", f"{found.present:,}"), ("expected gain", f"{found.gain:,}")]
    rows += [("window", f"{shanghai_text(found.window.begin)} to {shanghai_text(found.window.end)}")]
    rows += [(f"port {name}", f"{load:,}") for name, load in alone.loads.items()]
    rows += [("forecast", f"{duration_text(alone.forecast_s) or 'none'} at {alone.rate_per_s:g}/s"), ("at the rate kept up", duration_text(alone.sustained_s))]
    rows += [("needed", f"{alone.to_document()['need_rate_whole']:,}/s"), ("late", f"{alone.short:,}")]
    rows += [(f"in the same hours: {slug}", f"{others:,}") for slug, others in found.others]
    return Report(found.to_document(), lines=[found.verdict], columns=("", ""), rows=rows, problem=not found.fits)


@capacity.group("gain")
def gain_() -> None:
    """Readers that planned campaigns are expected to bring."""


@gain_.command("add")
@click.argument("publication")
@click.option("--readers", type=int, required=True, metavar="N", help="How many; negative where readers are expected to leave.")
@click.option("--on", "day", required=True, metavar="DAY", help="When they will be there.")
@click.option("--reason", default="", metavar="TEXT", help="Which campaign.")
@operation
def add(invocation: Invocation, publication: str, readers: int, day: str, reason: str) -> Report:
    """Write an expectation down; it counts in forecasts until its day comes."""
    from delivery.dispatch import gains

    with invocation.runtime.transaction() as session:
        made = gains.add_gain(session, publication, _day(day), readers, reason=reason, by=invocation.actor, now=invocation.runtime.now())
        return Report(gains.to_document(made, publication), lines=[f"expected gain {made.id}: {readers:,} readers of {publication} on {made.day}"])


@gain_.command("list")
@operation
def list_(invocation: Invocation) -> Report:
    """All expectations by day."""
    from delivery.dispatch import gains

    with invocation.runtime.transaction(read_only=True) as session:
        documents = [gains.to_document(gain, slug) for gain, slug in gains.list_gains(session)]
    columns = ("id", "publication", "day", "readers", "reason", "created_by")
    return Report(documents, columns=columns, rows=[[one[key] for key in columns] for one in documents])


@gain_.command("cancel")
@click.argument("gain_id", metavar="ID", type=int)
@operation
def cancel(invocation: Invocation, gain_id: int) -> Report:
    """Take an expectation back."""
    from delivery.dispatch import gains

    with invocation.runtime.transaction() as session:
        gains.cancel_gain(session, gain_id, by=invocation.actor, now=invocation.runtime.now())
    return Report({"id": gain_id, "state": "cancelled"}, lines=[f"expected gain {gain_id} was taken back"])


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(f"{text!r} is no day; write it as 2026-11-22") from None
