"""`huabao demo month`: a month of an invented province in an empty installation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from huabao import log
from huabao.cli import Invocation, Report, operation
from huabao.clock import shanghai_text

if TYPE_CHECKING:
    from console.month.making import Made


@click.group("demo")
def demo() -> None:
    """Something to look at."""


@demo.command("month")
@click.option("--readers", default=2000, show_default=True, type=click.IntRange(20, 200_000), help="How many readers to invent.")
@click.option("--editions", default=60, show_default=True, type=click.IntRange(2, 120), help="Of a morning and an evening paper together; the last one went an hour ago.")
@click.option("--seed", default=1, show_default=True, type=int, help="Another number is another province.")
@click.option("--tcp-port", default=0, type=click.IntRange(0, 65535), help="Where the first MMSC listens meanwhile (default: any free port).")
@operation
def month(invocation: Invocation, readers: int, editions: int, seed: int, tcp_port: int) -> Report:
    """Let a month pass in this installation, which must be empty: papers, readers, incidents, differences, recoveries."""
    from console.month.days import Plan
    from console.month.making import make

    log.configure("WARNING")  # a month of ordinary days is no news
    made = make(invocation.runtime, Plan(readers, editions, seed, tcp_port=tcp_port), lambda line: click.echo(line, err=True))
    return Report(made.to_document(), lines=_lines(made), columns=("", ""), rows=_rows(made), problem=bool(made.problems))


def _lines(made: Made) -> list[str]:
    told = [f"✗ {one}" for one in made.problems]
    return [f"{shanghai_text(made.begins)} to {shanghai_text(made.ends)}", *told, "THE LEDGER DOES NOT BALANCE." if told else "The ledger of every dispatch balances."]


def _rows(made: Made) -> list[tuple[str, str]]:
    rows = [("readers", made.readers), *((f"dispatches: {kind}", count) for kind, count in made.kinds.items())]
    rows += [*made.outcomes.items(), *made.counts.items()]
    return [(name, f"{count:,}") for name, count in rows]


COMMANDS: tuple[click.Command, ...] = (demo,)
