"""Lines of the log: one JSON object each, whoever says them; what belongs together carries it; no number stands anywhere in them."""

from __future__ import annotations

import json
import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from huabao.log import _mask
from huabao.msisdn import MSISDN

PROGRAM = """
import logging
from huabao import log
log.configure("INFO", as_json=True)
mine = log.get_logger("test")
with log.bound(request="r1", dispatch=7):
    mine.info("sent", to="+8613800138000", count=3, many=["13900139000", {"n": 13700137000}])
    logging.getLogger("some.library").warning("no answer for %s", "13600136000")
try:
    raise ValueError("reader 13500135000 is odd")
except ValueError as error:
    mine.error("failed", exc_info=error)
logging.getLogger("uvicorn").info("not heard")
"""


def test_every_line_is_json_with_its_fields_and_no_number() -> None:
    written = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True).stderr
    sent, library, failed = [json.loads(line) for line in written.splitlines()]
    assert (sent["component"], sent["level"], sent["request"], sent["dispatch"], sent["count"]) == ("test", "info", "r1", 7, 3)
    assert sent["to"] == "138****8000" and sent["many"] == ["139****9000", {"n": "137****7000"}]
    assert (library["component"], library["event"], library["request"]) == ("some.library", "no answer for 136****6000", "r1")
    assert "reader 135****5000 is odd" in failed["exception"] and "request" not in failed
    assert all(one["timestamp"].endswith("Z") for one in (sent, library, failed))


@given(
    st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.sampled_from(["", "86", "+86", "0086", "tel:", "reader ", "(", "读者", "x="]), st.sampled_from(["", ")", ",", " x", "/TYPE=PLMN", "。", ".", "的"])
)
def test_no_number_comes_through(number: str, before: str, after: str) -> None:
    for value in (f"{before}{number}{after}", [f"{before}{number}{after}"], {"a": number}, int(number), MSISDN(number)):
        assert number not in str(_mask(None, "", {"x": value})["x"])


@given(st.one_of(st.integers(0, 10**10), st.floats(0, 1e6), st.from_regex(r"[0-9]{12,16}", fullmatch=True).filter(lambda one: not one.startswith(("86", "0086")))))
def test_what_is_no_number_stays(value: object) -> None:
    assert _mask(None, "", {"x": value})["x"] == value
