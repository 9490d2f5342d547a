"""A preview put together: the message of a reader, a segment or a handset, out of the bytes that would leave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from content.audience import counted, wants
from content.compose import PictureSource
from content.compose.short import ShortMessage, compose_short
from content.draw.contact import contact_sheet
from content.models import Edition, Publication
from content.package import facts_text, png_of, title_of
from content.preflight.matching import Mismatch, mismatches
from content.preflight.reasons import in_language
from content.preflight.thresholds import PICTURE_SLACK
from content.preview.choosing import Chosen, choose
from content.preview.handsets import Look, look_at_name, look_at_reader, takes_mms
from content.preview.wording import say
from content.proof.messages import Message, messages
from content.services import LoadedVersion, load_version
from content.signatures import SignatureRules, variant_name
from content.slots.values import fillings
from content.variants import SMS, WAP_PUSH, Wanted, load_source
from huabao import audit
from huabao.errors import UsageError
from huabao.msisdn import MSISDN
from huabao.runtime import Runtime
from subscribers.handset_classes import NO_MMS, handset_classes
from subscribers.models import Reader
from subscribers.segments import Rule, facts_of, rule_sql
from subscribers.store import find_reader, not_subscribed_sql, stopped_sql


@dataclass(frozen=True)
class Shown:
    """What one handset gets.

    Attributes:
        items: keys, in order.
        message: the MMS; None for a handset that takes none.
        short: the link or text in its place, and its channel.
        misfits: what preflight says of the message on this very handset; None where nobody recorded it.
    """

    look: Look
    items: tuple[str, ...]
    message: Message | None
    short: tuple[str, ShortMessage] | None = None
    misfits: Sequence[Mismatch] | None = None

    def to_document(self, language: str) -> dict[str, Any]:
        """As `--json` prints it."""
        made = self.message
        found: dict[str, Any] = {"handset": self.look.to_document(), "items": list(self.items)}
        if made is not None:
            screen = self.look.screen
            found |= {
                "variant_id": made.name, "channel": "mms", "slides": len(made.slides), "size_bytes": made.size_bytes, "budget_bytes": made.handset.budget_bytes,
                "worst_quality": made.worst_quality, "moved": [dict(one) for one in made.moved], "screen": f"{screen.width_px}x{screen.height_px}",
                "preflight": None if self.misfits is None else [
                    {"level": one.level, "slide": one.slide, "check": one.check, "reason": in_language(one.reason, language)} for one in self.misfits
                ],
                "slots": sorted({gap.name for gap in made.gaps}),
            }  # fmt: skip
        if self.short is not None:
            channel, said = self.short
            found |= {"variant_id": variant_name(channel, self.items), "channel": channel, "text": said.text, "href": said.href, "moved": [], "slides": 0}
        return found

    def write(self, folder: Path, loaded: LoadedVersion) -> list[Path]:
        """Each slide on this handset's screen as `NN.png`, and all of them as `contact.png`; nothing for a link or text.

        A picture of a type that the handset does not show is left out, as it is there.

        Raises:
            UsageError: the folder cannot be written to.
        """
        if self.message is None:
            return []
        types: Any = self.look.known.values.get("image_types") if self.look.known else None
        seen = [slide if types is None or slide.media_type in types else replace(slide, picture=None) for slide in self.message.slides]
        screens = [slide.shown(self.look.screen) for slide in seen]
        told = facts_text(self.message.name, len(screens), self.message.size_bytes, self.message.handset.budget_bytes, self.message.worst_quality)
        named = f"{self.look.model} · {told}" if self.look.model else told
        files = {f"{number:02}.png": png_of(image) for number, image in enumerate(screens, 1)} | {"contact.png": png_of(contact_sheet(screens, title_of(loaded.manuscript), named))}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name, data in files.items():
                (folder / name).write_bytes(data)
        except OSError as error:
            raise UsageError(f"{folder} cannot be written to: {error.strerror}; give another --out") from error
        return [folder / name for name in files]


@dataclass(frozen=True)
class OfReader:
    """An edition as one reader would get it.

    Attributes:
        number: his, masked.
        unsent: why it would not be sent to him, in words; "" where it would.
    """

    number: str
    unsent: str
    chosen: tuple[Chosen, ...]
    shown: Shown
    loaded: LoadedVersion


def as_reader(runtime: Runtime, edition: Edition, msisdn: MSISDN, language: str, *, by: str) -> OfReader:
    """What this reader would get now, and why; the look is kept in the audit trail.

    Raises:
        UsageError: nobody has that number.
    """
    with runtime.transaction() as session:
        loaded = load_version(session, edition)
        reader = find_reader(session, msisdn)
        if reader is None:
            raise UsageError("nobody has that number; `huabao subscribers import FILE` brings readers")
        items, chosen = choose(loaded.manuscript, facts_of(reader), language)
        look = look_at_reader(session, reader, language)
        unsent = _unsent(session, loaded.publication, reader, language)
        reader_id = reader.id
        audit.record(
            session, actor=by, action="edition.preview", object_kind="edition", object_id=edition.id, at=runtime.now(), msisdn=msisdn.masked, version=loaded.version.version
        )  # fmt: skip
    return OfReader(msisdn.masked, unsent, chosen, _show(runtime, loaded, look, items, reader_id=reader_id), loaded)


def as_handset(runtime: Runtime, edition: Edition, name: str, language: str, *, everything: bool = False) -> tuple[Shown, LoadedVersion]:
    """What a model, or a class, shows of the items for everybody, or of all of them.

    Raises:
        UsageError: there is no such model or class.
    """
    with runtime.transaction(read_only=True) as session:
        loaded = load_version(session, edition)
        look = look_at_name(session, name, language)
    rules = SignatureRules(loaded.manuscript)
    return _show(runtime, loaded, look, rules.fullest[0] if everything else rules.default_items), loaded


def as_segment(runtime: Runtime, edition: Edition, rule: Rule) -> tuple[int, dict[Wanted, int], LoadedVersion]:
    """How many readers a rule fits, and of those who would get the edition, how many get each class and set of items."""
    with runtime.transaction(read_only=True) as session:
        loaded = load_version(session, edition)
        members = session.scalar(select(func.count()).select_from(Reader).where(rule_sql(rule))) or 0
        return members, counted(session, loaded.publication, SignatureRules(loaded.manuscript), rule_sql(rule)), loaded


def sheets_of(runtime: Runtime, loaded: LoadedVersion, wanted: Sequence[Wanted], folder: Path) -> list[Path]:
    """The contact sheets of some variants, `<variant_id>.png`; those without MMS are passed over."""
    files = []
    folder.mkdir(parents=True, exist_ok=True)
    for _, made in messages(runtime, loaded.version.id, [one for one in wanted if one[0] in handset_classes()], keep=False):
        files.append(folder / f"{made.name}.png")
        files[-1].write_bytes(made.sheet(loaded.manuscript))
    return files


def _unsent(session: Session, publication: Publication, reader: Reader, language: str) -> str:
    def holds(condition: Any) -> bool:
        return session.scalar(select(Reader.id).where(Reader.id == reader.id, condition)) is not None

    if holds(wants(publication)):
        return ""
    if publication.klass == "activity":
        return say(language, "no_consent")
    if holds(not_subscribed_sql(publication.service_id)):
        return say(language, "no_order", service=publication.service_id)
    return say(language, "stopped" if holds(stopped_sql(publication.service_id)) else "no_order", service=publication.service_id)


def _show(runtime: Runtime, loaded: LoadedVersion, look: Look, items: tuple[str, ...], *, reader_id: int | None = None) -> Shown:
    if not takes_mms(look):
        channel = WAP_PUSH if look.handset_class == NO_MMS else SMS
        source = load_source(runtime, loaded.version.id)
        made = compose_short(source.manuscript, items, PictureSource(source.assets.__getitem__), source.wap, push=channel == WAP_PUSH)
        return Shown(look, items, None, (channel, made.message))
    ((_, message),) = messages(runtime, loaded.version.id, [(look.handset_class, items)], keep=False)
    with runtime.transaction(read_only=True) as session:
        slack = PICTURE_SLACK.get(session)
        own = fillings(session, message.gaps, [reader_id]).get(reader_id) if reader_id is not None and message.gaps else None
    misfits = None if look.known is None or not look.known.values else mismatches(message.facts, look.known.values, slack)
    return Shown(look, items, message.with_words(own) if own else message, misfits=misfits)
