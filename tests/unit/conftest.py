"""Unit tests open no socket."""

from __future__ import annotations

import socket
from typing import Any, NoReturn

import pytest


@pytest.fixture(autouse=True)
def _no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connecting or listening raises; a pair of connected sockets, as event loops use, is no network."""

    def refuse(_self: socket.socket, address: Any, *_: Any) -> NoReturn:
        raise AssertionError(f"a unit test wanted a socket to {address!r}; it belongs into tests/integration")

    for method in ("connect", "connect_ex", "bind"):
        monkeypatch.setattr(socket.socket, method, refuse)
