"""`huabao sandbox …`: the simulators, each a process of its own."""

from __future__ import annotations

from pathlib import Path

import click

from huabao.errors import UsageError
from sandbox.boss.commands import boss
from sandbox.misc.commands import misc
from sandbox.smsc.commands import smsc


@click.group("sandbox")
def sandbox() -> None:
    """Simulators of the peers, for demo, tests and rehearsals."""


@sandbox.command("mmsc")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8090, show_default=True, help="TCP port; 0 takes a free one and prints it.")
@click.option("--report-url", help="Where delivery reports go, e.g. http://127.0.0.1:8080/mm7/main.")
@click.option("--report-auth", metavar="basic|digest USER:PASS", nargs=2, type=(click.Choice(("basic", "digest")), str), help="How reports identify themselves.")
@click.option("--report-connections", default=16, show_default=True, help="Reports posted at once.")
@click.option("--mix", default="retrieved=1", show_default=True, help="Shares of outcomes, e.g. retrieved=0.95,expired=0.03; what is left to 1 gets no report.")
@click.option("--delay-ms", default="20-200", show_default=True, metavar="A-B", help="From a SubmitReq to its reports.")
@click.option("--answer-delay-ms", default="0", show_default=True, metavar="A-B", help="From a SubmitReq to its answer.")
@click.option("--drop", default=0.0, show_default=True, metavar="SHARE", help="SubmitReqs that are taken and never answered.")
@click.option("--tps", type=float, help="Recipients a second, over any sliding second; above it StatusCode 4006.")
@click.option("--keep", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Write down what was taken: submissions.jsonl, recalls.jsonl, bodies/.")
@click.option("--script", type=click.Path(path_type=Path), metavar="FILE", help="YAML rules for timed or conditional behaviour; see `--script-help`.")
@click.option("--script-help", is_flag=True, help="Show what a script may say, and stop.")
@click.option("--early", default=0.0, metavar="SHARE", help="Reports that come before the answer.")
@click.option("--double", default=0.0, metavar="SHARE", help="Reports that come twice.")
@click.option("--swapped", default=0.0, metavar="SHARE", help="Reports with Sender and Recipient swapped.")
@click.option("--grouped", default=0.0, metavar="SHARE", help="SubmitReqs with one report for all recipients of an outcome.")
@click.option("--errors", default="", metavar="CODE=SHARE,…", help="SubmitReqs refused with that StatusCode or HTTP status.")
@click.option("--max-recipients", type=int, help="Larger groups are refused with 3501.")
@click.option("--recalls", type=click.Choice(("replace", "cancel", "none")), default="replace", show_default=True, help="CancelReq and ReplaceReq, the first only, or neither.")
@click.option("--auth", nargs=2, type=(click.Choice(("basic", "digest")), str), metavar="basic|digest USER:PASS", help="How VASPs must identify themselves.")
@click.option("--seed", default="huabao", show_default=True, help="Same seed and same requests, same behaviour.")
def mmsc(
    host: str,
    port: int,
    report_url: str | None,
    report_auth: tuple[str, str] | None,
    report_connections: int,
    mix: str,
    delay_ms: str,
    answer_delay_ms: str,
    drop: float,
    tps: float | None,
    keep: Path | None,
    script: Path | None,
    script_help: bool,
    early: float,
    double: float,
    swapped: float,
    grouped: float,
    errors: str,
    max_recipients: int | None,
    recalls: str,
    auth: tuple[str, str] | None,
    seed: str,
) -> None:
    """An MMSC: takes SubmitReqs on any path, posts delivery reports, GET /stats tells what it did."""
    from sandbox.mmsc import options, server  # aiohttp is slow to import
    from sandbox.mmsc import script as scripts

    if script_help:
        click.echo(scripts.__doc__)
        return
    try:
        chosen = options.Options(
            host=host,
            port=port,
            report_url=report_url,
            mix=options.parse_shares(mix, what="--mix", names=options.STATUSES),
            delay_ms=options.parse_bounds(delay_ms, what="--delay-ms"),
            answer_delay_ms=options.parse_bounds(answer_delay_ms, what="--answer-delay-ms"),
            drop=drop,
            tps=tps,
            keep=keep,
            early=early,
            double=double,
            swapped=swapped,
            grouped=grouped,
            errors=options.parse_errors(errors),
            auth=_credentials(auth),
            report_auth=_credentials(report_auth),
            report_connections=report_connections,
            max_recipients=max_recipients,
            recalls=recalls,
            script=scripts.read_script(script) if script else (),
            seed=seed,
        )
        server.serve(chosen, ready=lambda tcp_port: click.echo(f"mmsc listening on http://{host}:{tcp_port}/"))
    except UsageError as error:
        raise click.UsageError(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"cannot listen on {host}:{port}: {error.strerror}") from error


def _credentials(auth: tuple[str, str] | None) -> tuple[str, str, str] | None:
    if not auth:
        return None
    user, _, password = auth[1].partition(":")
    return auth[0], user, password


sandbox.add_command(misc)
sandbox.add_command(smsc)
sandbox.add_command(boss)

COMMANDS: tuple[click.Command, ...] = (sandbox,)
