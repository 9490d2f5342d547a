"""Operations: a reader wants nothing any more, or takes that back; resends that failed are looked after."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from console.api.calls import Call, Operation, Reply
from console.api.problems import Problem
from console.api.scopes import NUMBERS, SUPPORT
from console.api.support_schemas import ActRequest
from console.rights import in_reach
from delivery.resend import following
from huabao import audit
from huabao.errors import UsageError
from huabao.msisdn import MSISDN
from subscribers import refusing
from subscribers.models import Reader


class RefuseRequest(ActRequest):
    """Which of the two."""

    verb: Literal["refuse", "lift"] = Field(default="refuse", description="refuse: never again; lift: off the blacklists, his orders stay cancelled")


class RefusedDocument(BaseModel):
    """What came of it: the blacklists that he is on now, and how many orders are being cancelled."""

    reader_id: int = Field(description="Id of the reader, as `showReader` takes it")
    lists: list[str] = Field(description="Blacklists that he is on now: experience, marketing, registration")
    orders: int = Field(description="How many orders are being cancelled by this; 0 for lift")


class UnarrivedQuery(BaseModel):
    """How many."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=1, le=500, description="At most so many, 1 to 500")] = 100


class UnarrivedDocument(BaseModel):
    """A resend that failed; its reader has no other copy of the edition."""

    resend_id: int = Field(description="Id of the resend, as `showResend` takes it")
    reader_id: int = Field(description="Id of the reader, as `showReader` takes it")
    msisdn: str = Field(description="His number, masked unless the token has the scope numbers; empty where he has none any more")
    city: str = Field(description="His city, empty where nobody knows")
    edition_id: int = Field(description="Id of the edition; operations take it as `edition`")
    title: str = Field(description="Title of the publication, as readers see it")
    number: str = Field(description="Number of the edition within its publication")
    outcome: str = Field(description="rejected, expired or failed")
    outcome_at: datetime | None = Field(description="When that became known; null where nobody said")
    requested_by: str = Field(description="Who asked for the resend")
    requested_at: datetime = Field(description="When")


class UnarrivedList(BaseModel):
    """The newest first."""

    total: int = Field(description="How many there are in all")
    resends: list[UnarrivedDocument] = Field(description="The newest of them")


class FollowedDocument(BaseModel):
    """It was looked after."""

    resend_id: int = Field(description="Id of the resend, as `showResend` takes it")
    followed_by: str = Field(description="Who looked after it")
    followed_at: datetime = Field(description="When")


def refuse(call: Call) -> Reply:
    """Never again: blacklists and the end of his orders; or off the blacklists."""
    body, now = call.body, call.runtime.now()
    assert isinstance(body, RefuseRequest)
    with call.runtime.transaction() as session:
        reader = session.get(Reader, call.path["reader_id"])
        if reader is None or not in_reach(call.client.city, reader.city):
            raise Problem("not-found", f"there is no reader {call.path['reader_id']}")
        by, orders = call.actor(body.agent), 0
        try:
            if body.verb == "lift":
                refusing.allow(session, reader, by=by, reason=body.reason, at=now)
            else:
                orders = refusing.refuse(session, reader, channel="api", by=by, reason=body.reason, at=now)
        except UsageError as error:
            raise Problem("conflict", str(error)) from error
        return Reply(200, RefusedDocument(reader_id=reader.id, lists=sorted({one.kind for one in refusing.entries_of(session, reader.id)}), orders=orders))


def unarrived(call: Call) -> Reply:
    """Resends that failed; whole numbers are kept in the audit trail."""
    query, now, city = call.query, call.runtime.now(), call.client.city or ""
    assert isinstance(query, UnarrivedQuery)
    with call.runtime.transaction() as session:
        found = following.unarrived(session, now, city=city, limit=query.limit)
        if found and NUMBERS in call.client.scopes:
            audit.record(session, actor=call.client.actor, action="reader.number", object_kind="resends", object_id="unarrived", at=now, readers=len(found))
        lines = [
            UnarrivedDocument(
                resend_id=one.resend.id, reader_id=one.resend.reader_id or 0, msisdn=call.number(MSISDN(one.msisdn)) if one.msisdn.isdigit() else "", city=one.city,
                edition_id=one.resend.edition_id, title=one.title, number=one.number, outcome=one.outcome.name.lower(), outcome_at=one.outcome_at,
                requested_by=one.resend.requested_by, requested_at=one.resend.requested_at,
            )
            for one in found
        ]  # fmt: skip
        return Reply(200, UnarrivedList(total=following.count_unarrived(session, now, city=city), resends=lines))


def follow(call: Call) -> Reply:
    """Say that one was looked after."""
    body, now = call.body, call.runtime.now()
    assert isinstance(body, ActRequest)
    with call.runtime.transaction() as session:
        try:
            row = following.follow(session, call.path["resend_id"], city=call.client.city or "", note=body.reason, by=call.actor(body.agent), at=now)
        except UsageError as error:
            raise Problem("not-found", str(error)) from error
        return Reply(200, FollowedDocument(resend_id=row.id, followed_by=row.followed_by or "", followed_at=now))


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "refuseReader", "POST", "/readers/{reader_id:int}/never", (SUPPORT,), "Never again: list a reader on every blacklist and cancel his orders, or take him off the lists",
        refuse, {200: RefusedDocument}, ("not-found", "conflict"), RefuseRequest,
    ),
    Operation("listUnarrived", "GET", "/resends/unarrived", (SUPPORT,), "Resends to single readers that failed", unarrived, {200: UnarrivedList}, (), None, UnarrivedQuery),
    Operation(
        "followResend", "POST", "/resends/{resend_id:int}/followed", (SUPPORT,), "Say that such a resend was looked after", follow, {200: FollowedDocument}, ("not-found",),
        ActRequest,
    ),
)  # fmt: skip
