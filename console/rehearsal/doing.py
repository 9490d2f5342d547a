"""The rehearsal that a page asks for: the room furnished, played in a process of its own, what arrived kept."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from console.rehearsal import room
from console.settings import REHEARSAL_MESSAGES_MAX, REHEARSAL_WAIT_S
from content.audience import counted, wanted_variants
from content.models import Edition, EditionVersion, Variant
from content.proof.pairs import mms_variants
from content.services import load_version
from content.signatures import SignatureRules, variant_name
from content.variants import check_count, ensure_variants
from content.workflow.standing import standing
from content.works.services import Made, Order, Result, Tell
from huabao.errors import HuabaoError
from huabao.runtime import Runtime

GRACE_S = 60.0
"""So long after its own end a process is waited for: a busy machine starts it late."""

TOLD_CHARS = 400


def rehearse(runtime: Runtime, order: Order, tell: Tell) -> Result:
    """Send the version's messages to the sandbox MMSC and keep what arrived.

    Raises:
        UsageError: there are more variants than an edition should have.
        HuabaoError: the process broke off.
    """
    _build(runtime, order, tell)
    with tempfile.TemporaryDirectory(prefix="huabao-rehearsal-") as name:
        folder = Path(name)
        with runtime.transaction(read_only=True) as session:
            chosen, left = _chosen(session, order, REHEARSAL_MESSAGES_MAX.get(session))
            wait_s = REHEARSAL_WAIT_S.get(session)
            version = session.get_one(EditionVersion, order.version_id)
            room.furnish(session, folder, version, chosen)
            number = version.version
        tell(0, len(chosen))
        played = _play(folder, wait_s)
        files = _arrived(folder, chosen, played)
    document = {
        "version": number, "sent": len(chosen), "left": left, "arrived": len(files), "retrieved": sum(one.about["outcome"] == "retrieved" for one in files),
        "closed": played["closed"], "balanced": played["balanced"], "problems": played["problems"], "same": sum(bool(one.about["same"]) for one in files),
    }  # fmt: skip
    return Result(document, files)


def _build(runtime: Runtime, order: Order, tell: Tell) -> None:
    """Build what is missing, where no approval would be added to."""
    with runtime.transaction(read_only=True) as session:
        if standing(session, order.edition_id) is not None:
            return
        wanted = wanted_variants(session, load_version(session, session.get_one(Edition, order.edition_id)), "audience", None)
    check_count(len(wanted), yes=False)
    ensure_variants(runtime, order.version_id, wanted, progress=lambda done: tell(done, len(wanted)))


def _chosen(session: Session, order: Order, most: int) -> tuple[Sequence[Variant], int]:
    """The messages of most readers, and how many are left out."""
    built = mms_variants(session, order.version_id)
    loaded = load_version(session, session.get_one(Edition, order.edition_id))
    readers = {variant_name(*pair): count for pair, count in counted(session, loaded.publication, SignatureRules(loaded.manuscript)).items()}
    ordered = sorted(built, key=lambda one: (-readers.get(one.name, 0), one.name))
    if not ordered:
        raise HuabaoError("no message of this version is built; run preflight first")
    return ordered[:most], max(0, len(ordered) - most)


def _play(folder: Path, wait_s: float) -> dict[str, Any]:
    """Run the process to its end.

    Raises:
        HuabaoError: it did not end in its time, or wrote no result.
    """
    own = {name: value for name, value in os.environ.items() if not name.startswith("HUABAO_")}
    command = [sys.executable, "-m", "console.rehearsal", str(folder), str(wait_s)]
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(command, env=own, cwd=Path(__file__).resolve().parents[2], stdout=said, stderr=said, start_new_session=True)
        try:
            process.wait(wait_s + GRACE_S)
        except subprocess.TimeoutExpired:
            raise HuabaoError(f"the rehearsal was not over after {wait_s + GRACE_S:.0f} s and was ended") from None
        finally:
            _end(process)
    result = folder / room.RESULT
    if not result.exists():
        told = (folder / "said").read_text("utf-8", "replace").strip()[-TOLD_CHARS:]
        raise HuabaoError(f"the rehearsal broke off: {told or 'it said nothing'}")
    document: dict[str, Any] = json.loads(result.read_text("utf-8"))
    return document


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process and the MMSC that it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait()


def _arrived(folder: Path, chosen: Sequence[Variant], played: dict[str, Any]) -> list[Made]:
    """The messages as the MMSC has them, in the order in which they were chosen."""
    taken, files = room.arrived(folder), []
    by_variant = {one["variant_id"]: one for one in played["messages"]}
    for variant in chosen:
        sent = by_variant[variant.id]
        if sent["number"] not in taken:
            continue
        at, sha256 = taken[sent["number"]]
        about = {
            "variant": variant.name, "variant_id": variant.id, "handset_class": variant.handset_class, "outcome": sent["outcome"], "received_at": at,
            "same": sha256 == variant.sha256, "slides": variant.slides,
        }  # fmt: skip
        files.append(Made(f"{variant.name}.mime", "application/octet-stream", room.body(folder, sha256), about))
    return files
