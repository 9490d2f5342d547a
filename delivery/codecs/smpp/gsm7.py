"""The GSM default alphabet of 7 bits and its extension table, one septet in each octet as SMPP carries them.

smpplib's table puts a grave accent where § is: a message with one arrives as §. There is no grave accent in this alphabet.
Spec: 3GPP TS 23.038 6.2.1 (default alphabet), 6.2.1.1 (extension table).
"""

from __future__ import annotations

from typing import Final

ESCAPE: Final = 0x1B

ALPHABET: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The 128 characters; 0x1B is the escape and no character of its own."""

EXTENSION: Final[dict[int, str]] = {
    0x0A: "\f", 0x14: "^", 0x28: "{", 0x29: "}", 0x2F: "\\", 0x3C: "[", 0x3D: "~", 0x3E: "]", 0x40: "|", 0x65: "€",
}  # fmt: skip
"""What follows an escape."""

_SEPTETS: Final[dict[str, bytes]] = {char: bytes((code,)) for code, char in enumerate(ALPHABET) if code != ESCAPE} | {
    char: bytes((ESCAPE, code)) for code, char in EXTENSION.items()
}


def encode_gsm7(text: str) -> list[bytes] | None:
    """The septets of each character, one or two, or None where the alphabet lacks one."""
    try:
        return [_SEPTETS[char] for char in text]
    except KeyError:
        return None


def decode_gsm7(septets: bytes) -> str:
    """The text of unpacked septets.

    An escape before what the extension lacks shows the character of the default alphabet, an escape at the end or before
    another one a space, as a handset does; a top bit that is set is overlooked.
    """
    out: list[str] = []
    escaped = False
    for octet in septets:
        code = octet & 0x7F
        if escaped:
            escaped = False
            out.append(" " if code == ESCAPE else EXTENSION.get(code, ALPHABET[code]))
        elif code == ESCAPE:
            escaped = True
        else:
            out.append(ALPHABET[code])
    if escaped:
        out.append(" ")
    return "".join(out)
