"""One link for each port and process: kept between calls, made anew after a fork and for changed settings."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator

import pytest

from delivery.ports import PortLink, PortSettings, close_links, open_link
from tests.integration.ports.mm7_links import CONTENT, NUMBERS
from tests.integration.ports.peers import Connection, Peer, Request, peer, submit_rsp
from tests.services.waiting import ANSWER_S


def answering(connection: Connection, _request: Request) -> bool:
    """A good server."""
    connection.answer(submit_rsp())
    return True


@pytest.fixture
def server() -> Iterator[Peer]:
    """A good server; the links of this process are closed afterwards."""
    with peer(answering) as found:
        yield found
        close_links()


def settings(server: Peer) -> PortSettings:
    """A port that leads there."""
    return PortSettings(7, "p", "mm7", server.url, 100, 3, connections=2, timeout_s=ANSWER_S)


def send(link: PortLink, submission_id: int = 1) -> str:
    """One submission; its state."""
    from delivery.ports import OutboundGroup

    stream = link.stream(link.prepare(CONTENT))
    stream.put([OutboundGroup(submission_id, f"t{submission_id}", NUMBERS)])
    [answer] = stream.take(10.0)
    return answer.state


def test_the_same_settings_give_the_same_link(server: Peer) -> None:
    first = open_link(settings(server))
    assert open_link(settings(server)) is first
    assert [send(first), send(first)] == ["accepted"] * 2
    assert server.connections == 1


def test_changed_settings_give_a_new_link(server: Peer) -> None:
    first = open_link(settings(server))
    second = open_link(dataclasses.replace(settings(server), options={"vasp_id": "80"}))
    assert second is not first
    assert send(second) == "accepted"


def test_a_forked_process_makes_its_own(server: Peer) -> None:
    link = open_link(settings(server))
    assert send(link) == "accepted"
    child = os.fork()
    if child == 0:
        fresh = open_link(settings(server))
        os._exit(0 if fresh is not link and send(fresh, 2) == "accepted" else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert send(link, 3) == "accepted"
    assert len(server.requests) == 3
    assert server.connections == 2


def test_closing_all_and_opening_again(server: Peer) -> None:
    first = open_link(settings(server))
    close_links()
    again = open_link(settings(server))
    assert again is not first
    assert send(again) == "accepted"
