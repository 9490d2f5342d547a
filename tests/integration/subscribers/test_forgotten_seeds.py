"""Who is forgotten is no seed any more, in no group."""

from __future__ import annotations

from sqlalchemy import select

from delivery.models import Seed
from huabao.audit import AuditEntry
from huabao.runtime import Runtime
from tests.command_line import CLI

GONE, STAYS = "13900000001", "13900000002"


def seeds(runtime: Runtime) -> list[tuple[str, str]]:
    with runtime.transaction(read_only=True) as session:
        return sorted((one.group_name, one.msisdn) for one in session.scalars(select(Seed)))


def test_a_forgotten_number_leaves_every_seed_group(runtime: Runtime, cli: CLI) -> None:
    cli("seeds", "add", "house", GONE, STAYS)
    cli("seeds", "add", "panel", GONE, "--kind", "member")
    said = cli("subscribers", "forget", "+86" + GONE, "--json").json
    assert (said["removed"]["readers"], said["removed"]["seeds"]) == (1, 2)
    assert seeds(runtime) == [("house", STAYS)]
    assert "no reader has the number" in cli("subscribers", "forget", GONE, code=2).err
    with runtime.transaction(read_only=True) as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "subscribers.forget")).one()
    assert entry.detail["rows"]["seeds"] == 2
    assert GONE not in f"{entry.object_id} {entry.detail}"


def test_a_number_that_was_only_a_seed_is_forgotten_too(runtime: Runtime, cli: CLI) -> None:
    cli("seeds", "add", "panel", GONE, STAYS, "--kind", "member")
    removed = cli("subscribers", "forget", GONE, "--json").json["removed"]
    assert {where: count for where, count in removed.items() if count} == {"seeds": 1}
    assert seeds(runtime) == [("panel", STAYS)]
