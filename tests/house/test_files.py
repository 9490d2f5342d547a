"""The files themselves: no addresses of a registry, no path of a machine, no secrets, sizes that one can read."""

from __future__ import annotations

import ast
import os
import re
import statistics
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.tree import PACKAGES, ROOT, parsed, sources, text_files, tracked

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70
FILE_LINES_MEDIAN_MAX = 130
FUNCTION_LINES_MEDIAN_MAX = 10
BAD_NAMES = ("utils", "util", "helpers", "helper", "manager", "common", "platform", "operator")
EDGES = ("huabao/working.py", "huabao/cli.py", "console/edge.py", "console/web.py", "console/mm7.py")

# Written so that this file does not name what it looks for.
MACHINE_PATH = re.compile(r"(?<![\w.$}~-])/(?:" + "|".join(("wo" + "rk", "fa" + "rm", "ro" + "ot", "ho" + "me")) + r")/\w")
REGISTRY = re.compile(
    "|".join(
        ("py" + r"pi\.org", "python" + r"hosted\.", "npm" + r"js\.", "deb\\." + "debian", "archive\\." + "ubuntu", "nodesource" + r"\.", "/si" + "mple/", "cloud\\." + "google")
    )
)
SECRET = re.compile(
    "|".join(("BEGIN [A-Z ]*PRIV" + "ATE KEY", "AK" + "IA[0-9A-Z]{16}", "gh[pousr]_" + "[A-Za-z0-9]{30,}", "xox[bap]-" + "[0-9A-Za-z-]{10,}", "sk-" + "[A-Za-z0-9]{32,}"))
)


def test_no_registry_and_no_path_of_a_machine() -> None:
    found = [
        f"{path}:{number}: {line.strip()[:100]}"
        for path, text in text_files()
        if "vendor" not in path.parts
        for number, line in enumerate(text.splitlines(), 1)
        if MACHINE_PATH.search(line) or REGISTRY.search(line)
    ]
    assert found == []


def test_no_secrets() -> None:
    assert [str(path) for path, text in text_files() if SECRET.search(text)] == []
    assert [str(path) for path in tracked() if path.name == ".env" or path.suffix in (".pem", ".key", ".p12")] == []


def _functions() -> Iterator[tuple[str, int]]:
    for path in sources():
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno is not None
                yield f"{path}:{node.lineno} {node.name}", node.end_lineno - node.lineno + 1


def test_sizes_of_files() -> None:
    lines = {str(path): len((ROOT / path).read_text().splitlines()) for path in sources()}
    assert {name: count for name, count in lines.items() if count > FILE_LINES_MAX} == {}
    assert statistics.median(count for count in lines.values() if count) <= FILE_LINES_MEDIAN_MAX


def test_sizes_of_functions() -> None:
    lines = dict(_functions())
    assert {name: count for name, count in lines.items() if count > FUNCTION_LINES_MAX} == {}
    assert statistics.median(lines.values()) <= FUNCTION_LINES_MEDIAN_MAX


def test_tests_are_readable_too() -> None:
    long = {str(path): len((ROOT / path).read_text().splitlines()) for path in sources("tests")}
    assert {name: count for name, count in long.items() if count > FILE_LINES_MAX} == {}


def test_names_say_something() -> None:
    assert [str(path) for path in tracked() if path.suffix == ".py" and {path.stem, *path.parts[:-1]} & set(BAD_NAMES)] == []


def test_everything_is_caught_at_the_edges_only() -> None:
    found = [
        f"{path}:{node.lineno}"
        for path in sources()
        if str(path) not in EDGES
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ExceptHandler) and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException")))
        and not any(isinstance(one, ast.Raise) and one.exc is None for one in ast.walk(node))
    ]
    assert found == []


@pytest.mark.parametrize("folder", ["content/codecs", "delivery/codecs", "delivery/ports", "reconciliation/codecs"])
def test_docstrings_are_whole_on_codecs_and_ports(folder: str) -> None:
    missing = []
    for path in sources():
        if not path.as_posix().startswith(folder):
            continue
        tree = parsed(path)
        public = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_")]
        missing += [f"{path}:{node.lineno} {node.name}" for node in public if not ast.get_docstring(node)]
        if tree.body and not ast.get_docstring(tree):
            missing.append(str(path))
    assert missing == []


def test_every_package_is_listed() -> None:
    listed = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])
    folders = {".".join(path.parent.parts) for path in sources(*PACKAGES)}
    assert folders - listed == set(), "packages that pyproject.toml does not list"
    assert {name for name in listed if not (ROOT / Path(*name.split("."))).is_dir()} == set()


def test_scripts_can_be_run() -> None:
    scripts = [path for path in tracked() if path.parts[0] in ("bin", ".ci") and not path.name.startswith("_")]
    assert {"demo", "test", "bench", "huabao"} <= {path.name for path in scripts}
    assert [str(path) for path in scripts if not os.access(ROOT / path, os.X_OK)] == []


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_locks_pin_everything_with_hashes(name: str) -> None:
    text = (ROOT / f"{name}.lock").read_text()
    assert "://" not in text
    assert "--find-links" not in text
    entries = [entry for entry in re.split(r"(?m)^(?=[A-Za-z0-9])", text) if entry.strip()]
    assert entries
    assert [entry.split()[0] for entry in entries if "==" not in entry or "--hash=sha256:" not in entry] == []
    pinned = {re.split(r"[=\[]", entry)[0].lower() for entry in entries}
    wanted = {re.split(r"[\[=<>~]", line)[0].strip().lower() for line in (ROOT / f"{name}.in").read_text().splitlines() if line and line[0] not in "#-"}
    assert wanted - pinned == set(), "run bin/lock"
