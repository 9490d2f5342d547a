"""`bin/demo`: the main job on embedded defaults, from a folder of articles to a balanced ledger.

First an invented month of a province passes (`huabao demo month`), so that the console has
something true to show. Then comes the main job: makes a newspaper, a magazine and a comic,
invents readers, starts the sandbox MMSC and the console, sends all three papers, waits for
the reports and prints what became of every message.
"""

from __future__ import annotations

import os
import secrets
import signal
import sys
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click

from huabao.cli import table_text
from huabao.clock import SHANGHAI
from huabao.errors import HuabaoError
from sandbox.demo.editions import SERVICES, write_editions
from sandbox.demo.installation import Installation, free_port
from sandbox.demo.readers import write_readers

MIX = "retrieved=0.93,expired=0.03,rejected=0.02,none=0.02"
USERS = (("editor", "editor"), ("ops", "ops"), ("support", "support"), ("admin", "admin"))
RATE_PER_S = 10_000
TEXTS_PER_S = 500
"""Short messages, for readers whose handsets take no MMS."""
WEB_PORT = 8080
"""Where the console is looked for first."""
QUIZ_OPEN = timedelta(days=17)
"""For so long the magazine's quiz may be answered, from whatever day the demonstration runs."""
REPORT_WAIT_S = 20
RAMP_WAIT_S = 5
REPORTS_PER_S = 1_000
"""Reports come at such a pace at least; who waits for them waits accordingly."""
PORTS = "demo,sms"
MONTH_READERS, MONTH_EDITIONS = 2_000, 60
MONTH_PORT = "mmsc-a"
"""The port of the month that is left up."""

OUTCOMES = ("pending", "submitted", "retrieved", "rejected", "expired", "failed", "unknown", "no_report", "cancelled")


@dataclass(frozen=True)
class Sent:
    """One edition: as it is listed, as its dispatch was planned, and how that ended."""

    edition: dict[str, Any]
    plan: dict[str, Any]
    status: dict[str, Any]


def say(text: str) -> None:
    """One line of what happens, on standard error."""
    click.echo(click.style("▸ ", fg="cyan") + text, err=True)


