"""`edition try`: an edition on one's own phone before anybody has it, through the sandbox's MMSC, in no statistics."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from console.models import User
from content.models import Publication, Variant
from delivery.models import Dispatch
from huabao.audit import AuditEntry
from huabao.runtime import Runtime
from subscribers.models import Reader, ReaderServiceMonth
from tests.command_line import CLI
from tests.services.delivering import World, add_port, build_world, peer, set_setting

MINE, SEED, STRANGER = "13900000001", "13900000002", "13900000003"

SOON = {"HUABAO_REPORT_WAIT_S": "1"}
"""Nobody listens for reports here."""


@pytest.fixture
def world(runtime: Runtime) -> World:
    made = build_world(runtime, readers=3)
    set_setting(runtime, "approval_required", "yes")
    with runtime.transaction() as session:
        for place, number in enumerate((MINE, SEED), start=1000):  # the world's readers have ids of their own making
            session.add(Reader(id=place, msisdn=number, topics=[], attributes={}, created_at=runtime.now(), updated_at=runtime.now()))
        session.add(User(name="ed", name_key="ed", password_hash="", role="editor", msisdn=MINE, created_at=runtime.now()))
        session.add(User(name="new", name_key="new", password_hash="", role="editor", created_at=runtime.now()))
        session.scalars(select(Publication)).one().send_window = "03:00-03:01"
    return made


def test_a_draft_comes_to_my_phone_and_to_a_seed_and_to_nobody_else(runtime: Runtime, cli: CLI, world: World, tmp_path: Path) -> None:
    with peer(tmp_path / "kept") as mmsc:
        add_port(runtime, mmsc.url)
        made = cli("edition", "try", world.edition, "--as", "ed", "--class", "30kb-128x160", "--json", env=SOON).json
        assert (made["msisdn"], made["variant_id"].rpartition("-")[0], made["state"], made["outcomes"]["no_report"]) == (MINE, "30kb-128x160", "closed", 1)
        cli("seeds", "add", "desk", SEED, "--kind", "test", "--handset-class", "100kb-240x320")
        other = cli("edition", "try", world.edition, "--to", f"86{SEED}", "--as", "new", "--detach", "--json").json
        assert other["variant_id"].startswith("100kb-240x320-")
        assert "neither the phone of your account nor in a seed group" in cli("edition", "try", world.edition, "--to", STRANGER, "--as", "ed", code=2).err
        assert "the account new has no phone" in cli("edition", "try", world.edition, "--as", "new", code=2).err
        assert "13900000001" not in "".join(cli("edition", "try", world.edition, "--to", MINE, "--as", "new", code=2).err)
        assert cli("ledger", "verify", "--peer", tmp_path / "kept", "--json").json["balanced"]
    assert cli("edition", "show", world.edition, "--json").json["state"] == "draft"
    with runtime.transaction(read_only=True) as session:
        assert session.scalar(select(func.count()).select_from(ReaderServiceMonth)) == 0, "no statistics"
        assert session.scalar(select(func.count()).select_from(Reader).where(Reader.msisdn == STRANGER)) == 0
        assert sorted(session.scalars(select(Variant.handset_class))) == ["100kb-240x320", "30kb-128x160"]
        assert {row.kind for row in session.scalars(select(Dispatch))} == {"seed"}
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "edition.try")).all()
        assert [(one.actor, MINE in str(one.detail) or SEED in str(one.detail)) for one in entries] == [("ed", False), ("new", False)]


def test_a_phone_belongs_to_an_account_until_its_person_is_forgotten(cli: CLI, runtime: Runtime, world: World) -> None:
    del world
    assert cli("user", "set", "new", "--phone", STRANGER, "--city", "合肥", "--json").json == {"name": "new", "role": "editor", "city": "合肥", "phone": "139****0003"}
    cli("subscribers", "forget", STRANGER)
    with runtime.transaction(read_only=True) as session:
        assert session.scalars(select(User.msisdn).where(User.name == "new")).one() is None
    assert cli("user", "set", "ed", "--phone", "", "--json").json["phone"] is None
    assert "not a mobile number" in cli("user", "set", "ed", "--phone", "12", code=2).err
