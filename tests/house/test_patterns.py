"""No regular expression takes more than linear time, however its input is made.

Each is tried on texts of its own structure: what one of its repetitions eats, so many times over, after what leads there and before what
fits nothing; and every beginning of what it takes, again and again. At `LENGTH` characters a linear one needs a thousandth of a second of the
processor, a quadratic one half a second and more; the mark lies far from both. What is not linear stands in `BOUND`, with the longest
input that it gets.
"""

from __future__ import annotations

import ast
import importlib
import re
import time
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from console import wording
from content.proof import wording as proof_wording
from content.wap import browsers
from tests.house.tree import PACKAGES, ROOT

constants: Any = importlib.import_module("re._constants")
parser: Any = importlib.import_module("re._parser")
"""The standard library's own reading of a pattern."""

LENGTH = 16_000
SECONDS_MAX = 0.1

TAILS = ("\x00", "!")
WITHIN = ("search", "findall", "finditer", "sub", "subn", "split")
"""These try every position of a text."""

BOUND = {
    "console/wording.py": wording.SENTENCE_CHARS_MAX,
    "content/proof/wording.py": proof_wording.RULE_CHARS_MAX,
    "content/wap/browsers.py": browsers.HEADER_CHARS_MAX,
}
"""Files whose patterns never see a longer text; what is sliced or refused before stands in each."""

_SAMPLES = "a1 -;\t~éx\ue100\x01中"
_REPEATS = (constants.MAX_REPEAT, constants.MIN_REPEAT, constants.POSSESSIVE_REPEAT)
_CATEGORIES = {
    constants.CATEGORY_DIGIT: r"\d", constants.CATEGORY_SPACE: r"\s", constants.CATEGORY_WORD: r"\w",
    constants.CATEGORY_NOT_DIGIT: r"\D", constants.CATEGORY_NOT_SPACE: r"\S", constants.CATEGORY_NOT_WORD: r"\W",
}  # fmt: skip


def test_no_pattern_takes_more_than_linear_time() -> None:
    found = {place: seconds for place, (pattern, within) in compiled().items() if (seconds := seconds_of(place, pattern, within)) > SECONDS_MAX}
    assert found == {}, "write the pattern so that no character is looked at again and again, or bound its input and enter that in BOUND"


def test_what_is_quadratic_is_found() -> None:
    assert seconds_of("", re.compile(r"([a-z]+)="), True) > SECONDS_MAX
    assert seconds_of("", re.compile(r"(a+)+b"), False, length=22) > SECONDS_MAX


def seconds_of(place: str, pattern: re.Pattern[Any], within: bool, *, length: int = 0) -> float:
    """The processor time of the worst text."""
    worst = 0.0
    for text in _texts_against(pattern, length or BOUND.get(place.partition(":")[0], LENGTH)):
        data: Any = text.encode("latin-1", "replace") if isinstance(pattern.pattern, bytes) else text
        began = time.thread_time()
        if within:
            sum(1 for _ in pattern.finditer(data))
        else:
            pattern.fullmatch(data)
        worst = max(worst, time.thread_time() - began)
        if worst > SECONDS_MAX:
            break
    return worst


def compiled() -> dict[str, tuple[re.Pattern[Any], bool]]:
    """Every pattern of the product by where it stands, and whether it is looked for at every position."""
    found: dict[str, tuple[re.Pattern[Any], bool]] = {}
    for path in sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py")):
        text, place = path.read_text("utf-8"), str(path.relative_to(ROOT))
        if "re." not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", "") == "re" and node.args:
                written = node.args[0].value if isinstance(node.args[0], ast.Constant) else None
                if node.func.attr != "compile" and isinstance(written, str | bytes):
                    found[f"{place}:{node.lineno}"] = (re.compile(written), node.func.attr in WITHIN)
        if "re.compile" in text and path.name != "__main__.py":
            module = importlib.import_module(".".join(path.with_suffix("").relative_to(ROOT).parts))
            for name, value in vars(module).items():
                anchored = re.search(rf"\b{name}\b(\[.+?\])?\.(fullmatch|match)\(", text) or place in BOUND
                within = not anchored or re.search(rf"\b{name}\b\.({'|'.join(WITHIN)})\(", text) is not None
                found |= {f"{place}:{name}{index}": (one, within) for index, one in _patterns(value)}
    return found


