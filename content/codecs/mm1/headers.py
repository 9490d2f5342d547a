"""Numbers of MM1's header fields and of their values, and of the headers of a part.

Spec: OMA-WAP-MMS-ENC 7.3 (field names), 7.2 (values); WAP-230-WSP table 39.
"""

from __future__ import annotations

from typing import Final

BCC, CC, CONTENT_LOCATION, CONTENT_TYPE, DATE = 0x01, 0x02, 0x03, 0x04, 0x05
FROM, MESSAGE_CLASS, MESSAGE_ID, MESSAGE_TYPE, MMS_VERSION = 0x09, 0x0A, 0x0B, 0x0C, 0x0D
PRIORITY, SUBJECT, TO, TRANSACTION_ID = 0x0F, 0x16, 0x17, 0x18

FIELD_NAMES: Final[dict[int, str]] = {
    0x01: "Bcc", 0x02: "Cc", 0x03: "X-Mms-Content-Location", 0x04: "Content-Type", 0x05: "Date",
    0x06: "X-Mms-Delivery-Report", 0x07: "X-Mms-Delivery-Time", 0x08: "X-Mms-Expiry", 0x09: "From",
    0x0A: "X-Mms-Message-Class", 0x0B: "Message-ID", 0x0C: "X-Mms-Message-Type", 0x0D: "X-Mms-MMS-Version",
    0x0E: "X-Mms-Message-Size", 0x0F: "X-Mms-Priority", 0x10: "X-Mms-Read-Reply", 0x11: "X-Mms-Report-Allowed",
    0x12: "X-Mms-Response-Status", 0x13: "X-Mms-Response-Text", 0x14: "X-Mms-Sender-Visibility", 0x15: "X-Mms-Status",
    0x16: "Subject", 0x17: "To", 0x18: "X-Mms-Transaction-Id",
}  # fmt: skip

M_RETRIEVE_CONF: Final = 0x84

PDU_TYPES: Final[dict[int, str]] = {
    0x80: "M-Send.req", 0x81: "M-Send.conf", 0x82: "M-Notification.ind", 0x83: "M-NotifyResp.ind",
    0x84: "M-Retrieve.conf", 0x85: "M-Acknowledge.ind", 0x86: "M-Delivery.ind",
}  # fmt: skip

CLASSES: Final[dict[str, int]] = {"personal": 0x80, "advertisement": 0x81, "informational": 0x82, "auto": 0x83}
PRIORITIES: Final[dict[str, int]] = {"low": 0x80, "normal": 0x81, "high": 0x82}

ADDRESS_PRESENT: Final = 0x80
INSERT_ADDRESS: Final = 0x81

PART_CONTENT_LOCATION: Final = 0x0E
PART_CONTENT_ID: Final = 0x40
"""In WSP's own numbering, which the headers of a part use."""
