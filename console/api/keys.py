"""Operations on the API's own tokens: listed, made, revoked. A token makes none that may do more than itself, and none that makes tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from console.api import tokens
from console.api.calls import Call, Operation, Reply
from console.api.problems import Problem
from console.api.schemas import Agent, Strict
from console.api.scopes import ACCOUNTS
from console.models import ApiToken
from console.settings import API_RATE_PER_MIN

TokenName = Annotated[str, Field(min_length=1, max_length=40, description="Of the system that holds it: letters, digits, -, _ and .")]


class TokenRequest(Strict):
    """A new token."""

    name: TokenName
    scopes: Annotated[list[str], Field(min_length=1, max_length=40, description="Among the token's own, without `accounts`")]
    rate_per_min: Annotated[int | None, Field(ge=1, le=tokens.RATE_MAX, description="Not more than the token's own; null for the setting's")] = None
    city: Annotated[str | None, Field(min_length=1, max_length=40, description="Whose readers alone it sees; null for all")] = None
    agent: Agent = None


class RevokeRequest(Strict):
    """A token to be ended."""

    name: TokenName
    agent: Agent = None


class TokenDocument(BaseModel):
    """A token; itself it is shown when it is made, and never again."""

    name: str = Field(description="Of the client; the audit trail has it with what it does")
    scopes: list[str] = Field(description="What it may; the scopes stand at `securitySchemes`")
    city: str | None = Field(description="Whose readers alone it sees; null for all")
    rate_per_min: int | None = Field(description="Requests a minute; null for what the setting `api_rate_per_min` says")
    created_at: datetime = Field(description="When it was made")
    created_by: str = Field(description="Whose name the audit trail has for it")
    last_used_at: datetime | None = Field(description="null where it was never used")
    revoked_at: datetime | None = Field(description="null while it holds")


class TokenMade(TokenDocument):
    """A new token, shown this once."""

    token: str = Field(description="The token itself, for the header `Authorization: Bearer …`")


class TokenList(BaseModel):
    """Every token by name, the revoked ones too."""

    tokens: list[TokenDocument] = Field(description="By name")


def list_tokens(call: Call) -> Reply:
    """Every token."""
    with call.runtime.transaction(read_only=True) as session:
        return Reply(200, TokenList(tokens=[_document(one) for one in tokens.list_tokens(session)]))


def add_token(call: Call) -> Reply:
    """One more."""
    body = call.body
    assert isinstance(body, TokenRequest)
    beyond = set(body.scopes) - (call.client.scopes - {ACCOUNTS})
    if beyond:
        raise Problem("forbidden", f"this token cannot give {', '.join(sorted(beyond)[:5])[:200]}; an administrator does, in the console")
    with call.runtime.transaction() as session:
        own, wanted = call.client.rate_per_min or API_RATE_PER_MIN.get(session), body.rate_per_min
        if (wanted or API_RATE_PER_MIN.get(session)) > own:
            raise Problem("forbidden", f"this token makes {own} requests a minute and can give no more")
        row, token = tokens.add_token(session, body.name, body.scopes, rate_per_min=wanted, city=body.city, by=call.actor(body.agent), now=call.runtime.now())
        return Reply(201, TokenMade(**_document(row).model_dump(), token=token))


def revoke_token(call: Call) -> Reply:
    """End one: itself, or one that does not make tokens."""
    body = call.body
    assert isinstance(body, RevokeRequest)
    with call.runtime.transaction() as session:
        row = tokens.revoke_token(session, body.name, by=call.actor(body.agent), now=call.runtime.now())
        if ACCOUNTS in row.scopes and row.id != call.client.token_id:
            raise Problem("forbidden", f"{body.name} makes tokens itself; an administrator ends it, in the console")
        return Reply(200, _document(row))


def _document(row: ApiToken) -> TokenDocument:
    return TokenDocument.model_validate({name: getattr(row, name) for name in TokenDocument.model_fields})


OPERATIONS: tuple[Operation, ...] = (
    Operation("listTokens", "GET", "/tokens", (ACCOUNTS,), "Every token by name, the revoked ones too", list_tokens, {200: TokenList}),
    Operation("addToken", "POST", "/tokens", (ACCOUNTS,), "A new token, shown once", add_token, {201: TokenMade}, ("shown-once",), TokenRequest, shown_once=True),
    Operation("revokeToken", "POST", "/tokens/revoke", (ACCOUNTS,), "End a token; it stays in the list", revoke_token, {200: TokenDocument}, (), RevokeRequest),
)
