"""Reading WSP values from octets: every read is checked against the end, nothing is copied twice.

Spec: WAP-230-WSP 8.4.1.2, 8.4.2.
"""

from __future__ import annotations

from content.codecs.mime import decode_text
from content.codecs.mm1 import wsp
from huabao.errors import CodecError

PARAMETERS_MAX = 32
"""Of one content type; those beyond are left unread. A real one has four."""


class WSPReader:
    """A place in some octets; it moves forward only."""

    __slots__ = ("_data", "_end", "_place")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._end = len(data)
        self._place = 0

    @property
    def left(self) -> int:
        """Octets not yet read."""
        return self._end - self._place

    def peek(self) -> int:
        """The next octet, not taken.

        Raises:
            CodecError: there is none.
        """
        if self._place >= self._end:
            raise CodecError("the PDU ends too early")
        return self._data[self._place]

    def octet(self) -> int:
        """The next octet.

        Raises:
            CodecError: there is none.
        """
        value = self.peek()
        self._place += 1
        return value

    def take(self, length: int) -> bytes:
        """The next `length` octets.

        Raises:
            CodecError: there are fewer.
        """
        if length > self.left:
            raise CodecError("the PDU ends too early")
        start, self._place = self._place, self._place + length
        return self._data[start : self._place]

    def uintvar(self) -> int:
        """A length in groups of 7 bits.

        Raises:
            CodecError: it runs on beyond 32 bits, or over the end.
        """
        value = 0
        for _ in range(wsp.UINTVAR_OCTETS_MAX):
            octet = self.octet()
            value = value << 7 | octet & 0x7F
            if octet < 0x80:
                return value
        raise CodecError("a length in the PDU has more than 32 bits")

    def text(self) -> str:
        """A text-string up to its NUL, which may be missing at the very end; its quote is taken away."""
        return self.raw_text().decode("utf-8", errors="replace")

    def raw_text(self) -> bytes:
        """As `text`, undecoded."""
        stop = self._data.find(b"\0", self._place)
        stop = self._end if stop < 0 else stop
        octets = self._data[self._place : stop]
        self._place = min(stop + 1, self._end)
        return octets[1:] if octets[:1] == bytes([wsp.QUOTE]) else octets

    def value(self) -> bytes:
        """One field value whole, by its first octet: counted, text, or a single octet."""
        start = self._place
        first = self.octet()
        if first < wsp.LENGTH_QUOTE:
            self.take(first)
        elif first == wsp.LENGTH_QUOTE:
            self.take(self.uintvar())
        elif first < 0x80:
            self.raw_text()
        return self._data[start : self._place]

    def counted(self) -> WSPReader:
        """A reader over a value that a value-length stands before.

        Raises:
            CodecError: there is no value-length.
        """
        first = self.octet()
        if first > wsp.LENGTH_QUOTE:
            raise CodecError("a length was expected in the PDU")
        return WSPReader(self.take(self.uintvar() if first == wsp.LENGTH_QUOTE else first))

    def integer(self) -> int:
        """A short or a long integer.

        Raises:
            CodecError: neither stands here.
        """
        first = self.octet()
        if first >= 0x80:
            return first & 0x7F
        if not 0 < first <= wsp.SHORT_LENGTH_MAX:
            raise CodecError("a number was expected in the PDU")
        return int.from_bytes(self.take(first), "big")

    def encoded_string(self) -> str:
        """A text, with or without a charset before it."""
        if not self.left:
            return ""
        if self.peek() > wsp.LENGTH_QUOTE:
            return self.text()
        inside = self.counted()
        if not inside.left:
            return ""
        number = inside.integer() if inside.peek() < 0x20 or inside.peek() >= 0x80 else wsp.UTF_8
        return decode_text(inside.raw_text(), wsp.charset_name(number))

    def content_type(self) -> tuple[str, dict[str, str]]:
        """A Content-Type's media type in lower case, and its parameters; numbers by their names."""
        first = self.peek()
        if first > wsp.LENGTH_QUOTE:
            return self.media_type(), {}
        inside = self.counted()
        if not inside.left:
            return "application/octet-stream", {}
        media_type = inside.media_type()
        params: list[tuple[str, str]] = []
        while inside.left and len(params) < PARAMETERS_MAX:
            params.append(inside.parameter())
        return media_type, dict(reversed(params))

    def media_type(self) -> str:
        """A content type without parameters, in lower case; a number by its name."""
        first = self.peek()
        if 0x20 <= first < 0x80:
            return self.text().strip().lower()
        return wsp.type_name(self.integer())

    def parameter(self) -> tuple[str, str]:
        """The name and value of a content type's parameter; of an unknown one the value as hex."""
        if 0x20 <= self.peek() < 0x80:
            return self.text().strip().lower(), self._untyped()
        number = self.integer()
        if number == wsp.P_CHARSET:
            return "charset", self._charset()
        if number in (wsp.P_TYPE, wsp.P_TYPE_NUMBER):
            return "type", self.media_type()
        if number in wsp.TEXT_PARAMETERS:
            return wsp.TEXT_PARAMETERS[number], self._untyped()
        return f"x-wap-{number:02x}", self.value().hex()

    def _charset(self) -> str:
        first = self.peek()
        if 0x20 <= first < 0x80:
            return self.text()
        return wsp.charset_name(self.integer())

    def _untyped(self) -> str:
        if not self.left:
            return ""
        first = self.peek()
        if first >= 0x80 or 0 < first < wsp.LENGTH_QUOTE:
            return str(self.integer())
        return self.text().removeprefix('"')
