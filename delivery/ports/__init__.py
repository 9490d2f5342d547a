"""Ports: configured links to an MMSC or SMSC, whatever protocol they speak.

A sender sees a `PortLink` and a `SubmitStream` only: it prepares a content once,
puts groups of recipients and takes answers as they come. Each answer says what
is known about the peer: `unknown` where it may have taken the message. A port
kind is one folder here and one line in `PORT_KINDS`.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from content.slots.gaps import Gap
from delivery.ports.settings import GO as GO
from delivery.ports.settings import Clearance as Clearance
from delivery.ports.settings import PortSettings as PortSettings
from huabao.errors import UsageError
from huabao.msisdn import MSISDN

AnswerState = Literal["accepted", "partial", "refused", "deferred", "unknown"]


@dataclass(frozen=True)
class WAPPush:
    """A service indication: a line that a handset shows, and the page that it opens.

    Attributes:
        href: the page, http:// or https://.
        text: the line.
    """

    href: str
    text: str


@dataclass(frozen=True)
class MessageContent:
    """A message that goes to many: an MMS, an SMS text, a WAP push or a Push PDU, exactly one of them.

    Attributes:
        mime: of an MMS, the multipart/related entity, header lines first.
        text: of an SMS, as a reader sees it, however many parts it takes.
        wap_push: of a WAP push.
        push: a Push PDU of another content, ready made; settings for a handset, say.
        receipt: whether the peer is asked for one; texts and pushes only.
        service_code: the MT business code, or None.
        linked_id: of the DeliverReq that this answers, or None.
        expiry_s: seconds after which the peer need not try any more, or None for its own rule.
        gaps: of an MMS: where words of a reader's own go into `mime`, see `content.slots`.
    """

    mime: bytes = b""
    subject: str = ""
    service_code: str | None = None
    linked_id: str | None = None
    expiry_s: float | None = None
    text: str | None = None
    wap_push: WAPPush | None = None
    push: bytes | None = None
    receipt: bool = True
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True)
class OutboundGroup:
    """The recipients of one SubmitReq; already written down as a submission.

    Attributes:
        fillings: the words that all of them get in the content's gaps; none for what stands there.
    """

    submission_id: int
    transaction_id: str
    recipients: tuple[MSISDN, ...]
    fillings: tuple[bytes, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class PartAnswer:
    """What is known about one submit_sm of a text that takes several.

    Attributes:
        number: from 1.
        message_id: as the port normalises it; None where it was not taken, or nobody knows.
    """

    number: int
    message_id: str | None


@dataclass(frozen=True)
class Answer:
    """What is known about one submission.

    Attributes:
        state: accepted; partial (`refused` were not taken); refused; deferred (surely not taken, may be sent
            again); unknown (the peer may have taken it).
        message_id: as the port normalises it, or None.
        status_code: MM7's StatusCode or HTTP's status, or None.
        status_text: the peer's words and what a support agent reads.
        refused: recipients that the peer named as not taken.
        retry_after_s: what the peer asked for, or None.
        unreached: deferred since no byte of it reached the peer: no connection, no bind.
        parts: of a text that takes several submit_sm; empty for everything else.
        printed_id: the MessageID as the peer printed it, where that is not `message_id`.
        documented: False where the code is in no table of the port's dialect.
    """

    submission_id: int
    state: AnswerState
    message_id: str | None = None
    status_code: int | None = None
    status_text: str = ""
    refused: tuple[MSISDN, ...] = ()
    retry_after_s: float | None = None
    unreached: bool = False
    parts: tuple[PartAnswer, ...] = ()
    printed_id: str | None = None
    documented: bool = True


class SubmitStream(Protocol):
    """Submissions of one prepared content on their way; used by one thread.

    Attributes:
        landed: told how many answers came, as they come, from any thread.
    """

    landed: Callable[[int], None]

    def tokens(self, recipients: int) -> int:
        """What one submission to so many recipients costs at the throttle, see `PortLink.tokens`."""
        ...

    @property
    def in_flight(self) -> int:
        """Groups that were put and whose answer was not taken yet."""
        ...

    def put(self, groups: Iterable[OutboundGroup]) -> None:
        """Send these groups; returns at once, never waits for the network."""
        ...

    def take(self, timeout_s: float) -> list[Answer]:
        """All answers that are there; waits up to `timeout_s` for the first one."""
        ...

    def moments(self) -> list[tuple[int, float, bool]]:
        """What happened to submissions since the last call: which one, at what instant of `time.monotonic()`, and what.

        False: it leaves, all of it, its first byte at this instant or later. True: its answer is there. What never left has the second only.
        """
        ...


class PortLink(Protocol):
    """The connections of this process to one peer."""

    def prepare(self, content: MessageContent) -> object:
        """Make ready what all submissions of `content` share.

        Raises:
            PortError: the port can never carry this content, e.g. it is larger than its limit.
        """
        ...

    def tokens(self, prepared: object, recipients: int) -> int:
        """What a submission of a content of `prepare` to so many recipients costs: a text of three parts costs three for each."""
        ...

    def stream(self, prepared: object) -> SubmitStream:
        """A stream for a content of `prepare`."""
        ...

    def probe(self) -> str:
        """Ask the peer whether it is there and knows us, without sending a message; a sentence for `port test`.

        Raises:
            PortError: it is not, or does not.
        """
        ...

    def close(self) -> None:
        """Finish what is in flight and let the connections go."""
        ...


@dataclass(frozen=True)
class PortKind:
    """A kind of port.

    Attributes:
        name: as in `port add --kind`.
        open: makes a link of settings.
        check: looks at settings and raises UsageError where they cannot work.
        owned: its connections belong to one process at a time, see `own`.
    """

    name: str
    open: Callable[[PortSettings], PortLink]
    check: Callable[[PortSettings], None]
    owned: bool = False


def _open_mm7(settings: PortSettings) -> PortLink:
    from delivery.ports.mm7.link import MM7Link  # uvloop and lxml are slow to import

    return MM7Link(settings)


def _check_mm7(settings: PortSettings) -> None:
    from delivery.ports.mm7.options import MM7Options

    MM7Options.of(settings.url, settings.options)


def _open_smpp(settings: PortSettings) -> PortLink:
    from delivery.ports.smpp.link import SMPPLink

    return SMPPLink(settings)


def _check_smpp(settings: PortSettings) -> None:
    from delivery.ports.smpp.options import SMPPOptions

    SMPPOptions.of(settings.url, settings.options)


PORT_KINDS: dict[str, PortKind] = {"mm7": PortKind("mm7", _open_mm7, _check_mm7), "smpp": PortKind("smpp", _open_smpp, _check_smpp, owned=True)}
"""Every kind there is, by name."""

_owned: set[tuple[int, int]] = set()


def own(port_id: int) -> None:
    """This process holds the lease of the port: its batches are sent from here."""
    _owned.add((os.getpid(), port_id))


def disown(port_id: int) -> None:
    """This process gives the port up: batches in its hands stop with their next group."""
    _owned.discard((os.getpid(), port_id))


def is_ours(settings: PortSettings) -> bool:
    """Whether this process may send through the port; a kind without owners is everybody's."""
    return not port_kind(settings.kind).owned or (os.getpid(), settings.port_id) in _owned


