"""`huabao publication …`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click
from sqlalchemy import select

from content.models import KINDS, PUBLICATION_CLASSES, REPLAY_POLICIES, UNKNOWN_POLICIES, Publication
from huabao.cli import Invocation, Report, operation
from huabao.errors import UsageError

if TYPE_CHECKING:
    from content.services import PublicationFields

UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@click.group()
def publication() -> None:
    """Titles: newspapers, magazines and comics."""


def _fields(command: Any) -> Any:
    for option in (
        click.option("--design", metavar="NAME", help="By which its editions are set that name none (`huabao design list`); `default` for its kind's."),
        click.option("--reserve", metavar="EDITION", help="The edition that stands by when no other is there in time; `none` for none."),
        click.option("--seed-missing", type=click.Choice(("ramp", "hold", "default")), help="What seeds without a report mean: go into the first step, or hold."),
        click.option(
            "--serial-start",
            "serial",
            type=click.Choice(("current", "first", "none")),
            help="A new reader of a comic begins with the current chapter, or with the first; none: its editions are no chapters.",
        ),
        click.option("--window", "send_window", metavar="06:30-08:00", help="When it may be sent, Asia/Shanghai, several by comma; `any` for any time."),
        click.option("--replay", "replay_policy", type=click.Choice(REPLAY_POLICIES), help="What a recovered reader is owed."),
        click.option("--unknown", "unknown_policy", type=click.Choice(UNKNOWN_POLICIES), help="What becomes of a submission whose answer was lost."),
        click.option("--stale-after", metavar="12h", help="An older edition is not sent (30m, 12h, 2d)."),
        click.option("--service-code", help="MM7 ServiceCode of its messages."),
        click.option("--class", "klass", type=click.Choice(PUBLICATION_CLASSES), help="Marketing rules bind activity only."),
        click.option("--service-id", help="How BOSS and MISC name it."),
        click.option("--kind", type=click.Choice(KINDS)),
        click.option("--title"),
    ):
        command = option(command)
    return command


def parse_span(text: str) -> float:
    """A span such as `12h` in seconds.

    Raises:
        UsageError: it is none.
    """
    match = re.fullmatch(r"(\d{1,6})([smhd])", text.strip())
    if match is None or int(match[1]) == 0:
        raise UsageError(f"{text!r} is no span of time; write 30m, 12h or 2d")
    return float(int(match[1]) * UNITS_S[match[2]])


@publication.command("add")
@click.argument("slug")
@_fields
@operation
def add(invocation: Invocation, slug: str, **fields: Any) -> Report:
    """Make a publication."""
    from content.services import add_publication

    with invocation.runtime.transaction() as session:
        made = add_publication(session, slug, wanted_of(**fields), invocation.actor, invocation.runtime.now())
        return Report(document_of(made), lines=(f"publication {slug} is made",))


@publication.command("set")
@click.argument("slug")
@_fields
@operation
def set_(invocation: Invocation, slug: str, **fields: Any) -> Report:
    """Change a publication."""
    from content.services import set_publication

    with invocation.runtime.transaction() as session:
        changed = set_publication(session, slug, wanted_of(**fields), invocation.actor, invocation.runtime.now())
        return Report(document_of(changed), lines=(f"publication {slug} is changed",))


def wanted_of(*, stale_after: str | None, send_window: str | None, seed_missing: str | None, **fields: Any) -> PublicationFields:
    """The options of `add` and `set` as a service takes them; `any` and `default` are the empty value.

    Raises:
        UsageError: a span of time or hours that are none.
    """
    from content.services import PublicationFields
    from huabao.hours import Hours

    return PublicationFields(
        stale_after_s=parse_span(stale_after) if stale_after else None,
        send_window=None if send_window is None else str(Hours.parse("" if send_window == "any" else send_window)),
        seed_missing="" if seed_missing == "default" else seed_missing,
        **fields,
    )


@publication.command("list")
@operation
def list_(invocation: Invocation) -> Report:
    """All publications."""
    with invocation.runtime.transaction(read_only=True) as session:
        found = [document_of(row) for row in session.scalars(select(Publication).order_by(Publication.slug))]
    columns = ("slug", "title", "kind", "class", "service_id", "service_code", "stale_after_s", "window", "unknown", "replay")
    return Report({"publications": found}, columns=columns, rows=[[row[name] for name in columns] for row in found])


def document_of(row: Publication) -> dict[str, Any]:
    """A publication as `--json` prints it."""
    return {
        "slug": row.slug,
        "title": row.title,
        "kind": row.kind,
        "class": row.klass,
        "service_id": row.service_id,
        "service_code": row.service_code,
        "stale_after_s": row.stale_after_s,
        "window": row.send_window,
        "seed_missing": row.seed_missing,
        "reserve_edition_id": row.reserve_edition_id,
        "design": row.design,
        "unknown": row.unknown_policy,
        "replay": row.replay_policy,
        "serial_start": row.serial or ("current" if row.kind == "comic" else "none"),
    }
