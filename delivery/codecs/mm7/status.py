"""MM7's status codes by name: those that the codec itself answers with.

What each code means to us stands in the tables of a dialect (`delivery.dialects`).

Spec: 3GPP TS 23.140 8.7.8.1 to 8.7.8.3.
"""

from __future__ import annotations

from typing import Final

SUCCESS: Final = 1000
CLIENT_ERROR: Final = 2000
MESSAGE_ID_NOT_FOUND: Final = 2005
FORMAT_CORRUPT: Final = 2007
SERVER_ERROR: Final = 3000
NOT_POSSIBLE: Final = 3001
IMPROPER_IDENTIFICATION: Final = 4001
UNSUPPORTED_OPERATION: Final = 4003
VALIDATION_ERROR: Final = 4004
SERVICE_UNAVAILABLE: Final = 4006
