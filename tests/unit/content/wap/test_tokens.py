"""Sealed names and readers' tickets: they come back, nothing else opens them, nothing of them shows."""

from __future__ import annotations

import base64
import secrets
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.wap.tokens import PAGE_CHARS, PERSONAL_CHARS, PURPOSES, Ticket, WapAddress, name_of, wap_address

ADDRESS = WapAddress("http://wap.example/w/", b"k" * 32)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
tickets = st.builds(
    Ticket,
    st.integers(0, 2**48 - 1),
    st.sampled_from(PURPOSES),
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**24 - 1).map(lambda minutes: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)),
)


@given(st.lists(st.text(), min_size=1, max_size=4))
def test_a_name_comes_back_out_of_its_token(parts: list[str]) -> None:
    name = name_of(*parts)
    token = ADDRESS.page_token(name)
    assert (len(name), len(token)) == (13, PAGE_CHARS)
    assert ADDRESS.page_name(token) == name
    assert ADDRESS.page_token(name) == token, "the same edition is the same bytes"
    assert ADDRESS.link(name) == f"http://wap.example/w/{token}"
    assert ADDRESS.link_chars == len(ADDRESS.link(name))


@given(tickets)
def test_a_ticket_comes_back(ticket: Ticket) -> None:
    token = ADDRESS.personal_token(ticket)
    assert len(token) == PERSONAL_CHARS
    assert ADDRESS.ticket(token) == ticket
    assert WapAddress("", b"other" * 7).ticket(token) is None


@given(tickets, st.integers(0, PERSONAL_CHARS - 1), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_a_changed_letter_opens_nothing(ticket: Ticket, place: int, letter: str) -> None:
    token = ADDRESS.personal_token(ticket)
    changed = token[:place] + letter + token[place + 1 :]
    assert changed == token or ADDRESS.ticket(changed) is None
    page = ADDRESS.page_token(name_of(token))
    changed = page[: place % PAGE_CHARS] + letter + page[place % PAGE_CHARS + 1 :]
    assert changed == page or ADDRESS.page_name(changed) is None


@given(st.text(max_size=50))
def test_anything_else_opens_nothing(text: str) -> None:
    assert ADDRESS.page_name(text) is None
    assert ADDRESS.ticket(text) is None


def test_ten_thousand_guesses_open_nothing() -> None:
    for size in (15, 25):
        guesses = (base64.b32encode(secrets.token_bytes(size)).decode().lower() for _ in range(5_000))
        assert not any(ADDRESS.page_name(one) or ADDRESS.ticket(one) for one in guesses)


def test_neighbours_look_like_strangers() -> None:
    """Two tickets that differ in one reader share no more than chance has: nothing of the id shows."""
    tokens = [ADDRESS.personal_token(Ticket(reader, "package", 1, NOON)) for reader in range(1, 200)]
    assert len({token[:8] for token in tokens}) == len(tokens)
    same = sum(one == other for left, right in pairwise(tokens) for one, other in zip(left, right, strict=True))
    assert same / (PERSONAL_CHARS * (len(tokens) - 1)) < 2 / 32


def test_what_has_no_room_is_our_mistake() -> None:
    for ticket in (Ticket(-1, "package", 0, NOON), Ticket(2**48, "package", 0, NOON), Ticket(1, "package", 2**32, NOON), Ticket(1, "package", 0, datetime(2019, 1, 1, tzinfo=UTC))):
        with pytest.raises(ValueError, match="room"):
            ADDRESS.personal_token(ticket)


def test_a_trial_s_seals_open_nowhere() -> None:
    assert ADDRESS.page_name(wap_address("http://x").page_token(name_of("a"))) is None
    assert wap_address(ADDRESS) is ADDRESS
    assert "key" not in repr(ADDRESS), "whoever prints an address prints no key"
