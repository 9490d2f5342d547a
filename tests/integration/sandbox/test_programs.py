"""Each simulator as a program that a person starts; the other tests fork theirs."""

from __future__ import annotations

import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.services.waiting import PATIENCE_S

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(("name", "options"), [("mmsc", ()), ("smsc", ("--control-port", "0")), ("boss", ())])
def test_it_says_where_it_listens_and_ends_at_a_word(name: str, options: tuple[str, ...]) -> None:
    with subprocess.Popen([sys.executable, "-m", f"sandbox.{name}", "--port", "0", *options], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            said = process.stdout.readline().split()
            assert said[0] == name
            with urllib.request.urlopen(f"{said[-1]}stats", timeout=PATIENCE_S) as answer:
                assert answer.status == 200
        finally:
            process.terminate()
    assert process.returncode == 0
