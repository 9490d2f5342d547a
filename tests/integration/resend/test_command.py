"""`huabao resend` as a support agent uses it, and two agents who press at one instant."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import func, select

from delivery.models import Dispatch, Resend
from delivery.resend.services import Answer
from huabao.cli import NO_REASON
from huabao.runtime import Runtime, make_runtime
from tests.command_line import CLI, ROOT, process_environment
from tests.integration.console.dispatch_rows import add_users
from tests.integration.resend.ground import EDITION, ask, asked, change_order, problems, send_paper, set_outcomes
from tests.services.delivering import add_port, build_world, number_of, peer
from tests.services.waiting import PATIENCE_S

REASON = ("--reason", "did not come")


def test_a_support_agent_sends_it_again(runtime: Runtime, cli: CLI, tmp_path: Path) -> None:
    with peer(tmp_path / "kept", "--mix", "retrieved=0") as mmsc:
        world = build_world(runtime, readers=3)
        add_port(runtime, mmsc.url)
        send_paper(runtime, world)
        add_users(runtime)
        one = ("resend", "--edition", EDITION, "--msisdn")
        before = cli(*one, "+86" + number_of(2), "--dry-run", "--json").json
        assert (before["state"], before["dispatch_id"], before["dry_run"]) == ("sent", None, True)
        said = cli(*one, number_of(2), *REASON, "--key", "t-1", "--as", "zhou", "--json").json
        assert (said["state"], said["outcome"], said["msisdn"], said["requested_by"]) == ("sent", "submitted", number_of(2), "zhou")
        assert [copy["dispatch_id"] for copy in said["copies"]] == [1]
        same = cli(*one, number_of(2), *REASON, "--key", "t-1", "--json").json
        assert (same["repeated"], same["dispatch_id"], same["outcome"]) == (True, said["dispatch_id"], "submitted")
        twice = cli(*one, number_of(2), *REASON, code=1)
        assert "by zhou" in twice.out
        assert "--again" in twice.out
        change_order(runtime, 3, state="cancelled")
        refused = cli(*one, number_of(3), *REASON, "--json", code=1).json
        assert (refused["state"], refused["refusal"], refused["outcome"]) == ("refused", "cancelled", None)
        assert "no reader has this number" in cli(*one, number_of(77), *REASON, code=2).err
        assert "say why" in cli(*one, number_of(2), "--again", code=2).err
        assert "there is no edition" in cli("resend", "--msisdn", number_of(2), "--edition", "paper/9", *REASON, code=2).err
        assert "not a mobile number" in cli(*one, "12", *REASON, code=2).err
        assert "--filter FILE" in cli("resend", "--msisdn", number_of(2), code=2).err
        assert mmsc.recipients().count(number_of(2)) == 2
        assert problems(runtime, mmsc) == []


def test_an_operator_recovers_what_failed(runtime: Runtime, cli: CLI, tmp_path: Path) -> None:
    with peer(tmp_path / "kept", "--mix", "retrieved=0") as mmsc:
        world = build_world(runtime, readers=20)
        add_port(runtime, mmsc.url)
        send_paper(runtime, world)
        set_outcomes(runtime, 5, list(range(1, 8)))
        wanted = tmp_path / "filter.yaml"
        wanted.write_text(f"edition: {EDITION}\noutcomes: [failed]\n")
        counted = cli("resend", "--filter", wanted, "--dry-run", "--json").json
        assert (counted["matched"], counted["planned"], counted["by"]["outcome"]) == (7, 7, {"failed": 7})
        assert "7 readers found, 7 would get it" in cli("resend", "--filter", wanted, "--dry-run").out
        add_users(runtime)
        cli("settings", "set", "start_quiet_s", "0.5")
        said = cli("resend", "--filter", wanted, *REASON, "--as", "王敏", "--json").json
        assert (said["planned"], said["outcomes"]["submitted"], said["found"]["planned"]) == (7, 7, 7)
        nobody = cli("resend", "--filter", wanted, "--json").json
        assert (nobody["dispatch_id"], nobody["found"]["excluded"], asked(runtime)[-1].reason) == (None, {}, NO_REASON)
        wanted.write_text("edition: 1\noutcome: [failed]\n")
        assert "filter.yaml:2: there is no key `outcome`" in cli("resend", "--filter", wanted, "--dry-run", code=2).err
        assert "not both" in cli("resend", "--filter", wanted, "--msisdn", number_of(1), code=2).err


def counted(runtime: Runtime) -> tuple[int, int]:
    with runtime.transaction(read_only=True) as session:
        return session.scalar(select(func.count()).select_from(Dispatch)) or 0, session.scalar(select(func.count()).select_from(Resend)) or 0


@pytest.mark.parametrize("keys", [("k-1",) * 4, ("k-1", "k-2", "k-3", "k-4")], ids=["one key", "a key each"])
def test_four_agents_at_one_instant_send_it_once(runtime: Runtime, keys: tuple[str, ...]) -> None:
    build_world(runtime, readers=1)
    add_port(runtime, "http://127.0.0.1:1/")
    together = threading.Barrier(len(keys))

    def press(key: str) -> Answer:
        own = make_runtime(runtime.config)  # as a process of his own has it
        try:
            together.wait(PATIENCE_S)
            return ask(own, 1, key=key)
        finally:
            own.engine.dispose()

    with ThreadPoolExecutor(len(keys)) as pool:
        answers = list(pool.map(press, keys))
    assert {one.dispatch_id for one in answers} == {1}
    first = [one for one in answers if one.state == "sent" and not one.repeated]
    assert len(first) == 1
    assert all(one.repeated if len(set(keys)) == 1 else one.state == "already" for one in answers if one is not first[0])
    assert counted(runtime) == (1, len(set(keys)))


def test_two_processes_at_once_send_it_once(postgres_runtime: Runtime) -> None:
    build_world(postgres_runtime, readers=1)
    add_port(postgres_runtime, "http://127.0.0.1:1/")
    command = [sys.executable, "-m", "console.cli", "resend", "--msisdn", number_of(1), "--edition", EDITION, *REASON, "--detach", "--json"]
    environment = process_environment(postgres_runtime)
    running = [subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = []
    for process in running:
        out, err = process.communicate(timeout=100)
        assert process.returncode in (0, 1), err
        said.append(json.loads(out))
    assert ({one["dispatch_id"] for one in said}, sorted(one["state"] for one in said)) == ({1}, ["already", "sent"])
    assert counted(postgres_runtime) == (1, 2)
