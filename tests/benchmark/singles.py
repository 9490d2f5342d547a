"""What slots cost: readers a second with words of their own, beside the same message singly without, and the fallbacks in groups.

In turn and in the same run, on PostgreSQL, by one process; and a request with words
of a reader's own rendered, beside one without.
"""

from __future__ import annotations

import tempfile
import time
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

from sqlalchemy import String, cast, func, select, update

from console.registry import registry
from console.schema import upgrade
from content.services import import_folder
from content.variants import load_gaps, load_payload
from delivery.dispatch import planning as dispatch
from delivery.dispatch.planning import Request
from delivery.models import Batch, Port
from delivery.ports import MessageContent, PortSettings, close_links, open_link
from delivery.ports.mm7.link import MM7Link
from huabao.config import Config
from huabao.embedded import EmbeddedWorker
from huabao.runtime import Runtime, make_runtime
from subscribers.models import Reader
from tests import servers
from tests.benchmark.fanout import Scale, _fan_out, _furnish, _sink
from tests.benchmark.figures import Figure, figure

READERS = 6_000
ROUNDS = 5
GROUP = 100
RENDERED = 20_000


def run() -> list[Figure]:
    """Measure `ROUNDS` rounds, each part once in each."""
    singly: list[float] = []
    without: list[float] = []
    groups: list[float] = []
    with ExitStack() as stack:
        folder, url, sink_url = stack.enter_context(tempfile.TemporaryDirectory()), stack.enter_context(servers.postgres_server()), stack.enter_context(_sink())
        runtime = make_runtime(Config(database_url=url, data_dir=Path(folder)))
        upgrade(runtime)
        _furnish(runtime, Path(folder), sink_url, Scale(READERS, 1))
        _personal(runtime, Path(folder) / "paper")
        for _ in range(ROUNDS):
            singly.append(_send(runtime, personal=True, size=GROUP))
            without.append(_send(runtime, personal=False, size=1))
            groups.append(_send(runtime, personal=False, size=GROUP))
        rendered, plain = _render(runtime)
        close_links()
        runtime.engine.dispose()
    return [
        figure("readers with words of their own, one a SubmitReq", "readers/s", singly, "the same message singly, without slots filled", without),
        figure("readers with words of their own, one a SubmitReq", "readers/s", singly, f"the fallbacks, {GROUP} a SubmitReq", groups),
        figure("requests rendered with three slots filled", "requests/s", rendered, "rendered as they stand", plain),
    ]


def _personal(runtime: Runtime, folder: Path) -> None:
    """Slots in the paper's first story, and words for every reader."""
    story = folder / "articles" / "0.md"
    head, text = story.read_text("utf-8").rsplit("---\n", 1)
    story.write_text(f"{head}---\n{{{{greeting|亲爱的读者}}}}，您有{{{{points|若干}}}}分，是{{{{rank|会员}}}}。\n\n{text}", "utf-8")
    edition = folder / "edition.yaml"
    edition.write_text(edition.read_text("utf-8") + "slots: [greeting, points, rank]\n", "utf-8")
    with runtime.transaction() as session:
        import_folder(session, folder, "bench", runtime.now())
        number = cast(Reader.id, String)
        words = func.jsonb_build_object("name", func.concat("读者", number), "points", number, "rank", func.concat("会员", number))
        session.execute(update(Reader).values(attributes=words))


def _send(runtime: Runtime, *, personal: bool, size: int) -> float:
    """Readers a second of one dispatch."""
    with runtime.transaction() as session:
        session.execute(update(Port).values(max_recipients=size))
    dispatch_id = dispatch.create(runtime, Request("bench/1", start_at=runtime.now() + timedelta(hours=1), again=True, personal=personal), actor="bench")
    worker = EmbeddedWorker(runtime, registry())
    assert worker.take_lease()
    try:
        return READERS / _fan_out(runtime, dispatch_id, READERS, worker.start)
    finally:
        worker.stop()


def _render(runtime: Runtime) -> tuple[list[float], list[float]]:
    """Requests a second of one process, with fillings and without, in turn."""
    with runtime.transaction(read_only=True) as session:
        variant_id = session.scalars(select(Batch.variant_id).order_by(Batch.id.desc()).limit(1)).one()
        gaps = load_gaps(session, variant_id)
        assert len(gaps) == 3
        link = open_link(PortSettings.of(session.scalars(select(Port)).one()))
        assert isinstance(link, MM7Link)
        prepared = link.prepare(MessageContent(load_payload(session, variant_id), "bench", gaps=gaps))
    words = [gap.fallback.encode() for gap in gaps]
    found: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(ROUNDS):
        for filled in (True, False):
            began = time.perf_counter()
            for at in range(RENDERED):
                prepared.render(f"t{at}", ["8613800000001"], fillings=words if filled else ())
            found[filled].append(RENDERED / (time.perf_counter() - began))
    return found[True], found[False]
