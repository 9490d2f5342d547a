"""Names of MM7 in the spelling of its schema: namespaces, versions, enumerations, the order of elements.

Spec: 3GPP TS 23.140 8.7 and annex L; REL-6-MM7-1-0.xsd and its neighbours.
"""

from __future__ import annotations

from typing import Final, Literal

SOAP_ENVELOPE: Final = "http://schemas.xmlsoap.org/soap/envelope/"
_SCHEMA: Final = "http://www.3gpp.org/ftp/Specs/archive/23_series/23.140/schema/"
DEFAULT_NAMESPACE: Final = _SCHEMA + "REL-6-MM7-1-0"
"""What China's MMSCs speak."""
DEFAULT_VERSION: Final = "6.3.0"

VERSIONS: Final[dict[str, str]] = {
    _SCHEMA + release: version
    for release, version in (
        ("REL-5-MM7-1-0", "5.3.0"), ("REL-5-MM7-1-1", "5.5.0"), ("REL-5-MM7-1-2", "5.6.0"), ("REL-5-MM7-1-3", "5.10.0"),
        ("REL-6-MM7-1-0", "6.3.0"), ("REL-6-MM7-1-1", "6.4.0"), ("REL-6-MM7-1-2", "6.5.0"), ("REL-6-MM7-1-3", "6.6.0"), ("REL-6-MM7-1-4", "6.8.0"),
    )
}  # fmt: skip
"""Every namespace, with the MM7Version that is written in it unless the port says otherwise.

A schema serves several versions of its specification (5.2.0 to 5.10.0, 6.3.0 to 6.8.0), so the version is a setting beside it.
"""

NAMESPACES: Final[tuple[str, ...]] = tuple(VERSIONS)

AddressKind = Literal["Number", "RFC2822Address", "ShortCode"]
ADDRESS_KINDS: Final[tuple[AddressKind, ...]] = ("Number", "RFC2822Address", "ShortCode")

RecipientField = Literal["to", "cc", "bcc"]

MESSAGE_CLASSES: Final = ("Personal", "Informational", "Advertisement", "Auto")
