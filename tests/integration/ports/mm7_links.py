"""A link of kind mm7 under test: short patience, one content, what its peer answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from content.codecs.mime import Part, Related, encode_related
from delivery.ports import Answer, MessageContent, OutboundGroup, PortSettings
from delivery.ports.mm7.link import MM7Link
from huabao.msisdn import MSISDN
from tests.integration.ports.peers import Connection, Manners, Request

NUMBERS = (MSISDN("13800138000"), MSISDN("13800138001"), MSISDN("13900139000"))
CONTENT = MessageContent(encode_related(Related((Part("text/plain; charset=utf-8", "t", "t.txt", "早上好".encode()),), start="t", type="text/plain")), "华报", "110301")
TIMEOUT_S = 1.0


def settings(url: str, **options: Any) -> PortSettings:
    """A port with short patience."""
    return PortSettings(port_id=1, name="main", kind="mm7", url=url, rate=100, burst=3, connections=4, timeout_s=TIMEOUT_S, options=options)


@contextmanager
def linked(url: str, **options: Any) -> Iterator[MM7Link]:
    """A link to `url`, closed at the end."""
    link = MM7Link(settings(url, **options))
    try:
        yield link
    finally:
        link.close()


def submit(link: MM7Link, groups: int = 1) -> list[Answer]:
    """Send groups and wait for all answers."""
    stream = link.stream(link.prepare(CONTENT))
    stream.put([OutboundGroup(number, f"t{number}", NUMBERS) for number in range(groups)])
    answers: list[Answer] = []
    while stream.in_flight:
        answers += stream.take(5.0)
    return sorted(answers, key=lambda answer: answer.submission_id)


def always(body: bytes, status: str = "200 OK", **headers: str) -> Manners:
    """Manners of a server that gives one answer."""

    def manners(connection: Connection, _request: Request) -> bool:
        connection.answer(body, status, **headers)
        return True

    return manners
