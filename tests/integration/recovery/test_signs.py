"""Signs of life, each by the way that it really comes: reports, read replies, messages, imports, confirmations, BOSS."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from console.boss import BossApp
from console.mm7 import MM7App
from delivery.codecs.mm7 import Address, DeliveryReportReq, ReadReplyReq, encode_envelope
from delivery.models import Dispatch, InboundMessage, Outcome, Submission, deliveries
from delivery.partitions import ensure_day
from delivery.reports.folding import fold
from huabao.clock import business_day
from huabao.ids import pack_ids
from huabao.runtime import Runtime
from reconciliation.codecs.boss import headers_for
from reconciliation.stop_send import attempts, following, looking
from reconciliation.stop_send.models import DeliveryStop, RecoveryAttempt
from subscribers import imports
from subscribers.models import Reader
from tests.command_line import CLI
from tests.integration.misc.ground import serving
from tests.integration.reconciliation.installing import with_boss
from tests.services.clocks import at
from tests.services.delivering import add_port, build_world, number_of, set_setting
from tests.services.waiting import PATIENCE_S

T0 = datetime.fromisoformat("2026-11-02T06:30:00+08:00")
WHO = 2
NUMBER = number_of(WHO)


def stopped(runtime: Runtime, cause: str = "unreachable") -> Runtime:
    """One reader of three is stopped; a day later."""
    build_world(at(runtime, T0), readers=3)
    add_port(runtime, "http://127.0.0.1:9/")
    set_setting(runtime, "recovery_hours", "")
    with runtime.transaction() as session:
        session.execute(update(Reader).where(Reader.id == WHO).values(imei="356938035643809"))
        looking.stop_one(session, NUMBER, "paper", cause, by="li", reason="asked", now=T0)
    return at(runtime, T0 + timedelta(days=1))


def begun(runtime: Runtime) -> list[tuple[str, int]]:
    """Sign and reader of each attempt that one pass begins, or that another may not begin once more."""
    with runtime.transaction() as session:
        attempts.begin(session, runtime.now())
    with runtime.transaction() as session:
        assert attempts.begin(session, runtime.now()) == 0, "a sign counts once"
        return [(one.sign, one.reader_id) for one in session.scalars(select(RecoveryAttempt))]


def post(tcp_port: int, path: str, body: bytes, headers: Mapping[str, str]) -> None:
    """One request that must be taken."""
    connection = http.client.HTTPConnection("127.0.0.1", tcp_port, timeout=PATIENCE_S)
    try:
        connection.request("POST", path, body, dict(headers))
        response = connection.getresponse()
        assert response.status == 200, response.read()
        response.read()
    finally:
        connection.close()


XML = {"Content-Type": "text/xml; charset=utf-8"}


def report_of_another_title(runtime: Runtime, tcp_port: int, status: str = "Retrieved") -> None:
    """He fetches a magazine, which nobody stopped, or his handset puts it off."""
    day = business_day(runtime.now())
    with runtime.transaction() as session:
        dispatch = Dispatch(
            edition_id=1, edition_version_id=1, service_id="magazine", kind="edition", day=day, state="draining", audience=1, planned=1, start_at=runtime.now(),
            created_at=runtime.now(), created_by="test",
        )  # fmt: skip
        session.add(dispatch)
        session.flush()
        ensure_day(session, day)
        one = Submission(
            dispatch_id=dispatch.id, day=day, batch_id=1, port_id=1, variant_id=1, fence=1, transaction_id="t", message_id="m1", recipients=1, reader_ids=pack_ids([WHO]),
            state="accepted", status_code=1000, written_at=runtime.now(), answered_at=runtime.now(),
        )  # fmt: skip
        session.add(one)
        session.flush()
        row = {"day": day, "dispatch_id": dispatch.id, "reader_id": WHO, "variant_id": 1, "port_id": 1, "late": 0, "submission_id": one.id}
        session.execute(insert(deliveries), [{**row, "outcome": int(Outcome.SUBMITTED), "outcome_at": runtime.now(), "submitted_at": runtime.now()}])
    report = DeliveryReportReq("m1", (Address(f"86{NUMBER}"),), status, date=runtime.now())
    post(tcp_port, "/mm7/main", encode_envelope(report, transaction_id="r"), XML)
    assert fold(runtime) == 1


def read_reply(runtime: Runtime, tcp_port: int) -> None:
    """His handset says that he read a message."""
    read = ReadReplyReq("m0", (Address(f"86{NUMBER}"),), "Read", sender=Address("10658000", "ShortCode"))
    post(tcp_port, "/mm7/main", encode_envelope(read, transaction_id="r"), XML)


def multimedia_message(runtime: Runtime, tcp_port: int) -> None:
    """He sends us an MMS."""
    soap = (
        '<env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/"><env:Header><TransactionID>d</TransactionID></env:Header><env:Body><DeliverReq xmlns="urn:x">'
        f"<MM7Version>6.3.0</MM7Version><Sender><Number>+86{NUMBER}</Number></Sender><Subject>hi</Subject></DeliverReq></env:Body></env:Envelope>"
    )
    post(tcp_port, "/mm7/main", soap.encode(), XML)


@pytest.mark.parametrize(
    ("come", "sign", "steps"),
    [(report_of_another_title, "retrieved", ["paper"]), (read_reply, "retrieved", ["paper"]), (multimedia_message, "message", ["probe"])],
    ids=["report", "read-reply", "mms"],
)
def test_what_the_mmsc_brings(sqlite_runtime: Runtime, come: Callable[[Runtime, int], None], sign: str, steps: list[str]) -> None:
    later = stopped(sqlite_runtime)
    assert begun(later) == []
    with serving(later, MM7App(later)) as tcp_port:
        come(later, tcp_port)
    assert begun(later) == [(sign, WHO)]
    attempts.run(later)
    with later.transaction(read_only=True) as session:
        assert [one[0] for one in session.scalars(select(RecoveryAttempt.steps)).one()][:1] == steps


def test_a_handset_that_puts_a_message_off_is_no_sign_of_life(sqlite_runtime: Runtime) -> None:
    """Deferred: it was told of a message and did not fetch it, as before the stop; Retrieved after it is one."""
    later = stopped(sqlite_runtime, "handset_settings")
    with serving(later, MM7App(later)) as tcp_port:
        report_of_another_title(later, tcp_port, "Deferred")
        assert begun(later) == []
        with later.transaction(read_only=True) as session:
            assert session.scalars(select(deliveries.c.outcome).where(deliveries.c.reader_id == WHO, deliveries.c.submission_id.is_not(None))).all() == [int(Outcome.SUBMITTED)]
        report = DeliveryReportReq("m1", (Address(f"86{NUMBER}"),), "Retrieved", date=later.now())
        post(tcp_port, "/mm7/main", encode_envelope(report, transaction_id="s"), XML)
    assert fold(later) == 1
    assert begun(later) == [("retrieved", WHO)]


def _import(runtime: Runtime, folder: Path, imei: str) -> None:
    file = folder / "readers.csv"
    file.write_text(f"msisdn,imei\n{NUMBER},{imei}\n")
    assert imports.import_readers(runtime, file, by="li").rejected == 0


def test_another_handset_by_an_import(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    later = stopped(sqlite_runtime, "handset_settings")
    _import(later, tmp_path, "356938035643809")
    assert begun(later) == [], "the same handset"
    _import(later, tmp_path, "490154203237518")
    assert begun(later) == [("imei", WHO)]
    attempts.run(later)
    with later.transaction(read_only=True) as session:
        assert session.scalars(select(RecoveryAttempt.state)).one() == "probe", "no tip for the old handset"


def _fail(runtime: Runtime) -> None:
    """The open attempt's probe is never fetched."""
    attempts.run(runtime)
    over = at(runtime, runtime.now() + timedelta(hours=9))
    with over.transaction() as session:
        assert attempts.look(session, over.now())["failed"] == 1


