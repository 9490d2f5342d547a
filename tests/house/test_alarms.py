"""Every kind of alarm that the code raises is written down: how bad it is, what it means, what to do next, in both languages and in the docs."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from types import ModuleType

from monitoring.alarms.checks import CHECKS
from monitoring.alarms.kinds import SEVERITIES, kinds
from tests.house.tree import ROOT, tracked

RAISERS = {"raise_alarm", "warn"}
CODE = ("huabao", "subscribers", "content", "delivery", "reconciliation", "monitoring", "care", "console")
FORM = re.compile(r"[a-z]+\.[a-z_-]+")
HALF_WIDTH = re.compile(r"[\u4e00-\u9fff][,;:!?.]|[,;!?](?=[\u4e00-\u9fff])")


def _raised() -> dict[str, str]:
    """Kinds by where they are raised: a constant, or a name of the module."""
    found: dict[str, str] = {}
    for path in tracked():
        if path.suffix != ".py" or path.parts[0] not in CODE:
            continue
        text = (ROOT / path).read_text()
        if "raise_alarm" not in text and "stages.warn(" not in text and "import warn" not in text:
            continue
        for call in (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)):
            name = call.func.attr if isinstance(call.func, ast.Attribute) else call.func.id if isinstance(call.func, ast.Name) else ""
            if name in RAISERS and len(call.args) >= 4:
                found.update(dict.fromkeys(_kinds_of(call.args[1], path.with_suffix("").as_posix().replace("/", ".")), str(path)))
    return found


def _kinds_of(node: ast.expr, module: str) -> Iterator[str]:
    if isinstance(node, ast.Constant):
        yield str(node.value)
    elif isinstance(node, (ast.Name, ast.Attribute)):
        loaded = importlib.import_module(module)
        value = getattr(loaded, node.id, None) if isinstance(node, ast.Name) else _of(loaded, node)
        if isinstance(value, str):
            yield value


def _of(module: ModuleType, node: ast.Attribute) -> object:
    return getattr(getattr(module, node.value.id, None), node.attr, None) if isinstance(node.value, ast.Name) else None


def test_every_kind_that_is_raised_is_written_down() -> None:
    raised = _raised() | {one.kind: "monitoring/alarms/checks.py" for one in CHECKS}
    assert len(raised) > 35, "the calls are found"
    assert {kind: where for kind, where in raised.items() if kind not in kinds()} == {}


def test_every_kind_says_what_to_do() -> None:
    for kind in kinds().values():
        assert FORM.fullmatch(kind.id) and kind.severity in SEVERITIES and kind.place.startswith("/"), kind.id
        for pair in (kind.name, kind.meaning, kind.next):
            english, chinese = pair
            assert english and english.isascii() and chinese and not chinese.isascii(), kind.id
            assert not HALF_WIDTH.search(chinese) and "您" not in chinese, chinese
        for english, chinese in (kind.meaning, kind.next):
            assert english.endswith((".", "?")) and chinese.endswith(("。", "？")), kind.id


def test_every_kind_stands_in_the_documents() -> None:
    page = (ROOT / "docs" / "monitoring.md").read_text()
    assert [one for one in kinds() if f"`{one}`" not in page] == []
