"""What a short message costs its port: a port's rate counts PDUs, and a text of two parts takes two.

How many parts a text or a pushed link takes depends on the words and on the port's
options. A forecast uses the average over those who get one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from content.compose.short import ShortMessage
from content.models import Variant, VariantPayload
from content.variants import SHORT, WAP_PUSH
from delivery.dispatch.routing import carries_short
from delivery.models import Port
from delivery.ports import MessageContent, WAPPush
from huabao.db import in_ids
from huabao.errors import CodecError


def pdus_each(session: Session, ports: Iterable[Port], readers: Mapping[int, Mapping[int, int]]) -> dict[int, float]:
    """PDUs that one reader takes on average, by port id, of the ports that carry short messages; 1 where nobody is known to get one.

    Args:
        readers: by port id, how many get which variant; variants that are no short messages do not count.
    """
    short = [port for port in ports if carries_short(port)]
    wanted = sorted({variant_id for port in short for variant_id in readers.get(port.id, ())})
    contents = _contents(session, wanted) if wanted else {}
    found = {}
    for port in short:
        mine = {variant_id: number for variant_id, number in readers.get(port.id, {}).items() if variant_id in contents and number > 0}
        whole = sum(_parts(port, contents[variant_id]) * number for variant_id, number in mine.items())
        found[port.id] = whole / sum(mine.values()) if mine else 1.0
    return found


def _contents(session: Session, variant_ids: list[int]) -> dict[int, MessageContent]:
    wanted = (in_ids(session, Variant.id, variant_ids), Variant.channel.in_(SHORT))
    rows = session.execute(select(Variant.id, Variant.channel, VariantPayload.mime).join(VariantPayload, VariantPayload.variant_id == Variant.id).where(*wanted))
    found = {}
    for variant_id, channel, payload in rows:
        short = ShortMessage.decode(payload)
        found[variant_id] = MessageContent(wap_push=WAPPush(short.href, short.text)) if channel == WAP_PUSH else MessageContent(text=short.text)
    return found


def _parts(port: Port, content: MessageContent) -> int:
    from delivery.ports.smpp.contents import count_parts  # the codecs are wanted by forecasts with texts only
    from delivery.ports.smpp.options import SMPPOptions

    try:
        return count_parts(SMPPOptions.of(port.url, port.options), content)
    except CodecError:  # it can never leave; its sender says so
        return 1
