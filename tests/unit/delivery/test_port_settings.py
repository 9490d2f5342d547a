"""Settings of a port: bursts, groups, options that cannot work."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.ports import PortSettings, port_kind
from delivery.ports.message_ids import FORMS, MESSAGE_ID_LENGTH_MAX, normalise_message_id
from delivery.ports.mm7.options import MM7Options
from delivery.ports.services import default_burst
from delivery.throttle import sustained_rate
from huabao.errors import UsageError
from huabao.msisdn import MSISDN

URL = "http://mmsc.example/mm7"


def settings(**given: Any) -> PortSettings:
    """A port of 100 recipients a second."""
    return PortSettings(**{"port_id": 1, "name": "p", "kind": "mm7", "url": URL, "rate": 100.0, "burst": 3, **given})


@given(st.floats(0.1, 1e6))
def test_the_default_burst_is_small_and_leaves_something_of_the_rate(rate: float) -> None:
    burst = default_burst(rate)
    assert burst == 1 or burst <= rate * 0.03 + 1e-6
    assert sustained_rate(rate, burst) > 0


def test_a_group_is_no_larger_than_the_burst_unless_submits_are_counted() -> None:
    assert settings().group_size == 3
    assert settings(burst=500).group_size == 100
    assert settings().tokens(3) == 3
    counted = settings(options={"counts": "submits"})
    assert (counted.group_size, counted.tokens(100)) == (100, 1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"auth": "basic"}, "needs --user"),
        ({"auth": "basic", "user": "u"}, "password-env"),
        ({"auth": "digest", "user": "a:b", "password_env": "X"}, "colon"),
        ({"auth": "ntlm"}, "auth is one of"),
        ({"report_auth": "basic"}, "report-user"),
        ({"recipient_field": "cc"}, "recipient-field"),
        ({"message_id": "hex"}, "message-id"),
        ({"ca_file": "/no/such/file"}, "no such file"),
        ({"colour": "red"}, "colour"),
        ({"client_form": "klingon"}, "client-form is one of 3gpp, cmcc"),
        ({"recalls": "always"}, "recalls is one of replace, cancel, none"),
        ({"dialect": "nobody"}, "there is no dialect 'nobody'; there are 3gpp, cmcc"),
        ({"version": "6"}, "is no MM7Version; write three numbers"),
    ],
)
def test_options_that_cannot_work(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        port_kind("mm7").check(settings(options=options))


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(UsageError, match="mm7"):
        port_kind("carrier-pigeon")


@pytest.mark.parametrize(("form", "expected"), [("86", "8613800138000"), ("+86", "+8613800138000"), ("national", "13800138000")])
def test_numbers_as_the_peer_wants_them(form: str, expected: str) -> None:
    assert MM7Options.of(URL, {"number_form": form}).number(MSISDN("13800138000")) == expected


def test_the_version_follows_the_namespace() -> None:
    assert MM7Options.of(URL, {}).mm7_version == "6.3.0"
    assert MM7Options.of(URL, {"namespace": "http://www.3gpp.org/ftp/Specs/archive/23_series/23.140/schema/REL-5-MM7-1-0"}).mm7_version == "5.3.0"
    assert MM7Options.of(URL, {"version": "6.8.0"}).mm7_version == "6.8.0"


@pytest.mark.parametrize(
    ("form", "one", "other"),
    [("exact", " <1A2b> ", "1A2b"), ("nocase", "1A2B", "1a2b"), ("nozeros", "000120", "120"), ("nozeros", "000", "0"), ("nocase-nozeros", "00aF", "AF")],
)
def test_message_ids_that_are_the_same(form: str, one: str, other: str) -> None:
    assert normalise_message_id(one, {"message_id": form}) == normalise_message_id(other, {"message_id": form})


@given(st.text(max_size=200), st.sampled_from(sorted(FORMS)))
def test_a_message_id_of_usual_form_is_normalised_once(text: str, form: str) -> None:
    once = normalise_message_id(text.strip().strip("<>").strip(), {"message_id": form})
    assert len(once) <= MESSAGE_ID_LENGTH_MAX
    if "<" not in once and ">" not in once and once == once.strip():
        assert normalise_message_id(once, {"message_id": form}) == once


def test_what_may_be_in_flight_is_the_connections_or_the_windows_of_all_binds() -> None:
    assert settings(connections=5).in_flight == 5
    assert settings(kind="smpp", connections=5, options={"window": 16, "binds": 2}).in_flight == 32
