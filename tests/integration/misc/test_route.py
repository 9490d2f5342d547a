"""`POST /misc` behind a real server, on both databases."""

from __future__ import annotations

from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import select

from huabao.alarms import Alarm
from huabao.config import Config
from huabao.runtime import Runtime, make_runtime
from reconciliation.codecs.misc import SubscribeServiceResp, decode_envelope, encode_envelope
from reconciliation.journal import read_all
from subscribers.models import Subscription
from tests.integration.misc.ground import ANNA, BEN, CANCEL, PAPER, PAUSE, RESUME, add_peer, journal_rows, message, post, serving, states, tell


def alarms(runtime: Runtime) -> dict[str, str]:
    """The text of each open alarm, by kind."""
    with runtime.transaction(read_only=True) as session:
        return {row.kind: row.text for row in session.scalars(select(Alarm).where(Alarm.closed_at.is_(None)))}


def test_an_order_lives_through_its_states_and_the_journal_holds_each_word(runtime: Runtime) -> None:
    with serving(runtime) as tcp_port:
        seen = []
        for number, action in enumerate((1, PAUSE, RESUME, CANCEL, 1)):
            assert tell(tcp_port, message(f"2026112206000{number}", action)) == 0
            seen.append(states(runtime)[ANNA])
    assert seen == ["active", "paused", "active", "cancelled", "active"]
    rows = journal_rows(runtime)
    assert [(row.transaction_id[-1], row.verdict, row.answer_code, row.dialect) for row in rows] == [(str(n), "applied", "0", "misc-1.5.0@1") for n in range(5)]
    assert len({row.key_id for row in rows}) == 1, "the key of one reader"
    assert all(ANNA.encode() not in (row.content or b"") for row in rows)
    with runtime.transaction(read_only=True) as session:
        assert [one.content for one in read_all(session)] == [message(f"2026112206000{n}", a) for n, a in enumerate((1, PAUSE, RESUME, CANCEL, 1))]


def test_the_answer_has_the_words_of_the_request(runtime: Runtime) -> None:
    with serving(runtime) as tcp_port:
        status, answer = post(tcp_port, message("t-42").replace(b">1.5.0<", b">1.4.9<").replace(b"www.monternet.com/dsmp", b"example.test/dsmp"))
    found = decode_envelope(answer)
    assert (status, found.transaction_id, found.version, found.namespace) == (200, "t-42", "1.4.9", "http://example.test/dsmp/schemas/")


def test_a_message_again_changes_nothing_and_another_of_its_id_is_another(runtime: Runtime) -> None:
    with serving(runtime) as tcp_port:
        assert [tell(tcp_port, message("1")), tell(tcp_port, message("2", CANCEL)), tell(tcp_port, message("1"))] == [0, 0, 0]
        assert states(runtime) == {ANNA: "cancelled"}
        assert tell(tcp_port, message("1", msisdn=BEN)) == 0
    assert states(runtime) == {ANNA: "cancelled", BEN: "active"}
    assert [row.verdict for row in journal_rows(runtime)] == ["applied", "applied", "repeated", "applied"]


def test_payer_and_reader_are_kept_apart(runtime: Runtime) -> None:
    with serving(runtime) as tcp_port:
        tell(tcp_port, message("1", payer=BEN))
        tell(tcp_port, message("2", msisdn="13800138003"))
    with runtime.transaction(read_only=True) as session:
        assert sorted(session.scalars(select(Subscription.fee_msisdn)).all(), key=str) == [BEN, None]
    assert BEN not in states(runtime), "who only pays reads nothing"


def test_codes_that_nobody_entered_are_refused_kept_and_told_to_a_person(runtime: Runtime) -> None:
    with serving(runtime) as tcp_port:
        tell(tcp_port, message("1"))
        assert [tell(tcp_port, message("2", 8)), tell(tcp_port, message("3", CANCEL, reason=77))] == [9014, 9014]
    assert states(runtime) == {ANNA: "active"}
    assert [row.verdict for row in journal_rows(runtime)] == ["applied", "quarantined", "quarantined"]
    assert "ActionReasonID 77 stands in no table of misc-1.5.0" in alarms(runtime)["misc.unknown_code"]


@pytest.mark.parametrize(("dialect", "action", "after"), [("misc-1.5.0", 2, "cancelled"), ("m-market", 2, "paused"), ("m-market", 3, "cancelled"), ("misc-1.5.0", 4, "paused")])
def test_the_same_number_means_what_its_peer_means(sqlite_runtime: Runtime, dialect: str, action: int, after: str) -> None:
    add_peer(sqlite_runtime, "one", device_id="1", dialect=dialect)
    with serving(sqlite_runtime) as tcp_port:
        assert tell(tcp_port, message("1", device="1")) == 0
        assert tell(tcp_port, message("2", action, device="1")) == 0
    assert states(sqlite_runtime) == {ANNA: after}


