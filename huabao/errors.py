"""The error families of the house.

A `HuabaoError` is meant for the person in front of the screen: its text says
what is wrong, where, and what to do. Anything else that escapes is our own
mistake and is shown as such at the edges (task base, web, command line).
"""

from __future__ import annotations


class HuabaoError(Exception):
    """Something that a person can mend; the text says what, where and how."""


class UsageError(HuabaoError):
    """The request itself is wrong or names something that does not exist.

    Attributes:
        word: the name of the text by which a page says it in a person's language, or "".
        values: what is filled into that text.
    """

    def __init__(self, message: str = "", *, word: str = "", **values: object) -> None:
        super().__init__(message)
        self.word = word
        self.values = values


class CodecError(HuabaoError):
    """Bytes that are not what they claim to be.

    Attributes:
        status_code: the code of the protocol to answer with, e.g. MM7's 2007.
        theirs: True when the peer sent it, False when we tried to write it.
    """

    def __init__(self, message: str, *, status_code: int = 2007, theirs: bool = True) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.theirs = theirs


class PortError(HuabaoError):
    """A link to an MMSC or SMSC did not do what was asked.

    Attributes:
        retryable: the peer surely did not take the message and may later.
        retry_after_s: what the peer asked for, seconds, or None.
        support_text: what a support agent reads.
    """

    def __init__(
        self,
        message: str,
        *,
        retryable: bool,
        retry_after_s: float | None = None,
        support_text: str = "",
    ) -> None:
        super().__init__(message)
        self.retryable = retryable
        self.retry_after_s = retry_after_s
        self.support_text = support_text or message


class StoreError(HuabaoError):
    """The database refused, or a row is not in the state that was asked for."""


class FenceError(StoreError):
    """The lease of this worker was taken over; what it holds is void."""
