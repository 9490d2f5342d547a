"""Whether an SMSC is there and knows us: a bind of its own for a moment, no message.

An SMSC that lets in no further bind of ours is there and knows us: that is an
answer too.
"""

from __future__ import annotations

import socket
import ssl
import time
from typing import Final

from delivery.codecs.smpp import Status, encode, status_name
from delivery.dialects import Dialect
from delivery.ports.smpp.bind import Peer
from delivery.ports.smpp.session import BindRefused, Bound, Ended, Session, State
from huabao.errors import PortError

BOUND_ALREADY: Final = frozenset({int(Status.ESME_RALYBND)})
STRANGERS: Final = frozenset({int(Status.ESME_RINVPASWD), int(Status.ESME_RINVSYSID), int(Status.ESME_RINVSYSTYP)})


def ask(peer: Peer, tables: Dialect) -> str:
    """Connect, bind, unbind; a sentence for `port test`.

    Args:
        tables: what the SMSC's codes mean.

    Raises:
        PortError: it cannot be reached, is no SMSC, or does not let us in.
    """
    where = f"{peer.host}:{peer.tcp_port}"
    try:
        with socket.create_connection((peer.host, peer.tcp_port), timeout=peer.connect_timeout_s) as plain:
            wire = peer.tls.wrap_socket(plain, server_hostname=peer.host) if peer.tls else plain
            with wire:
                status = _converse(wire, peer)
    except ssl.SSLError as error:
        raise PortError(f"{where}: TLS does not come about: {error}", retryable=True) from error
    except OSError as error:
        raise PortError(f"{where} cannot be reached: {type(error).__name__} {error}".strip(), retryable=True) from error
    if status is None:
        raise PortError(f"{where} was reached, but does not answer as an SMSC does; look at the port's URL", retryable=True)
    if status == Status.ESME_ROK:
        return "the SMSC is there and lets us in"
    if status in BOUND_ALREADY:
        return f"the SMSC is there and knows us (it lets in no further bind: {status_name(status)})"
    meaning = tables.command_status(status)
    raise PortError(f"the SMSC does not let us in: {status_name(status)}, {meaning.en}", retryable=status not in STRANGERS)


def _converse(wire: socket.socket, peer: Peer) -> int | None:
    """The status of the answer to a bind; None where none comes."""
    session: Session[None] = Session(1, peer.patience, now=0.0)
    session.bind(lambda sequence: encode(peer.request, sequence), now=0.0)
    status: int | None = None
    until = time.monotonic() + peer.connect_timeout_s
    while session.state is not State.CLOSED and time.monotonic() < until:
        wire.sendall(session.take_output())
        try:
            data = wire.recv(65_536)
        except TimeoutError:
            break
        if not data:
            break
        for event in session.receive(data, now=0.0):
            match event:
                case Bound():
                    status = Status.ESME_ROK
                    session.unbind(now=0.0)
                case BindRefused(refused):
                    status = refused
                case Ended():
                    break
    return status
