"""MM7's status codes by name: those that this code asks for or answers with by name.

What each code means to us stands in the tables of a dialect (`delivery.dialects`).

Spec: 3GPP TS 23.140 8.7.8.1 to 8.7.8.3.
"""

from __future__ import annotations

from typing import Final

CLIENT_ERROR: Final = 2000
SERVER_ERROR: Final = 3000
IMPROPER_IDENTIFICATION: Final = 4001
UNSUPPORTED_OPERATION: Final = 4003
VALIDATION_ERROR: Final = 4004
