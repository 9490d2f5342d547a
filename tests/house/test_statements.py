"""The choice of tests that CI runs on SQLite alone: PostgreSQL still gets every statement."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.services.statements import LIST, ROOT, Recorded, choose, form_of

_RECORDED = st.builds(Recorded, cost_s=st.floats(0.01, 9), at_once=st.booleans(), forms=st.sets(st.sampled_from("abcdefgh")))


@given(st.dictionaries(st.text("tu", min_size=1), _RECORDED))
def test_what_stays_sends_all_that_all_sent(tests: dict[str, Recorded]) -> None:
    out = choose(tests)
    stay = {name: test for name, test in tests.items() if name not in out}
    assert {form for test in stay.values() for form in test.forms} == {form for test in tests.values() for form in test.forms}
    assert not any(tests[name].at_once for name in out)


def test_a_statement_has_one_form_however_many_values_it_takes() -> None:
    some = "SELECT a FROM t WHERE id IN (%(id_1_1)s::INTEGER, %(id_1_2)s::INTEGER) LIMIT %(param_1)s"
    more = "SELECT a FROM t WHERE id IN (%(id_1_1)s::INTEGER, %(id_1_2)s::INTEGER, %(id_1_3)s::INTEGER) LIMIT %(param_1)s"
    assert form_of(some) == form_of(more) != form_of(some.replace("a FROM", "b FROM"))


def test_the_list_names_files_that_are_there() -> None:
    files = {name.partition("::")[0] for name in LIST.read_text("utf-8").split()}
    assert files
    assert [name for name in sorted(files) if not (ROOT / name).exists()] == []
