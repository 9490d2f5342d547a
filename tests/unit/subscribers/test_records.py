"""Framing of CSV files: any bytes give records, each line is accounted for."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from huabao.errors import UsageError
from subscribers.imports.records import read_table
from subscribers.imports.rejects import neutral, original

CELLS = st.text(alphabet=st.characters(min_codepoint=1, codec="utf-8"), max_size=8)


def framed(data: bytes) -> list[tuple[int, list[str], str]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "f.csv"
        path.write_bytes(data)
        return [(one.line, list(one.fields), one.problem) for one in read_table(path, known=("msisdn",), required=("msisdn",)).records]


@given(st.lists(st.tuples(CELLS.filter(bool), CELLS), max_size=6), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_what_csv_wrote_is_read(rows: list[tuple[str, str]], end: str, mark: bool) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerow(["MSISDN", "x"])
    writer.writerows(rows)
    found = framed((b"\xef\xbb\xbf" if mark else b"") + out.getvalue().encode())
    assert [(fields, problem) for _, fields, problem in found] == [(list(row), "") for row in rows]


@given(st.binary(max_size=300) | st.text(alphabet='",\n\ra1', max_size=80).map(str.encode))
def test_any_bytes_give_records_or_a_usage_error(data: bytes) -> None:
    try:
        found = framed(b"msisdn,x\n" + data)
    except UsageError:
        return
    lines = [line for line, _, _ in found]
    assert lines == sorted(set(lines))
    assert all(problem or len(fields) == 2 for _, fields, problem in found)


@given(CELLS)
def test_a_neutral_cell_comes_back(cell: str) -> None:
    assert original(neutral(cell)) == cell
    assert not neutral(cell).startswith(("=", "+", "-", "@", "\t", "\r"))


@given(st.sampled_from(["", "'", "''"]), st.sampled_from("=+-@\t\r"), CELLS)
def test_a_formula_comes_back(marks: str, sign: str, rest: str) -> None:
    assert original(neutral(marks + sign + rest)) == marks + sign + rest
