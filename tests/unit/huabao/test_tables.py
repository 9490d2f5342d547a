"""Tables for people."""

from __future__ import annotations

from huabao.cli import table_text


def test_nothing_of_a_long_cell_is_left_out() -> None:
    sentence = "市民可以散步、骑行" * 20 + "【連】"
    text = table_text(("mark", "found"), [("3d1ae19c3722dac2", sentence)])
    assert "…" not in text
    assert "".join(text.split()) == f"markfound3d1ae19c3722dac2{sentence}"
    assert len(text.splitlines()) > 2