def test_a_peer_is_known_by_its_device_and_a_stranger_is_not_guessed_at(runtime: Runtime) -> None:
    add_peer(runtime, "misc", device_id="0431")
    add_peer(runtime, "market", device_id="9", dialect="m-market")
    with serving(runtime) as tcp_port:
        assert tell(tcp_port, message("1")) == 0
        assert tell(tcp_port, message("1", 2, device="9")) == 0, "the other peer's transaction 1 is another one"
        assert states(runtime) == {ANNA: "paused"}
        assert tell(tcp_port, message("2", CANCEL, device="77")) == 9014
    assert states(runtime) == {ANNA: "paused"}
    assert [row.peer for row in journal_rows(runtime)][:2] == ["misc", "market"]


def test_account_and_number_events_are_the_readers_not_the_orders(runtime: Runtime) -> None:
    with serving(runtime) as tcp_port:
        for n, service in enumerate((PAPER, "EVENING")):
            tell(tcp_port, message(f"1{n}", service=service))
        assert tell(tcp_port, message("2", PAUSE, reason=3)) == 0  # barred
        assert states(runtime) | states(runtime, "EVENING") == {ANNA: "paused"}
        assert tell(tcp_port, message("3", RESUME, reason=4)) == 0
        assert states(runtime, "EVENING") == {ANNA: "active"}
        assert tell(tcp_port, message("4", CANCEL, reason=7)) == 0  # number change: BOSS names the new one
        assert states(runtime) == {ANNA: "active"}
        assert tell(tcp_port, message("5", CANCEL, reason=5)) == 0  # transfer
        assert tell(tcp_port, message("6", CANCEL, reason=5, service="EVENING")) == 0, "told once for each service"
        assert ANNA not in states(runtime)
        assert tell(tcp_port, message("7")) == 0
    with runtime.transaction(read_only=True) as session:
        readers = session.scalars(select(Subscription.reader_id).where(Subscription.service_id == PAPER).order_by(Subscription.id)).all()
    assert len(set(readers)) == 2, "the new owner is another reader"


def test_what_cannot_be_read_is_9014_and_kept(runtime: Runtime) -> None:
    broken = message("t-9").replace(b"<ActionID>1<", b"<ActionID>x<")
    with serving(runtime) as tcp_port:
        for body, named in ((broken, "t-9"), (b"<a/>", ""), (b"", ""), (b"\xff\xfe<", ""), (encode_envelope(SubscribeServiceResp(0), transaction_id="t-8"), "t-8")):
            status, answer = post(tcp_port, body)
            found = decode_envelope(answer)
            assert (status, found.transaction_id, getattr(found.message, "h_ret", None)) == (200, named, 9014)
        assert post(tcp_port, b"x" * 70_000)[0] == 413
    assert [row.verdict for row in journal_rows(runtime)] == ["malformed"] * 5
    assert "misc.malformed" in alarms(runtime)


def test_who_calls_from_elsewhere_or_without_the_password_is_nobody(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MISC_PASSWORD", "s3cret")
    add_peer(runtime, "far", addresses=["10.9.8.0/24"])
    with serving(runtime) as tcp_port:
        assert post(tcp_port, message("1"))[0] == 403
    add_peer(runtime, "near", auth="basic", user="misc", password_env="MISC_PASSWORD")
    with serving(runtime) as tcp_port:
        assert post(tcp_port, message("1"))[0] == 401
        assert post(tcp_port, message("1"), {"Authorization": "Basic " + b64encode(b"misc:guess").decode()})[0] == 401
        assert post(tcp_port, message("1"), {"Authorization": "Basic " + b64encode(b"misc:s3cret").decode()})[0] == 200
    assert [row.peer for row in journal_rows(runtime)] == ["near"]


def test_services_that_nobody_makes_raise_an_alarm_or_are_refused(runtime: Runtime) -> None:
    with serving(runtime) as tcp_port:
        assert tell(tcp_port, message("1", service="NOBODY")) == 0
        assert "NOBODY" in alarms(runtime)["misc.unknown_service"]
        with runtime.transaction() as session:
            from huabao.settings import set_value
            from reconciliation.intake.settings import SETTINGS

            set_value(session, SETTINGS, "misc_unknown_services", "refuse", by="ops", at=runtime.now())
        assert tell(tcp_port, message("2", service="NOBODY", msisdn=BEN)) == 4004
    assert states(runtime, "NOBODY") == {ANNA: "active"}


def test_many_at_once_each_have_their_own_answer(runtime: Runtime) -> None:
    numbers = [f"139{n:08d}" for n in range(60)]
    with serving(runtime) as tcp_port, ThreadPoolExecutor(12) as pool:
        found = list(pool.map(lambda each: tell(tcp_port, message(f"t{each[0]}", 1 if each[0] % 7 else 99, each[1])), enumerate(numbers)))
    assert found == [0 if n % 7 else 9014 for n in range(60)]
    assert states(runtime) == {number: "active" for n, number in enumerate(numbers) if n % 7}
    assert [row.id for row in journal_rows(runtime)] == list(range(1, 61)), "ids without gaps, in the order in which they took effect"


def test_the_database_away_is_no_answer_at_all(tmp_path: Path) -> None:
    runtime = make_runtime(Config(database_url="postgresql://nobody@127.0.0.1:9/nothing", data_dir=tmp_path))
    with serving(runtime) as tcp_port:
        assert post(tcp_port, message("1"))[0] == 503