def test_a_sign_counts_once_and_one_that_comes_during_an_attempt_begins_the_next(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    later = stopped(sqlite_runtime, "handset_settings")
    _import(later, tmp_path, "490154203237518")
    assert begun(later) == [("imei", WHO)]
    _fail(later)
    after = at(later, later.now() + timedelta(hours=10))
    with after.transaction() as session:
        assert attempts.begin(session, after.now()) == 0, "the handset is the same as an hour ago"
        session.add(InboundMessage(received_at=later.now() + timedelta(hours=7), port_id=1, kind="sms", sender=NUMBER, content=b"hi"))
    assert begun(after) == [("imei", WHO), ("message", WHO)], "he wrote while the probe was out"
    with after.transaction() as session:
        session.execute(update(RecoveryAttempt).where(RecoveryAttempt.ended_at.is_(None)).values(state="failed", ended_at=after.now() + timedelta(days=5)))
        attempts.plan_ahead(session, after.now() + timedelta(days=5))
        (next_at,) = session.scalars(select(DeliveryStop.next_at))
        assert next_at is not None
        assert next_at > after.now() + timedelta(days=11), "days count from the end of the last try"


def test_settings_confirmed_on_the_command_line(sqlite_runtime: Runtime, cli: CLI, tmp_path: Path) -> None:
    later = stopped(sqlite_runtime, "handset_settings")
    file = tmp_path / "saved.txt"
    file.write_text(f"\ufeff86{NUMBER}\n\n13900139000\n")
    said = cli("recovery", "confirm", "--file", file, code=1, env={"HUABAO_NOW": later.now().isoformat()})
    assert "1 reader confirmed" in said.out
    assert "139****9000" in said.out
    assert begun(at(later, later.now() + timedelta(minutes=1))) == [("confirmed", WHO)]
    file.write_text(f"{NUMBER}\nx\n")
    assert "line 2" in cli("recovery", "confirm", "--file", file, code=2).err
    assert "--msisdn" in cli("recovery", "confirm", code=2).err


def _boss(runtime: Runtime, tcp_port: int, event: str, when: datetime) -> None:
    body = json.dumps({"event_id": f"{event}{when:%H}", "event": event, "msisdn": NUMBER, "effective_at": when.isoformat()}).encode()
    post(tcp_port, "/boss/events", body, headers_for(b"huabao", int(time.time()), body))


def test_an_account_unbarred_by_boss(runtime: Runtime) -> None:
    later = with_boss(stopped(runtime, "arrears"), "")
    with serving(later, BossApp(later)) as tcp_port:
        _boss(later, tcp_port, "barred", T0 + timedelta(hours=2))
        following.follow(later)
        assert begun(later) == [], "a barred account is not tried"
        _boss(later, tcp_port, "unbarred", T0 + timedelta(hours=20))
    following.follow(later)
    with later.transaction(read_only=True) as session:
        assert session.scalars(select(DeliveryStop.ended_at)).one() is None, "his arrears were not the account's bar"
    assert begun(later) == [("unbarred", WHO)]
