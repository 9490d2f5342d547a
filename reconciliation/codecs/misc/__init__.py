"""MISC's messages about order relations without I/O: SOAP 1.1 envelopes and FeatureStr.

Spec: DSMP/MISC 1.5.0, each departure that real peers make has a vector
in tests/vectors/misc.
"""

from reconciliation.codecs.misc.decode import BYTES_MAX, decode_envelope, find_transaction_id
from reconciliation.codecs.misc.encode import encode_envelope
from reconciliation.codecs.misc.names import MALFORMED, MISC, NAMESPACE, OK, SP, VERSION
from reconciliation.codecs.misc.structs import (
    Device,
    Envelope,
    Message,
    Request,
    ServiceID,
    SubscribeServiceReq,
    SubscribeServiceResp,
    SyncOrderRelationReq,
    SyncOrderRelationResp,
    UnSubscribeServiceReq,
    UnSubscribeServiceResp,
    User,
)

__all__ = [
    "BYTES_MAX",
    "Device",
    "Envelope",
    "MALFORMED",
    "MISC",
    "Message",
    "NAMESPACE",
    "OK",
    "Request",
    "SP",
    "ServiceID",
    "SubscribeServiceReq",
    "SubscribeServiceResp",
    "SyncOrderRelationReq",
    "SyncOrderRelationResp",
    "UnSubscribeServiceReq",
    "UnSubscribeServiceResp",
    "User",
    "VERSION",
    "decode_envelope",
    "encode_envelope",
    "find_transaction_id",
]
