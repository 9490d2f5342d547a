"""The simulator's core: who may bind, what a submit_sm meets, what it is told later."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import random
import signal
import ssl
import time
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from huabao.msisdn import find_msisdn
from sandbox.mmsc.keep import Keep
from sandbox.mmsc.limits import SlidingSecond
from sandbox.mmsc.options import Dice
from sandbox.smsc import wire
from sandbox.smsc.mail import Mail, Post
from sandbox.smsc.options import IDS, OUTCOMES, STATES, Options
from sandbox.smsc.script import Moment, decide
from sandbox.smsc.session import Session

MESSAGES_KEPT = 100_000
"""For query_sm and cancel_sm; the oldest are forgotten first."""


@dataclass
class Message:
    """A message that was taken, until it is forgotten."""

    stat: str = "ENROUTE"
    done_at: datetime | None = None
    final: str = ""


class SMSC:
    """One simulated SMSC."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.counts: Counter[str] = Counter()
        self.sessions: set[Session] = set()
        self._dice = Dice(options.seed)
        self.post = Post(self.bound, self.counts, random.Random(options.seed))
        self._keep = Keep(options.keep)
        self._limits: dict[str, SlidingSecond] = defaultdict(lambda: SlidingSecond(options.tps))
        self._messages: OrderedDict[str, Message] = OrderedDict()
        self._number = time.time_ns() // 1_000_000 << 20
        self._began = time.monotonic()
        logging.getLogger("smpplib").setLevel(logging.ERROR)

    def bound(self, system_id: str = "") -> list[Session]:
        """Sessions that are bound, of one system_id or of all."""
        return [one for one in self.sessions if one.mode and (not system_id or one.system_id == system_id)]

    def stats(self) -> dict[str, int]:
        """What it did so far."""
        worst = max((limit.worst for limit in self._limits.values()), default=0)
        return {**self.counts, "bound": len(self.bound()), "pending": self.post.pending, "worst_second": worst}

    def close(self) -> None:
        """Break what is left."""
        for session in list(self.sessions):
            session.reset()
        self._keep.close()

    def may_bind(self, session: Session, request: wire.Request) -> int:
        """The command_status for a bind."""
        system_id, password = wire.text_of(request.pdu.system_id), wire.text_of(request.pdu.password)
        if session.mode:
            return wire.STATUS["ESME_RALYBND"]
        if self.options.esmes and system_id not in self.options.esmes:
            return wire.STATUS["ESME_RINVSYSID"]
        if self.options.esmes and self.options.esmes[system_id] != password:
            return wire.STATUS["ESME_RINVPASWD"]
        if len(self.bound(system_id)) >= self.options.binds_max:
            return wire.STATUS["ESME_RALYBND"]
        session.system_id = system_id
        return 0

    # --- submit_sm --------------------------------------------------------------------------------------------------

    def submit(self, session: Session, request: wire.Request) -> None:
        """Take a submit_sm or refuse it, and see to its answer and its receipts."""
        self.counts["submits"] += 1
        pdu = request.pdu
        octets, place = wire.user_data(pdu)
        number = self.counts["submits"]
        recipient = find_msisdn(wire.text_of(pdu.destination_addr)) or ""
        text = octets.decode("utf-16-be" if pdu.data_coding == 8 else "latin-1", errors="replace")
        moment = Moment(time.monotonic() - self._began, number, self.counts["taken"], recipient, session.system_id, text)
        do = decide(self.options.script, moment)
        if do.get("lose"):
            self.counts["lost"] += 1
            return
        status = self._status(session, request, do, number, recipient)
        if status:
            self._refuse(session, request, status, recipient)
        else:
            self._take(session, request, do, recipient, octets, place)

    def _status(self, session: Session, request: wire.Request, do: Mapping[str, Any], number: int, recipient: str) -> int:
        if wire.is_cut(request.pdu):
            return wire.STATUS["ESME_RINVMSGLEN"]
        scripted = do.get("status") or self._dice.pick(self.options.errors, 0, "error", number, recipient)
        if scripted:
            return int(scripted)
        if not recipient:
            return wire.STATUS["ESME_RINVDSTADR"]
        if self.options.window is not None and session.unanswered >= self.options.window:
            self.counts["outside_window"] += 1
            return wire.STATUS["ESME_RTHROTTLED"]
        if not self._limits[session.system_id].take(1, time.monotonic()):
            return wire.STATUS["ESME_RTHROTTLED"]
        return 0

    def _refuse(self, session: Session, request: wire.Request, status: int, recipient: str) -> None:
        self.counts["refused"] += 1
        if status == wire.STATUS["ESME_RTHROTTLED"]:
            self.counts["throttled"] += 1
        self._keep.line("refusals", {"received_at": _now(), "recipients": [recipient] if recipient else [], "status_code": status, "system_id": session.system_id})
        session.write(wire.answer(request.command, status, request.sequence))

    def _take(self, session: Session, request: wire.Request, do: Mapping[str, Any], recipient: str, octets: bytes, place: tuple[int, int, int] | None) -> None:
        self._number += 1
        self.counts["taken"] += 1
        ids = IDS[self.options.receipt_ids]
        message_id = ids[0](self._number)
        silent = do.get("drop") or self._dice.roll("drop", self.counts["taken"], recipient) < self.options.drop
        broken = do.get("reset") or do.get("half") or do.get("garbage")
        sha256 = hashlib.sha256(octets).hexdigest()
        self._keep.body(sha256, octets)
        reference, total, part = place or (0, 1, 1)
        self._keep.line(
            "submissions",
            {
                "message_id": message_id, "transaction_id": None, "received_at": _now(), "recipients": [recipient], "status_code": 0,
                "answered": not (silent or broken), "body_sha256": sha256, "system_id": session.system_id,
                "sender": wire.text_of(request.pdu.source_addr), "part": part, "parts": total, "reference": reference, "data_coding": request.pdu.data_coding,
            },
        )  # fmt: skip
        about = f"{reference}/{total}" if place else sha256
        early = self._dice.roll("early", message_id) < self.options.early
        self._receipts(session.system_id, request.pdu, message_id, ids[1](self._number), do, recipient, about, octets, early)
        if isinstance(do.get("mo"), str):
            self.handset_sends(session.system_id, recipient, wire.text_of(request.pdu.source_addr), do["mo"])
        delay_ms = do.get("answer_delay_ms") or self._dice.between(self.options.answer_delay_ms, "answer", message_id)
        data = wire.answer(request.command, 0, request.sequence, message_id)
        act = self._ending(session, data, do, silent=bool(silent))
        if delay_ms:
            session.answer_later(delay_ms / 1000, act)
        else:
            act()

    def _ending(self, session: Session, data: bytes, do: Mapping[str, Any], *, silent: bool) -> Callable[[], None]:
        """What ends a submit_sm that was taken."""

        def act() -> None:
            if do.get("reset"):
                session.reset()
            elif do.get("half"):
                session.half(data)
            elif do.get("garbage"):
                session.garbage()
            elif silent:
                self.counts["dropped"] += 1
            else:
                self.counts["answered"] += 1
                session.write(data)
            for name in ("enquire", "unbind", "close"):
                if do.get(name):
                    getattr(session, name)()

        return act

    # --- receipts and readers' messages -----------------------------------------------------------------------------

    def _receipts(self, system_id: str, pdu: Any, message_id: str, receipt_id: str, do: Mapping[str, Any], recipient: str, about: str, octets: bytes, early: bool) -> None:
        stat = do.get("stat") or OUTCOMES[self._dice.pick(self.options.mix, "none", "mix", recipient, about)]
        delay_s = (do.get("delay_ms") or self._dice.between(self.options.delay_ms, "delay", message_id)) / 1000
        message = self._messages[message_id] = Message(final=stat)
        while len(self._messages) > MESSAGES_KEPT:
            self._messages.popitem(last=False)
        wanted = pdu.registered_delivery or 0
        if not stat or do.get("no_receipt"):
            return
        if wanted & 0x10 and self._dice.roll("interim", message_id) < self.options.interim:
            self.post.later(self._receipt(system_id, pdu, receipt_id, "ENROUTE", "000", octets, 0x20), delay_s / 2)
        error = do.get("err") or ("000" if stat == "DELIVRD" else f"{STATES[stat]:03d}")
        mail = self._receipt(system_id, pdu, receipt_id, stat, error, octets, 0x04)

        def finish() -> None:
            if message.done_at is None:
                message.stat, message.done_at = stat, datetime.now(UTC)
                if wanted & 0x03 == 1 or (wanted & 0x03 == 2 and stat != "DELIVRD"):
                    self.post.now(mail)
                    if self._dice.roll("double", message_id) < self.options.double:
                        self.post.later(mail, 0.05)

        if early:
            finish()
        else:
            asyncio.get_running_loop().call_later(delay_s, finish)

    def _receipt(self, system_id: str, pdu: Any, receipt_id: str, stat: str, error: str, octets: bytes, esm_class: int) -> Mail:
        form = self.options.receipt_form
        fields: dict[str, Any] = {
            "source_addr_ton": pdu.dest_addr_ton, "source_addr_npi": pdu.dest_addr_npi, "source_addr": wire.text_of(pdu.destination_addr),
            "dest_addr_ton": pdu.source_addr_ton, "dest_addr_npi": pdu.source_addr_npi, "destination_addr": wire.text_of(pdu.source_addr),
            "esm_class": esm_class, "short_message": wire.receipt_text(form, receipt_id, stat, error, datetime.now(UTC), octets),
        }  # fmt: skip
        if form == "tlv":
            fields |= {"receipted_message_id": receipt_id, "message_state": STATES[stat]}
        return Mail(system_id, "receipts", fields)

    def handset_sends(self, system_id: str, sender: str, to: str, text: str) -> int:
        """A reader's message to an ESME, in as many deliver_sm as it takes; how many."""
        self.counts["handset_messages"] += 1
        coding, esm_class, pieces = wire.handset_texts(text, self.counts["handset_messages"])
        number = f"86{sender}" if find_msisdn(sender) and len(sender) == 11 else sender
        for piece in pieces:
            fields = {
                "source_addr_ton": 1, "source_addr_npi": 1, "source_addr": number, "destination_addr": to,
                "data_coding": coding, "esm_class": esm_class, "short_message": piece,
            }  # fmt: skip
            self.post.now(Mail(system_id, "mo", fields))
        return len(pieces)

    def act(self, do: Mapping[str, Any]) -> None:
        """What a script by the clock, or whoever stands at the control port, wants to happen to every bind."""
        if isinstance(mo := do.get("mo"), Mapping):
            for system_id in {one.system_id for one in self.bound()} if "system_id" not in mo else {str(mo["system_id"])}:
                self.handset_sends(system_id, str(mo["from"]), str(mo["to"]), str(mo["text"]))
        for session in self.bound():
            for name in ("enquire", "unbind", "garbage", "reset"):
                if do.get(name):
                    getattr(session, name)()

    # --- about messages ---------------------------------------------------------------------------------------------

    def about(self, request: wire.Request) -> bytes:
        """The answer to query_sm, cancel_sm and replace_sm."""
        if request.name == "query_sm":
            message_id = wire.text_of(request.pdu.message_id)
        else:  # smpplib does not read these two
            body = request.frame[16:].split(b"\0")
            message_id = body[1 if request.name == "cancel_sm" else 0].decode("latin-1")
        message = self._messages.get(message_id)
        if request.name == "query_sm":
            if message is None:
                return wire.answer(request.command, wire.STATUS["ESME_RQUERYFAIL"], request.sequence)
            return wire.query_answer(request.sequence, message_id, STATES[message.stat], message.done_at)
        if message is None or message.done_at is not None:
            status = wire.STATUS["ESME_RCANCELFAIL" if request.name == "cancel_sm" else "ESME_RREPLACEFAIL"]
            return wire.header(request.command | wire.RESPONSE, status, request.sequence)
        if request.name == "cancel_sm":
            message.stat, message.done_at = "DELETED", datetime.now(UTC)
            self.counts["cancelled"] += 1
        return wire.header(request.command | wire.RESPONSE, 0, request.sequence)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def serve(options: Options, *, ready: Callable[[int, int | None], None] | None = None) -> None:
    """Serve until SIGINT or SIGTERM; `ready(tcp_port, control_port)` is called once the sockets listen."""
    asyncio.run(_serve(options, ready))


async def _serve(options: Options, ready: Callable[[int, int | None], None] | None) -> None:
    from sandbox.smsc.control import Control

    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    tls = None
    if options.tls is not None:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(*options.tls)
    smsc = SMSC(options)
    server = await loop.create_server(lambda: Session(smsc), options.host, options.port, ssl=tls, backlog=256)
    control = await Control.start(smsc, options.host, options.control_port) if options.control_port is not None else None
    for rule in options.script:
        if "at_s" in rule:
            loop.call_later(rule["at_s"], smsc.act, rule["do"])
    if ready is not None:
        ready(server.sockets[0].getsockname()[1], control.tcp_port if control else None)
    try:
        await stop.wait()
    finally:
        server.close()
        smsc.close()
        if control is not None:
            await control.close()
