"""`huabao offers …`: the catalogue of services, what a reader is shown of it, and what readers asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from huabao.cli import Invocation, Report, operation
from huabao.clock import shanghai_text
from huabao.errors import UsageError
from huabao.msisdn import parse_msisdn
from subscribers.offers.catalogue import FILE_CHARS_MAX, Catalogue, Service
from subscribers.offers.models import OPEN_STATES, ORDER_STATES
from subscribers.reader_commands import FILE


@click.group()
def offers() -> None:
    """Services and packages offered to readers, and the orders that they gave."""


@offers.command("import")
@click.argument("file", type=FILE)
@operation
def import_offers(invocation: Invocation, file: Path) -> Report:
    """Put the catalogue of FILE.toml in force; `huabao offers list --out FILE` writes the present one."""
    from subscribers.offers import services

    source = _read(file)
    with invocation.runtime.transaction() as session:
        found = services.import_catalogue(session, source, file.name, by=invocation.actor, at=invocation.runtime.now())
    return Report(_counts(found), lines=[f"{len(found.services)} services in {len(found.packages)} packages are offered from now on"])


def _read(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            return stream.read(FILE_CHARS_MAX * 4).decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{file}: is no UTF-8 (at byte {error.start}); save it as UTF-8") from error


def _counts(found: Catalogue) -> dict[str, Any]:
    return {"services": len(found.services), "packages": len(found.packages)}


@offers.command("list")
@click.option("--out", type=FILE, default=None, help="Write the file in force there, to be edited.")
@operation
def list_offers(invocation: Invocation, out: Path | None) -> Report:
    """The packages in force and their services."""
    from subscribers.offers import store

    with invocation.runtime.transaction(read_only=True) as session:
        found = store.current(session)
    if out is not None:
        _write(out, found.source)
        return Report({**_counts(found.catalogue), "file": str(out)}, lines=[f"{found.file} is written to {out}"])
    services = found.catalogue.services
    packages = [
        {
            "slug": one.slug,
            "title": one.title,
            "level": one.level,
            "attribute_class": one.attribute_class,
            "city": one.city,
            "rule": None if one.rule is None else one.rule.to_document(),
            "services": list(one.services),
        }
        for one in found.catalogue.packages
    ]
    whom = [one.attribute_class or one.city or ("by rule" if one.rule else "") for one in found.catalogue.packages]
    rows = [(one.title, one.level, who, " ".join(services[slug].title for slug in one.services)) for one, who in zip(found.catalogue.packages, whom, strict=True)]
    data = {"file": found.file, "services": [_document(one) for one in services.values()], "packages": packages}
    return Report(data, lines=[f"{found.file}: {len(services)} services"], columns=("package", "level", "for", "services"), rows=rows)


def _document(one: Service) -> dict[str, Any]:
    return {**vars(one)}


def _write(out: Path, text: str) -> None:
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{out}: cannot be written: {error.strerror}; choose another folder") from error


@offers.command()
@click.argument("msisdn")
@operation
def show(invocation: Invocation, msisdn: str) -> Report:
    """What the reader is offered, what he holds, and what he asked for."""
    from subscribers.offers import services, store
    from subscribers.services import require_reader

    with invocation.runtime.transaction(read_only=True) as session:
        reader = require_reader(session, parse_msisdn(msisdn))
        data: dict[str, Any] = {
            "attribute_class": reader.attribute_class,
            "city": reader.city,
            "package": services.package_title(session, reader.id),
            "may_try": services.may_try(session, reader.id),
            "recommended": [one.slug for one in services.recommended(session, reader.id)],
            "held": [one.service_id for one in services.held(session, reader.id)],
            "others": [one.slug for one in services.others(session, reader.id)],
            "orders": [{"service": one.service, "kind": one.kind, "state": one.state} for one in store.open_orders(session, reader.id)],
        }
    words = {"package": "package", "recommended": "is offered", "held": "holds", "others": "more"}
    lines = [f"{word}: {' '.join(data[name]) if isinstance(data[name], list) else data[name] or 'none'}" for name, word in words.items()]
    lines += [f"asked to {one['kind']} {one['service']}: {one['state']}" for one in data["orders"]]
    return Report(data, lines=lines if data["may_try"] else [*lines, "is on the blacklist for trying services: tries are hidden and refused"])


@offers.command()
@click.option("--state", "states", multiple=True, type=click.Choice(ORDER_STATES), help="Only these; may be repeated (default: recorded and exported).")
@click.option("--export", "out", type=FILE, default=None, help="Write the recorded ones to this CSV and mark them exported.")
@operation
def orders(invocation: Invocation, states: tuple[str, ...], out: Path | None) -> Report:
    """What readers asked for; with --export handed to the department that opens services."""
    from subscribers.offers.orders import list_orders

    if out is not None:
        if states:
            raise UsageError("--export takes the recorded orders; leave --state away")
        return _export(invocation, out)
    with invocation.runtime.transaction(read_only=True) as session:
        found = list_orders(session, states or OPEN_STATES)
        data: list[dict[str, Any]] = [
            {
                "order_id": one.order.id,
                "msisdn": one.msisdn,
                "service": one.order.service,
                "kind": one.order.kind,
                "channel": one.order.channel,
                "state": one.order.state,
                "recorded_at": one.order.recorded_at,
                "batch": one.order.batch,
                "reason": one.order.reason,
            }
            for one in found
        ]
    rows = [(one["msisdn"], one["service"], one["kind"], one["channel"], one["state"], shanghai_text(one["recorded_at"])) for one in data]
    return Report(data, columns=("number", "service", "kind", "by", "state", "asked at"), rows=rows)


def _export(invocation: Invocation, out: Path) -> Report:
    from subscribers.offers.files import export_orders

    invocation.check("offers orders --export")
    count, batch = export_orders(invocation.runtime, out, by=invocation.actor)
    lines = [f"{count:,} orders are in {out}, batch {batch}"] if count else [f"nobody asked for anything since the last file; {out} holds its header only"]
    return Report({"orders": count, "batch": batch, "file": str(out)}, lines=lines)


@offers.command()
@click.argument("file", type=FILE)
@operation
def results(invocation: Invocation, file: Path) -> Report:
    """Read the department's answer, FILE.csv: `msisdn,service_id,kind,result[,reason]`, result confirmed or refused."""
    from subscribers.offers.files import import_results

    outcome = import_results(invocation.runtime, file, by=invocation.actor)
    lines = [f"{outcome.changed:,} orders answered, {outcome.rejected:,} rows set aside" + (f" in {outcome.rejected_file}" if outcome.rejected_file else "")]
    return Report(outcome.to_document(), lines=lines, problem=outcome.rejected > 0)
