"""`huabao dispatch …`: plan, start and steer a send."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import click

from delivery import lifecycle
from delivery.lanes import BULK, SPECIAL
from delivery.settings import START_QUIET_S
from huabao import leases
from huabao.cli import NO_REASON, Invocation, Report, operation
from huabao.clock import parse_time, shanghai_text
from huabao.embedded import WORKER_LEASE

if TYPE_CHECKING:
    from delivery.dispatch.planning import Request
    from delivery.dispatch.plans import Plan
    from delivery.dispatch.progress import Progress

Command = Callable[..., Any]

INTERRUPTED = (lifecycle.HELD, lifecycle.PAUSED, *lifecycle.ENDED)
"""States in which a command that lets a dispatch leave should not end."""

IDLE_AFTER_S = 10.0
"""Silence after which a watcher asks whether anybody works."""

STEERING_HELP = {
    "release": "Let a planned, seeding or held dispatch leave now.",
    "hold": "Keep a dispatch from leaving until somebody releases it.",
    "pause": "Nothing more leaves until `resume`; what is under way is finished.",
    "resume": "Go on after a pause.",
    "cancel": "Nothing more leaves; who was not sent to becomes cancelled.",
    "kill": "As cancel, for an edition that must not be read.",
}

UNASKED = ("hold", "pause")
"""What must go fast: a person at a terminal is not asked why."""

REASON_HELP = ("Why; kept with who and when. At a terminal it is asked for.", "Why; kept with who and when.")
"""Of what is asked for, and of `UNASKED`."""


@click.group("dispatch")
def dispatch() -> None:
    """Sends of editions."""


def _request_options(function: Command) -> Command:
    for option in (
        click.option("--ports", "ports", multiple=True, metavar="NAME[,NAME…]", help="Ports that share the load (default: all that are up)."),
        click.option("--deadline", metavar="T", help="When the last reader must have been sent to."),
        click.option("--start", metavar="T", help="When to begin (default: now)."),
        click.option("--lane", type=click.Choice((SPECIAL, BULK)), default=BULK, help="special (号外) overtakes, and waits for no window."),
        click.option("--yes", is_flag=True, help="More than 256 variants are wanted."),
        click.option("--no-personal", is_flag=True, help="Readers get the fallbacks of slots, in groups, where the time is short."),
        click.argument("edition"),
    ):
        function = option(function)
    return function


def _request(edition: str, start: str | None, deadline: str | None, ports: tuple[str, ...], *, yes: bool, again: bool = False, seed_group: str | None = None) -> Request:
    from delivery.dispatch.planning import Request

    return Request(
        edition=edition,
        ports=tuple(name.strip() for names in ports for name in names.split(",") if name.strip()),
        start_at=parse_time(start) if start else None,
        deadline_at=parse_time(deadline) if deadline else None,
        again=again,
        many_variants=yes,
        seed_group=seed_group,
    )


@dispatch.command("plan")
@_request_options
@operation
def plan(invocation: Invocation, edition: str, start: str | None, deadline: str | None, ports: tuple[str, ...], yes: bool, no_personal: bool, lane: str) -> Report:
    """Audience, exclusions by reason, variants, load per port, forecast; nothing is sent."""
    from delivery.dispatch import plans

    with invocation.progress("variants", None) as advance:
        found = plans.plan(invocation.runtime, replace(_request(edition, start, deadline, ports, yes=yes), lane=lane, personal=not no_personal), progress=advance)
    return Report(found.to_document(), lines=found.problems, columns=("", ""), rows=_plan_rows(found), problem=bool(found.problems))


def _plan_rows(found: Plan) -> list[tuple[object, ...]]:
    from delivery.dispatch.capacity import duration_text

    expected = found.outlook
    rows: list[tuple[object, ...]] = [("audience", f"{found.count.audience:,}"), ("planned", f"{found.count.planned:,}")]
    rows += [(f"excluded: {reason}", f"{number:,}") for reason, number in found.count.excluded.items()]
    rows += [("variants", found.variants), ("bytes", f"{found.bytes_:,}")]
    rows += [(f"port {port.name}", f"{expected.loads[port.name]:,} at {port.rate:g}/s") for port in found.subject.ports]
    rows += [("cost", f"{found.cost_fen / 100:,.2f} yuan")] if found.cost_fen else []
    rows += [*_serial_rows(found), *_single_rows(found)]
    rows.append(("begins", shanghai_text(expected.begin)))
    rows.append(("forecast", "none without a port" if expected.forecast_s is None else f"{duration_text(expected.forecast_s)}, through at {shanghai_text(expected.finish_at)}"))
    if expected.sustained_s is not None and duration_text(expected.sustained_s) != duration_text(expected.forecast_s):
        rows.append(("at the rate kept up", duration_text(expected.sustained_s)))
    if expected.need_rate_per_s is not None:
        verdict = {True: ", the deadline is met", False: ", the deadline is NOT met", None: ""}[expected.deadline_met]
        rows.append(("needed", f"{expected.need_rate_per_s:g}/s{verdict}"))
    rows += [(f"contract {one.port}: {one.rule}", f"allowed {one.allowed}, planned {one.planned}{'' if one.kept else ' - NOT kept'}") for one in expected.contract]
    return rows


def _serial_rows(found: Plan) -> list[tuple[object, ...]]:
    """How a chapter of a serial is shared out, where it is one."""
    said = found.serial
    if said is None:
        return []
    rows: list[tuple[object, ...]] = [("chapter", said["chapter"])]
    rows += [("catch up first", f"{said['catch_up_first']:,}; they get this chapter by itself when they have the one before")] if said["catch_up_first"] else []
    rows += [("with a link to a missed chapter", f"{said['with_link_to_missed']:,}")] if said["with_link_to_missed"] else []
    rows += [("with a link to earlier chapters", f"{said['with_link_to_earlier']:,}")] if said["with_link_to_earlier"] else []
    return rows


def _single_rows(found: Plan) -> list[tuple[object, ...]]:
    """What slots cost, where there are some."""
    singles = found.outlook.singles
    if not singles.of:
        return []
    if not singles.readers:
        return [("slots", f"in none of {singles.of:,} variants: their text moved to WAP pages")]
    return [
        ("slots", f"{', '.join(singles.slots)}; in {singles.variants:,} of {singles.of:,} variants"),
        ("sent to one by one", f"up to {singles.readers:,}"),
        ("submissions for them", f"up to {singles.readers:,} instead of {singles.in_groups:,}; counted at {singles.rate_per_s:g}/s"),
        ("bodies to the MMSC", f"up to {singles.bytes_:,} bytes instead of {singles.bytes_in_groups:,}"),
    ]


@dispatch.command("start")
@_request_options
@click.option("--detach", is_flag=True, help="Return at once; `huabao serve` or the workers send.")
@click.option("--again", is_flag=True, help="Send although this version was dispatched before.")
@click.option("--seed-group", metavar="G", help="Who gets it first; the rest goes when their reports say Retrieved.")
@click.option("--despite-contract", is_flag=True, help="Send although a port's contract would be broken.")
@click.option("--block-class", "block_classes", multiple=True, metavar="C", help="Hold this handset class back and send to all others; may be repeated.")
@operation
def start(
    invocation: Invocation,
    edition: str,
    start: str | None,
    deadline: str | None,
    ports: tuple[str, ...],
    yes: bool,
    no_personal: bool,
    lane: str,
    detach: bool,
    again: bool,
    seed_group: str | None,
    despite_contract: bool,
    block_classes: tuple[str, ...],
) -> Report:
    """Freeze the audience and send; embedded, to the end in this process."""
    from delivery.dispatch import planning as dispatches

    asked = _request(edition, start, deadline, ports, yes=yes, again=again, seed_group=seed_group)
    request = replace(asked, lane=lane, despite_contract=despite_contract, block_classes=block_classes, personal=not no_personal)
    with invocation.progress("variants", None) as advance:
        dispatch_id = dispatches.create(invocation.runtime, request, actor=invocation.actor, progress=advance)
    return follow(invocation, dispatch_id) if not detach else left(now_of(invocation, dispatch_id))


@dispatch.command("status")
@click.argument("dispatch_id", metavar="ID", type=int)
@click.option("--watch", is_flag=True, help="Stay until it is closed or nothing new comes.")
@operation
def status(invocation: Invocation, dispatch_id: int, watch: bool) -> Report:
    """Progress, outcomes, rate and forecast; seeds and what is held back."""
    if watch:
        watcher = Watcher(invocation, dispatch_id, quiet_s=None)
        while not watcher():
            time.sleep(0.5)
    return _with_overview(invocation, dispatch_id)


def _with_overview(invocation: Invocation, dispatch_id: int) -> Report:
    from delivery.dispatch.compliance import breaches
    from delivery.dispatch.overview import overview
    from delivery.dispatch.snapshot import LAST_STAGE

    now = invocation.runtime.now()
    with invocation.runtime.transaction(read_only=True) as session:
        found = lifecycle.find_dispatch(session, dispatch_id)
        gate, broken = overview(session, found, now), breaches(session, found, now)
    said = report(now_of(invocation, dispatch_id))
    lines = [f"waits for {gate.waits_for}"] if gate.waits_for else []
    if gate.ramps and said.data["state"] == lifecycle.SENDING:
        lines.append(f"step {gate.stage} of {LAST_STAGE} is let out")
    lines += [f"seed {one.number}, {one.handset_class} at {one.port}: {one.verdict} ({one.outcome.name.lower()})" for one in gate.seeds]
    lines += [f"brake {one.id}: {one.scope.replace('_', ' ')} {one.key}, {one.readers:,} readers: {one.reason}" for one in gate.brakes if one.released_at is None]
    lines += [f"warning: {one}" for one in broken]
    return replace(said, data={**said.data, **gate.to_document(), "contract": [one.to_document() for one in broken]}, lines=[*said.lines, *lines])


@dispatch.command("list")
@click.option("--all", "everything", is_flag=True, help="Resends to single readers too.")
@operation
def list_(invocation: Invocation, everything: bool) -> Report:
    """The last hundred dispatches, newest first."""
    from sqlalchemy import select, true

    from content.models import Edition, Publication
    from delivery.lanes import RESEND
    from delivery.models import Dispatch

    with invocation.runtime.transaction(read_only=True) as session:
        found = session.execute(
            select(Dispatch, Publication.slug, Edition.number)
            .join(Edition, Edition.id == Dispatch.edition_id)
            .join(Publication, Publication.id == Edition.publication_id)
            .where(true() if everything else Dispatch.lane != RESEND)
            .order_by(Dispatch.id.desc())
            .limit(100)
        ).all()
    names = ("dispatch_id", "kind", "edition", "state", "audience", "planned", "start_at", "created_by")
    values = [(one.id, one.kind, f"{slug}/{number}", one.state, one.audience, one.planned, one.start_at, one.created_by) for one, slug, number in found]
    rows = [(*row[:6], shanghai_text(row[6]), row[7]) for row in values]
    return Report([dict(zip(names, row, strict=True)) for row in values], columns=("dispatch", "kind", "edition", "state", "audience", "planned", "start", "by"), rows=rows)


def _steering(verb: str) -> click.Command:
    @click.argument("dispatch_id", metavar="ID", type=int)
    @click.option("--reason", default="", metavar="TEXT", help=REASON_HELP[verb in UNASKED])
    @click.option("--detach", is_flag=True, help="Return at once.")
    @operation
    def steer(invocation: Invocation, dispatch_id: int, reason: str, detach: bool) -> Report:
        from delivery.dispatch import steering

        why = reason.strip() or NO_REASON if verb in UNASKED else invocation.why(reason)
        steering.steer(invocation.runtime, dispatch_id, verb, by=invocation.actor, reason=why)
        if verb not in ("release", "resume"):
            return report(now_of(invocation, dispatch_id))
        return follow(invocation, dispatch_id) if not detach and _nobody_works(invocation) else left(now_of(invocation, dispatch_id))

    return click.command(verb, help=STEERING_HELP[verb])(steer)


for _verb in lifecycle.PEOPLE_ACT:
    dispatch.add_command(_steering(_verb))


@dispatch.command("rate")
@click.argument("dispatch_id", metavar="ID", type=int)
@click.argument("rate", metavar="N|ports", callback=lambda _context, _option, value: _rate_of(value))
@click.option("--reason", default="", metavar="TEXT", help=REASON_HELP[False])
@operation
def change_rate(invocation: Invocation, dispatch_id: int, rate: float | None, reason: str) -> Report:
    """Let a dispatch send at most N readers a second over all its ports, or as many as they carry."""
    from delivery.dispatch import steering

    steering.change_rate(invocation.runtime, dispatch_id, rate, by=invocation.actor, reason=invocation.why(reason))
    return report(now_of(invocation, dispatch_id))


def _rate_of(text: str) -> float | None:
    if text == "ports":
        return None
    try:
        return float(text)
    except ValueError as error:
        raise click.BadParameter("a number of readers a second, or `ports`") from error


def _nobody_works(invocation: Invocation) -> bool:
    runtime = invocation.runtime
    if not runtime.config.embedded:
        return False
    with runtime.transaction(read_only=True) as session:
        return leases.lease_holder(session, WORKER_LEASE, now=runtime.now()) is None


def now_of(invocation: Invocation, dispatch_id: int) -> Progress:
    """How the dispatch stands."""
    from delivery.dispatch.progress import progress

    with invocation.runtime.transaction(read_only=True) as session:
        return progress(session, dispatch_id, now=invocation.runtime.now())


def follow(invocation: Invocation, dispatch_id: int) -> Report:
    """Work (embedded) or wait until everything is sent and every outcome final, or nothing new comes."""
    with invocation.runtime.transaction(read_only=True) as session:
        quiet_s = START_QUIET_S.get(session)
    planned = now_of(invocation, dispatch_id).counts.planned
    with invocation.progress(f"dispatch {dispatch_id}", planned) as advance:
        watcher = Watcher(invocation, dispatch_id, quiet_s=quiet_s, advance=advance)
        invocation.work_until(watcher)
    return left(now_of(invocation, dispatch_id))


def left(found: Progress) -> Report:
    """A dispatch that was let leave.

    A problem where somebody or something stopped it meanwhile, or where every
    outcome is final and it was not closed: it does not balance.
    """
    return report(found, problem=found.state in INTERRUPTED or (found.closed_at is None and not found.open_outcomes))


@dataclass
class Watcher:
    """Called now and again; true when there is nothing more to wait for.

    Attributes:
        quiet_s: silence that ends the wait once nothing is left to send; None waits for the close.
        advance: told how many were sent.
    """

    invocation: Invocation
    dispatch_id: int
    quiet_s: float | None
    advance: Callable[[int], None] | None = None
    _mark: tuple[object, ...] = ()
    _changed: float = field(default_factory=time.monotonic)
    _ask_at: float = 0.0
    _warned: bool = False

    def __call__(self) -> bool:
        began = time.monotonic()
        if began < self._ask_at:
            return False
        found = now_of(self.invocation, self.dispatch_id)
        self._ask_at = began + 10 * (time.monotonic() - began)
        if self.advance is not None:
            self.advance(found.sent)
        if found.mark != self._mark:
            self._mark, self._changed = found.mark, time.monotonic()
            if self.advance is None:
                self.invocation.say(line(found))
        if self.advance is None:
            self._warn_idle(found)
        if found.closed_at is not None:
            return True
        idle = found.state not in lifecycle.AHEAD
        return self.quiet_s is not None and idle and time.monotonic() - self._changed > self.quiet_s

    def _warn_idle(self, found: Progress) -> None:
        """Once for each stretch of silence in which there is work and no worker."""
        waits = found.state == lifecycle.SENDING and found.counts.outcomes["pending"] > 0
        silent = waits and time.monotonic() - self._changed > IDLE_AFTER_S and _nobody_works(self.invocation)
        if silent and not self._warned:
            self.invocation.say("nobody works here: `huabao serve` sends what is planned, and so does a `dispatch start` without --detach")
        self._warned = silent


def line(found: Progress) -> str:
    """A dispatch in one line."""
    outcomes = ", ".join(f"{name} {number:,}" for name, number in found.counts.outcomes.items() if number)
    finish = f", through at {shanghai_text(found.forecast_finish_at)}" if found.forecast_finish_at else ""
    return f"dispatch {found.dispatch_id} {found.state}: {found.sent:,} of {found.counts.planned:,} sent, {found.rate_per_s:,}/s{finish}; {outcomes}"


def report(found: Progress, *, problem: bool = False) -> Report:
    """A dispatch for a person and for `--json`."""
    from delivery.lifecycle import SYSTEM

    numbers = found.counts
    rows: list[tuple[object, ...]] = [("audience", f"{numbers.audience:,}"), ("planned", f"{numbers.planned:,}")]
    rows += [(f"excluded: {reason}", f"{number:,}") for reason, number in numbers.excluded.items()]
    rows += [(f"route: {name}", f"{number:,}") for name, number in numbers.routes.items() if name != "mms"]
    rows += [(f"withdrawn: {reason}", f"{number:,}") for reason, number in numbers.withdrawn.items()]
    rows += [(name, f"{number:,}") for name, number in numbers.outcomes.items() if number]
    rows += [("rate", f"{found.rate_per_s:,}/s"), ("through at" if found.counts.outcomes["pending"] else "last sent", shanghai_text(found.forecast_finish_at))]
    lines = [f"dispatch {found.dispatch_id}: {found.state}"]
    if found.reason and found.state in INTERRUPTED:
        by = "" if found.reason_by == SYSTEM else f" by {found.reason_by}"
        lines.append(f"dispatch {found.dispatch_id} was {found.state}{by}: {found.reason}")
    elif found.reason:
        lines.append(f"reason: {found.reason} ({found.reason_by})")
    lines += [str(one) for one in found.ports if one.troubled]
    return Report(found.to_document(), lines=lines, columns=("", "readers"), rows=rows, problem=problem)
