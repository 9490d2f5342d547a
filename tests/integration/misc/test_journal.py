"""The journal: sealed, forgotten with its reader, and replayed into an empty database with the same result."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from console.schema import upgrade
from huabao.config import Config
from huabao.runtime import Runtime, make_runtime
from reconciliation.codecs.misc import decode_envelope
from reconciliation.dialects import dialects_in
from reconciliation.intake import misc
from reconciliation.intake.misc import Arrival
from reconciliation.journal import read_all
from reconciliation.journal.models import MessageKey
from reconciliation.journal.retention import tidy
from subscribers.models import Reader, Subscription, SubscriptionEvent
from subscribers.orders.models import ReaderNumber
from tests.command_line import CLI
from tests.integration.misc.ground import ANNA, BEN, CANCEL, PAUSE, RESUME, journal_rows, message, serving, states, tell
from tests.integration.misc.test_ordering import ask, both
from tests.integration.reconciliation.installing import at, later

STORY: tuple[tuple[Any, ...], ...] = (
    (1, ANNA), (1, BEN), (PAUSE, ANNA), (PAUSE, BEN, 3), (RESUME, ANNA), (1, ANNA, 1, "EVENING"), (RESUME, BEN, 4), (CANCEL, ANNA, 5), (CANCEL, BEN, 7), (1, ANNA), (99, BEN), (CANCEL, BEN, 6),
)  # fmt: skip
"""Orders, a bar, a transfer after which the number is another reader's, a number change that waits, a code nobody knows, a closed account."""


def what_holds(runtime: Runtime) -> list[list[Any]]:
    """Readers, subscriptions, history and numbers, without the ids of rows."""
    with runtime.transaction(read_only=True) as session:
        first = {row.id: row.number for row in session.execute(select(Reader.id, select(SubscriptionEvent.effective_at).where(SubscriptionEvent.reader_id == Reader.id)
                 .order_by(SubscriptionEvent.id).limit(1).scalar_subquery().label("number")))}  # fmt: skip
        return [sorted((_plain(row, first) for row in session.scalars(select(model))), key=str) for model in (Reader, Subscription, SubscriptionEvent, ReaderNumber)]


def _plain(row: Any, first: dict[int, Any]) -> dict[str, Any]:
    found = {column.name: getattr(row, column.name) for column in row.__table__.columns if column.name != "id"}
    if "reader_id" in found:
        found["reader_id"] = first.get(found["reader_id"])
    if "-" in found.get("msisdn", "") or not found.get("msisdn", "1").isdigit():
        found["msisdn"] = "given up"
    return found


def arrival(runtime: Runtime, body: bytes) -> Arrival:
    """A message as the route hands it on."""
    dialect = dialects_in(runtime.config.dialects_folder).get("misc-1.5.0")
    envelope = decode_envelope(body)
    return Arrival("misc", dialect, body, envelope, envelope.transaction_id)


def test_what_the_journal_holds_makes_the_same_again(runtime: Runtime, cli: CLI, tmp_path: Path) -> None:
    with both(runtime, "--late-errors", "139=1"):
        with serving(runtime) as tcp_port:
            for n, (action, number, *more) in enumerate(STORY):
                body = message(f"t{n}", action, number, reason=more[0] if more else 1, service=more[1] if len(more) > 1 else "TJSJB")
                tell(tcp_port, body)
                if n % 3 == 0:
                    tell(tcp_port, body)
        ask(runtime, "order", "k1", "13800138009")
    assert states(runtime)["13800138009"] == "cancelled", "MISC refused after its call"
    empty = make_runtime(Config(database_url=f"sqlite:///{tmp_path}/again.db", data_dir=tmp_path))
    upgrade(empty)
    try:
        url = runtime.config.database_url
        said = cli("journal", "replay", "--from", url, "--json", env={"HUABAO_DATABASE_URL": f"sqlite:///{tmp_path}/again.db"})
        assert said.json["different"] == 0
        assert said.json["applied"] + said.json["skipped"] + 2 == said.json["messages"]
        assert what_holds(empty) == what_holds(runtime)
        assert cli("journal", "replay", "--from", url, env={"HUABAO_DATABASE_URL": f"sqlite:///{tmp_path}/again.db"}, code=2).err.count("readers already")
    finally:
        empty.engine.dispose()


def test_who_is_forgotten_can_be_read_by_nobody(runtime: Runtime, cli: CLI) -> None:
    with serving(runtime) as tcp_port:
        for n, number in enumerate((ANNA, BEN)):
            tell(tcp_port, message(f"t{n}", 1, number))
        tell(tcp_port, message("t8", 99, "13800138008"))  # nobody's: its code is unknown
    assert [one["verdict"] for one in cli("journal", "list", "--msisdn", ANNA, "--json").json] == ["applied"]
    assert ANNA in cli("journal", "show", "1", "--json").json["content"]
    cli("subscribers", "forget", ANNA)
    cli("subscribers", "forget", "13800138008")
    assert cli("journal", "show", "1", "--json").json["content"] is None
    with runtime.transaction(read_only=True) as session:
        left = [(one.row.id, one.content is not None) for one in read_all(session)]
        keys = session.execute(select(MessageKey.reader_id.is_not(None), MessageKey.key.is_not(None)).order_by(MessageKey.id)).all()
    assert left == [(1, False), (2, True), (3, False)]
    assert [tuple(one) for one in keys] == [(False, False), (True, True), (False, True)]


def test_a_clock_that_was_set_back_loses_no_word(sqlite_runtime: Runtime) -> None:
    runtime = sqlite_runtime
    before = at(runtime, runtime.now() - timedelta(days=2))
    for clock, action in ((runtime, 1), (before, PAUSE), (before, CANCEL)):
        with clock.transaction() as session:
            assert misc.take(session, [arrival(runtime, message(f"t{action}", action))], now=clock.now()) == [0]
    assert states(runtime) == {ANNA: "cancelled"}
    assert len({row.received_at for row in journal_rows(runtime)}) == 1


def test_what_is_too_old_goes_with_its_key(runtime: Runtime) -> None:
    with serving(runtime) as tcp_port:
        tell(tcp_port, message("t1"))
        tell(tcp_port, message("t2", 99, BEN))
    tidy(later(runtime, 63 * 86_400))
    assert [row.transaction_id for row in journal_rows(runtime)] == ["t1"]
    with runtime.transaction(read_only=True) as session:
        assert session.scalars(select(MessageKey.day)).all() == [None]
    tidy(later(runtime, 1101 * 86_400))
    assert journal_rows(runtime) == []


def test_dialects_and_peers_are_shown_and_set(sqlite_runtime: Runtime, cli: CLI) -> None:
    assert [one["name"] for one in cli("dialects", "misc", "--json").json["dialects"]] == ["m-market", "misc-1.5.0"]
    entries = cli("dialects", "misc", "m-market", "--json").json["entries"]
    assert {(one["table"], one["code"]): one["says"] for one in entries}["action", 2] == "pause"
    cli("misc", "add", "market", "--dialect", "m-market", "--device-id", "9", "--address", "10.1.0.0/16")
    assert json.loads(cli("misc", "set", "market", "--url", "http://10.1.0.1/x", "--json").out)["dialect"] == "m-market"
    assert cli("misc", "add", "other", "--dialect", "nobodys", code=2).err.count("there is no dialect")
    assert cli("misc", "set", "market", "--url", "ftp://x", code=2).err.count("http://HOST")
    cli("misc", "remove", "market")
    assert [one["name"] for one in cli("misc", "list", "--json").json] == ["misc"]
    assert states(sqlite_runtime) == {}