@click.command()
@click.option("--readers", default=2000, show_default=True, type=click.IntRange(1, 5_000_000), help="How many readers to invent.")
@click.option("--no-month", is_flag=True, help="The main job only, without an invented month before it.")
@click.option("--no-serve", is_flag=True, help="Stop after the result; exit 0 only if the ledger balances.")
@click.option("--folder", default=Path("var/demo"), show_default=True, type=click.Path(path_type=Path), help="Made anew each time.")
def main(readers: int, no_month: bool, no_serve: bool, folder: Path) -> None:
    """Run the demonstration."""
    place = Installation(folder.resolve(), web_port=free_port(WEB_PORT))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        logins = _begin(place)
        balanced = no_month or _live_a_month(place)
        _prepare(place, readers)
        balanced &= _send(place, REPORT_WAIT_S + readers // REPORTS_PER_S, after_month=not no_month)
        click.echo(f"What the peers got: {place.folder / 'peer'}, {place.folder / 'peer-sms'}")
        if not no_serve:
            _print_access(place, logins)
            _stay()
        sys.exit(0 if balanced else 1)
    except HuabaoError as error:
        click.echo(f"demo: {error}", err=True)
        sys.exit(2)
    finally:
        place.stop()


def _begin(place: Installation) -> dict[str, str]:
    say(f"a fresh installation in {place.folder}")
    place.clear()
    place.run("db", "upgrade")
    logins = {}
    for name, role in USERS:
        logins[name] = secrets.token_urlsafe(9)
        place.run("user", "add", name, "--role", role, "--password-env", "DEMO_PASSWORD", secrets={"DEMO_PASSWORD": logins[name]})
    return logins


def _live_a_month(place: Installation) -> bool:
    """Let the month pass; whether all of its dispatches balance."""
    say(f"a month of an invented province: {MONTH_READERS:,} readers, {MONTH_EDITIONS} editions (--no-month leaves it out)")
    began = time.monotonic()
    options = ("--readers", str(MONTH_READERS), "--editions", str(MONTH_EDITIONS), "--tcp-port", str(place.month_port))
    made: dict[str, Any] = place.run("demo", "month", *options, problem_is_fine=True)
    for problem in made["problems"]:
        click.echo(f"  ✗ {problem}")
    counts = ", ".join(f"{made[name]:,} {name}" for name in ("alarms", "differences", "stops", "complaints"))
    say(f"the month took {time.monotonic() - began:.0f} s: {sum(made['dispatches'].values()):,} dispatches, {sum(made['outcomes'].values()):,} deliveries, {counts}")
    return bool(made["balanced"])


def _prepare(place: Installation, readers: int) -> None:
    say("three papers of its own: text and drawings")
    for edition in write_editions(place.folder / "editions", datetime.now(SHANGHAI).date() + QUIZ_OPEN):
        done = place.run("edition", "import", str(edition))
        say(f"imported {edition.name}: {done['kind']}, {done['items']} items")
    say(f"{readers:,} invented readers")
    people, orders = write_readers(place.folder, readers, SERVICES)
    place.run("subscribers", "import", str(people))
    place.run("subscriptions", "import", str(orders))


def _send(place: Installation, report_wait_s: int, *, after_month: bool) -> bool:
    say("the sandbox MMSC and SMSC and the console, processes of their own")
    report_url = f"{place.web_url}/mm7/demo"
    place.run("settings", "set", "report_wait_s", str(report_wait_s))
    place.run("settings", "set", "ramp_wait_s", str(RAMP_WAIT_S))
    place.run("port", "add", "demo", "--kind", "mm7", "--url", f"http://127.0.0.1:{place.mmsc_port}/mm7", "--rate", str(RATE_PER_S))
    reports = ("--report-url", report_url, "--mix", MIX, "--delay-ms", "50-800", "--report-connections", "200")
    place.start("mmsc", "sandbox", "mmsc", "--port", str(place.mmsc_port), *reports, "--keep", str(place.folder / "peer"))
    sms = ("--url", f"smpp://127.0.0.1:{place.smsc_port}", "--rate", str(TEXTS_PER_S), "--system-id", "huabao", "--source-addr", "10658000", "--window", "32")
    place.run("port", "add", "sms", "--kind", "smpp", *sms)
    control = ("--control-port", str(place.smsc_control_port), "--mix", MIX, "--delay-ms", "50-800", "--keep", str(place.folder / "peer-sms"))
    place.start("smsc", "sandbox", "smsc", "--port", str(place.smsc_port), *control)
    if after_month:  # the month's own MMSC goes on, for whoever sends to its readers from the console
        more = ("--report-url", f"{place.web_url}/mm7/{MONTH_PORT}", "--mix", MIX, "--delay-ms", "500-9000")
        place.start(MONTH_PORT, "sandbox", "mmsc", "--port", str(place.month_port), *more)
    place.start("serve", "serve", "--port", str(place.web_port))
    place.wait_for(f"http://127.0.0.1:{place.mmsc_port}/")
    place.wait_for(f"http://127.0.0.1:{place.smsc_control_port}/stats")
    place.wait_for(f"{place.web_url}/healthz")
    statuses = []
    for edition in sorted(place.run("edition", "list")["editions"], key=lambda one: one["edition_id"]):
        if edition["publication"] not in SERVICES:
            continue
        number = str(edition["edition_id"])
        plan = place.run("dispatch", "plan", number, "--ports", PORTS)
        say(f"sending {edition['title']} {edition['number']}: {plan['planned']:,} readers, {plan['variants']} variants")
        statuses.append((edition, plan, place.run("dispatch", "start", number, "--ports", PORTS)))
    say("waiting for the last reports")
    finished = [Sent(edition, plan, _wait_closed(place, started["dispatch_id"], report_wait_s)) for edition, plan, started in statuses]
    peers = ("--peer", str(place.folder / "peer"), "--peer", str(place.folder / "peer-sms"))
    verified = [place.run("ledger", "verify", "--dispatch", str(one.status["dispatch_id"]), *peers, problem_is_fine=True) for one in finished]
    _print_result(finished, [problem for one in verified for problem in one["problems"]])
    return all(one["balanced"] for one in verified)


def _wait_closed(place: Installation, dispatch_id: int, report_wait_s: int) -> dict[str, Any]:
    until = time.monotonic() + 2 * report_wait_s + 60
    while True:
        status: dict[str, Any] = place.run("dispatch", "status", str(dispatch_id), problem_is_fine=True)
        if status["state"] == "closed" or time.monotonic() > until:
            return status
        time.sleep(1)


def _print_result(finished: list[Sent], problems: list[str]) -> None:
    states = [sent.status for sent in finished]
    rows: list[tuple[object, ...]] = [(name, *(f"{one[name]:,}" for one in states)) for name in ("audience", "planned")]
    reasons = sorted({reason for one in states for reason in one["excluded"]})
    rows += [(f"excluded: {reason}", *(f"{one['excluded'].get(reason, 0):,}" for one in states)) for reason in reasons]
    rows += [(name, *(f"{one['outcomes'].get(name, 0):,}" for one in states)) for name in OUTCOMES if any(one["outcomes"].get(name) for one in states)]
    rows.append(("balance", *("✓" if _balances(one) else "✗" for one in states)))
    rows.append(("state", *(one["state"] for one in states)))
    sizes = (("variants", "variants"), ("bytes of the variants", "variant_bytes"), ("bytes sent", "bytes"))
    rows += [(name, *(f"{sent.plan[key]:,}" for sent in finished)) for name, key in sizes]
    click.echo()
    click.echo(table_text(("", *(sent.edition["title"] for sent in finished)), rows), nl=False)
    click.echo()
    for problem in problems:
        click.echo(f"  ✗ {problem}")
    click.echo("THE LEDGER DOES NOT BALANCE." if problems else "The ledger balances, and the peer got each message once.")


def _balances(status: dict[str, Any]) -> bool:
    return bool(sum(status["outcomes"].values()) == status["planned"] and status["planned"] + sum(status["excluded"].values()) == status["audience"])


def _print_access(place: Installation, logins: dict[str, str]) -> None:
    click.echo(f"\nConsole: {place.web_url}")
    click.echo(table_text(("name", "password"), list(logins.items())), nl=False)


def _stay() -> None:
    click.echo("The console stays open; Ctrl-C ends it.")
    try:
        signal.pause()
    except KeyboardInterrupt:
        click.echo()


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUTF8", "1")
    main()
