"""`huabao sandbox smsc`."""

from __future__ import annotations

from pathlib import Path

import click

from huabao.errors import UsageError


@click.command("smsc")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=2775, show_default=True, help="TCP port; 0 takes a free one and prints it.")
@click.option("--report-url", hidden=True, help="Of the MMSC; an SMSC sends its receipts on the binds.")
@click.option("--control-port", type=int, help="HTTP: GET /stats, POST /mo, POST /do; 0 takes a free one and prints it.")
@click.option("--esme", multiple=True, metavar="ID:PASSWORD", help="Who may bind, again for more; without it, anybody.")
@click.option("--binds", default=10, show_default=True, help="Binds of one system_id; above it ESME_RALYBND.")
@click.option("--window", type=int, help="submit_sm without answer on a bind; above it ESME_RTHROTTLED.")
@click.option("--mix", default="retrieved=1", show_default=True, help="Shares of outcomes, e.g. retrieved=0.95,expired=0.03; what is left to 1 gets no receipt.")
@click.option("--delay-ms", default="20-200", show_default=True, metavar="A-B", help="From a submit_sm to its receipt.")
@click.option("--answer-delay-ms", default="0", show_default=True, metavar="A-B", help="From a submit_sm to its answer.")
@click.option("--drop", default=0.0, show_default=True, metavar="SHARE", help="submit_sm that are taken and never answered.")
@click.option("--tps", type=float, help="submit_sm a second of one system_id, over any sliding second; above it ESME_RTHROTTLED.")
@click.option("--keep", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Write down what was taken: submissions.jsonl, bodies/.")
@click.option("--script", type=click.Path(path_type=Path), metavar="FILE", help="YAML rules for timed or conditional behaviour; see `--script-help`.")
@click.option("--script-help", is_flag=True, help="Show what a script may say, and stop.")
@click.option("--early", default=0.0, metavar="SHARE", help="Receipts that come before the answer.")
@click.option("--double", default=0.0, metavar="SHARE", help="Receipts that come twice.")
@click.option("--errors", default="", metavar="STATUS=SHARE,…", help="submit_sm refused with that command_status, e.g. 69=0.1 or ESME_RSUBMITFAIL=0.1.")
@click.option("--receipt-ids", type=click.Choice(("same", "hex", "decimal", "upper", "nozeros")), default="same", show_default=True, help="How receipts write the ids of answers.")
@click.option("--receipt-form", type=click.Choice(("standard", "short", "upper", "shuffled", "tlv")), default="standard", show_default=True, help="How a receipt says it.")
@click.option("--enquire-s", type=float, help="Ask an ESME that is silent so long; end its connection where it stays silent.")
@click.option("--tls-cert", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="PEM certificate; with --tls-key.")
@click.option("--tls-key", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="PEM key.")
@click.option("--seed", default="huabao", show_default=True, help="Same seed and same requests, same behaviour.")
def smsc(
    host: str,
    port: int,
    report_url: str | None,
    control_port: int | None,
    esme: tuple[str, ...],
    binds: int,
    window: int | None,
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
    errors: str,
    receipt_ids: str,
    receipt_form: str,
    enquire_s: float | None,
    tls_cert: Path | None,
    tls_key: Path | None,
    seed: str,
) -> None:
    """An SMSC: lets ESMEs bind, takes submit_sm, sends receipts and readers' messages."""
    from sandbox.mmsc.options import parse_bounds, parse_shares
    from sandbox.smsc import options, server
    from sandbox.smsc import script as scripts

    if script_help:
        click.echo(scripts.__doc__)
        return
    if (tls_cert is None) != (tls_key is None):
        raise click.UsageError("--tls-cert and --tls-key go together")
    try:
        chosen = options.Options(
            host=host,
            port=port,
            control_port=control_port,
            esmes=options.parse_esmes(esme),
            binds_max=binds,
            window=window,
            mix=parse_shares(mix, what="--mix", names=options.OUTCOMES),
            delay_ms=parse_bounds(delay_ms, what="--delay-ms"),
            answer_delay_ms=parse_bounds(answer_delay_ms, what="--answer-delay-ms"),
            drop=drop,
            tps=tps,
            keep=keep,
            early=early,
            double=double,
            errors=options.parse_errors(errors),
            receipt_ids=receipt_ids,
            receipt_form=receipt_form,
            enquire_s=enquire_s,
            tls=(tls_cert, tls_key) if tls_cert and tls_key else None,
            script=scripts.read_script(script) if script else (),
            seed=seed,
        )
        server.serve(chosen, ready=lambda tcp_port, control: _say(host, tcp_port, control, tls=tls_cert is not None))
    except UsageError as error:
        raise click.UsageError(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"cannot listen on {host}:{port}: {error.strerror or error}") from error


def _say(host: str, tcp_port: int, control_port: int | None, *, tls: bool) -> None:
    if control_port is not None:
        click.echo(f"smsc control on http://{host}:{control_port}/")
    click.echo(f"smsc listening on {'smpps' if tls else 'smpp'}://{host}:{tcp_port}")
