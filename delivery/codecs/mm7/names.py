"""Names of MM7 in the spelling of its schema: namespaces, versions, enumerations, the order of elements.

Spec: 3GPP TS 23.140 8.7 and annex L; REL-6-MM7-1-0.xsd and its neighbours.
"""

from __future__ import annotations

from typing import Final, Literal

SOAP_ENVELOPE: Final = "http://schemas.xmlsoap.org/soap/envelope/"
_SCHEMA: Final = "http://www.3gpp.org/ftp/Specs/archive/23_series/23.140/schema/"
REL_5_MM7_1_0: Final = _SCHEMA + "REL-5-MM7-1-0"
REL_6_MM7_1_0: Final = _SCHEMA + "REL-6-MM7-1-0"
REL_6_MM7_1_4: Final = _SCHEMA + "REL-6-MM7-1-4"

DEFAULT_NAMESPACE: Final = REL_6_MM7_1_0
"""What China's MMSCs speak."""
DEFAULT_VERSION: Final = "6.3.0"

VERSIONS: Final[dict[str, str]] = {
    REL_5_MM7_1_0: "5.3.0",
    REL_6_MM7_1_0: "6.3.0",
    REL_6_MM7_1_4: "6.8.0",
}
"""The MM7Version that is written in each namespace unless the port says otherwise."""

NAMESPACES: Final[tuple[str, ...]] = tuple(VERSIONS)

AddressKind = Literal["Number", "RFC2822Address", "ShortCode"]
ADDRESS_KINDS: Final[tuple[AddressKind, ...]] = ("Number", "RFC2822Address", "ShortCode")

RecipientField = Literal["to", "cc", "bcc"]

MESSAGE_CLASSES: Final = ("Personal", "Informational", "Advertisement", "Auto")
PRIORITIES: Final = ("Normal", "High", "Low")
CHARGED_PARTIES: Final = ("Sender", "Recipient", "Both", "Neither", "ThirdParty")
CONTENT_CLASSES: Final = (
    "text", "image-basic", "image-rich", "video-basic", "video-rich", "megapixel", "content-basic", "content-rich",
)  # fmt: skip

MM_STATUSES: Final[tuple[str, ...]] = (
    "Expired", "Retrieved", "Rejected", "Indeterminate", "Forwarded", "Unrecognised", "Deferred", "DeliveryConditionNotMet",
    "Processing", "Cancelled", "Replaced", "Delivered", "Reserved", "System Rejected", "Recipient Rejected",
)  # fmt: skip
"""MMStatus values seen: the first eight are the schema's, the rest are real servers'. A report keeps its own as printed."""

READ_STATUSES: Final = ("Read", "Deleted", "Indeterminate")