def _patterns(value: Any) -> Iterator[tuple[str, re.Pattern[Any]]]:
    if isinstance(value, re.Pattern):
        yield "", value
    elif isinstance(value, dict | tuple):
        for index, one in enumerate(value.values() if isinstance(value, dict) else value):
            yield from ((f"[{index}]", part) for part in (one if isinstance(one, tuple) else (one,)) if isinstance(part, re.Pattern))


# --- texts of a pattern's own structure -----------------------------------------------------------------------------------


def _texts_against(pattern: re.Pattern[Any], length: int) -> Iterator[str]:
    source = pattern.pattern.decode("latin-1") if isinstance(pattern.pattern, bytes) else pattern.pattern
    nodes = list(parser.parse(source, pattern.flags & ~re.UNICODE))
    for before, body in dict.fromkeys(_repeated(nodes)):
        yield from (before + body * (length // len(body)) + tail for tail in TAILS if body)
    whole = _sample(nodes)
    yield from (whole[:cut] * (length // cut) + "\x00" for cut in range(1, min(len(whole), 40) + 1))


def _repeated(nodes: Iterable[Any], before: str = "") -> Iterator[tuple[str, str]]:
    """(what leads there, what is repeated) for each repetition without a low bound, and for each choice within it."""
    for node in nodes:
        kind, value = node
        if kind in _REPEATS:
            if value[1] > 20:
                yield before, _sample(value[2])
                yield from ((before, one) for inner in value[2] for one in _choices(inner))
            yield from _repeated(value[2], before)
        elif kind is constants.SUBPATTERN:
            yield from _repeated(value[3], before)
        elif kind is constants.BRANCH:
            for branch in value[1]:
                yield from _repeated(branch, before)
        before += _one(node)


def _choices(node: Any) -> Iterator[str]:
    kind, value = node
    if kind is constants.SUBPATTERN:
        yield from (_sample(branch) for found in value[3] if found[0] is constants.BRANCH for branch in found[1][1])
    elif kind is constants.IN and value[0][0] is not constants.NEGATE:
        yield from (_char((constants.IN, [one])) for one in value)


def _sample(nodes: Iterable[Any]) -> str:
    """A text that the nodes take."""
    return "".join(map(_one, nodes))


def _one(node: Any) -> str:
    kind, value = node
    if kind in (constants.LITERAL, constants.NOT_LITERAL, constants.ANY, constants.IN):
        return _char(node)
    if kind in _REPEATS:
        return _sample(value[2]) * max(1, int(value[0]))
    if kind is constants.SUBPATTERN:
        return _sample(value[3])
    return _sample(value[1][0]) if kind is constants.BRANCH else _sample(value) if kind is constants.ATOMIC_GROUP else ""


@cache
def _fitting(form: str) -> str:
    return next((one for one in _SAMPLES if re.match(form, one)), "a")


def _char(node: Any) -> str:
    """A character that a node of one character takes."""
    kind, value = node
    if kind is constants.LITERAL:
        return chr(value)
    if kind is constants.NOT_LITERAL:
        return "a" if value != ord("a") else "b"
    if kind is constants.ANY:
        return "a"
    if value[0][0] is constants.NEGATE:
        return _fitting("[^" + "".join(map(_class, value[1:])) + "]")
    first = value[0]
    if first[0] is constants.CATEGORY:
        return _fitting(_CATEGORIES[first[1]])
    return chr(first[1] if first[0] is constants.LITERAL else first[1][0])


def _class(node: Any) -> str:
    kind, value = node
    if kind is constants.CATEGORY:
        return _CATEGORIES[value]
    return re.escape(chr(value)) if kind is constants.LITERAL else f"{re.escape(chr(value[0]))}-{re.escape(chr(value[1]))}"
