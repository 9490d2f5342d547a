"""SMPP: submit_sm a second that a port's link gets answered on one bind with a window of 32, from the groups that a sender puts to their answers.

Beside it, in turn and in the same run: a bare loop that packs the same PDUs by hand against the same sink; over a link
of 20 ms, window ÷ delay, which nobody can pass. And the codec alone beside smpplib.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from smpplib import smpp as smpplib

from delivery import ports
from delivery.codecs import smpp
from delivery.ports import MessageContent, OutboundGroup, PortSettings
from delivery.ports.smpp.link import SMPPLink
from huabao.msisdn import MSISDN
from tests import servers
from tests.benchmark.figures import Figure, figure
from tests.benchmark.smpp_bare import submit_bare

WINDOW = 32
DELAY_MS = 20
MESSAGES = 20_000
MESSAGES_DELAYED = 3_200
ROUNDS = 3
CODEC_PDUS = 3_000
TEXT = "Morning paper: your edition is ready, reply HELP for help."
PUT_AT_ONCE = 500
"""Groups that are put before answers are taken, as a batch's worker does."""


def run() -> list[Figure]:
    """Measure `ROUNDS` rounds, each part once in each."""
    parts: dict[str, list[float]] = {name: [] for name in ("link", "bare", "link delayed", "bare delayed", "codec", "smpplib")}
    limit = WINDOW / (DELAY_MS / 1000)
    with _sink(0) as near, _sink(DELAY_MS) as far, _link(near) as link, _link(far) as delayed:
        numbers = [f"138{at:08d}" for at in range(MESSAGES)]
        _submit(link, numbers[:WINDOW])  # the binds stand before anything is measured
        _submit(delayed, numbers[:WINDOW])
        for _ in range(ROUNDS):
            parts["bare"].append(MESSAGES / submit_bare(near, [f"86{number}" for number in numbers], TEXT.encode(), WINDOW))
            parts["link"].append(MESSAGES / _submit(link, numbers))
            some = numbers[:MESSAGES_DELAYED]
            parts["bare delayed"].append(len(some) / submit_bare(far, [f"86{number}" for number in some], TEXT.encode(), WINDOW))
            parts["link delayed"].append(len(some) / _submit(delayed, some))
            parts["codec"].append(CODEC_PDUS / _pack())
            parts["smpplib"].append(CODEC_PDUS / _pack_with_smpplib())
    what = f"submit_sm on one bind, window {WINDOW}"
    return [
        figure(what, "PDUs/s", parts["link"], "bare hand-packed loop, same sink", parts["bare"]),
        figure(f"{what}, {DELAY_MS} ms away", "PDUs/s", parts["link delayed"], "window ÷ delay", [limit] * ROUNDS),
        figure(f"{what}, {DELAY_MS} ms away", "PDUs/s", parts["link delayed"], "bare hand-packed loop, same sink", parts["bare delayed"]),
        figure("submit_sm packed and its answer read", "PDUs/s", parts["codec"], "smpplib", parts["smpplib"]),
    ]


@contextmanager
def _sink(delay_ms: int) -> Iterator[int]:
    tcp_port = servers.free_tcp_port()
    process = subprocess.Popen([sys.executable, "-m", "tests.benchmark.smpp_sink", str(tcp_port), str(delay_ms)])
    try:
        time.sleep(1.5)
        yield tcp_port
    finally:
        process.terminate()
        process.wait()


@contextmanager
def _link(tcp_port: int) -> Iterator[SMPPLink]:
    """A port's link that this process owns."""
    options = {"system_id": "bench", "window": WINDOW, "source_addr": "10658000"}
    settings = PortSettings(tcp_port, f"bench-{tcp_port}", "smpp", f"smpp://127.0.0.1:{tcp_port}", rate=1e6, burst=10**6, max_recipients=1, options=options)
    ports.own(settings.port_id)
    link = SMPPLink(settings)
    try:
        link.start()
        give_up_at = time.monotonic() + 10
        while not link.standing:
            assert time.monotonic() < give_up_at, "the sink lets nobody bind"
            time.sleep(0.02)
        yield link
    finally:
        link.close()
        ports.disown(settings.port_id)


def _submit(link: SMPPLink, numbers: Sequence[str]) -> float:
    """Seconds from the first group put to the last answer taken."""
    groups = [OutboundGroup(at, f"t{at}", (MSISDN(number),)) for at, number in enumerate(numbers)]
    stream = link.stream(link.prepare(MessageContent(text=TEXT)))
    ids: set[str | None] = set()
    began = time.perf_counter()
    at = 0
    while len(ids) < len(groups):
        if at < len(groups) and stream.in_flight < PUT_AT_ONCE:
            stream.put(groups[at : at + PUT_AT_ONCE])
            at += PUT_AT_ONCE
        for answer in stream.take(1.0):
            assert answer.state == "accepted", answer
            ids.add(answer.message_id)
    took = time.perf_counter() - began
    assert stream.in_flight == 0
    return took


def _pack() -> float:
    (prepared,) = smpp.prepare_submits(smpp.SubmitSM(source_addr="10658000", dest_addr_ton=1, dest_addr_npi=1, registered_delivery=1), smpp.write_text(TEXT))
    answer = smpp.encode(smpp.SubmitSMResp("00112233aabb"), 7)
    began = time.perf_counter()
    for sequence in range(1, CODEC_PDUS + 1):
        prepared.render(sequence, "8613800138000")
        (frame,) = smpp.Splitter().feed(answer)
        smpp.read_header(frame)
        smpp.read_message_id(frame)
    return time.perf_counter() - began


def _pack_with_smpplib() -> float:
    answer = smpp.encode(smpp.SubmitSMResp("00112233aabb"), 7)
    began = time.perf_counter()
    for sequence in range(1, CODEC_PDUS + 1):
        pdu = smpplib.make_pdu(
            "submit_sm", sequence=sequence, source_addr="10658000", dest_addr_ton=1, dest_addr_npi=1, destination_addr="8613800138000",
            registered_delivery=1, short_message=TEXT.encode(),
        )  # fmt: skip
        pdu.generate()
        smpplib.parse_pdu(answer, sequence=7)
    return time.perf_counter() - began
