"""What the brake holds: exactly what fails, nothing that stands beside it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from delivery.dispatch.failing import SCOPES, Cell, Finding, failing

PORTS, CLASSES = ("mm-1", "mm-2", "mm-3"), ("30kb-128x160", "100kb-240x320", "600kb-480x800")
VARIANTS = {f"{name}-{number}": name for name in CLASSES for number in range(2)}


def cells(bad: dict[str, str], *, readers: int = 200, background: float = 0.03, share: float = 1.0, ports: tuple[str, ...] = PORTS) -> list[Cell]:
    """Readers of every variant on every port; of those that `bad` names by scope, `share` fail."""
    found = []
    for port in ports:
        for variant, name in VARIANTS.items():
            cell = Cell(port, name, variant, readers, 0, readers)
            fails = share if any(getattr(cell, scope) == key for scope, key in bad.items()) else background
            found.append(Cell(port, name, variant, readers, readers * fails, readers))
    return found


def names(found: list[Finding]) -> set[tuple[str, str]]:
    return {(one.scope, one.key) for one in found}


def find(measured: list[Cell]) -> list[Finding]:
    return failing(measured, share=0.2, readers_min=50)


def test_nothing_fails_where_everything_is_as_usual() -> None:
    assert find(cells({})) == []
    assert find([]) == []


def test_a_dead_port_is_one_finding() -> None:
    assert names(find(cells({"port": "mm-2"}))) == {("port", "mm-2")}


def test_a_class_that_refuses_is_that_class_on_every_port() -> None:
    assert names(find(cells({"handset_class": CLASSES[0]}))) == {("handset_class", CLASSES[0])}
    assert names(find(cells({"handset_class": CLASSES[0]}, ports=("mm-1",)))) == {("handset_class", CLASSES[0])}


def test_a_bad_variant_does_not_take_its_class_with_it() -> None:
    assert names(find(cells({"variant": "100kb-240x320-1"}))) == {("variant", "100kb-240x320-1")}


def test_a_port_and_a_class_at_once() -> None:
    assert names(find(cells({"port": "mm-3", "handset_class": CLASSES[2]}))) == {("port", "mm-3"), ("handset_class", CLASSES[2])}


def test_where_everything_fails_the_ports_are_held() -> None:
    assert names(find(cells({"port": "mm-1"}, ports=("mm-1",)))) == {("port", "mm-1")}
    assert names(find(cells({}, background=1.0))) == {("port", port) for port in PORTS}


def test_few_readers_say_nothing() -> None:
    assert find(cells({"variant": "100kb-240x320-1"}, readers=8)) == []
    assert names(find(cells({"port": "mm-2"}, readers=10))) == {("port", "mm-2")}, "together they are enough"


@given(
    st.sampled_from(SCOPES), st.data(), st.integers(60, 5000), st.floats(0, 0.15), st.floats(0.5, 1.0), st.integers(1, 3)
)
def test_whatever_fails_is_found_and_nothing_else(scope: str, data: st.DataObject, readers: int, background: float, share: float, ports: int) -> None:
    key = data.draw(st.sampled_from({"port": PORTS[:ports], "handset_class": CLASSES, "variant": tuple(VARIANTS)}[scope]))
    measured = cells({scope: key}, readers=readers, background=background, share=share, ports=PORTS[:ports])
    assert names(find(measured)) == {(scope, key)}


CELLS = st.lists(
    st.builds(
        lambda port, variant, readers, share: Cell(port, VARIANTS[variant], variant, readers, readers * share, readers),
        st.sampled_from(PORTS), st.sampled_from(sorted(VARIANTS)), st.integers(0, 500), st.floats(0, 1),
    ),
    max_size=20,
)  # fmt: skip


@given(CELLS, st.floats(0.01, 0.9), st.integers(1, 200))
def test_what_is_left_does_not_fail(measured: list[Cell], share: float, readers_min: int) -> None:
    found = failing(measured, share=share, readers_min=readers_min)
    for one in found:
        assert one.share > share
        assert one.readers >= readers_min
        measured = [cell for cell in measured if getattr(cell, one.scope) != one.key]
    assert failing(measured, share=share, readers_min=readers_min) == []
