"""A failing class from the check to the ledger: blocked with its count, rerouted to a link and a text, sent through both sandboxes, balanced."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from sqlalchemy import select

from delivery.ledger import proof
from delivery.ledger.peer import read_peer
from delivery.models import Dispatch
from huabao.runtime import Runtime
from subscribers.imports.handsets import import_handsets
from tests.command_line import CLI
from tests.services.delivering import add_port, add_readers, build_world, number_of, peer
from tests.services.texting import add_smpp_port, owning, settle_texts, smsc

SMALL, MIDDLE, LARGE = "30kb-128x160", "50kb-176x220", "100kb-240x320"
RECORDS = f"model,handset_class,brand,slides_max,charsets\nK1,{SMALL},Kranich,,gb2312\nM1,{MIDDLE},Moewe,1,utf-8\nR1,{LARGE},Reiher,20,utf-8\n"


def _gone(runtime: Runtime, dispatch_id: int) -> bool:
    """Nobody waits, and the SMSC's receipts are in."""
    with runtime.transaction(read_only=True) as session:
        found = proof.counts(session, dispatch_id).outcomes
    return found["pending"] == 0 and found["retrieved"] == 6


def test_what_fails_is_blocked_rerouted_sent_and_counted(runtime: Runtime, cli: CLI, tmp_path: Path) -> None:
    (tmp_path / "h.csv").write_text(RECORDS)
    import_handsets(runtime, tmp_path / "h.csv", by="li")
    build_world(runtime, rules=(None,) * 12)
    add_readers(runtime, 4, service_id="paper", handset="K1", handset_model="K1", handset_class=SMALL)
    add_readers(runtime, 2, service_id="paper", first=5, handset="M1", handset_model="M1", handset_class=MIDDLE)
    add_readers(runtime, 5, service_id="paper", first=7, handset="R1", handset_model="R1", handset_class=LARGE)
    with peer(tmp_path / "mms", "--delay-ms", "0-50") as mmsc, smsc(tmp_path / "sms", "--delay-ms", "0-50") as texts:
        add_port(runtime, mmsc.url, name="mms")
        add_smpp_port(runtime, texts.url)
        assert cli("edition", "check", "paper/1", "--json", code=1).json["failing_classes"] == {SMALL: 4, MIDDLE: 2}
        assert f"{MIDDLE} (2 readers)" in cli("dispatch", "start", "paper/1", "--detach", code=2).err
        made = cli("dispatch", "start", "paper/1", "--detach", "--block-class", SMALL, "--block-class", MIDDLE, "--json", code=None).json
        dispatch_id = made["dispatch_id"]
        reroute = ("dispatch", "reroute", dispatch_id, "--reason", "预检不通过", "--json", "--handset-class")
        assert cli(*reroute, SMALL, "--to", "link", "--dry-run").json["readers"] == 4
        assert cli(*reroute, SMALL, "--to", "link").json["readers"] == 4
        assert cli(*reroute, MIDDLE, "--to", "text").json["readers"] == 2
        with owning(runtime):
            settle_texts(runtime, until=lambda: _gone(runtime, dispatch_id))
        assert Counter(mmsc.recipients()) == {number_of(one): 1 for one in range(7, 12)}
        assert Counter(dict.fromkeys(texts.recipients(), 1)) == {number_of(one): 1 for one in range(1, 7)}
        with runtime.transaction(read_only=True) as session:
            found = proof.verify(session, peers=[read_peer(mmsc.keep), read_peer(texts.keep)])
            assert found.problems == []
            assert {name: count for name, count in proof.counts(session, dispatch_id).outcomes.items() if count} == {"retrieved": 6, "submitted": 5}
            assert session.scalars(select(Dispatch.planned).where(Dispatch.id == dispatch_id)).one() == 11
