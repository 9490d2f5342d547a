"""A content as submit_sm: a text in as many parts as it takes, or a WAP push."""

from __future__ import annotations

from typing import Literal

from delivery.codecs.smpp import PreparedSubmit, RegisteredDelivery, ShortMessages, SubmitSM, prepare_submits, write_payload, write_text
from delivery.codecs.smpp.times import write_relative
from delivery.codecs.wap_push import ServiceIndication, write_push_pdu, write_wap_push
from delivery.ports import MessageContent, PortSettings
from delivery.ports.smpp.options import SMPPOptions
from huabao.errors import CodecError, PortError

VALIDITY_S_MAX = 99 * 86_400.0
"""What the protocol can say; no SMSC keeps a message longer."""


def prepare(settings: PortSettings, options: SMPPOptions, content: MessageContent) -> tuple[PreparedSubmit, ...]:
    """The submit_sm of `content` but for recipient and reference, one for each part.

    Raises:
        PortError: it is neither text nor push, cannot be written, or takes more parts than the port allows.
    """
    port = f"port {settings.name}"
    try:
        messages = _messages(options, content, port)
        if len(messages) > min(options.parts_max, settings.rate):
            raise PortError(
                f"{port}: the text takes {len(messages)} short messages; --parts-max allows {options.parts_max} and the rate {settings.rate:g} a second",
                retryable=False,
            )
        return prepare_submits(_template(options, content), messages)
    except CodecError as error:
        raise PortError(f"{port}: this content cannot be written as a short message: {error}", retryable=False) from error


def count_parts(options: SMPPOptions, content: MessageContent) -> int:
    """How many submit_sm a text or a WAP push takes.

    Raises:
        CodecError: it cannot be written.
        PortError: it is neither.
    """
    return len(_messages(options, content, "an smpp port"))


def _messages(options: SMPPOptions, content: MessageContent, port: str) -> ShortMessages:
    reference_octets: Literal[1, 2] = 2 if options.long_text == "parts-16" else 1
    if content.text is not None:
        return write_payload(content.text) if options.long_text == "payload" else write_text(content.text, reference_octets=reference_octets)
    if content.wap_push is not None:
        return write_wap_push(ServiceIndication(href=content.wap_push.href, text=content.wap_push.text), reference_octets=reference_octets)
    if content.push is not None:
        return write_push_pdu(content.push, reference_octets=reference_octets)
    raise PortError(f"{port} speaks SMPP, which carries texts and WAP pushes; an MMS goes by a port of kind mm7", retryable=False)


def _template(options: SMPPOptions, content: MessageContent) -> SubmitSM:
    return SubmitSM(
        service_type=options.service_type or (content.service_code or "")[:5],
        source_addr_ton=options.source_ton,
        source_addr_npi=options.source_npi,
        source_addr=options.source_addr,
        dest_addr_ton=options.dest_ton,
        dest_addr_npi=options.dest_npi,
        registered_delivery=RegisteredDelivery.FINAL if content.receipt else RegisteredDelivery.NONE,
        validity_period=write_relative(min(content.expiry_s, VALIDITY_S_MAX)) if content.expiry_s else "",
    )
