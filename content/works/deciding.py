"""The proof and the approvals that a page asks for."""

from __future__ import annotations

from typing import Any

from content.audience import wanted_variants
from content.compose.issue import design_of
from content.models import Asset, Edition
from content.proof.gathering import gather
from content.proof.rendering import render_pdf
from content.services import load_version
from content.variants import check_count
from content.workflow import deciding
from content.workflow.deciding import Decided
from content.workflow.lifecycle import Act
from content.works.services import Made, Order, Result, Tell
from huabao.runtime import Runtime


def proof(runtime: Runtime, order: Order, tell: Tell) -> Result:
    """The PDF that an editor-in-chief signs.

    Raises:
        UsageError: there are too many variants, or the machine lacks what lays pages out.
    """
    language = "en" if order.args.get("language") == "en" else "zh"
    with runtime.transaction(read_only=True) as session:
        edition = session.get_one(Edition, order.edition_id)
        loaded = load_version(session, edition)
        wanted = wanted_variants(session, loaded, "audience", None)
        design = design_of(loaded.manuscript, lambda sha256: session.get_one(Asset, sha256).data)
    check_count(len(wanted), yes=order.args.get("many") == "1")
    made = gather(runtime, edition, wanted, language, lambda done: tell(done, len(wanted)))
    name = f"{made.slug}-{made.number}-v{made.version}.pdf"
    document = {"version": made.version, "digest": made.digest, "variants": len(made.variants), "audience": made.audience, "failing": len(made.failing), "language": language}
    return Result(document, (Made(name, "application/pdf", render_pdf(made, language, design)),))


def approve(runtime: Runtime, order: Order, tell: Tell) -> Result:
    """Build and approve.

    Raises:
        StoreError, UsageError: as `deciding.approve`.
    """
    return _decided(deciding.approve(runtime, str(order.edition_id), _act(runtime, order), seen=int(order.args["version"]), yes=_many(order), progress=tell))


def reapprove(runtime: Runtime, order: Order, tell: Tell) -> Result:
    """Approve again what differs by a few words.

    Raises:
        StoreError, UsageError: as `deciding.reapprove`.
    """
    return _decided(deciding.reapprove(runtime, str(order.edition_id), _act(runtime, order), seen=int(order.args["version"]), yes=_many(order), progress=tell))


def _act(runtime: Runtime, order: Order) -> Act:
    return Act(order.by, runtime.now(), str(order.args.get("reason", "")), order.role)


def _many(order: Order) -> bool:
    return order.args.get("many") == "1"


def _decided(made: Decided) -> Result:
    approval = made.decision.approval
    document: dict[str, Any] = {"version": made.version, "state": made.state, "approved": approval is not None, "hindrances": list(made.decision.hindrances)}
    if approval is not None:
        document |= {"digest": approval.digest, "variants": len(approval.bound["variants"]), "pages": len(approval.bound["pages"])}
    return Result(document)
