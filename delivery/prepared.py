"""The content of a batch made ready for its port, once in a process for each variant and port."""

from __future__ import annotations

import threading
from collections import OrderedDict

from sqlalchemy.orm import Session

from content.models import Edition, EditionVersion, Publication
from content.variants import load_payload
from delivery.claims import ClaimedBatch
from delivery.models import Dispatch, Port
from delivery.ports import MessageContent, PortLink, PortSettings, SubmitStream, open_link
from huabao.runtime import Runtime

CONTENTS_KEPT_MAX = 64
"""Prepared contents in a process; at 600 KB each some 40 MB."""

Key = tuple[int, int, str | None]

_kept: OrderedDict[Key, tuple[PortLink, object]] = OrderedDict()
_lock = threading.Lock()


def open_content(runtime: Runtime, batch: ClaimedBatch) -> tuple[PortSettings, SubmitStream]:
    """The port's settings and a stream for the batch's variant.

    Raises:
        PortError: the port can never carry this content.
    """
    with runtime.transaction(read_only=True) as session:
        settings = PortSettings.of(session.get_one(Port, batch.port_id))
    link = open_link(settings)
    key = (batch.variant_id, batch.port_id, batch.service_code)
    with _lock:
        kept = _kept.get(key)
        if kept is not None and kept[0] is link:
            _kept.move_to_end(key)
            return settings, link.stream(kept[1])
    with runtime.transaction(read_only=True) as session:
        content = _content(session, batch)
    prepared = link.prepare(content)
    with _lock:
        _kept[key] = (link, prepared)
        while len(_kept) > CONTENTS_KEPT_MAX:
            _kept.popitem(last=False)
    return settings, link.stream(prepared)


def _content(session: Session, batch: ClaimedBatch) -> MessageContent:
    dispatch = session.get_one(Dispatch, batch.dispatch_id)
    version = session.get_one(EditionVersion, dispatch.edition_version_id)
    publication = session.get_one(Publication, session.get_one(Edition, dispatch.edition_id).publication_id)
    return MessageContent(
        mime=load_payload(session, batch.variant_id), subject=version.title, service_code=batch.service_code, expiry_s=publication.stale_after_s
    )
