"""Settings, alarms, audit and bulk loading on both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from huabao import alarms, audit
from huabao.alarms import Alarm
from huabao.audit import AuditEntry
from huabao.db import bulk_insert
from huabao.runtime import Runtime
from huabao.settings import Setting, set_value
from subscribers.models import BlacklistEntry

WAIT = Setting("wait_s", 10.0, "s", "How long.")


def test_a_setting_has_its_default_until_set(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        assert WAIT.get(session) == 10.0
        set_value(session, (WAIT,), "wait_s", "2.5", by="ops", at=runtime.now())
    with runtime.transaction(read_only=True) as session:
        assert WAIT.get(session) == 2.5


def test_an_incident_is_one_row_until_it_closes_for_good(runtime: Runtime) -> None:
    now, later = runtime.now(), runtime.now() + timedelta(hours=1)
    with runtime.transaction() as session:
        for _ in range(3):
            alarms.raise_alarm(session, "mm7.unknown_status", "north", "an unknown status came", at=now)
        alarms.close_alarm(session, "mm7.unknown_status", "north", at=now)
        alarms.raise_alarm(session, "mm7.unknown_status", "north", "back at once: the same incident", at=now)
        alarms.close_alarm(session, "mm7.unknown_status", "north", at=now)
        alarms.raise_alarm(session, "mm7.unknown_status", "north", "and again", at=later)
        assert sorted((one.count, one.closed_at is None) for one in session.query(Alarm)) == [(1, True), (4, False)]


def test_an_act_leaves_its_trace(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        audit.record(session, actor="wang", action="port.set", object_kind="port", object_id="north", at=runtime.now(), rate=50)
    with runtime.transaction(read_only=True) as session:
        entry = session.query(AuditEntry).one()
        assert (entry.actor, entry.detail) == ("wang", {"rate": 50})


def test_bulk_rows_arrive_whole(runtime: Runtime) -> None:
    rows = [{"kind": "marketing", "msisdn": f"1380000{at:04d}", "reason": "请勿\t打扰\n\\N", "recorded_at": runtime.now()} for at in range(500)]
    with runtime.transaction() as session:
        assert bulk_insert(session, BlacklistEntry, rows, columns=("kind", "msisdn", "reason", "recorded_at")) == 500
    with runtime.transaction(read_only=True) as session:
        assert session.query(BlacklistEntry).count() == 500
        assert {one.reason for one in session.query(BlacklistEntry)} == {"请勿\t打扰\n\\N"}


def test_many_writers_of_one_process_all_get_their_turn(sqlite_runtime: Runtime) -> None:
    """Forty threads write thirty times each; none waits for the database in vain, and a failed turn is given on."""

    def write(at: int) -> None:
        for step in range(30):
            try:
                with sqlite_runtime.transaction() as session:
                    audit.record(session, actor=str(at), action="test", object_kind="turn", object_id=step, at=sqlite_runtime.now())
                    session.flush()
                    if step % 10 == 9:
                        raise LookupError
            except LookupError:
                pass

    with ThreadPoolExecutor(40) as pool:
        list(pool.map(write, range(40)))
    with sqlite_runtime.transaction(read_only=True) as session:
        assert session.query(AuditEntry).count() == 40 * 27
