"""Whole feeds: what is refused, what is tolerated, and dialects written and read again."""

from __future__ import annotations

import gzip
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huabao.errors import UsageError
from reconciliation.codecs.feeds import (
    Expected,
    FeedError,
    FeedReader,
    FeedRecord,
    Services,
    dialect_names,
    fields_of_name,
    find_dialect,
    make_name,
    open_feed,
    read_dialect,
    write_feed,
)
from reconciliation.codecs.feeds.dialect import COLUMNS, FeedDialect

CSV, VAC, TEXT = find_dialect("csv"), find_dialect("vac"), find_dialect("boss-text")
HEADER = b"msisdn,service_id,state,effective_at,price_fen\n"
LINE = b"13800000001,SVC1,active,2026-10-31T08:00:00+08:00,500\n"
OTHER = b"13800000002,SVC1,paused,2026-10-31T08:00:00+08:00,500\n"
NOON = datetime(2026, 10, 31, 4, tzinfo=UTC)
DAY = (NOON - timedelta(hours=12), NOON + timedelta(hours=12))
GIVEN = {"sp_id": "00912345", "province": "551", "sequence": "0001", "sender": "BOSS"}
WIDTHS = read_dialect(
    'name = "w"\nencoding = "gbk"\nwidths = [11, 20, 1, 14, 6, 11]\ntime = "compact"\nprice = "yuan"\n[states]\nA = "active"\nP = "paused"\nC = "cancelled"', "w.toml"
)


def read(data: bytes, dialect: FeedDialect = CSV, expected: Expected | None = None) -> tuple[int, FeedReader]:
    reader = FeedReader(io.BytesIO(data), dialect, Services(), expected or Expected())
    return sum(len(block) for block in reader), reader


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "no_header"),
        (LINE, "no_header"),
        (b"msisdn,state\n" + LINE, "no_header"),
        (HEADER + LINE + HEADER + OTHER, "repeated_header"),
        (HEADER + LINE + b"#count=2\n", "count"),
        (HEADER + LINE + OTHER + b"#count=1\n", "count"),
        (HEADER + LINE + OTHER[:-20], "truncated"),
        (HEADER + LINE + OTHER[:30], "truncated"),
        (HEADER + LINE + b"#count=1\n#count=1\n" + OTHER, "after_trailer"),
        (HEADER + LINE + b"#count=1\n#count=2\n", "trailer"),
        (HEADER + LINE + b"#count=many\n", "trailer"),
        (HEADER + LINE + b"#comment\n", "trailer"),
        (HEADER + LINE + b"#as_of=yesterday\n", "trailer"),
        (HEADER + LINE + b"\xff\xfe" + OTHER, "undecodable"),
        (HEADER + LINE + b"#as_of=2026-11-01T17:00\n", "future"),
        (HEADER + LINE + b"#as_of=2026-10-30T11:00\n", "wrong_day"),
        (HEADER + b"x" * 3_000_000, "long_line"),
    ],
)  # fmt: skip
def test_refused_whole(data: bytes, code: str) -> None:
    with pytest.raises(FeedError) as caught:
        read(data, expected=Expected(as_of=NOON, not_after=NOON + timedelta(hours=12), between=DAY))
    assert caught.value.code == code
    assert all(caught.value.words)


@pytest.mark.parametrize(
    "data",
    [
        HEADER + LINE + OTHER,
        HEADER + LINE + OTHER[:-1],
        b"\xef\xbb\xbf" + HEADER + LINE + OTHER,
        (HEADER + LINE + OTHER).replace(b"\n", b"\r\n"),
        HEADER + LINE + b"\n\n" + OTHER + b"#count=2\n#as_of=2026-10-31T17:00\n\n",
        HEADER + LINE + OTHER + b"#count=2",
        b"State,price_fen,MSISDN,note,effective_at,service_id\nactive,500,13800000001,x,2026-10-31,S\npaused,,8613800000002,y,,S\n",
    ],
)
def test_tolerated(data: bytes) -> None:
    assert read(data)[0] == 2


def test_an_as_of_time_comes_from_the_file_or_from_who_asks() -> None:
    assert read(HEADER + LINE, expected=Expected(as_of=NOON))[1].as_of == NOON
    assert read(HEADER + LINE + b"#as_of=2026-10-31T11:00\n", expected=Expected(as_of=NOON))[1].as_of == NOON - timedelta(hours=1)


@pytest.mark.parametrize(("dialect", "cut", "code"), [(VAC, -20, "truncated"), (TEXT, -6, "truncated"), (TEXT, -7, "no_trailer"), (TEXT, -2, "count")])
def test_a_cut_feed_of_another_dialect_is_refused(dialect: FeedDialect, cut: int, code: str) -> None:
    out = io.BytesIO()
    write_feed(out, [FeedRecord(f"138000000{at:02d}", "SVC", "active", NOON) for at in range(12)], dialect, as_of=NOON, fields=GIVEN)
    with pytest.raises(FeedError) as caught:
        read(out.getvalue()[:cut], dialect)
    assert caught.value.code == code


