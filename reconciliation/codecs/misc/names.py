"""Words and limits of MISC's messages, in the spelling of the interface.

Spec: DSMP/MISC 1.5.0, order relations (SyncOrderRelation, SubscribeService, UnSubscribeService).
"""

from __future__ import annotations

from typing import Final

NAMESPACE: Final = "http://www.monternet.com/dsmp/schemas/"
SOAP_ENVELOPE: Final = "http://schemas.xmlsoap.org/soap/envelope/"
VERSION: Final = "1.5.0"

MISC: Final = 0
"""DeviceType of MISC itself."""

SP: Final = 400
"""DeviceType of a service provider, which we are."""

BY_MSISDN: Final = 1
"""UserIDType: the user is named by his number."""

BY_PSEUDO_CODE: Final = 2
"""UserIDType: he is named by a PseudoCode that stands for his number."""

OK: Final = 0
MALFORMED: Final = 9014
"""hRet for a message that cannot be read."""

TRANSACTION_ID_CHARS_MAX: Final = 40
"""The interface says 16 for a request of ours; MISC's own have 14. Longer ones than this are nobody's."""

REQUEST_ID_CHARS_MAX: Final = 16
TEXT_CHARS_MAX: Final = 64
"""Of DeviceID, SPID, SPServiceID, PseudoCode and the like; a service's name has room for 40 in our tables."""

SERVICE_CHARS_MAX: Final = 40
FEATURE_CHARS_MAX: Final = 400
"""FeatureStr as it stands there, base64; 160 letters of a text make some 650 bytes only where each takes three."""

LINK_ID_CHARS_MAX: Final = 40
