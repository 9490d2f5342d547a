"""Lines read in bulk say what the same lines say one by one."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciliation.codecs.feeds import FeedReader, Services, find_dialect, reading
from reconciliation.codecs.feeds.columns import NONE, UNREADABLE, Columns, row_of
from reconciliation.codecs.feeds.dialect import FeedDialect, Frame
from reconciliation.codecs.feeds.lines import layout_of, read_line
from reconciliation.codecs.feeds.records import FeedError, FeedRecord, LineFault

CSV = find_dialect("csv")
BARE = replace(CSV, header=Frame(), columns=("msisdn", "service_id", "state", "effective_at", "price_fen", "fee_msisdn"))
TEXT = replace(find_dialect("boss-text"), header=Frame(), trailer=Frame())
VAC = replace(find_dialect("vac"), header=Frame())
WIDTHS = replace(BARE, name="widths", delimiter="", widths=(13, 9, 9, 25, 5, 11), encoding="gbk")

NUMBERS = st.sampled_from(
    [
        "13800000001",
        "8613800000002",
        "+8613800000003",
        "19999999999",
        "12800000000",
        "1380000000",
        "138000000012",
        "1380000000a",
        "",
        " 13800000004",
        '"13800000005"',
        "１３８00000001",
    ]
)
SERVICES = st.sampled_from(["S1", "SVC00001", "SVC-000012", "A" * 40, "B" * 41, "", "a b", "S\t", "报纸", "SVC000010000000000000000000x", "S\x001", "C" * 60])
STATES = st.sampled_from(["active", "paused", "cancelled", "cancelleX", "1", "2", "3", "4", "9", "", "Active", "正常", "暂停", "active "])
TIMES = st.sampled_from([
    "2026-10-31T08:00:00+08:00", "2026-10-31 08:00:00", "2026-10-31T00:00:00Z", "2026-10-31", "2026-10-31T24:00:00", "2026-02-29T08:00:00", "2028-02-29T08:00:00Z", "2099-12-31T20:00:00Z", "1991-12-31T20:00:00Z",
    "2026-10-31T08:00:60", "2026-13-01T08:00:00", "2026-10-31T08:00:00+09:00", "20261031080000", "20261031", "202610310800", "20261032080000", "20261031240000", "00000000000000", "", "x" * 25, "2026-10-31T08:00:00.5", "1899-01-01T00:00:00", "19920101000000",
])  # fmt: skip
PRICES = st.sampled_from(["500", "0", "", "99999999", "999999999", "1000000001", "-1", "5.0", "5.00", "12a", "0000500", "٣", "5.123", "."])
PAYERS = st.sampled_from(["", "13900000009", "8613900000009", "13800000001", "139", "12345678901"])
CELLS = {"msisdn": NUMBERS, "service_id": SERVICES, "state": STATES, "effective_at": TIMES, "price_fen": PRICES, "fee_msisdn": PAYERS, "": st.sampled_from(["", "x", "合肥"])}

USUAL = {"msisdn": "13800000001", "service_id": "SVC00001", "fee_msisdn": "", "price_fen": "500"}


@st.composite
def lines(draw: st.DrawFn, dialect: FeedDialect) -> bytes:
    usual = USUAL | {"state": next(iter(dialect.states)), "effective_at": "20261031080000" if dialect.time == "compact" else "2026-10-31T08:00:00+08:00", "": ""}
    odd = draw(st.sampled_from([*dialect.columns, "", ""]))  # mostly one odd cell in a line, so that each is seen alone
    cells = [draw(CELLS[name]) if name == odd else usual[name] for name in dialect.columns]
    if dialect.widths:
        padded = [cell.encode("gbk", "replace").ljust(width)[:width] for cell, width in zip(cells, dialect.widths, strict=True)]
        return b"".join(padded) + draw(st.sampled_from([b"", b"", b"", b"x"]))
    damage = draw(st.integers(0, 9))
    if damage == 0:
        cells = cells[:-1]
    elif damage == 1:
        cells.append("")
    return dialect.delimiter.join(cells).encode(dialect.encoding, "replace")


def read_slowly(dialect: FeedDialect, raw: list[bytes], services: Services) -> tuple[list[tuple[int, ...]], list[LineFault]]:
    layout = layout_of(dialect, dialect.columns, dialect.encoding)
    rows: list[tuple[int, ...]] = []
    faults: list[LineFault] = []
    for number, line in enumerate(raw, 1):
        if not line.strip():
            continue
        found = read_line(line, number, layout)
        if isinstance(found, FeedRecord):
            rows.append(row_of(found, number, services, says_payer="fee_msisdn" in layout.places))
        else:
            faults.append(found)
            if found.key:
                rows.append((int(found.key[0]), services.code(found.key[1]), UNREADABLE, NONE, NONE, NONE, number))
    return rows, faults


def as_rows(columns: list[Columns], services: Services) -> list[tuple[object, ...]]:
    return [
        (row[0], services.names[row[1]], *row[2:])
        for one in columns
        for row in zip(*(getattr(one, name).tolist() for name in ("msisdn", "service", "state", "effective", "price", "payer", "line")), strict=True)
    ]  # fmt: skip


@pytest.mark.parametrize("dialect", [BARE, TEXT, VAC, WIDTHS, replace(BARE, price="yuan")], ids=lambda one: f"{one.name}-{one.price}")
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_bulk_and_single_lines_agree(dialect: FeedDialect, data: st.DataObject) -> None:
    raw = data.draw(st.lists(lines(dialect), max_size=12))
    end = data.draw(st.sampled_from([b"\n", b"\r\n"]))
    services = Services()
    faults: list[LineFault] = []
    reader = FeedReader(io.BytesIO(b"".join(one + end for one in raw)), dialect, services, on_faults=faults.extend)
    found = as_rows(list(reader), services)
    own = Services()
    rows, expected_faults = read_slowly(dialect, raw, own)
    assert found == [(row[0], own.names[row[1]], *row[2:]) for row in rows]
    assert faults == expected_faults
    assert reader.records == len([one for one in raw if one.strip()])


@settings(max_examples=25, deadline=None)
@given(good=st.lists(st.tuples(st.integers(0, 99), st.sampled_from(["active", "paused", "cancelled"])), min_size=1, max_size=60), block=st.integers(50, 300))
def test_where_blocks_end_changes_nothing(good: list[tuple[int, str]], block: int) -> None:
    text = "msisdn,service_id,state,effective_at,price_fen\n" + "".join(f"138000000{at:02d},SVC{at % 3},{state},2026-10-31T08:00:00+08:00,{at}\n" for at, state in good)
    data = (text + f"#count={len(good)}").encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "BLOCK_BYTES", block)
        services = Services()
        found = as_rows(list(FeedReader(io.BytesIO(data), CSV, services)), services)
    assert [(row[0], row[1], row[4], row[5], row[6]) for row in found] == [(13800000000 + at, f"SVC{at % 3}", at, NONE, line) for line, (at, _) in enumerate(good, 2)]


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([CSV, find_dialect("vac"), find_dialect("boss-text"), BARE, TEXT, VAC, WIDTHS]))
def test_no_bytes_break_the_reader(data: bytes, dialect: FeedDialect) -> None:
    reader = FeedReader(io.BytesIO(data), dialect, Services())
    try:
        for _ in reader:
            pass
    except FeedError as error:
        assert all(error.words)
