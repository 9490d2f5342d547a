"""A submission that is built once and sent many times.

All readers of a variant get the same SubmitReq but for TransactionID, recipients and TimeStamp. `prepare_submit` encodes it
whole, cuts it at these three places, and `render` joins it again: microseconds for each send, the same bytes as a full encoding.

Spec: 3GPP TS 23.140 8.7.1.
"""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from delivery.codecs.mm7.client_forms import STRICT, ClientForm
from delivery.codecs.mm7.encode import encode_envelope, number_element, time_stamp_element, transaction_id_text
from delivery.codecs.mm7.http import Frame, content_id_of, frame
from delivery.codecs.mm7.names import DEFAULT_NAMESPACE, RecipientField
from delivery.codecs.mm7.structs import Address, SubmitReq
from huabao.errors import CodecError

_PLAIN_NUMBER: Final = re.compile(r"[0-9+,]+")
"""Numbers joined by commas that need no escaping; anything else takes the careful way."""

_SLOT_TIME: Final = datetime.fromisoformat("1111-11-11T11:11:11+08:00")


@dataclass(frozen=True)
class RenderedSubmit:
    """An HTTP request's headers and body. The headers are shared by all renderings: copy before you add to them."""

    headers: dict[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True, repr=False)
class PreparedSubmit:
    """A SubmitReq with its content, cut at TransactionID, recipients and TimeStamp.

    Attributes:
        time_stamp: what stands in the TimeStamp's place unless `render` is given another.
    """

    frame: Frame
    before_transaction: bytes
    before_recipients: bytes
    before_time_stamp: bytes
    after: bytes
    time_stamp: datetime | None

    def render(self, transaction_id: str, recipients: Sequence[str], time_stamp: datetime | None = None) -> RenderedSubmit:
        """The request for these recipients.

        Args:
            transaction_id: of this submission.
            recipients: at least one; each as it shall stand in `Number`.
            time_stamp: aware; None takes the prepared one, or none.

        Raises:
            CodecError: there is no recipient, or a text that XML cannot carry or that holds the boundary (ours).
        """
        if not recipients:
            raise CodecError("a submission needs a recipient", theirs=False)
        numbers = ",".join(recipients)
        if _PLAIN_NUMBER.fullmatch(numbers) and "" not in recipients:
            spliced = f"<Number>{'</Number><Number>'.join(recipients)}</Number>"
        else:
            spliced = "".join(map(number_element, recipients))
        transaction = transaction_id_text(transaction_id).encode("utf-8")
        named = spliced.encode("utf-8")
        self.frame.refuse_boundary(transaction, named)
        stamp = time_stamp_element(time_stamp or self.time_stamp).encode("ascii")
        pieces = (
            self.before_transaction,
            transaction,
            self.before_recipients,
            named,
            self.before_time_stamp,
            stamp,
            self.after,
        )
        return RenderedSubmit(self.frame.headers, b"".join(pieces))


def prepare_submit(
    request: SubmitReq,
    content: bytes | None,
    namespace: str = DEFAULT_NAMESPACE,
    version: str | None = None,
    *,
    recipient_field: RecipientField = "to",
    form: ClientForm = STRICT,
) -> PreparedSubmit:
    """`request` and its content, ready to be sent to any recipients.

    Args:
        request: its addresses in `recipient_field` are replaced by those of each send; `content_href` is taken from the content.
        content: an entity, header lines first, as `content.codecs.mime.encode_related` writes it; it must have a
            Content-ID. None for a message without content.
        recipient_field: where the recipients stand; To may show readers each other's numbers.
        form: whose manners the request has.

    Raises:
        CodecError: the content has no Content-ID, or a text cannot be written (ours).
    """
    around = frame(content, form)
    href = None if content is None else content_id_of(content)
    if href == "":
        raise CodecError("the content has no Content-ID for the request to refer to", theirs=False)
    slot = _free_slot(request)
    whole = replace_recipients(request, recipient_field, (Address(slot),))
    whole = dataclasses.replace(whole, content_href=href, time_stamp=_SLOT_TIME)
    envelope = form.dress(encode_envelope(whole, namespace, version, transaction_id=slot))
    around.refuse_boundary(envelope)
    before_transaction, rest = _cut(envelope, slot)
    before_recipients, rest = _cut(rest, number_element(slot))
    before_time_stamp, rest = _cut(rest, time_stamp_element(_SLOT_TIME))
    return PreparedSubmit(around, around.before + before_transaction, before_recipients, before_time_stamp, rest + around.after, request.time_stamp)


def replace_recipients(request: SubmitReq, recipient_field: RecipientField, recipients: tuple[Address, ...]) -> SubmitReq:
    """`request` with other addresses in To, Cc or Bcc."""
    match recipient_field:
        case "to":
            return dataclasses.replace(request, to=recipients)
        case "cc":
            return dataclasses.replace(request, cc=recipients)
        case "bcc":
            return dataclasses.replace(request, bcc=recipients)


def _free_slot(request: SubmitReq) -> str:
    """A text that is no address of the request. In other elements it may stand: `<Number>` is never text."""
    taken = {address.text for address in (*request.to, *request.cc, *request.bcc, request.sender_address or Address(""))}
    return next(slot for slot in (f"slot-{number}" for number in itertools.count()) if slot not in taken)


def _cut(text: bytes, at: str) -> tuple[bytes, bytes]:
    before, _, after = text.partition(at.encode("utf-8"))
    return before, after
