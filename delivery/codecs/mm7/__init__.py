"""MM7 without I/O: SOAP envelopes, their HTTP framing, prepared submissions, the meaning of status codes.

Spec: 3GPP TS 23.140 8.7; the table of what real servers do is in docs/ and each departure has a vector in tests/vectors/mm7.
"""

from delivery.codecs.mm7.client_forms import CLIENT_FORMS, STRICT, ClientForm
from delivery.codecs.mm7.decode import decode_envelope
from delivery.codecs.mm7.encode import encode_envelope
from delivery.codecs.mm7.http import decode_http, encode_http
from delivery.codecs.mm7.names import DEFAULT_NAMESPACE, DEFAULT_VERSION, NAMESPACES, VERSIONS
from delivery.codecs.mm7.structs import (
    Address,
    CancelReq,
    CancelRsp,
    DeliverReq,
    DeliverRsp,
    DeliveryReportReq,
    DeliveryReportRsp,
    Envelope,
    Message,
    MM7Fault,
    ReadReplyReq,
    ReadReplyRsp,
    ReplaceReq,
    ReplaceRsp,
    ReplyCharging,
    RSErrorRsp,
    Status,
    SubmitReq,
    SubmitRsp,
    UACapabilities,
    VASPErrorRsp,
    bare_number,
)
from delivery.codecs.mm7.submit import PreparedSubmit, RenderedSubmit, prepare_submit

__all__ = [
    "Address",
    "CLIENT_FORMS",
    "CancelReq",
    "CancelRsp",
    "ClientForm",
    "DEFAULT_NAMESPACE",
    "DEFAULT_VERSION",
    "DeliverReq",
    "DeliverRsp",
    "DeliveryReportReq",
    "DeliveryReportRsp",
    "Envelope",
    "MM7Fault",
    "Message",
    "NAMESPACES",
    "PreparedSubmit",
    "RSErrorRsp",
    "ReadReplyReq",
    "ReadReplyRsp",
    "RenderedSubmit",
    "ReplaceReq",
    "ReplaceRsp",
    "ReplyCharging",
    "STRICT",
    "Status",
    "SubmitReq",
    "SubmitRsp",
    "UACapabilities",
    "VASPErrorRsp",
    "VERSIONS",
    "bare_number",
    "decode_envelope",
    "decode_http",
    "encode_envelope",
    "encode_http",
    "prepare_submit",
]
