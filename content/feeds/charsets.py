"""Bytes from a stranger's web server as text: UTF-8, GB 2312 and its heirs, Big5 and its heirs, UTF-16.

What a document says of itself is a hint. The names that Chinese sites write mean more than they say: `gb2312` is
written by programs that save GB 18030, `big5` by programs that save CP 950 or Big5-HKSCS. Nothing here fails: what no
encoding explains is decoded with marks in the place of what is broken.
"""

from __future__ import annotations

import codecs
import re
from email.message import Message
from typing import Final

_BOMS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))

_BIG5: Final = ("cp950", "big5hkscs")
_FAMILIES: Final = {
    "gb2312": ("gb18030",),
    "gbk": ("gb18030",),
    "gb18030": ("gb18030",),
    "cp936": ("gb18030",),
    "x-gbk": ("gb18030",),
    "gb_2312-80": ("gb18030",),
    "big5": _BIG5,
    "big5-hkscs": ("big5hkscs", "cp950"),
    "cp950": _BIG5,
    "x-x-big5": _BIG5,
    "hz-gb-2312": ("hz",),
    "iso-8859-1": ("cp1252",),
    "us-ascii": ("cp1252",),
}
"""What a name that is written means, in the order of trying. ISO 8859-1 is what servers say that were told nothing."""

_NO_TEXT: Final = frozenset(
    ("base64", "bz2", "hex", "quopri", "rot13", "uu", "zlib", "idna", "punycode", "raw_unicode_escape", "unicode_escape", "undefined", "utf-7", "mbcs", "oem")
)
"""What Python calls a codec and is none of text, and UTF-7, which only hides something."""

_GUESSES: Final = ("utf-8", "gb18030", *_BIG5)
_DECLARED: Final = re.compile(
    rb"""\A\s*<\?xml\s[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._:\-]{1,40})["']|<meta\s[^>]{0,200}?charset\s*=\s*["']?([A-Za-z0-9._:\-]{1,40})""", re.IGNORECASE
)
_NOT_ASCII: Final = re.compile(rb"[\x80-\xff]")
_DECLARATION_BYTES: Final = 2048

_COMMON: Final = frozenset(
    "的一是在不了有和人這这中大為为上個个國国我以要他時时來来用們们生到作地於于出就分對对成會会可主發发年動动同工也能下過过子說说產产種种面而方後后多定行學学法所民得"
    "經经十三之進进着等部度家電电力"
)
"""Characters that are frequent in any Chinese text, in both scripts: a wrong decoding has hardly any."""


def decoded(data: bytes, content_type: str = "") -> tuple[str, str]:
    """The text of `data`, and the encoding that it was read in.

    Tried in turn: a byte-order mark, UTF-8 (no other text is Chinese in that by chance), the HTTP header, the document's own
    declaration, then whichever of GB 18030 and Big5 reads more like Chinese. A name is believed where the bytes bear it out.

    Args:
        content_type: as the HTTP header gave it, "" for none.
    """
    for mark, codec in _BOMS:
        if data.startswith(mark):
            return data.decode(codec, "replace"), codec
    whole = _strictly(data, "utf-8") if _NOT_ASCII.search(data) and b"\0" not in data else None
    if whole is not None and _mostly_eastern(whole):
        return whole, "utf-8"
    declared = _DECLARED.search(data[:_DECLARATION_BYTES])
    names = (charset_of(content_type), (declared.group(1) or declared.group(2)).decode("ascii").lower() if declared else "")
    for name in names:
        # Latin-1 fits everything: it is believed only where nothing else fits.
        for codec in _codecs(name) if _codecs(name) != ("cp1252",) else ():
            text = _strictly(data, codec)
            if text is not None:
                return text, codec
    return _guessed(data, names)


def _mostly_eastern(text: str) -> bool:
    """Whether most of what is not ASCII is CJK: a few characters of GB 18030 may be Cyrillic in UTF-8 by chance."""
    foreign = [letter for letter in text if letter > "\x7f"]
    return 2 * sum(letter >= "\u2e80" for letter in foreign) >= len(foreign)


def charset_of(content_type: str) -> str:
    """The charset that a Content-Type header names, in small letters; "" for none."""
    message = Message()
    message["Content-Type"] = content_type[:300].replace("\n", " ").replace("\r", " ")
    found = message.get_content_charset("")
    return found if isinstance(found, str) else ""


def _codecs(name: str) -> tuple[str, ...]:
    if name in _FAMILIES:
        return _FAMILIES[name]
    try:
        found = codecs.lookup(name) if name else None
    except LookupError:
        return ()
    return (found.name,) if found is not None and found.name not in _NO_TEXT else ()


def _strictly(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except (UnicodeError, ValueError):
        return None


def _guessed(data: bytes, names: tuple[str, ...]) -> tuple[str, str]:
    whole = _strictly(data, "utf-8")
    if whole is not None:
        return whole, "utf-8"
    if any(_codecs(name) == ("cp1252",) for name in names) and sum(byte >= 0x80 for byte in data) * 20 < len(data):
        return data.decode("cp1252", "replace"), "cp1252"
    # A few bytes are broken, or nothing was declared: what reads most like Chinese, as named first where it is a draw.
    wanted = [codec for name in names for codec in _codecs(name)] + list(_GUESSES)
    texts = {codec: data.decode(codec, "replace") for codec in dict.fromkeys(wanted)}
    best = max(texts, key=lambda codec: _reads_like_chinese(texts[codec]))
    return texts[best], best


def _reads_like_chinese(text: str) -> float:
    """More is better: frequent characters count for it, broken and private ones against it."""
    if not text:
        return 0.0
    frequent = sum(letter in _COMMON for letter in text)
    broken = text.count("\ufffd") + sum("\ue000" <= letter <= "\uf8ff" for letter in text)
    return (frequent - 3 * broken) / len(text)