@pytest.mark.parametrize("dialect", [CSV, VAC, TEXT, WIDTHS], ids=lambda one: one.name)
@settings(max_examples=12, deadline=None)
@given(
    st.lists(
        st.builds(
            FeedRecord,
            st.integers(13_000_000_000, 19_999_999_999).map(str),
            st.sampled_from(["SVC1", "SVC-2", "报纸3"]),
            st.sampled_from(["active", "paused", "cancelled"]),
            st.none() | st.integers(0, 10**8).map(lambda at: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=at)),
            st.none() | st.integers(0, 99_999),
            st.none() | st.just("12999999999").map(lambda text: "13" + text[2:]),
        ),
        max_size=8,
    )
)
def test_what_is_written_is_read(dialect: FeedDialect, records: list[FeedRecord]) -> None:
    out, services, found = io.BytesIO(), Services(), []
    assert write_feed(out, records, dialect, as_of=NOON, fields=GIVEN) == len(records)
    reader = FeedReader(io.BytesIO(out.getvalue()), dialect, services)
    for block in reader:
        found += [services.names[code] for code in block.service.tolist()]
    assert (found, reader.records, reader.faults) == ([one.service_id for one in records], len(records), {})
    assert reader.as_of == (None if dialect is WIDTHS else NOON)
    assert set(COLUMNS) >= set(dialect.columns) - {""}


@pytest.mark.parametrize("end", [b"\n", b""])
def test_a_long_line_is_refused_wherever_it_stands(end: bytes) -> None:
    cells = LINE.rstrip(b"\n").split(b",")
    most = b",".join([*cells[:-1], b"x" * (4096 - len(b",".join(cells[:-1])) - 1)])
    assert len(most) == 4096 and read(HEADER + LINE + most + b"\n" + OTHER, CSV)[0] == 3
    with pytest.raises(FeedError) as caught:
        read(HEADER + LINE + most + b"x" + (b"\n" + OTHER if end else b""), CSV)
    assert (caught.value.code, caught.value.line) == ("long_line", 3)


def test_gzip_is_unpacked_and_a_cut_one_refused(tmp_path: Path) -> None:
    packed = gzip.compress(HEADER + LINE * 1 + OTHER)
    (tmp_path / "whole").write_bytes(packed)
    (tmp_path / "cut").write_bytes(packed[:-12])
    with open_feed(tmp_path / "whole") as source:
        assert sum(len(block) for block in FeedReader(source, CSV, Services())) == 2
    with pytest.raises(FeedError) as caught, open_feed(tmp_path / "cut") as source:
        list(FeedReader(source, CSV, Services()))
    assert caught.value.code == "compressed"
    with pytest.raises(FeedError, match="cannot be read"), open_feed(tmp_path / "none"):
        pass


def test_names_of_files() -> None:
    name = make_name(VAC.file, {"sp_id": "912345", "minute": "202610311700", "province": "551", "sequence": "1"})
    assert name == "SubscribeInfo009123452026103117005510001.req"
    assert fields_of_name(VAC.file, name) == {"sp_id": "00912345", "minute": "202610311700", "province": "551", "sequence": "0001"}
    assert fields_of_name(VAC.file, name + "x") is None
    with pytest.raises(ValueError, match="sequence"):
        make_name(VAC.file, {"sp_id": "912345", "minute": "202610311700", "province": "551", "sequence": "12345"})


def test_one_more_dialect_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "ours.toml").write_text('name = "ours"\nencoding = "gb18030"\ndelimiter = ";"\ntime = "iso"\n[states]\n"正常" = "active"\n', "utf-8")
    assert "ours" in dialect_names(tmp_path)
    assert read("13800000001;S;正常;2026-10-31;500;\n".encode("gb18030"), find_dialect("ours", tmp_path))[0] == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x", "no TOML"),
        ('name = "b"', "name"),
        ('name = "a"\nencoding = "latin-1"', "encoding"),
        ('name = "a"\nencoding = "gbk"\ntime = "iso"\ndelimiter = "ab"', "delimiter"),
        ('name = "a"\nencoding = "gbk"\ntime = "iso"\ndelimiter = "|"\nwidths = [1]', "delimiter"),
        ('name = "a"\nencoding = "gbk"\ntime = "iso"\ndelimiter = "|"\ncolumns = ["msisdn"]', "columns"),
        ('name = "a"\nencoding = "gbk"\ntime = "iso"\ndelimiter = "|"\n[states]\n1 = "gone"', "states"),
        ('name = "a"\nencoding = "gbk"\ntime = "iso"\ndelimiter = "|"\ncolour = 1\n', "colour"),
        ('name = "a"\nencoding = "gbk"\ntime = "iso"\ndelimiter = "|"\n[states]\n1 = "active"\n[trailer]\nkind = "fields"\nfields = [{ name = "count" }]', "trailer"),
    ],
)
def test_a_broken_dialect_says_where(text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        read_dialect(text, "a.toml", name="a")
