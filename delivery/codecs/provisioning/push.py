"""A provisioning document on its way: a WSP Push PDU whose header says how its MAC was made.

The MAC is HMAC-SHA-1 over the document, as 40 capital hexadecimal digits. Its key is a PIN
that the reader is told and types in (USERPIN), or his IMSI, which his SIM knows (NETWPIN).

Spec: OMA-WAP-TS-ProvBoot-V1_1 5.2 (security); WAP-230-WSP 8.4.2.24 and table 38 (SEC, MAC), table 40 (content type 0x36); 3GPP TS 31.102 4.2.2 (IMSI).
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from content.codecs.mm1.reader import WSPReader
from content.codecs.mm1.wsp import encode_short_integer, encode_value_length
from delivery.codecs.provisioning.reading import decode_provisioning
from delivery.codecs.provisioning.structs import ProvisioningDocument
from delivery.codecs.provisioning.wbxml import encode_provisioning
from delivery.codecs.wap_push.pdu import join_pdu, split_pdu
from huabao.errors import CodecError

CONNECTIVITY_WBXML: Final = 0x36
"""application/vnd.wap.connectivity-wbxml"""
P_SEC: Final = 0x11
P_MAC: Final = 0x12

PIN_DIGITS: Final = range(4, 11)
"""How long a PIN may be; handsets take four digits and more."""

IMSI_DIGITS: Final = range(6, 16)


class Security(IntEnum):
    """How the key of a MAC is had."""

    NETWPIN = 0
    USERPIN = 1
    USERNETWPIN = 2
    USERPINMAC = 3


@dataclass(frozen=True, slots=True)
class Provisioned:
    """What came in a Push PDU.

    Attributes:
        octets: the document as WBXML, over which the MAC was made.
        security, mac: None where it is not signed.
    """

    document: ProvisioningDocument
    octets: bytes
    security: Security | None = None
    mac: str | None = None

    def is_signed_with(self, key: bytes) -> bool:
        """Whether its MAC was made with this key; a handset asks the same."""
        return self.mac is not None and hmac.compare_digest(self.mac, mac_of(self.octets, key))


def userpin_key(pin: str) -> bytes:
    """The key of a PIN: its digits as ASCII.

    Raises:
        CodecError: it is none (ours).
    """
    if not (pin.isascii() and pin.isdigit() and len(pin) in PIN_DIGITS):
        raise CodecError("a PIN has 4 to 10 digits", theirs=False)
    return pin.encode("ascii")


def netwpin_key(imsi: str) -> bytes:
    """The key of an IMSI: as the SIM keeps it, parity and type before its digits, the lower half of each octet first.

    Raises:
        CodecError: it is none (ours).
    """
    if not (imsi.isascii() and imsi.isdigit() and len(imsi) in IMSI_DIGITS):
        raise CodecError("an IMSI has 6 to 15 digits", theirs=False)
    halves = f"9{imsi}" if len(imsi) % 2 else f"1{imsi}f"
    return bytes.fromhex("".join(halves[at + 1] + halves[at] for at in range(0, len(halves), 2)))


def mac_of(octets: bytes, key: bytes) -> str:
    """The MAC of a document: 40 capital hexadecimal digits."""
    return hmac.new(key, octets, hashlib.sha1).hexdigest().upper()


def write_provisioning(document: ProvisioningDocument, *, security: Security | None = None, key: bytes = b"", transaction_id: int = 1) -> bytes:
    """The Push PDU of connectionless WSP with the document in it; unsigned without `security`.

    Raises:
        CodecError: as `encode_provisioning` (ours).
    """
    octets = encode_provisioning(document)
    headers = encode_short_integer(CONNECTIVITY_WBXML)
    if security is not None:
        headers += encode_short_integer(P_SEC) + encode_short_integer(security) + encode_short_integer(P_MAC) + mac_of(octets, key).encode("ascii") + b"\0"
        headers = encode_value_length(len(headers)) + headers
    return join_pdu(headers, octets, transaction_id)


def read_provisioning(data: bytes) -> Provisioned:
    """The document in a Push PDU, and how it is signed.

    Raises:
        CodecError: it is no Push PDU, ends too early, or holds something else.
    """
    head, octets = split_pdu(data)
    headers = WSPReader(head)
    signed = headers.peek() < 0x80
    if signed:
        headers = headers.counted()
    if headers.octet() != 0x80 | CONNECTIVITY_WBXML:
        raise CodecError("the push holds something else than settings")
    security, mac = _security(headers) if signed else (None, None)
    return Provisioned(decode_provisioning(octets), octets, security, mac)


def _security(headers: WSPReader) -> tuple[Security | None, str | None]:
    security: Security | None = None
    mac: str | None = None
    while headers.left:
        parameter = headers.octet()
        if parameter == 0x80 | P_SEC:
            octet = headers.octet()
            if octet not in tuple(0x80 | one for one in Security):
                raise CodecError(f"there is no security {octet:#04x}")
            security = Security(octet & 0x7F)
        elif parameter == 0x80 | P_MAC:
            mac = headers.raw_text().decode("ascii", errors="replace")
        else:
            break  # what else may stand there says nothing of the MAC
    return security, mac
