"""MM7 messages as frozen dataclasses.

Absent and empty are one: an optional text that was not sent is None, a list that
was not sent is (). Values of enumerations stay text, as printed by the peer
(outer blanks taken away), because carriers invent their own.

Spec: 3GPP TS 23.140 8.7.1 (submit), 8.7.2 (deliver), 8.7.3 (cancel and replace), 8.7.5 (delivery report), 8.7.6 (read reply), 8.7.8 (faults).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from content.codecs.mime import Entity
from delivery.codecs.mm7.names import AddressKind

When = datetime | timedelta
"""An instant (aware, UTC) or a span from the time of submission."""


@dataclass(frozen=True, repr=False)
class Address:
    """A party of a message. `text` is what stands in the element, `8613812345678`, `+86…/TYPE=PLMN`, `10658000`."""

    text: str
    kind: AddressKind = "Number"
    display_only: bool = False

    def __repr__(self) -> str:
        shown = self.text if len(self.text) <= 7 else f"{self.text[:3]}****{self.text[-4:]}"
        return f"Address({self.kind} {shown})"


@dataclass(frozen=True)
class Status:
    """The answer to a request. `code` as sent, known or not; its meaning stands in the port's dialect."""

    code: int
    text: str = ""
    details: str = ""


@dataclass(frozen=True)
class ReplyCharging:
    """The sender pays for one reply of at most `size_bytes_max`, until `deadline`."""

    size_bytes_max: int | None = None
    deadline: When | None = None


@dataclass(frozen=True)
class UACapabilities:
    """What the MMSC knows of a handset.

    Attributes:
        ua_prof: address of its profile.
        time_stamp: when the MMSC learnt that.
    """

    ua_prof: str | None = None
    time_stamp: datetime | None = None


@dataclass(frozen=True)
class SubmitReq:
    """A message from us (the VASP) to the MMSC, for any number of recipients.

    Attributes:
        content_href: Content-ID of the content part, without `cid:` and brackets; None where there is no content.
        expiry_date, earliest_delivery_time: aware instants or spans.
    """

    vasp_id: str | None = None
    vas_id: str | None = None
    sender_address: Address | None = None
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    service_code: str | None = None
    linked_id: str | None = None
    message_class: str | None = None
    time_stamp: datetime | None = None
    reply_charging: ReplyCharging | None = None
    earliest_delivery_time: When | None = None
    expiry_date: When | None = None
    delivery_report: bool | None = None
    read_reply: bool | None = None
    priority: str | None = None
    subject: str | None = None
    charged_party: str | None = None
    charged_party_id: str | None = None
    distribution_indicator: bool | None = None
    delivery_condition: tuple[int, ...] = ()
    applic_id: str | None = None
    reply_applic_id: str | None = None
    aux_applic_info: str | None = None
    content_class: str | None = None
    drm_content: bool | None = None
    content_href: str | None = None
    allow_adaptations: bool | None = None

    @property
    def recipients(self) -> tuple[Address, ...]:
        """Everybody it goes to: To, Cc, Bcc in this order, those for display only left out."""
        return tuple(each for each in self.to + self.cc + self.bcc if not each.display_only)


@dataclass(frozen=True)
class SubmitRsp:
    """The MMSC took the message, or part of its recipients; `message_id` is one for all of them."""

    status: Status
    message_id: str | None = None


@dataclass(frozen=True)
class CancelReq:
    """We call a message back: whoever of its recipients has not fetched it does not get it.

    Attributes:
        message_id: as the MMSC printed it in its SubmitRsp.
    """

    message_id: str
    vasp_id: str | None = None
    vas_id: str | None = None
    sender_address: Address | None = None
    applic_id: str | None = None
    reply_applic_id: str | None = None
    aux_applic_info: str | None = None


@dataclass(frozen=True)
class CancelRsp:
    """The MMSC called the message back, or says why not."""

    status: Status


@dataclass(frozen=True)
class ReplaceReq:
    """We put another message in the place of one that was not fetched yet; it keeps its MessageID and its recipients.

    Attributes:
        message_id: of the one to be replaced.
        content_href: as in SubmitReq.
    """

    message_id: str
    vasp_id: str | None = None
    vas_id: str | None = None
    sender_address: Address | None = None
    service_code: str | None = None
    time_stamp: datetime | None = None
    read_reply: bool | None = None
    earliest_delivery_time: When | None = None
    distribution_indicator: bool | None = None
    applic_id: str | None = None
    reply_applic_id: str | None = None
    aux_applic_info: str | None = None
    content_class: str | None = None
    drm_content: bool | None = None
    content_href: str | None = None
    allow_adaptations: bool | None = None


@dataclass(frozen=True)
class ReplaceRsp:
    """The MMSC put the other message in its place, or says why not."""

    status: Status


