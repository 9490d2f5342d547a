"""`huabao sandbox misc`."""

from __future__ import annotations

from pathlib import Path

import click

from huabao.errors import UsageError
from sandbox.misc.options import DIALECTS, EVENTS


@click.command("misc")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8092, show_default=True, help="TCP port; 0 takes a free one and prints it.")
@click.option("--report-url", "report_urls", multiple=True, metavar="URL", help="Where its calls go, e.g. http://127.0.0.1:8080/misc; again for more, taken in turn.")
@click.option("--report-auth", metavar="USER:PASS", help="How its calls identify themselves (Basic).")
@click.option("--dialect", type=click.Choice(tuple(DIALECTS)), default="misc-1.5.0", show_default=True, help="By which numbers it says what it says.")
@click.option("--device-id", default="0431", show_default=True, help="Its DeviceID.")
@click.option("--services", default="TJSJB", show_default=True, metavar="ID,…", help="Services that events happen to.")
@click.option("--tps", default=0.0, show_default=True, help="Events a second that happen by themselves.")
@click.option("--mix", default="order=0.5,cancel=0.3,pause=0.1,resume=0.1", show_default=True, help=f"Their shares; {', '.join(EVENTS)}.")
@click.option("--readers", default=1000, show_default=True, help="How many numbers they happen to, from 13900000000.")
@click.option("--delay-ms", default="0", show_default=True, metavar="A-B", help="From an event to its call.")
@click.option("--answer-delay-ms", default="0", show_default=True, metavar="A-B", help="From a request, its call back done, to its answer.")
@click.option("--drop", default=0.0, show_default=True, metavar="SHARE", help="Requests that are done and never answered.")
@click.option("--repeat", default=0.0, show_default=True, metavar="SHARE", help="Calls that are made twice.")
@click.option("--reorder", default=0.0, show_default=True, metavar="SHARE", help="Calls that are held until a later one was made.")
@click.option("--errors", default="", metavar="HRET=SHARE,…", help="Requests that are refused at once.")
@click.option("--late-errors", default="", metavar="HRET=SHARE,…", help="Requests that are refused after the platform took the call back.")
@click.option("--auth", metavar="USER:PASS", help="How platforms must identify themselves (Basic).")
@click.option("--keep", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Write down calls.jsonl and requests.jsonl, and at the end orders.csv, a feed.")
@click.option("--script", type=click.Path(path_type=Path), metavar="FILE", help="YAML rules for what requests meet; see `--script-help`.")
@click.option("--script-help", is_flag=True, help="Show what a script may say, and stop.")
@click.option("--seed", default="huabao", show_default=True, help="Same seed and same requests, same behaviour.")
def misc(
    host: str,
    port: int,
    report_urls: tuple[str, ...],
    report_auth: str | None,
    dialect: str,
    device_id: str,
    services: str,
    tps: float,
    mix: str,
    readers: int,
    delay_ms: str,
    answer_delay_ms: str,
    drop: float,
    repeat: float,
    reorder: float,
    errors: str,
    late_errors: str,
    auth: str | None,
    keep: Path | None,
    script: Path | None,
    script_help: bool,
    seed: str,
) -> None:
    """A MISC: calls a platform with orders, takes its requests and calls back; POST /do, GET /stats, /orders, /feed."""
    from sandbox.misc import options, server  # aiohttp is slow to import
    from sandbox.misc import script as scripts
    from sandbox.mmsc.options import parse_bounds, parse_shares

    if script_help:
        click.echo(scripts.__doc__)
        return
    try:
        chosen = options.Options(
            host=host,
            port=port,
            report_urls=report_urls,
            report_auth=_credentials(report_auth),
            dialect=dialect,
            device_id=device_id,
            services=tuple(filter(None, services.split(","))) or ("TJSJB",),
            tps=tps,
            mix=parse_shares(mix, what="--mix", names=tuple(DIALECTS[dialect])),
            readers=max(readers, 1),
            delay_ms=parse_bounds(delay_ms, what="--delay-ms"),
            answer_delay_ms=parse_bounds(answer_delay_ms, what="--answer-delay-ms"),
            drop=drop,
            repeat=repeat,
            reorder=reorder,
            errors=_codes(errors, "--errors"),
            late_errors=_codes(late_errors, "--late-errors"),
            auth=_credentials(auth),
            keep=keep,
            script=scripts.read_script(script) if script else (),
            seed=seed,
        )
        server.serve(chosen, ready=lambda tcp_port: click.echo(f"misc listening on http://{host}:{tcp_port}/"))
    except UsageError as error:
        raise click.UsageError(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"cannot listen on {host}:{port}: {error.strerror}") from error


def _credentials(text: str | None) -> tuple[str, str] | None:
    user, _, password = (text or "").partition(":")
    return (user, password) if user else None


def _codes(text: str, what: str) -> dict[int, float]:
    from sandbox.mmsc.options import parse_shares

    shares = parse_shares(text, what=what)
    if not all(code.isdigit() and 0 < int(code) <= 999_999 for code in shares):
        raise UsageError(f"{what}: an hRet is a number above 0")
    return {int(code): share for code, share in shares.items()}
