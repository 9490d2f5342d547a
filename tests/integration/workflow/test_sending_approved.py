"""What a dispatch asks of an approval, and how an edition's life follows its dispatches."""

from __future__ import annotations

from pathlib import Path

import pytest

from content.models import Edition, EditionVersion
from content.services import kill_edition
from content.workflow import lifecycle, standing
from content.workflow.lifecycle import Act
from delivery.dispatch import planning
from delivery.dispatch.steering import steer
from huabao.config import Config
from huabao.errors import UsageError
from huabao.runtime import Runtime, make_runtime
from tests.command_line import CLI
from tests.services.delivering import World, add_port, build_world, manuscript, peer, set_setting


def life(runtime: Runtime, world: World) -> list[tuple[str, str]]:
    with runtime.transaction(read_only=True) as session:
        return [(one.verb, one.after) for one in lifecycle.history(session, world.edition_id)]


def new_version(runtime: Runtime, world: World) -> None:
    with runtime.transaction() as session:
        edition, old = session.get_one(Edition, world.edition_id), session.get_one(EditionVersion, world.version_id)
        document = manuscript("paper", old.issue_date, (None, None)).to_document()
        version = EditionVersion(
            edition_id=edition.id, version=2, title="早报", issue_date=old.issue_date, manuscript=document, source_sha256="1" * 64, created_at=runtime.now(), created_by="ed"
        )  # fmt: skip
        session.add(version)
        session.flush()
        edition.current_version_id = version.id
        standing.changed(session, edition, "version 2 was imported", by="ed", at=runtime.now())


def test_only_what_is_approved_is_sent(runtime: Runtime, cli: CLI, tmp_path: Path) -> None:
    world = build_world(runtime, readers=5)
    set_setting(runtime, "approval_required", "yes")
    with peer(tmp_path / "kept") as mmsc:
        add_port(runtime, mmsc.url)
        assert "version 1 of paper/1 is draft and not approved" in cli("dispatch", "start", world.edition, code=2).err
        cli("edition", "submit", world.edition)
        assert "is in_review and not approved" in cli("edition", "schedule", world.edition, code=2).err
        cli("edition", "approve", world.edition)
        made = cli("edition", "schedule", world.edition, "--start", "2099-01-01T06:00", "--json").json
        assert (made["state"], made["planned"], made["dispatch_state"]) == ("scheduled", 5, "planned")
        steer(runtime, made["dispatch_id"], "cancel", by="op", reason="wrong day")
        assert cli("edition", "show", world.edition, "--json").json["state"] == "approved"
        sent = cli("dispatch", "start", world.edition, "--json", env={"HUABAO_REPORT_WAIT_S": "1"}).json
        assert sent["state"] == "closed"
        assert cli("edition", "show", world.edition, "--json").json["state"] == "sent"
        assert [verb for verb, _ in life(runtime, world)] == ["submit", "approve", "schedule", "unschedule", "schedule", "send"]
        new_version(runtime, world)
        assert "version 2 of paper/1 is in_review and not approved; the approval of" in cli("dispatch", "start", world.edition, code=2).err
        assert "version 2 of paper/1 is in_review" in cli("edition", "correct", world.edition, code=2).err


def test_without_the_setting_a_draft_is_sent_as_before(runtime: Runtime) -> None:
    world = build_world(runtime, readers=3)
    add_port(runtime, "http://127.0.0.1:9/")
    first = planning.create(runtime, planning.Request(world.edition), actor="t")
    assert life(runtime, world)[0] == ("schedule", "scheduled")
    steer(runtime, first, "cancel", by="t", reason="no")
    with runtime.transaction(read_only=True) as session:
        assert session.get_one(Edition, world.edition_id).state in ("draft", "sent")


def test_production_wants_an_approval_by_itself(sqlite_runtime: Runtime) -> None:
    world = build_world(sqlite_runtime, readers=3)
    add_port(sqlite_runtime, "http://127.0.0.1:9/")
    strict = make_runtime(Config(env="production", database_url=sqlite_runtime.config.database_url, data_dir=sqlite_runtime.config.data_dir))
    with pytest.raises(UsageError, match="not approved"):
        planning.create(strict, planning.Request(world.edition), actor="t")
    strict.engine.dispose()
    assert planning.create(sqlite_runtime, planning.Request(world.edition), actor="t") == 1


def test_an_older_versions_dispatch_changes_nothing_about_the_new_one(runtime: Runtime) -> None:
    world = build_world(runtime, readers=3)
    add_port(runtime, "http://127.0.0.1:9/")
    first = planning.create(runtime, planning.Request(world.edition), actor="t")
    with runtime.transaction() as session:
        session.get_one(Edition, world.edition_id).state = "scheduled"
    new_version(runtime, world)
    steer(runtime, first, "cancel", by="t", reason="a newer version")
    with runtime.transaction(read_only=True) as session:
        assert session.get_one(Edition, world.edition_id).state == "in_review"


def test_a_killed_edition_has_no_approval(runtime: Runtime) -> None:
    world = build_world(runtime)
    with runtime.transaction() as session:
        edition = session.get_one(Edition, world.edition_id)
        for verb in ("submit", "approve"):
            lifecycle.act(session, edition, verb, Act("chief", runtime.now()))
        kill_edition(session, edition, by="chief", now=runtime.now(), reason="wrong")
        assert edition.state == "killed"
        assert standing.standing(session, edition.id) is None
    new_version(runtime, world)
    with runtime.transaction(read_only=True) as session:
        assert session.get_one(Edition, world.edition_id).state == "draft"
