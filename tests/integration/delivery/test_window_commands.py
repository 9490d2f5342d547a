"""`dispatch open-window`, `dispatch reroute`, `dispatch start --lane special`, as a person runs them."""

from __future__ import annotations

from sqlalchemy import select, update

from content.models import Publication
from delivery.models import Batch, Dispatch
from huabao.runtime import Runtime
from subscribers.models import Reader
from tests.command_line import CLI
from tests.integration.console.dispatch_rows import add_users
from tests.services.delivering import add_port, build_world
from tests.services.texting import add_smpp_port


def shut_world(runtime: Runtime) -> str:
    """A paper whose window opens in five hours, its port paused by nobody."""
    world = build_world(runtime, readers=4)
    add_port(runtime, "http://127.0.0.1:1/")
    add_smpp_port(runtime, "smpp://127.0.0.1:1")
    hour = (runtime.now().hour + 8 + 5) % 24  # Asia/Shanghai
    with runtime.transaction() as session:
        session.execute(update(Publication).values(send_window=f"{hour:02}:00-{hour:02}:30"))
        session.execute(update(Reader).where(Reader.id > 2).values(handset_class="30kb-128x160"))
    return world.edition


def test_a_dispatch_waits_for_its_window_until_a_person_opens_it(sqlite_runtime: Runtime, cli: CLI) -> None:
    edition = shut_world(sqlite_runtime)
    assert cli("dispatch", "start", edition, "--detach", "--json").json["state"] == "released"
    assert "is past" in cli("dispatch", "open-window", 1, "--until", "2020-01-01T00:00", "--reason", "late", code=2).err
    add_users(sqlite_runtime)
    until = sqlite_runtime.now().replace(year=sqlite_runtime.now().year + 1, day=1).isoformat()
    found = cli("dispatch", "open-window", 1, "--until", until, "--reason", "the editor was late", "--as", "王敏", "--json").json
    assert found["state"] == "sending"
    with sqlite_runtime.transaction(read_only=True) as session:
        assert "any_time" in session.get_one(Dispatch, 1).gate


def test_a_special_edition_goes_at_once(sqlite_runtime: Runtime, cli: CLI) -> None:
    edition = shut_world(sqlite_runtime)
    assert cli("dispatch", "start", edition, "--lane", "special", "--detach", "--json").json["state"] == "sending"
    with sqlite_runtime.transaction(read_only=True) as session:
        assert set(session.scalars(select(Batch.lane))) == {"special"}


def test_a_class_is_rerouted_with_the_count_shown_first(sqlite_runtime: Runtime, cli: CLI) -> None:
    edition = shut_world(sqlite_runtime)
    cli("dispatch", "start", edition, "--detach")
    asked = cli("dispatch", "reroute", 1, "--handset-class", "30kb-128x160", "--to", "link", "--reason", "white screens", "--dry-run")
    assert "2 readers of 30kb-128x160 in 1 batches would get a link through sms" in asked.out
    done = cli("dispatch", "reroute", 1, "--handset-class", "30kb-128x160", "--to", "link", "--reason", "white screens", "--json").json
    assert (done["readers"], done["port"], done["dry_run"]) == (2, "sms", False)
    assert "nothing of 30kb-128x160 waits" in cli("dispatch", "reroute", 1, "--handset-class", "30kb-128x160", "--to", "text", "--reason", "x", code=2).err
    assert cli("ledger", "verify", "--json").json["balanced"] is True
