"""Names and credits on a slide."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from content.compose.captions import portions, shortened


@given(st.text(alphabet="江城出版社；。，）（ abc./-0", max_size=300), st.integers(4, 90))
def test_portions_lose_nothing_and_keep_to_the_limit(text: str, chars: int) -> None:
    found = portions(text, chars)
    assert "".join("".join(found).split()) == "".join(text.split())
    assert all(0 < len(portion) <= chars for portion in found)


def test_a_portion_ends_at_a_thought_and_never_within_a_word() -> None:
    text = "文字 江城出版社；图片 www.example.com/pictures；翻译 李四"
    assert portions(text, 30) == ["文字 江城出版社；", "图片 www.example.com/pictures；", "翻译 李四"]
    assert any("www.example.com/pictures" in portion for portion in portions(text, 30))
    assert portions("x" * 70, 30) == ["x" * 30, "x" * 30, "x" * 10]
    assert portions("", 30) == []


@given(st.text(max_size=120), st.integers(1, 90))
def test_a_name_fits(name: str, chars: int) -> None:
    short = shortened(name, chars)
    assert len(short) <= chars
    assert short == name or (short.endswith("…") and name.startswith(short[:-1]))
