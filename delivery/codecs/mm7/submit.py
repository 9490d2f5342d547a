"""A submission that is built once and sent many times.

All readers of a variant get the same SubmitReq but for TransactionID, recipients and TimeStamp. `prepare_submit` encodes it
whole, cuts it at these three places, and `render` joins it again: microseconds for each send, the same bytes as a full encoding.
A content with gaps is cut there too, and a reader's own words are joined in; its parts are binary, so that nothing else changes.

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

_BOUNDARY: Final = re.compile(rb'(?i)\bboundary="([^"\r\n]+)"')

_SLOT_TIME: Final = datetime.fromisoformat("1111-11-11T11:11:11+08:00")


@dataclass(frozen=True)
class RenderedSubmit:
    """An HTTP request's headers and body. The headers are shared by all renderings: copy before you add to them."""

    headers: dict[str, str]
    body: bytes = field(repr=False)


Gaps = Sequence[tuple[int, int]]
"""(bytes before it, its bytes) of each place in a content that gets words of a reader's own, ascending."""


@dataclass(frozen=True, repr=False)
class PreparedSubmit:
    """A SubmitReq with its content, cut at TransactionID, recipients and TimeStamp.

    Attributes:
        time_stamp: what stands in the TimeStamp's place unless `render` is given another.
        stretches: of a content with gaps: `after`, cut there; what stands in the gaps of `after` is left out.
        defaults: what stands there.
        boundaries: that no filling may hold.
    """

    frame: Frame
    before_transaction: bytes
    before_recipients: bytes
    before_time_stamp: bytes
    after: bytes
    time_stamp: datetime | None
    stretches: tuple[bytes, ...] = ()
    defaults: tuple[bytes, ...] = ()
    boundaries: tuple[bytes, ...] = ()

    def render(self, transaction_id: str, recipients: Sequence[str], time_stamp: datetime | None = None, fillings: Sequence[bytes] = ()) -> RenderedSubmit:
        """The request for these recipients.

        Args:
            transaction_id: of this submission.
            recipients: at least one; each as it shall stand in `Number`.
            time_stamp: aware; None takes the prepared one, or none.
            fillings: what goes into the content's gaps, one for each; one that holds a boundary gives way to what stands there. None of them: as it stands.

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
            *self._after(fillings),
        )
        return RenderedSubmit(self.frame.headers, b"".join(pieces))

    def _after(self, fillings: Sequence[bytes]) -> Sequence[bytes]:
        """What follows the TimeStamp."""
        if not fillings:
            return (self.after,)
        pieces = [self.stretches[0]]
        for filling, default, stretch in zip(fillings, self.defaults, self.stretches[1:], strict=True):
            pieces += [default if any(boundary in filling for boundary in self.boundaries) else filling, stretch]
        return pieces


def prepare_submit(
    request: SubmitReq,
    content: bytes | None,
    namespace: str = DEFAULT_NAMESPACE,
    version: str | None = None,
    *,
    recipient_field: RecipientField = "to",
    form: ClientForm = STRICT,
    gaps: Gaps = (),
) -> PreparedSubmit:
    """`request` and its content, ready to be sent to any recipients.

    Args:
        request: its addresses in `recipient_field` are replaced by those of each send; `content_href` is taken from the content.
        content: an entity, header lines first, as `content.codecs.mime.encode_related` writes it; it must have a
            Content-ID. None for a message without content.
        recipient_field: where the recipients stand; To may show readers each other's numbers.
        form: whose manners the request has.
        gaps: of the content, where `render` puts fillings.

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
    prepared = PreparedSubmit(around, around.before + before_transaction, before_recipients, before_time_stamp, rest + around.after, request.time_stamp)
    return _gapped(prepared, content, len(rest) + around.content_at, gaps) if content is not None and gaps else prepared


def _gapped(prepared: PreparedSubmit, content: bytes, content_at: int, gaps: Gaps) -> PreparedSubmit:
    """`prepared`, cut at the gaps of its content."""
    stretches, end = [], 0
    for at, length in gaps:
        stretches.append(prepared.after[end : content_at + at])
        end = content_at + at + length
    inner = _BOUNDARY.search(content.partition(b"\r\n\r\n")[0])
    outer = prepared.frame.boundary
    boundaries = ((outer.encode("ascii"),) if outer else ()) + ((inner[1],) if inner else ())
    defaults = tuple(content[at : at + length] for at, length in gaps)
    return dataclasses.replace(prepared, stretches=(*stretches, prepared.after[end:]), defaults=defaults, boundaries=boundaries)


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
