"""`bin/bench [NAME…] [--json FILE]`: run benchmarks and print their figures."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import click

from tests.benchmark.figures import Figure, as_json, as_table, machine

BENCHMARKS = ("fanout", "compose", "reports", "smpp", "throttle", "lanes", "issue", "desk", "panels", "singles", "events", "reconcile", "recovery", "province", "runs", "stopped", "pages")
"""Each is a module here with `run() -> list[Figure]`."""


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(BENCHMARKS))
@click.option("--json", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures there too.")
def main(names: tuple[str, ...], file: Path | None) -> None:
    """Run the benchmarks NAME… (all of them without a name)."""
    figures: list[Figure] = []
    click.echo(machine(), err=True)
    for name in names or BENCHMARKS:
        run: Callable[[], list[Figure]] = import_module(f"tests.benchmark.{name}").run
        click.echo(f"{name} …", err=True)
        figures += run()
    click.echo(as_table(figures), nl=False)
    if file:
        file.write_text(json.dumps(as_json(figures), ensure_ascii=False, indent=1), "utf-8")


if __name__ == "__main__":
    main()
