"""The content of a batch made ready for its port, once in a process for each variant and port."""

from __future__ import annotations

import threading
from collections import OrderedDict, namedtuple
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from content.models import Edition, EditionVersion, Publication, Variant
from content.slots.gaps import Gap
from content.variants import SHORT, WAP_PUSH, load_gaps, load_payload, load_short
from delivery.models import Dispatch, Port
from delivery.ports import MessageContent, PortLink, PortSettings, SubmitStream, WAPPush, open_link
from delivery.ports.pace import PaceRules
from delivery.sending.claims import ClaimedBatch
from huabao.quick import Quick, ask
from huabao.runtime import Runtime

CONTENTS_KEPT_MAX = 64
"""Prepared contents in a process; at 600 KB each some 40 MB."""

Key = tuple[int, int, str | None]

_kept: OrderedDict[Key, tuple[PortLink, object, tuple[Gap, ...]]] = OrderedDict()
_lock = threading.Lock()


_COLUMNS = namedtuple("_COLUMNS", [one.name for one in Port.__table__.c])  # type: ignore[misc]  # as many as the table has
_PORT = Quick(lambda _: select(Port.__table__).where(Port.id == bindparam("port")))


def port_settings(session: Session, port_id: int) -> PortSettings:
    """The port as its row says now."""
    ((row,),) = ask(session, _PORT(port=port_id))
    return PortSettings.of(_COLUMNS(*row), PaceRules.of(session))  # type: ignore[arg-type]  # a row has the columns of a Port


@dataclass(frozen=True)
class Opened:
    """A content on its way out.

    Attributes:
        gaps: where words of a reader's own go into it; none where everybody gets the same.
    """

    stream: SubmitStream
    gaps: tuple[Gap, ...]


def open_content(runtime: Runtime, batch: ClaimedBatch, settings: PortSettings) -> Opened:
    """A stream for the batch's variant through its port.

    Raises:
        PortError: the port can never carry this content.
    """
    link = open_link(settings)
    key = (batch.variant_id, batch.port_id, batch.service_code)
    with _lock:
        kept = _kept.get(key)
        if kept is not None and kept[0] is link:
            _kept.move_to_end(key)
            return Opened(link.stream(kept[1]), kept[2])
    with runtime.transaction(read_only=True) as session:
        content = _content(session, batch)
    prepared = link.prepare(content)
    with _lock:
        _kept[key] = (link, prepared, content.gaps)
        while len(_kept) > CONTENTS_KEPT_MAX:
            _kept.popitem(last=False)
    return Opened(link.stream(prepared), content.gaps)


def _content(session: Session, batch: ClaimedBatch) -> MessageContent:
    dispatch = session.get_one(Dispatch, batch.dispatch_id)
    version = session.get_one(EditionVersion, dispatch.edition_version_id)
    publication = session.get_one(Publication, session.get_one(Edition, dispatch.edition_id).publication_id)
    common: dict[str, Any] = {"subject": version.title, "service_code": batch.service_code, "expiry_s": publication.stale_after_s}
    channel = session.get_one(Variant, batch.variant_id).channel
    if channel not in SHORT:
        return MessageContent(mime=load_payload(session, batch.variant_id), gaps=load_gaps(session, batch.variant_id), **common)
    short = load_short(session, batch.variant_id)
    if channel == WAP_PUSH:
        return MessageContent(wap_push=WAPPush(short.href, short.text), **common)
    return MessageContent(text=short.text, **common)
