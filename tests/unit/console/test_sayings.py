"""What the system writes in English is said in Chinese on a Chinese page: settings, alarms, refusals that people meet."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from care.answers.services import shipped
from console import registry
from console.meanings import chinese, meaning, unit
from console.texts import CHINESE, ENGLISH, has_text, text
from console.wording import said, sayings

ROOT = Path(__file__).parents[3]
PACKAGES = ("huabao", "subscribers", "content", "delivery", "reconciliation", "monitoring", "care")
HAN = re.compile("[\u4e00-\u9fff]")


def test_every_setting_says_its_meaning_in_chinese() -> None:
    known = {one.name: one for one in registry.settings()}
    assert sorted(known.keys() - chinese()["meanings"].keys()) == [], "write their meanings into console/meanings.toml"
    assert sorted(chinese()["meanings"].keys() - known.keys()) == [], "these settings are gone"
    assert [name for name, one in known.items() if not HAN.search(meaning(one, CHINESE)[0]) or meaning(one, ENGLISH)[0] != one.meaning] == []
    assert {one.unit for one in known.values() if one.unit and unit(one, CHINESE) == one.unit} <= {"MB"}


def _sample(node: ast.expr) -> str | None:
    """An f-string or a text with its places filled; None of anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in node.values)
    return None


def _alarms() -> list[tuple[str, str]]:
    """Where a sentence of an alarm stands, and the sentence."""
    found = []
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            source = path.read_text("utf-8")
            if "raise_alarm(" not in source and package != "monitoring":
                continue
            for node in ast.walk(ast.parse(source)):
                name = getattr(node.func, "attr", getattr(node.func, "id", "")) if isinstance(node, ast.Call) else ""
                place = {"raise_alarm": 3, **({"Finding": 0} if package == "monitoring" else {})}.get(name)
                if isinstance(node, ast.Call) and place is not None and len(node.args) > place and (sentence := _sample(node.args[place])) is not None:
                    found.append((f"{path.relative_to(ROOT)}:{node.lineno}", sentence))
    return found


def test_every_sentence_of_an_alarm_has_its_form() -> None:
    assert len(_alarms()) > 15
    assert [(place, sentence) for place, sentence in _alarms() if not HAN.search(said(sentence, CHINESE))] == [], "give it a form in console/sayings.toml"
    assert all(said(sentence, ENGLISH) == sentence for _, sentence in _alarms())


def test_what_stands_in_a_saying_is_filled() -> None:
    for form, template in sayings():
        assert set(re.findall(r"\{(\w+)\}", template)) <= set(form.groupindex), form.pattern
    assert said("dispatch 7 is held: 3 of 4 seeds retrieved. Release it, stop the handset class, or wait for the reports", CHINESE).startswith("下发 7 已扣住：")
    assert said("nobody ever said this", CHINESE) == "nobody ever said this"


@pytest.mark.parametrize("name", sorted(shipped()))
def test_every_standard_answer_fits_its_likely_cause(name: str) -> None:
    one = shipped()[name]
    assert has_text(f"answers.name_{name}") and HAN.search(one.zh) and not HAN.search(one.en)
    for sentence in (one.zh, one.en):
        assert set(re.findall(r"\{(\w+)\}", sentence)) <= set(one.places)
    if name != "incident":  # the page fills in what its headline fills in
        said_there = "".join(text(CHINESE, f"reader.is_{name}", **{place: f"<{place}>" for place in ("title", "at", "cause", "n", "number")}))
        assert all(f"<{place}>" in said_there for place in one.places)
