"""What MM7's status codes mean to us.

`STATUS` keeps the specification's wording beside ours. A code that nobody documented takes its class's x000, outside the four
classes 3000, and says so (`documented` is False), so that the caller can raise an alarm.

Spec: 3GPP TS 23.140 8.7.8.1 to 8.7.8.3; China Mobile's client API (1001); China Unicom (3501).
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Final, Literal

Verdict = Literal["accepted", "partial", "refused", "deferred"]


@dataclass(frozen=True)
class StatusMeaning:
    """One code.

    Attributes:
        name: the specification's text.
        verdict: accepted, partial (some recipients refused), refused (sending the same again will not help), deferred.
        wording: what a support agent reads.
        documented: False where the code was not in the table and its class's stands in.
    """

    code: int
    name: str
    verdict: Verdict
    wording: str
    documented: bool = True

    @property
    def retryable(self) -> bool:
        """The peer surely did not take it and may later."""
        return self.verdict == "deferred"


_ROWS: Final[tuple[tuple[int, str, Verdict, str], ...]] = (
    (1000, "Success", "accepted", "The MMSC took the message."),
    (1001, "Partial success (China Mobile)", "partial", "The MMSC took the message for some of the recipients."),
    (1100, "Partial success", "partial", "The MMSC took the message for some of the recipients."),
    (2000, "Client error", "refused", "The MMSC could not use the request."),
    (2001, "Operation restricted", "refused", "The service is not allowed to do this; look at the contract with the operator."),
    (2002, "Address Error", "refused", "A number is not in a form that the MMSC takes."),
    (2003, "Address Not Found", "refused", "A number does not exist or is not served by this MMSC."),
    (2004, "Multimedia content refused", "refused", "The content is too large or of a kind that the MMSC does not take."),
    (2005, "Message ID Not found", "refused", "The MMSC does not know the message that was referred to."),
    (2006, "LinkedID not found", "refused", "The MMSC does not know the message that this one answers."),
    (2007, "Message format corrupt", "refused", "The MMSC could not read the message."),
    (3000, "Server Error", "deferred", "The MMSC had a fault of its own; the message is tried again."),
    (3001, "Not Possible", "refused", "The MMSC cannot do what was asked."),
    (3002, "Message rejected", "refused", "The MMSC rejected the message."),
    (3003, "Multiple addresses not supported", "refused", "The MMSC takes one recipient a message; set the port's max-recipients to 1."),
    (3501, "Too many recipients (China Unicom)", "refused", "The MMSC takes fewer recipients; lower the port's max-recipients."),
    (4000, "General service error", "refused", "The service was not performed."),
    (4001, "Improper identification", "refused", "The MMSC does not know us; look at VASPID, VASID and the password."),
    (4002, "Unsupported version", "refused", "The MMSC does not speak this version; look at the port's namespace and version."),
    (4003, "Unsupported operation", "refused", "The MMSC does not offer this operation."),
    (4004, "Validation error", "refused", "An element is missing or holds what is not allowed there."),
    (4005, "Service error", "refused", "The service was not performed and must not be tried again."),
    (4006, "Service unavailable", "deferred", "The MMSC is busy; the message is tried again."),
    (4007, "Service denied", "refused", "The MMSC does not allow this service to us or to this reader."),
)  # fmt: skip

STATUS: Final[dict[int, StatusMeaning]] = {row[0]: StatusMeaning(*row) for row in _ROWS}

SUCCESS: Final = 1000
CLIENT_ERROR: Final = 2000
FORMAT_CORRUPT: Final = 2007
SERVER_ERROR: Final = 3000
IMPROPER_IDENTIFICATION: Final = 4001
UNSUPPORTED_OPERATION: Final = 4003
VALIDATION_ERROR: Final = 4004
SERVICE_UNAVAILABLE: Final = 4006


def meaning(code: int) -> StatusMeaning:
    """What `code` means; an unknown one as its class's x000, outside the classes as 3000, `documented` False."""
    known = STATUS.get(code)
    if known is not None:
        return known
    family = code // 1000 * 1000
    stand_in = STATUS.get(family, STATUS[SERVER_ERROR])
    return dataclasses.replace(stand_in, code=code, documented=False)
