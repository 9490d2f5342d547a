"""Tokens of provisioning documents: (code page, octet) of what begins an attribute and of the values that have one.

Types, names and values that stand here are written as one octet; all others as text.

Spec: OMA-WAP-TS-ProvCont-V1_1 7 (WBXML tokens); WAP-192 (WBXML) 5.8.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

Token = tuple[int, int]
"""Code page and octet."""

DOC_TAG: Final = 0x05
CHARACTERISTIC_TAG: Final = 0x06
PARM_TAG: Final = 0x07

VERSION: Final = 0x45
VERSION_1_0: Final = 0x46
TYPE: Final = 0x50
NAME: Final = 0x05
VALUE: Final = 0x06
"""What begins an attribute whose text follows; the same on both code pages, written on page 0."""

TYPES: Final[Mapping[str, Token]] = {
    "PXLOGICAL": (0, 0x51), "PXPHYSICAL": (0, 0x52), "PORT": (0, 0x53), "VALIDITY": (0, 0x54), "NAPDEF": (0, 0x55), "BOOTSTRAP": (0, 0x56),
    "VENDORCONFIG": (0, 0x57), "CLIENTIDENTITY": (0, 0x58), "PXAUTHINFO": (0, 0x59), "NAPAUTHINFO": (0, 0x5A), "ACCESS": (0, 0x5B),
    "APPLICATION": (1, 0x55), "APPADDR": (1, 0x56), "APPAUTH": (1, 0x57), "RESOURCE": (1, 0x59),
}  # fmt: skip

NAMES: Final[Mapping[str, Token]] = {
    "NAME": (0, 0x07), "NAP-ADDRESS": (0, 0x08), "NAP-ADDRTYPE": (0, 0x09), "AUTHTYPE": (0, 0x0C), "AUTHNAME": (0, 0x0D), "AUTHSECRET": (0, 0x0E),
    "BEARER": (0, 0x10), "NAPID": (0, 0x11), "INTERNET": (0, 0x14), "PROXY-ID": (0, 0x15), "PROXY-PROVIDER-ID": (0, 0x16), "DOMAIN": (0, 0x17),
    "STARTPAGE": (0, 0x1C), "PUSHENABLED": (0, 0x1F), "PXADDR": (0, 0x20), "PXADDRTYPE": (0, 0x21), "TO-NAPID": (0, 0x22), "PORTNBR": (0, 0x23),
    "SERVICE": (0, 0x24), "PHYSICAL-PROXY-ID": (0, 0x2F),
    "AACCEPT": (1, 0x2E), "ADDR": (1, 0x34), "ADDRTYPE": (1, 0x35), "APPID": (1, 0x36), "APROTOCOL": (1, 0x37), "PROVIDER-ID": (1, 0x38),
    "TO-PROXY": (1, 0x39), "URI": (1, 0x3A),
}  # fmt: skip

VALUES: Final[Mapping[str, Token]] = {
    "IPV4": (0, 0x85), "IPV6": (0, 0x86), "E164": (0, 0x87), "ALPHA": (0, 0x88), "APN": (0, 0x89), "PAP": (0, 0x9A), "CHAP": (0, 0x9B),
    "GSM-CSD": (0, 0xAA), "GSM-GPRS": (0, 0xAB), "CL-WSP": (0, 0xCA), "CO-WSP": (0, 0xCB), "CL-SEC-WSP": (0, 0xCC), "CO-SEC-WSP": (0, 0xCD),
}  # fmt: skip

TOKEN_VALUED: Final = frozenset({"BEARER", "NAP-ADDRTYPE", "PXADDRTYPE", "ADDRTYPE", "AUTHTYPE", "SERVICE"})
"""Parameters whose value may be a token; a name or an address that reads like one is a text."""
