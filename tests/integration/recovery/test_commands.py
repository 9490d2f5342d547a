"""`huabao recovery …` on the command line: what each command does, and what it says where it cannot."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from content.models import Publication
from huabao.runtime import Runtime
from reconciliation.stop_send import deciding
from reconciliation.stop_send.models import DeliveryStop, DeliveryStreak
from subscribers.models import Reader, Subscription
from tests.command_line import CLI
from tests.integration.recovery.test_signs import NUMBER, T0, WHO
from tests.services.clocks import at
from tests.services.delivering import add_port, build_world, number_of, set_setting


def when(days: float = 0) -> dict[str, str]:
    """The environment of a command so many days after the beginning."""
    return {"HUABAO_NOW": (T0 + timedelta(days=days)).isoformat()}


@pytest.fixture
def paper(sqlite_runtime: Runtime) -> Runtime:
    """A paper with three readers, and a port that is away."""
    build_world(at(sqlite_runtime, T0), readers=3)
    add_port(sqlite_runtime, "http://127.0.0.1:9/")
    set_setting(sqlite_runtime, "recovery_hours", "")
    with sqlite_runtime.transaction() as session:
        session.execute(update(Subscription).values(price_fen=300))
    return sqlite_runtime


def test_one_reader_is_stopped_tried_listed_and_released(paper: Runtime, cli: CLI) -> None:
    stop = ("recovery", "stop", "--msisdn", NUMBER, "--service", "paper", "--cause", "memory_full", "--reason", "he asked")
    assert cli(*stop, env=when()).out.splitlines()[-1] == "1 subscription stopped"
    assert "0 subscriptions stopped" in cli(*stop, env=when()).out, "once"
    listed = cli("recovery", "list", "--json", env=when(1)).json
    assert listed["lines"] == [{"service_id": "paper", "titles": "早报", "cause": "memory_full", "city": listed["lines"][0]["city"], "age_days": 0, "subscriptions": 1}]
    assert "手机内存已满" in cli("recovery", "list", env=when(1)).out
    ran = cli("recovery", "run", "--msisdn", NUMBER, "--json", env=when(2)).json
    assert (ran["asked"], ran["stepped"]) == (1, 1)
    (one,) = cli("recovery", "list", "--msisdn", f"+86{NUMBER}", "--json", env=when(2)).json["stops"]
    assert (one["service_id"], one["attempt"], one["paid_fen"], one["months_paid"], one["missed"]) == ("paper", "tip", 300, 1, 0)
    assert one["next_step"].startswith("attempt 1 (person) is under way: tip since")
    assert "3.00 yuan" in cli("recovery", "list", "--msisdn", NUMBER, env=when(2)).out
    said = cli("recovery", "run", "--msisdn", NUMBER, code=2, env=when(2)).err
    assert "being tried already" in said
    assert NUMBER not in said, "never the whole number"
    assert "1 subscription sent to again" in cli("recovery", "release", "--msisdn", NUMBER, "--reason", "it fits again", env=when(3)).out
    (one,) = cli("recovery", "list", "--msisdn", NUMBER, "--json", env=when(3)).json["stops"]
    assert (one["ended_by"], one["attempt"]) == ("released", "given_up")
    assert one["next_step"].startswith("over, ")
    counted = cli("recovery", "replay", "--dry-run", "--json", env=when(3)).json
    assert [row["publication_id"] for row in counted["titles"]] == [1]
    assert cli("recovery", "replay", "--publication", "paper", "--json", env=when(3)).json["dry_run"] is False
    assert cli("recovery", "list", "--msisdn", number_of(1), env=when(3)).out.splitlines()[0] == "he was never stopped"


def test_two_billed_months_ask_a_person_and_exit_1(paper: Runtime, cli: CLI) -> None:
    cli("recovery", "stop", "--msisdn", NUMBER, "--service", "paper", "--reason", "x", env=when())
    cli("recovery", "run", env=when(92))
    said = cli("recovery", "list", env=when(92), code=1).out
    assert "1 subscription stopped through two billed months: refund or cancel" in said
    (one,) = cli("recovery", "list", "--msisdn", NUMBER, "--json", env=when(92), code=0).json["stops"]
    assert (one["months_paid"], one["paid_fen"]) == (4, 1200)


def test_a_held_run_is_agreed_to_by_two_or_dropped(paper: Runtime, cli: CLI) -> None:
    set_setting(paper, "stop_guard_count", 1)
    cli("user", "add", "wang", "--role", "ops", "--password-env", "PHRASE", env={"PHRASE": "a long enough phrase 9"})
    with paper.transaction() as session:
        session.add_all(DeliveryStreak(reader_id=one, service_id="paper", cause="unknown", failing_since=T0 - timedelta(days=20), editions=20, last_failed_at=T0) for one in (1, 2))
    assert cli("recovery", "run", "--json", env=when()).json["held"] == 2
    said = cli("recovery", "list", env=when(), code=1).out
    assert "run 1 is held" in said
    assert "stop_guard_count" in said
    assert "another person must agree too" in cli("recovery", "stop", "--approve", "1", env=when()).out
    assert "another person" in cli("recovery", "stop", "--approve", "1", env=when(), code=2).err
    assert "2 subscriptions stopped" in cli("recovery", "stop", "--approve", "1", "--as", "wang", env=when()).out
    assert "it is applied" in cli("recovery", "stop", "--drop", "1", code=2).err
    assert "there is no held run 9" in cli("recovery", "stop", "--approve", "9", code=2).err
    with paper.transaction() as session:
        assert sorted(session.scalars(select(DeliveryStop.by))) == [deciding.SOURCE] * 2


REFUSED: tuple[tuple[tuple[str, ...], str], ...] = (
    (("list", "--msisdn", "12"), "11 digits"),
    (("list", "--msisdn", "13900139999"), "no reader has this number; `huabao subscribers import`"),
    (("run", "--msisdn", number_of(1)), "is not stopped, or is being tried already; `huabao recovery list --msisdn`"),
    (("stop",), "name a reader and a service (--msisdn, --service), or a held run (--approve, --drop)"),
    (("stop", "--msisdn", NUMBER, "--approve", "1"), "one thing at a time"),
    (("stop", "--msisdn", NUMBER, "--service", "paper"), "say why with --reason"),
    (("stop", "--msisdn", NUMBER, "--service", "paper", "--reason", "x", "--cause", "tired"), "there is no cause 'tired'; there are handset_settings, memory_full"),
    (("stop", "--msisdn", NUMBER, "--service", "comic", "--reason", "x"), "no active order of service 'comic'"),
    (("release", "--msisdn", number_of(1)), "is not stopped"),
    (("release", "--msisdn", number_of(1), "--service", "comic"), "in service 'comic'"),
    (("replay", "--publication", "comic"), "comic"),
    (("schedule", "--cause", "tired"), "there is no cause 'tired'"),
)
"""Commands that cannot be done, and what is said of each."""


def test_what_cannot_be_done_is_said_in_one_line(paper: Runtime, cli: CLI) -> None:
    for arguments, said in REFUSED:
        err = cli("recovery", *arguments, code=2).err
        assert said in err, arguments
        assert len(err.strip().splitlines()) == 1, arguments


def test_a_barred_account_is_released_by_boss_alone(paper: Runtime, cli: CLI) -> None:
    with paper.transaction() as session:
        session.execute(update(Reader).where(Reader.id == WHO).values(account_state="barred", account_at=T0 - timedelta(hours=2)))
    cli("recovery", "run", env=when(1))
    (one,) = cli("recovery", "list", "--msisdn", NUMBER, "--json", env=when(1)).json["stops"]
    assert (one["cause"], one["next_step"]) == ("barred", "sent to again when BOSS says that the account is unbarred")
    assert "as BOSS bills" in cli("recovery", "list", "--msisdn", NUMBER, env=when(1)).out
    assert "is barred: BOSS's event" in cli("recovery", "release", "--msisdn", NUMBER, code=2, env=when(1)).err


def test_the_schedule_names_the_publications_policy(paper: Runtime, cli: CLI) -> None:
    cli("publication", "set", "paper", "--replay", "credit")
    with paper.transaction(read_only=True) as session:
        assert session.scalars(select(Publication.replay_policy)).one() == "credit"
    hours = cli("recovery", "schedule", "--cause", "memory_full", "--json").json["hours"]
    assert {one["cause"] for one in hours} == {"memory_full"}
    assert len(hours) == 24, "recovery_hours is open all day here"