_links: dict[tuple[int, int], tuple[PortSettings, PortLink]] = {}
_links_lock = threading.Lock()
os.register_at_fork(after_in_child=_links_lock._at_fork_reinit)  # type: ignore[attr-defined]  # noqa: SLF001  a child must not wait for its parent's lock


def open_link(settings: PortSettings) -> PortLink:
    """This process's link to the port, with its connections kept alive between calls.

    Changed settings make a new link and retire the old one; a forked process makes its own. Binds of
    an owned kind stay through a change of the rate, which is the sender's to keep.

    Raises:
        UsageError: no such kind, or settings that cannot work.
    """
    key = (os.getpid(), settings.port_id)
    with _links_lock:
        known = _links.get(key)
        kind = port_kind(settings.kind)
        wanted = replace(settings, rate=1.0, burst=1) if kind.owned else settings
        if known is not None and known[0] == wanted:
            return known[1]
        link = kind.open(settings)
        _links[key] = (wanted, link)
    if known is not None:
        threading.Thread(target=known[1].close, name=f"retire-{settings.name}", daemon=True).start()
    return link


def close_link(port_id: int) -> None:
    """Close this process's link to a port, where it has one; the next `open_link` makes another."""
    with _links_lock:
        known = _links.pop((os.getpid(), port_id), None)
    if known is not None:
        known[1].close()


@atexit.register
def close_links() -> None:
    """Close every link of this process, e.g. before it ends."""
    with _links_lock:
        mine = [key for key in _links if key[0] == os.getpid()]
        links = [_links.pop(key)[1] for key in mine]
    for link in links:
        link.close()


def port_kind(name: str) -> PortKind:
    """The kind called `name`.

    Raises:
        UsageError: there is none.
    """
    try:
        return PORT_KINDS[name]
    except KeyError:
        raise UsageError(f"there is no port kind {name!r}; there are {', '.join(PORT_KINDS)}") from None
