"""MM7 without I/O: SOAP envelopes, their HTTP framing, prepared submissions, the meaning of status codes.

Spec: 3GPP TS 23.140 8.7; the table of what real servers do is in docs/ and each departure has a vector in tests/vectors/mm7.
"""

from delivery.codecs.mm7.structs import (
    Address,
    DeliverReq,
    DeliverRsp,
    DeliveryReportReq,
    DeliveryReportRsp,
    Envelope,
    Message,
    MM7Fault,
    ReadReplyReq,
    ReadReplyRsp,
    ReplyCharging,
    RSErrorRsp,
    Status,
    SubmitReq,
    SubmitRsp,
    VASPErrorRsp,
    bare_number,
)

__all__ = [
    "Address",
    "DeliverReq",
    "DeliverRsp",
    "DeliveryReportReq",
    "DeliveryReportRsp",
    "Envelope",
    "MM7Fault",
    "Message",
    "RSErrorRsp",
    "ReadReplyReq",
    "ReadReplyRsp",
    "ReplyCharging",
    "Status",
    "SubmitReq",
    "SubmitRsp",
    "VASPErrorRsp",
    "bare_number",
]
