"""WAP push over short messages: SI and SL in WBXML, the WSP Push PDU, ports and concatenation in the user data header."""

from delivery.codecs.wap_push.reading import decode_wbxml
from delivery.codecs.wap_push.sms import read_push, write_push, write_push_pdu, write_wap_push
from delivery.codecs.wap_push.structs import LoadAction, PushMessage, ServiceIndication, ServiceLoading, SignalAction
from delivery.codecs.wap_push.wbxml import encode_wbxml

__all__ = [
    "LoadAction",
    "PushMessage",
    "ServiceIndication",
    "ServiceLoading",
    "SignalAction",
    "decode_wbxml",
    "encode_wbxml",
    "read_push",
    "write_push",
    "write_push_pdu",
    "write_wap_push",
]
