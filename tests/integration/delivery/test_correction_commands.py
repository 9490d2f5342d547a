"""`huabao edition correct`, `edition kill` and `huabao dialects …` by command."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivery.dialects import folders
from delivery.dispatch.steering import steer
from huabao.runtime import Runtime
from tests.command_line import CLI
from tests.integration.delivery.test_correction import SLOW, half_sent, import_again
from tests.services.delivering import peer

ADDED = 'name = "cmcc"\nversion = "mine"\nextends = "cmcc"\n[mm_status]\nTeleported = { outcome = "failed", cause = "network", en = "Gone.", zh = "消失。" }\n'


def test_correct_and_kill(sqlite_runtime: Runtime, cli: CLI, tmp_path: Path) -> None:
    with peer(tmp_path / "kept", *SLOW) as mmsc:
        world, old = half_sent(sqlite_runtime, mmsc.url, readers=50, first=20)
        assert "import the corrected folder first" in cli("edition", "correct", world.edition, code=2).err
        steer(sqlite_runtime, old, "pause", by="ops")
        import_again(sqlite_runtime, world)
        counted = cli("edition", "correct", world.edition, "--dry-run", "--json").json
        assert (counted["planned"], counted["waiting"], counted["replaceable"]["readers"], counted["dispatch_id"]) == (30, 30, 20, None)
        quick = {"HUABAO_REPORT_WAIT_S": "1"}
        made = cli("dispatch", "correct", world.edition, "--replace", "--reason", "a wrong name", "--json", env=quick).json
        assert (made["version"], made["planned"], made["asked"], made["dispatch_id"]) == (2, 30, 2, 2)
        before = cli("edition", "correct", world.edition, "--replace", "--dry-run")
        assert "asked before: the replacement of 2 submissions (2 done)" in before.out.splitlines()
        assert cli("edition", "correct", world.edition, "--dry-run", "--json").json["recalls"] == {"replace": {"done": 2}}
        said = cli("edition", "correct", world.edition)
        assert "nobody is left to send it to" in said.out
        assert cli("dispatch", "recall", 2, "--dry-run", "--json").json["recallable"]["readers"] == 30
        recalled = cli("dispatch", "recall", 2, "--reason", "not this one", "--json").json
        assert (recalled["asked"], recalled["recalls"], recalled["state"]) == (3, {"cancel": {"done": 3}}, "corrected")
        assert cli("edition", "kill", world.edition, "--recall", "--dry-run", "--json").json["recallable"]["beyond"] == 0
        killed = cli("edition", "kill", world.edition, "--recall", "--reason", "wrong front page", "--json").json
        assert killed["state"] == "killed"
        assert set(killed["recalls"]["cancel"]) == {"done"}
        assert cli("edition", "list", "--json").json["editions"][0]["state"] == "killed"
        assert "was killed" in cli("dispatch", "start", world.edition, "--again", code=2).err
        assert cli("ledger", "verify", "--peer", mmsc.keep, "--json").json["problems"] == []


def test_dialects_are_listed_shown_and_checked(sqlite_runtime: Runtime, cli: CLI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "LOOK_S", 0.0)
    folder = tmp_path / "own"
    folder.mkdir()
    env = {"HUABAO_DIALECTS_DIR": str(folder)}
    listed = cli("dialects", "list", "--json", env=env).json
    assert [one["name"] for one in listed["dialects"]] == ["3gpp", "cmcc", "gsm-map", "smpp", "unicom"]
    shown = cli("dialects", "show", "cmcc", "--code", "4xxx", "--json", env=env).json
    assert [(one["cause"], one["retry"]) for one in shown["entries"]] == [("handset", True)]
    assert "has no code 'Teleported'" in cli("dialects", "show", "cmcc", "--code", "Teleported", code=2, env=env).err
    file = tmp_path / "cmcc.toml"
    file.write_text(ADDED, encoding="utf-8")
    assert cli("dialects", "check", file, "--json", env=env).json["version"] == "mine"
    file.rename(folder / "cmcc.toml")
    assert cli("dialects", "show", "cmcc", "--code", "teleported", "--json", env=env).json["entries"][0]["says"] == "failed"
    (folder / "telecom.toml").write_text("name = 3\n", encoding="utf-8")
    refused = cli("dialects", "check", folder / "telecom.toml", code=2, env=env)
    assert "telecom.toml:1: name: is missing" in refused.err
    broken = cli("dialects", "list", "--json", code=1, env=env).json
    assert [one["name"] for one in broken["dialects"]] == ["3gpp", "cmcc", "gsm-map", "smpp", "unicom"]
