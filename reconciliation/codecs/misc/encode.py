"""MISC's messages to SOAP envelopes: strict, in the interface's order, one line of UTF-8.

Text is escaped, and refused where XML cannot carry it. Optional elements that are empty are left out.

Spec: DSMP/MISC 1.5.0; SOAP 1.1 4.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final
from xml.sax.saxutils import escape

from huabao.errors import CodecError
from reconciliation.codecs.misc import structs
from reconciliation.codecs.misc.features import encode_feature
from reconciliation.codecs.misc.names import NAMESPACE, SOAP_ENVELOPE, VERSION
from reconciliation.codecs.misc.structs import Device, Message, Response, ServiceID, User

_UNFIT: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def encode_envelope(message: Message, *, transaction_id: str, version: str = VERSION, namespace: str = NAMESPACE) -> bytes:
    """The SOAP envelope of `message`.

    Args:
        transaction_id: of this request, or of the request that this answers.

    Raises:
        CodecError: a text holds what XML cannot carry (ours).
    """
    quoted = _text(namespace).replace('"', "&quot;")
    name = type(message).__name__
    header = f'<SOAP-ENV:Header><TransactionID xmlns="{quoted}">{_text(transaction_id)}</TransactionID></SOAP-ENV:Header>'
    if isinstance(message, Response):
        inner = _element("Version", version) + _element("MsgType", name) + _element("hRet", message.h_ret)
    else:
        inner = _element("Version", version) + _element("MsgType", name) + _BODIES[type(message)](message)
    body = f'<SOAP-ENV:Body><{name} xmlns="{quoted}">{inner}</{name}></SOAP-ENV:Body>'
    return f'<?xml version="1.0" encoding="UTF-8"?><SOAP-ENV:Envelope xmlns:SOAP-ENV="{SOAP_ENVELOPE}">{header}{body}</SOAP-ENV:Envelope>'.encode()


def _sync_order_relation_req(message: structs.SyncOrderRelationReq) -> str:
    return "".join((
        _device("Send_Address", message.send_address),
        _device("Dest_Address", message.dest_address),
        _user("FeeUser_ID", message.fee_user),
        _user("DestUser_ID", message.dest_user),
        _optional("LinkID", message.link_id),
        _element("ActionID", message.action_id),
        _optional("ActionReasonID", message.action_reason_id),
        _optional("SPID", message.sp_id),
        _element("SPServiceID", message.sp_service_id),
        _optional("AccessMode", message.access_mode),
        _feature(message.feature_str),
    ))  # fmt: skip


def _asked(message: structs.SubscribeServiceReq | structs.UnSubscribeServiceReq) -> str:
    return "".join((
        _device("Send_Address", message.send_address),
        _device("Dest_Address", message.dest_address),
        _user("FeeUser_ID", message.fee_user),
        _user("DestUser_ID", message.dest_user),
        _service(message.service),
    ))  # fmt: skip


def _service(service: ServiceID) -> str:
    inner = "".join((
        _element("ServiceIDType", service.service_id_type),
        _element("SPID", service.sp_id),
        _element("SPServiceID", service.sp_service_id),
        _optional("AccessNo", service.access_no),
        _feature(service.feature_str),
    ))  # fmt: skip
    return f"<Service_ID>{inner}</Service_ID>"


def _device(name: str, device: Device) -> str:
    return f"<{name}>{_optional('DeviceType', device.device_type)}{_element('DeviceID', device.device_id)}</{name}>"


def _user(name: str, user: User) -> str:
    inner = _element("UserIDType", user.user_id_type) + _element("MSISDN", user.msisdn) + _element("PseudoCode", user.pseudo_code)
    return f"<{name}>{inner}</{name}>"


def _feature(text: str) -> str:
    return _element("FeatureStr", encode_feature(text)) if text else ""


def _optional(name: str, value: str | int | None) -> str:
    return "" if value in (None, "") else _element(name, value)


def _element(name: str, value: str | int | None) -> str:
    return f"<{name}>{_text(str(value))}</{name}>"


def _text(text: str) -> str:
    if _UNFIT.search(text):
        raise CodecError("a text holds a character that XML cannot carry", theirs=False)
    return escape(text, {"\r": "&#13;"})


_BODIES: Final[dict[type, Callable[[Any], str]]] = {
    structs.SyncOrderRelationReq: _sync_order_relation_req,
    structs.SubscribeServiceReq: _asked,
    structs.UnSubscribeServiceReq: _asked,
}
