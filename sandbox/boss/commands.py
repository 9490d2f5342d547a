"""`huabao sandbox boss`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from huabao.errors import UsageError


@click.command("boss")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8095, show_default=True, help="TCP port; 0 takes a free one and prints it.")
@click.option("--report-url", help="Where events go, e.g. http://127.0.0.1:8080/boss/events.")
@click.option(
    "--secret-env", default="HUABAO_BOSS_SECRETS", show_default=True, metavar="VAR", help="Variable with the shared secrets, with commas; the first signs. Empty: huabao."
)
@click.option("--accounts", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Begin with the orders of this feed (csv).")
@click.option("--rate", default=0.0, show_default=True, help="Events a second that it makes up about its accounts.")
@click.option("--service", default="paper", show_default=True, help="The service that made-up events are about.")
@click.option("--delay-ms", default="0", show_default=True, metavar="A-B", help="From an event to its posting.")
@click.option("--answer-delay-ms", default="0", show_default=True, metavar="A-B", help="From a request to its answer.")
@click.option("--drop", default=0.0, show_default=True, metavar="SHARE", help="Requests that are done and never answered.")
@click.option("--double", default=0.0, metavar="SHARE", help="Events that are posted twice.")
@click.option("--lost", default=0.0, metavar="SHARE", help="Events that are never posted.")
@click.option("--swapped", default=0.0, metavar="SHARE", help="Events that are posted after the one that followed.")
@click.option("--keep", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Write down what was asked and told: requests.jsonl, events.jsonl, answers.jsonl.")
@click.option("--script", type=click.Path(path_type=Path), metavar="FILE", help="YAML rules for timed or conditional behaviour; see `--script-help`.")
@click.option("--script-help", is_flag=True, help="Show what a script may say, and stop.")
@click.option("--seed", default="huabao", show_default=True, help="Same seed and same requests, same behaviour.")
def boss(
    host: str,
    port: int,
    report_url: str | None,
    secret_env: str,
    accounts: Path | None,
    rate: float,
    service: str,
    delay_ms: str,
    answer_delay_ms: str,
    drop: float,
    double: float,
    lost: float,
    swapped: float,
    keep: Path | None,
    script: Path | None,
    script_help: bool,
    seed: str,
) -> None:
    """A BOSS: takes orders of the platform, tells it what happens at its counters; GET /stats, /feed.csv, /bill.csv, POST /events, /down."""
    from sandbox.boss import options, server  # aiohttp is slow to import
    from sandbox.boss import script as scripts
    from sandbox.mmsc.options import parse_bounds

    if script_help:
        click.echo(scripts.__doc__)
        return
    secrets = tuple(one.strip() for one in os.environ.get(secret_env, "").split(",") if one.strip()) or ("huabao",)
    try:
        chosen = options.Options(
            host=host,
            port=port,
            report_url=report_url,
            secrets=secrets,
            keep=keep,
            accounts=accounts,
            script=scripts.read_script(script) if script else (),
            rate=rate,
            service=service,
            delay_ms=parse_bounds(delay_ms, what="--delay-ms"),
            answer_delay_ms=parse_bounds(answer_delay_ms, what="--answer-delay-ms"),
            drop=drop,
            double=double,
            lost=lost,
            swapped=swapped,
            seed=seed,
        )
        server.serve(chosen, ready=lambda tcp_port: click.echo(f"boss listening on http://{host}:{tcp_port}/"))
    except UsageError as error:
        raise click.UsageError(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"cannot listen on {host}:{port}: {error.strerror}") from error
