"""Errors as RFC 9457 problem documents.

Spec: RFC 9457 3.1; the type is a URN, stable, and what a client should look at.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:huabao:problem:"

PROBLEMS: Mapping[str, tuple[int, str]] = {
    "bad-request": (400, "The request cannot be read"),
    "idempotency-key": (400, "A POST needs an Idempotency-Key of 1 to 80 visible characters"),
    "unauthorized": (401, "No token, or one that is not valid"),
    "forbidden": (403, "The token's scopes do not allow it"),
    "not-found": (404, "There is no such thing"),
    "method": (405, "Not with this method"),
    "too-slow": (408, "The body did not come in time"),
    "in-progress": (409, "The first request with this Idempotency-Key is still being worked on"),
    "resent-lately": (409, "It was sent again a moment ago"),
    "conflict": (409, "It cannot be done in its state"),
    "shown-once": (409, "It was done with this Idempotency-Key; what it showed is shown once"),
    "moved": (409, "Noticeably more readers would be touched than were confirmed; count again"),
    "too-large": (413, "The body is too large"),
    "media-type": (415, "The body is not of a type that is taken"),
    "invalid": (422, "The request is understood and wrong"),
    "refused": (422, "The resend is refused"),
    "key-reused": (422, "The Idempotency-Key was used for another request"),
    "too-many": (429, "Too many requests"),
    "broken": (500, "Something broke here; it is logged"),
    "unavailable": (503, "The database does not answer; try again"),
}
"""Status and title of each type."""


class ProblemDocument(BaseModel):
    """What an error looks like; some carry more members."""

    model_config = ConfigDict(extra="allow", title="Problem")

    type: str = Field(description="urn:huabao:problem:<what>")
    title: str = Field(description="The kind of problem, in one sentence")
    status: int = Field(description="The HTTP status of the answer")
    detail: str = Field(default="", description="What is wrong with this request, and what to do")
    request_id: str = Field(default="", description="Names the request in the log")


class Problem(Exception):
    """An answer that is an error.

    Attributes:
        kind: one of `PROBLEMS`.
        detail: for the one who asked.
        more: further members.
        headers: further header lines.
    """

    def __init__(self, kind: str, detail: str = "", *, headers: Mapping[str, str] | None = None, **more: Any) -> None:
        super().__init__(kind)
        self.kind = kind
        self.detail = detail
        self.more = more
        self.headers = dict(headers or {})

    @property
    def status(self) -> int:
        """The HTTP status."""
        return PROBLEMS[self.kind][0]

    def to_document(self, request_id: str) -> dict[str, Any]:
        """The problem as JSON shows it."""
        status, title = PROBLEMS[self.kind]
        return {"type": TYPE_PREFIX + self.kind, "title": title, "status": status, "detail": self.detail, "request_id": request_id, **self.more}
