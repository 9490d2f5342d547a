"""To my phone, now: an edition as one handset gets it, sent to somebody of the house before anybody has it.

The very message that readers of his class would get, in the lane of seeds, in a
dispatch of kind `seed` of its own: with a ledger, in no statistics, whatever state
the edition is in. Only the phone of the account that asks, or a number of a seed group.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from content.models import EditionVersion, Variant
from content.services import find_edition, load_version, lock_edition
from content.signatures import SignatureRules, variant_name
from content.variants import Wanted, ensure_variants
from delivery import kinds
from delivery.dispatch import preflight, seeds
from delivery.dispatch.house import Copy, Occasion, send_copies
from delivery.dispatch.routing import carries_short
from delivery.models import Batch, Dispatch, Port, Seed
from delivery.ports import PortSettings
from huabao import audit
from huabao.errors import UsageError
from huabao.msisdn import MSISDN
from huabao.runtime import Runtime
from subscribers.handset_classes import CANNOT_MMS, DEFAULT_HANDSET_CLASS, handset_class
from subscribers.models import Reader
from subscribers.segments import facts_of

OWN, DEFAULT, ALL = "own", "default", "all"
KEY = "try"
"""In `Dispatch.gate`: the key with which it was asked for."""

SIGNATURES = (OWN, DEFAULT, ALL)
"""Which items: those that a reader like the owner of the phone gets, those of a reader whom no rule fits, or all."""


@dataclass(frozen=True)
class Ask:
    """What somebody asks for.

    Attributes:
        handset_class: as which class; None for what is known of the phone.
        phone: of the account that asks, "" for none.
        key: asking twice with the same key is asking once; "" for none.
    """

    edition: str
    to: MSISDN
    handset_class: str | None = None
    signature: str = OWN
    phone: str = ""
    key: str = ""


@dataclass(frozen=True)
class Tried:
    """What is on its way.

    Attributes:
        misfits: why that phone will not show it as it should, by preflight; it is sent all the same, to be looked at.
    """

    dispatch_id: int
    edition: str
    version: int
    variant: str
    to: MSISDN
    port: str
    misfits: tuple[str, ...] = ()

    def to_document(self) -> dict[str, Any]:
        """As `--json` prints it, the number whole: it is the asker's or a seed's."""
        return {
            "dispatch_id": self.dispatch_id, "edition": self.edition, "version": self.version, "variant_id": self.variant, "msisdn": str(self.to), "port": self.port,
            "preflight": list(self.misfits),
        }  # fmt: skip


def send(runtime: Runtime, ask: Ask, *, by: str) -> Tried:
    """Send the edition to that phone.

    Raises:
        UsageError: there is no such edition or class, the number is neither the asker's own nor a seed's, or no port can carry it.
    """
    now = runtime.now()
    with runtime.transaction() as session:
        seed_class = _permitted(session, ask)
        seeds.ensure_reader(session, ask.to, seed_class, now)
    with runtime.transaction(read_only=True) as session:
        version_id, wanted = _wanted(session, ask, seed_class)
        _port(session, ask)
    variant_id = ensure_variants(runtime, version_id, [wanted])[wanted]
    with runtime.transaction() as session:
        lock_edition(session, find_edition(session, ask.edition).id)
        earlier = _earlier(session, ask) if ask.key else None
        return earlier or _dispatch(session, ask, version_id, variant_id, wanted, by=by, runtime=runtime)


def _permitted(session: Session, ask: Ask) -> str | None:
    """The handset class under which the number stands among the seeds, if any.

    Raises:
        UsageError: it is neither the asker's own phone nor a seed.
    """
    rows = session.execute(select(Seed.handset_class).where(Seed.msisdn == str(ask.to)).order_by(Seed.group_name)).all()
    if not rows and ask.phone != str(ask.to):
        raise UsageError(
            f"{ask.to.masked} is neither the phone of your account nor in a seed group; `huabao user set NAME --phone …` makes it yours, "
            "`huabao seeds add GROUP MSISDN` adds it to a group"
        )
    return next((row.handset_class for row in rows if row.handset_class), None)


def _wanted(session: Session, ask: Ask, seed_class: str | None) -> tuple[int, Wanted]:
    loaded = load_version(session, find_edition(session, ask.edition))
    reader = session.scalars(select(Reader).where(Reader.msisdn == str(ask.to))).one()
    name = ask.handset_class or seed_class or reader.handset_class or DEFAULT_HANDSET_CLASS.get(session)
    if name in CANNOT_MMS:
        raise UsageError(f"{ask.to.masked} takes no MMS ({name}); say as which class it is to be sent with --class")
    rules = SignatureRules(loaded.manuscript)
    own = rules.items_of(rules.mask_of(facts_of(reader)))
    return loaded.version.id, (handset_class(name).name, {OWN: own, DEFAULT: rules.default_items, ALL: rules.fullest[0]}[ask.signature])


def _port(session: Session, ask: Ask) -> Port:
    publication = load_version(session, find_edition(session, ask.edition)).publication
    able = [row for row in session.scalars(select(Port).order_by(Port.id)) if PortSettings.of(row).carries(publication.service_code) and not carries_short(row)]
    if not able:
        raise UsageError(f"no port can carry an MMS of {publication.slug}; `huabao port list` shows them")
    return min(able, key=lambda row: (row.state != "up", PortSettings.of(row).priority, -PortSettings.of(row).rate))


def _earlier(session: Session, ask: Ask) -> Tried | None:
    """What was sent for that key before; None where nothing was."""
    edition = find_edition(session, ask.edition)
    tries = select(Dispatch).where(Dispatch.edition_id == edition.id, Dispatch.kind == kinds.SEED, Dispatch.parent_id.is_(None)).order_by(Dispatch.id.desc())
    found = next((one for one in session.scalars(tries) if one.gate.get(KEY) == ask.key), None)
    if found is None:
        return None
    version, name = session.get_one(EditionVersion, found.edition_version_id), load_version(session, edition).publication.slug
    variant = session.scalars(select(Variant.name).join(Batch, Batch.variant_id == Variant.id).where(Batch.dispatch_id == found.id)).one()
    return Tried(found.id, f"{name}/{edition.number}", version.version, variant, ask.to, found.ports[0])


def _dispatch(session: Session, ask: Ask, version_id: int, variant_id: int, wanted: Wanted, *, by: str, runtime: Runtime) -> Tried:
    edition = find_edition(session, ask.edition)
    loaded, port = load_version(session, edition), _port(session, ask)
    reader_id = session.scalars(select(Reader.id).where(Reader.msisdn == str(ask.to))).one()
    reason = f"to the phone of {by}" if ask.phone == str(ask.to) else "to a seed"
    version = session.get_one(EditionVersion, version_id)
    occasion = Occasion(by, reason, {KEY: ask.key} if ask.key else {})
    dispatch = send_copies(session, edition, version, port, [Copy(reader_id, variant_id, wanted[0])], occasion, runtime)
    audit.record(
        session, actor=by, action="edition.try", object_kind="edition", object_id=edition.id, at=runtime.now(), msisdn=ask.to.masked, variant=variant_name(*wanted),
        dispatch=dispatch.id,
    )  # fmt: skip
    name = f"{loaded.publication.slug}/{edition.number}"
    return Tried(dispatch.id, name, loaded.version.version, variant_name(*wanted), ask.to, port.name, preflight.misfits_of(session, reader_id, variant_id))