@dataclass(frozen=True)
class DeliveryReportReq:
    """What became of a message at one recipient, or at several of them alike.

    Attributes:
        mm_status: as printed (`Retrieved`, `System Rejected`, `Reserved` …).
        status_error_code: China Mobile's four digits, None elsewhere.
    """

    message_id: str
    recipients: tuple[Address, ...]
    mm_status: str
    sender: Address | None = None
    date: datetime | None = None
    mms_relay_server_id: str | None = None
    mm_status_extension: str | None = None
    status_text: str | None = None
    status_error_code: str | None = None
    applic_id: str | None = None
    reply_applic_id: str | None = None
    aux_applic_info: str | None = None
    ua_capabilities: UACapabilities | None = field(default=None, kw_only=True)

    def swapped(self) -> DeliveryReportReq:
        """The same report with Sender and Recipient exchanged; itself where there is no sender to exchange."""
        if self.sender is None:
            return self
        sender = self.recipients[0] if self.recipients else None
        return dataclasses.replace(self, sender=sender, recipients=(self.sender,))

    def resolved(self, own_numbers: Collection[str]) -> DeliveryReportReq:
        """The report the right way round: swapped where its Recipient is one of our own numbers and its Sender is none.

        Args:
            own_numbers: our sender addresses as they stand in SenderAddress; `+86`, `86` and `/TYPE=…` are overlooked.
        """
        own = {bare_number(each) for each in own_numbers}
        if self.sender is None or len(self.recipients) != 1 or bare_number(self.sender.text) in own:
            return self
        return self.swapped() if bare_number(self.recipients[0].text) in own else self


@dataclass(frozen=True)
class DeliveryReportRsp:
    """Our answer to a delivery report."""

    status: Status


@dataclass(frozen=True)
class ReadReplyReq:
    """A recipient read or deleted a message; `mm_status` is Read, Deleted or Indeterminate."""

    message_id: str
    recipients: tuple[Address, ...]
    mm_status: str
    sender: Address | None = None
    time_stamp: datetime | None = None
    mms_relay_server_id: str | None = None
    status_text: str | None = None
    applic_id: str | None = None
    reply_applic_id: str | None = None
    aux_applic_info: str | None = None


@dataclass(frozen=True)
class ReadReplyRsp:
    """Our answer to a read reply."""

    status: Status


@dataclass(frozen=True)
class DeliverReq:
    """A message from a reader to us. `linked_id` goes into the SubmitReq that answers it."""

    sender: Address
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    mms_relay_server_id: str | None = None
    vasp_id: str | None = None
    vas_id: str | None = None
    linked_id: str | None = None
    time_stamp: datetime | None = None
    reply_charging_id: str | None = None
    priority: str | None = None
    subject: str | None = None
    applic_id: str | None = None
    reply_applic_id: str | None = None
    aux_applic_info: str | None = None
    content_href: str | None = None
    ua_capabilities: UACapabilities | None = None


@dataclass(frozen=True)
class DeliverRsp:
    """Our answer to a delivered message."""

    status: Status
    service_code: str | None = None


@dataclass(frozen=True)
class MM7Fault:
    """A SOAP Fault. As such: one whose detail says nothing of MM7; its status is then 2000 or 3000 by the fault code."""

    status: Status
    fault_code: str = "Client"
    fault_string: str = ""


@dataclass(frozen=True)
class RSErrorRsp(MM7Fault):
    """The MMSC could not make anything of what we sent."""


@dataclass(frozen=True)
class VASPErrorRsp(MM7Fault):
    """We could not make anything of what the MMSC sent."""


Message = (
    SubmitReq | SubmitRsp | CancelReq | CancelRsp | ReplaceReq | ReplaceRsp | DeliveryReportReq | DeliveryReportRsp | DeliverReq | DeliverRsp | ReadReplyReq | ReadReplyRsp
    | RSErrorRsp | VASPErrorRsp | MM7Fault
)  # fmt: skip


@dataclass(frozen=True)
class Envelope:
    """A message with what stands around it.

    Attributes:
        transaction_id: "" where the peer sent none.
        namespace: the MM7 namespace that it came in, "" for none.
        version: MM7Version as printed, None where it is missing.
        content: the content part, of a SubmitReq, ReplaceReq or DeliverReq that came with one (`decode_http`).
        problems: what could not be read of optional elements and was left out; never the peer's values.
    """

    transaction_id: str
    namespace: str
    message: Message
    version: str | None = None
    content: Entity | None = None
    problems: tuple[str, ...] = ()


def bare_number(text: str) -> str:
    """`text` without blanks, `/TYPE=…`, `+`, `00` and a leading 86 before eleven digits."""
    bare = text.strip().split("/", 1)[0].lstrip("+")
    bare = bare.removeprefix("00")
    return bare[2:] if len(bare) == 13 and bare.startswith("861") else bare
