"""What a handset reads and how wide it is, from headers as real ones send them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.wap.browsers import HTML, MODERN_WIDTH_PX, WIDTHS, WML, WML_WIDTH_PX, XHTML, XHTML_MP, accepted, browser_of, models_of, step_of

CHROME = "Mozilla/5.0 (Linux; Android 14; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36"
CASES = [
    ("text/vnd.wap.wml, image/vnd.wap.wbmp", "Nokia7110/1.0 (04.84)", WML, WML_WIDTH_PX),
    ("text/vnd.wap.wml;q=0.7, application/vnd.wap.xhtml+xml, */*;q=0.1", "Nokia6230/2.0 (03.14) Profile/MIDP-2.0", XHTML_MP, 240),
    ("text/vnd.wap.wml, application/xhtml+xml;q=0.4", "x", WML, WML_WIDTH_PX),
    ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", CHROME, XHTML, MODERN_WIDTH_PX),
    ("text/html, */*", "Mozilla/4.0 (compatible; MSIE 4.01; Windows CE; PPC; 240x320)", HTML, 240),
    ("*/*", "Nokia7110/1.0", WML, WML_WIDTH_PX),
    ("", "SonyEricssonT68/R201A", WML, WML_WIDTH_PX),
    ("", "UP.Browser/4.1.27a", WML, WML_WIDTH_PX),
    ("", "", HTML, 240),
    ("*/*", "curl/8.0", HTML, 240),
    ("application/xhtml+xml;q=0, text/html;q=0, text/vnd.wap.wml", "x", WML, WML_WIDTH_PX),
]


@pytest.mark.parametrize(("accept", "agent", "media_type", "width_px"), CASES)
def test_markup_and_width(accept: str, agent: str, media_type: str, width_px: int) -> None:
    found = browser_of({"accept": accept, "user-agent": agent}, None, 240)
    assert (found.media_type, found.width_px) == (media_type, width_px)
    assert found.markup == ("wml" if media_type == WML else "xhtml")


def test_a_record_goes_before_what_a_handset_says_and_that_before_a_guess() -> None:
    said = {"accept": "*/*", "user-agent": "x", "x-up-devcap-screenpixels": "176,208"}
    assert browser_of(said, 128, 240).width_px == 128
    assert browser_of(said, None, 240).width_px == 176
    assert browser_of({"ua-pixels": "320x240"}, None, 240).width_px == 320


@pytest.mark.parametrize(
    ("headers", "wanted"),
    [
        ({"user-agent": "Nokia6230/2.0 (03.14) Profile/MIDP-2.0"}, "Nokia6230"),
        ({"user-agent": "SonyEricssonK750i/R1AA Browser/SEMC-Browser/4.2"}, "SonyEricssonK750i"),
        ({"user-agent": "SAMSUNG-SGH-E250/1.0 Profile/MIDP-2.0"}, "SAMSUNG-SGH-E250"),
        ({"user-agent": "Mozilla/5.0 (Linux; Android 9; Nokia 6.1 Build/PPR1) AppleWebKit/537.36"}, "Nokia 6.1"),
        ({"x-wap-profile": '"http://nds1.nds.nokia.com/uaprof/N6230ir200.xml"'}, "6230i"),
        ({"x-wap-profile": "http://wap.sonyericsson.com/UAprof/K750iR101.xml"}, "K750i"),
        ({"profile": "http://wap.samsungmobile.com/uaprof/SGH-E250.rdf"}, "SGH-E250"),
        ({"x-wap-profile": '"http://www.lge.com/u/LG-KG800.xml","1-abc"'}, "LG-KG800"),
    ],
)
def test_the_model_is_in_the_name_or_in_the_profile_s_address(headers: dict[str, str], wanted: str) -> None:
    assert wanted in models_of(headers)


@given(st.dictionaries(st.sampled_from(["accept", "user-agent", "x-wap-profile", "profile", "ua-pixels", "x-up-devcap-screenpixels"]), st.text(max_size=3_000)))
def test_no_header_is_trouble(headers: dict[str, str]) -> None:
    found = browser_of(headers, None, 240)
    assert 0 < found.width_px <= 9_999
    names = models_of(headers)
    assert len(names) <= 6
    assert all(1 < len(one) <= 120 for one in names)
    assert all(0 <= weight <= 1 for weight in accepted(headers.get("accept", "")).values())


@given(st.integers(-5, 20_000))
def test_a_step_is_no_wider_than_the_screen(width_px: int) -> None:
    step = step_of(width_px)
    assert step in WIDTHS
    assert step <= max(width_px, WIDTHS[0])
