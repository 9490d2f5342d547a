"""The manners of clients that depart from the schema, for servers that were built against them.

A request is encoded strictly, then dressed: the departures are few and are made
on the finished markup, where no text can hold an angle bracket. `cmcc` is China
Mobile's Java client API; the vector `submit-req-cmcc-client` shows it.

Spec: 3GPP TS 23.140 8.7.1; China Mobile's client API.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

_SENDER: Final = re.compile(rb"<SenderAddress><(\w++)[^<>]*>([^<>]*)</\1></SenderAddress>")
_CONTENT: Final = re.compile(rb"<Content [^<>]*/>")
_TEXT: Final = re.compile(rb">[^<>]+<")


@dataclass(frozen=True)
class ClientForm:
    """How a client writes its requests.

    Attributes:
        bare_sender: SenderAddress holds text instead of a Number.
        content_element: the envelope refers to its content.
        boundary_prefix: what the MIME boundary begins with.
        class_blank: MessageClass ends with a blank.
        escapes: `&` in a value is written `&amp;` (`<` always is escaped).
        headers: HTTP headers besides.
        basic: HTTP Basic as RFC 7617 has it, or `user-only`: base64 of the user alone, a colon, the bare password.
    """

    bare_sender: bool = False
    content_element: bool = True
    boundary_prefix: str = "mm7-"
    class_blank: bool = False
    escapes: bool = True
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    basic: str = "rfc7617"

    def dress(self, envelope: bytes) -> bytes:
        """A strict envelope as this client would have written it."""
        if self.bare_sender:
            envelope = _SENDER.sub(rb"<SenderAddress>\2</SenderAddress>", envelope)
        if not self.content_element:
            envelope = _CONTENT.sub(b"", envelope)
        if self.class_blank:
            envelope = envelope.replace(b"</MessageClass>", b" </MessageClass>")
        if not self.escapes:
            envelope = _TEXT.sub(lambda found: found[0].replace(b"&gt;", b">").replace(b"&amp;", b"&"), envelope)
        return envelope

    def authorization(self, user: str, password: str) -> str:
        """The value of the header Authorization, for HTTP Basic."""
        if self.basic == "user-only":
            return f"Basic {b64encode(user.encode()).decode('ascii')}:{password}"
        return f"Basic {b64encode(f'{user}:{password}'.encode()).decode('ascii')}"


STRICT: Final = ClientForm()

CLIENT_FORMS: Final[Mapping[str, ClientForm]] = MappingProxyType({
    "3gpp": STRICT,
    "cmcc": ClientForm(
        bare_sender=True, content_element=False, boundary_prefix="--mm7-", class_blank=True, escapes=False,
        headers=MappingProxyType({"MM7APIVersion": "1.0"}), basic="user-only",
    ),
})  # fmt: skip
"""Every form, as `port add --client-form` offers it."""
