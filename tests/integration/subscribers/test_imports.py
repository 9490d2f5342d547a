"""Imports of readers, orders and numbers on both databases."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from huabao.audit import AuditEntry
from huabao.errors import UsageError
from huabao.msisdn import MSISDN
from huabao.runtime import Runtime
from subscribers import services, store
from subscribers.exports import export_readers
from subscribers.imports import import_readers, import_subscriptions
from subscribers.imports.handsets import import_handsets
from subscribers.imports.lists import import_blacklist
from subscribers.models import Consent, Handset, Reader, Subscription, SubscriptionEvent

HEADER = "msisdn,city,handset,imei,drive,topics,attribute_class,preferred_hour,consent,last_active_at,school\r\n"


def write(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def rejected(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def readers(runtime: Runtime) -> dict[str, dict[str, Any]]:
    with runtime.transaction(read_only=True) as session:
        return {
            row.msisdn: {name: getattr(row, name) for name in Reader.__table__.columns.keys()}  # noqa: SIM118  # a table's columns are no mapping
            for row in session.scalars(select(Reader))
        }


def count(runtime: Runtime, model: type) -> int:
    with runtime.transaction(read_only=True) as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


GOOD = HEADER + (
    "13800000001,合肥,N95,123456789012345,content,news;sport；news,a,7,yes,2026-11-01,一中\r\n"
    "+8613800000002,芜湖,300kb-320x480,,,,,,no,,\r\n"
    '008613800000003,"马\n鞍山",NO-MMS,,,,,,,,"a ""b"", c"\r\n'
)


def test_good_rows_are_kept_as_they_say(runtime: Runtime, tmp_path: Path) -> None:
    with runtime.transaction() as session:
        session.add(Handset(model="n95", handset_class="100kb-240x320"))
    outcome = import_readers(runtime, write(tmp_path / "r.csv", "\ufeff" + GOOD), by="li")
    assert (outcome.read, outcome.added, outcome.changed, outcome.unchanged, outcome.rejected) == (3, 3, 0, 0, 0)
    found = readers(runtime)
    one = found["13800000001"]
    assert (one["city"], one["handset"], one["handset_class"], one["drive"], one["attribute_class"], one["preferred_hour"]) == ("合肥", "N95", "100kb-240x320", "content", "A", 7)
    assert one["topics"] == ["news", "sport"]
    assert one["attributes"] == {"school": "一中"}
    assert one["last_active_at"] == datetime(2026, 10, 31, 16, tzinfo=UTC)
    assert found["13800000002"]["handset_class"] == "300kb-320x480"
    assert found["13800000003"]["handset_class"] == "no-mms"
    assert found["13800000003"]["city"] == "马\n鞍山"
    assert found["13800000003"]["attributes"] == {"school": 'a "b", c'}
    assert count(runtime, Consent) == 2


def test_the_same_file_twice_changes_nothing_more(runtime: Runtime, tmp_path: Path) -> None:
    path = write(tmp_path / "r.csv", GOOD + "13800000001,宣城,,,,,,,no,,\r\n")
    import_readers(runtime, path, by="li")
    before = readers(runtime), count(runtime, Consent)
    outcome = import_readers(runtime, path, by="li")
    assert (outcome.added, outcome.changed, outcome.unchanged, outcome.rejected) == (0, 0, 3, 1)
    assert (readers(runtime), count(runtime, Consent)) == before
    assert before[0]["13800000001"]["city"] == "合肥"


def test_an_empty_cell_says_nothing_and_attributes_are_merged(runtime: Runtime, tmp_path: Path) -> None:
    import_readers(runtime, write(tmp_path / "r.csv", GOOD), by="li")
    outcome = import_readers(runtime, write(tmp_path / "s.csv", "MSISDN,city,topics,handset,学校\n13800000001,,,Unknown 9,二中\n"), by="li")
    assert (outcome.added, outcome.changed) == (0, 1)
    one = readers(runtime)["13800000001"]
    assert (one["city"], one["topics"], one["handset"], one["handset_class"]) == ("合肥", ["news", "sport"], "Unknown 9", None)
    assert one["attributes"] == {"school": "一中", "学校": "二中"}


def test_consent_is_written_when_it_changes(runtime: Runtime, tmp_path: Path) -> None:
    for number, said in enumerate(("yes", "是", "no", "", "no", "TRUE")):
        import_readers(runtime, write(tmp_path / f"{number}.csv", f"msisdn,consent\n13800000001,{said}\n"), by="li")
    with runtime.transaction() as session:
        assert list(session.scalars(select(Consent.given).order_by(Consent.id))) == [True, False, True]
        assert store.consent_of(session, services.require_reader(session, MSISDN("13800000001"))) is True


BAD = [
    ("12345678901,,,,,,,,,,", "msisdn"),
    (",,,,,,,,,x,", "msisdn"),
    ("１３８00000009,,,,,,,,,,", "msisdn"),
    ("13800000009,,,,love,,,,,,", "drive"),
    ("13800000009,,,,,,G,,,,", "attribute_class"),
    ("13800000009,,,,,,,24,,,", "preferred_hour"),
    ("13800000009,,,,,,,,perhaps,,", "consent"),
    ("13800000009,,,,,,,,,yesterday,", "last_active_at"),
    ("13800000009,,,,,,,,,0001-01-01,", "last_active_at"),
    ("13800000009,,,12,,,,,,,", "imei"),
    ("13800000009," + "长" * 41 + ",,,,,,,,,", "city"),
    ("13800000009,,,,,,,,,,\x00", "school"),
    ("13800000009,x", "fields"),
    ("13800000009,,,,,,,,,,,,,", "fields"),
    ('13800000009,"a"b,,,,,,,,,', "quotation"),
]


def test_bad_rows_are_set_aside_with_line_and_reason(runtime: Runtime, tmp_path: Path) -> None:
    path = write(tmp_path / "r.csv", GOOD + "".join(row + "\n" for row, _ in BAD) + "\n13800000004,,,,,,,,,,\n")
    outcome = import_readers(runtime, path, by="li")
    assert (outcome.read, outcome.added, outcome.rejected) == (4 + len(BAD), 4, len(BAD))
    found = rejected(tmp_path / "r.rejected.csv")
    assert [int(row["line"]) for row in found] == list(range(6, 6 + len(BAD)))
    for row, (_, wanted) in zip(found, BAD, strict=True):
        assert wanted in row["reason"], row
    assert "13800000009" not in readers(runtime)


def test_a_mended_rejected_file_can_be_imported(runtime: Runtime, tmp_path: Path) -> None:
    import_readers(runtime, write(tmp_path / "r.csv", "msisdn,city,consent\n+8613800000001,合肥,perhaps\n"), by="li")
    aside = tmp_path / "r.rejected.csv"
    outcome = import_readers(runtime, write(tmp_path / "m.csv", aside.read_bytes().replace(b"perhaps", b"yes")), by="li")
    assert (outcome.added, outcome.rejected) == (1, 0)
    assert readers(runtime)["13800000001"]["attributes"] == {}


def test_an_unclosed_quotation_mark_costs_its_own_line(runtime: Runtime, tmp_path: Path) -> None:
    rows = [f"138{number:08},合肥\n" for number in range(300)]
    rows[100] = '13800000100,"合肥\n'
    outcome = import_readers(runtime, write(tmp_path / "r.csv", "msisdn,city\n" + "".join(rows)), by="li")
    assert (outcome.added, outcome.rejected) == (299, 1)
    assert rejected(tmp_path / "r.rejected.csv")[0]["line"] == "102"


def test_an_endless_line_is_set_aside(runtime: Runtime, tmp_path: Path) -> None:
    path = write(tmp_path / "r.csv", "msisdn,city\n13800000001," + "x" * 500_000 + "\n13800000002,合肥\n")
    outcome = import_readers(runtime, path, by="li")
    assert (outcome.added, outcome.rejected) == (1, 1)
    assert list(readers(runtime)) == ["13800000002"]


def test_one_row_of_another_encoding_is_set_aside_a_whole_file_is_refused(runtime: Runtime, tmp_path: Path) -> None:
    mixed = "msisdn,city\n13800000001,合肥\n".encode() + "13800000002,芜湖\n".encode("gbk")
    outcome = import_readers(runtime, write(tmp_path / "r.csv", mixed), by="li")
    assert (outcome.added, outcome.rejected) == (1, 1)
    with pytest.raises(UsageError, match="iconv -f GBK"):
        import_readers(runtime, write(tmp_path / "g.csv", "msisdn,city\n13800000003,芜湖\n".encode("gbk")), by="li")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"number,city\n1,2\n", "no column `msisdn`"),
        (b"msisdn;city\n13800000001;x\n", "commas"),
        (b"msisdn,city,city\n", "twice"),
        (b"PK\x03\x04xx", "workbook"),
        ("msisdn\n".encode("utf-16"), "UTF-16"),
        (b'"msisdn\n', "header"),
    ],
)
def test_a_file_that_is_none_is_refused(sqlite_runtime: Runtime, tmp_path: Path, text: bytes, wanted: str) -> None:
    with pytest.raises(UsageError, match=wanted):
        import_readers(sqlite_runtime, write(tmp_path / "r.csv", text), by="li")
    with pytest.raises(UsageError, match="cannot be read"):
        import_readers(sqlite_runtime, tmp_path / "none.csv", by="li")


def test_handsets_classify_the_readers_that_are_there(runtime: Runtime, tmp_path: Path) -> None:
    import_readers(runtime, write(tmp_path / "r.csv", GOOD), by="li")
    assert readers(runtime)["13800000001"]["handset_class"] is None
    outcome, changed = import_handsets(runtime, write(tmp_path / "h.csv", "model,handset_class,brand\nn95,100kb-240x320,Nokia\nx,1kb-1x1,\n"), by="li")
    assert (outcome.added, outcome.rejected, changed) == (1, 1, 1)
    assert readers(runtime)["13800000001"]["handset_class"] == "100kb-240x320"
    assert import_handsets(runtime, tmp_path / "h.csv", by="li")[1] == 0


ORDERS = "msisdn,service_id,state,effective_at\n"


def orders(runtime: Runtime) -> list[tuple[Any, ...]]:
    with runtime.transaction(read_only=True) as session:
        wanted = select(Reader.msisdn, Subscription.service_id, Subscription.state, Subscription.effective_at).join(Reader, Reader.id == Subscription.reader_id)
        return sorted(tuple(row) for row in session.execute(wanted))


def test_orders_and_their_events(runtime: Runtime, tmp_path: Path) -> None:
    import_readers(runtime, write(tmp_path / "r.csv", GOOD), by="li")
    text = ORDERS + "13800000001,news,active,2026-11-01\n13800000001,news,paused,2026-11-02\n13800000001,news,active,2026-11-03\n13900000001,news,active,2026-11-01\n"
    path = write(tmp_path / "o.csv", text)
    outcome = import_subscriptions(runtime, path, by="li")
    assert (outcome.added, outcome.changed, outcome.readers_created, outcome.rejected) == (2, 2, 1, 0)
    before = orders(runtime), count(runtime, SubscriptionEvent)
    assert [row[:3] for row in before[0]] == [("13800000001", "news", "active"), ("13900000001", "news", "active")]
    with runtime.transaction() as session:
        first = services.require_reader(session, MSISDN("13800000001"))
        assert [event.event for event in store.events_of(session, first)] == ["order", "pause", "resume"]
        made = services.require_reader(session, MSISDN("13900000001"))
        assert (made.topics, made.attributes, made.city) == ([], {}, None)
    again = import_subscriptions(runtime, path, by="li")
    assert (again.added, again.changed, again.unchanged, again.readers_created) == (0, 0, 4, 0)
    assert (orders(runtime), count(runtime, SubscriptionEvent)) == before
    later = import_subscriptions(runtime, write(tmp_path / "p.csv", ORDERS + "13800000001,news,cancelled,2026-11-05\n13900000001,news,cancelled,2026-10-05\n"), by="li")
    assert (later.changed, later.unchanged, len(later.warnings)) == (1, 1, 1)
    assert [row[2] for row in orders(runtime)] == ["cancelled", "active"]


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        ("1,news,active,2026-11-01", "msisdn"),
        ("13800000001,,active,2026-11-01", "service_id"),
        ("13800000001,news,on,2026-11-01", "state"),
        ("13800000001,news,active,", "effective_at"),
        ("13800000001,news,active,soon", "effective_at"),
        ("13800000002,news,paused,2026-01-01", "later effective_at"),
    ],
)
def test_bad_orders_are_set_aside(sqlite_runtime: Runtime, tmp_path: Path, row: str, wanted: str) -> None:
    outcome = import_subscriptions(sqlite_runtime, write(tmp_path / "o.csv", f"{ORDERS}13800000002,news,active,2026-01-01\n{row}\n"), by="li")
    assert (outcome.added, outcome.rejected) == (1, 1)
    assert wanted in rejected(tmp_path / "o.rejected.csv")[0]["reason"]


def test_an_export_comes_back_as_it_went_and_runs_nothing(runtime: Runtime, tmp_path: Path, samples: Path) -> None:
    lines = [line for name in ("csv/csv-injection-payloads.txt", "text/blns.txt") for line in (samples / "hostile" / name).read_text("utf-8").splitlines()]
    with (tmp_path / "r.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["msisdn", "city", "topics", "note", "学校"])
        rows.writerows([f"138{number:08}", "'=1+1", "-1;@x", line, line[:40]] for number, line in enumerate(lines))
    outcome = import_readers(runtime, tmp_path / "r.csv", by="li")
    assert outcome.added + outcome.rejected == len(lines)
    assert outcome.added > 0.9 * len(lines)
    before = readers(runtime)
    assert export_readers(runtime, tmp_path / "out.csv", by="li") == outcome.added
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert not [cell for cell in cells if cell and cell[0] in "=+-@\t\r"]
    back = import_readers(runtime, tmp_path / "out.csv", by="li")
    assert (back.added, back.changed, back.rejected) == (0, 0, 0)
    assert readers(runtime) == before


def test_hostile_files_are_refused_or_set_aside(sqlite_runtime: Runtime, tmp_path: Path, samples: Path) -> None:
    for source in sorted((samples / "hostile" / "csv").iterdir()):
        data = source.read_bytes()
        with pytest.raises(UsageError, match=r"msisdn|header|UTF-8"):
            import_readers(sqlite_runtime, write(tmp_path / source.name, data), by="li")
        if "Latin1" in source.name:
            continue  # every row that is not ASCII is of another encoding: refused whole, as above
        first, _, rest = data.removeprefix(b"\xef\xbb\xbf").partition(b"\n")
        outcome = import_readers(sqlite_runtime, write(tmp_path / "with.csv", b"msisdn\n13800000001\n" + first + b"\n" + rest + b"\n13800000002\n"), by="li")
        assert outcome.read == outcome.added + outcome.unchanged + outcome.rejected
        assert {"13800000001", "13800000002"} == set(readers(sqlite_runtime)), source.name


def test_forgetting_leaves_no_number_behind(runtime: Runtime, tmp_path: Path) -> None:
    number = MSISDN("13800000001")
    import_readers(runtime, write(tmp_path / "r.csv", GOOD), by="li")
    import_subscriptions(runtime, write(tmp_path / "o.csv", ORDERS + "13800000001,news,active,2026-11-01\n"), by="li")
    import_blacklist(runtime, write(tmp_path / "b.csv", "msisdn,reason\n13800000001,he asked\nx,y\n"), "marketing", by="li")
    with runtime.transaction() as session:
        gone = services.forget(session, number, by="li", at=runtime.now())
        assert (gone["readers"], gone["subscriptions"], gone["subscription_events"]) == (1, 1, 1)
        assert store.find_reader(session, number) is None
        assert store.blacklists_of(session, number) == ["marketing"]
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "subscribers.forget")).one()
        assert number not in str((entry.object_id, entry.detail))
    assert count(runtime, Consent) == 1
    with runtime.transaction() as session, pytest.raises(UsageError):
        services.forget(session, number, by="li", at=runtime.now())
