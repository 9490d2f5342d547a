"""What an operation is handed and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel
from sqlalchemy.orm import Session

from console.api.problems import Problem
from console.api.scopes import NUMBERS
from console.api.tokens import Client
from console.rights.cities import operation_way
from huabao import audit
from huabao.msisdn import MSISDN
from huabao.runtime import Runtime

ID_MAX = 2**63 - 1
"""The largest number of a path that a row may have."""


@dataclass(frozen=True)
class Call:
    """One request.

    Attributes:
        body: of a POST, checked.
        raw: of a POST that takes bytes instead.
        query: checked, where the operation takes any.
        path: the variables of the path.
        key: a POST's Idempotency-Key, made unique over all tokens; "" otherwise.
    """

    runtime: Runtime
    client: Client
    body: BaseModel | None = None
    query: BaseModel | None = None
    path: Mapping[str, int] = field(default_factory=dict)
    key: str = ""
    raw: bytes = b""

    def number(self, msisdn: MSISDN) -> str:
        """A number as this client may see it."""
        return str(msisdn) if NUMBERS in self.client.scopes else msisdn.masked

    def actor(self, agent: str | None) -> str:
        """Who acts, as the audit trail keeps it."""
        name = self.client.actor if not agent else f"{self.client.actor}/{agent}"
        if not name.isprintable():
            raise Problem("invalid", "agent: printable characters only")
        return name[:80]


def keep_whole(call: Call, session: Session, action: str, kind: str, shown: bool, *, object_id: str = "open") -> None:
    """A list that held whole numbers is kept in the audit trail, with what was asked for."""
    if shown and NUMBERS in call.client.scopes:
        assert call.query is not None, "a list is asked for by a query"
        asked = call.query.model_dump_json(exclude_defaults=True)
        audit.record(session, actor=call.client.actor, action=action, object_kind=kind, object_id=object_id, at=call.runtime.now(), filter=asked)


@dataclass(frozen=True)
class Reply:
    """An answer.

    Attributes:
        location: path of what was made, or "".
    """

    status: int
    document: BaseModel
    location: str = ""


Function = Callable[[Call], Reply]


@dataclass(frozen=True)
class Operation:
    """One method of one path.

    Attributes:
        name: the operationId.
        path: below `/api/v1`, as Starlette writes it.
        scopes: one of these is needed.
        answers: schema by status.
        problems: further kinds of `problems.PROBLEMS` that it may answer.
        body, query: their schemas, or None.
        media_types: of the bytes that it takes instead of JSON.
        body_bytes_max: of its body.
        shown_once: what it answers holds a secret, so the answer is not kept: the same key again is told that it was done.
    """

    name: str
    method: str
    path: str
    scopes: tuple[str, ...]
    summary: str
    function: Function
    answers: Mapping[int, type[BaseModel]]
    problems: tuple[str, ...] = ()
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    media_types: tuple[str, ...] = ()
    body_bytes_max: int = 1_000_000
    shown_once: bool = False

    @property
    def by_city(self) -> bool:
        """Whether a token of one city may ask for it (`console.rights.cities`)."""
        return operation_way(self.name).is_open
