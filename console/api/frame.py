"""The edge of the API: who calls, may he, how often, did he ask before; and every error as problem+json."""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import structlog
from pydantic import BaseModel, ValidationError
from sqlalchemy.exc import OperationalError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from console.api import answers, tokens
from console.api.answers import Kept
from console.api.calls import ID_MAX, Call, Operation, Reply
from console.api.openapi import document
from console.api.operations import OPERATIONS, PREFIX
from console.api.problems import MEDIA_TYPE, Problem
from console.api.tokens import Client
from console.bodies import TooLarge, TooSlow, read_body
from console.request_limits import RequestLimits
from console.settings import API_RATE_PER_MIN
from huabao.errors import HuabaoError, StoreError
from huabao.ids import new_token
from huabao.log import get_logger
from huabao.runtime import Runtime

log = get_logger("api")

HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
REPLAYED = "Idempotent-Replayed"

_NEVER_KEPT = (401, 403, 409, 429)
"""Answers of the frame itself, or that another moment may change: the request may be made again."""


def api_app(runtime: Runtime) -> ASGIApp:
    """The ASGI application of `/api/v1`."""
    frame = Frame(runtime)
    routes = [Route(f"{PREFIX}/openapi.json", _openapi, methods=["GET"])]
    routes += [Route(PREFIX + one.path, frame.endpoint(one), methods=[one.method], name=one.name) for one in OPERATIONS]
    handlers: dict[Any, Any] = {HTTPException: _http, OperationalError: _unavailable, Exception: _broken}
    return Starlette(routes=routes, exception_handlers=handlers)


async def _openapi(_request: Request) -> Response:
    return JSONResponse(document(), headers={**HEADERS, "Cache-Control": "public, max-age=300"})


@dataclass(frozen=True)
class Frame:
    """Turns an operation into an endpoint."""

    runtime: Runtime
    limits: RequestLimits = field(default_factory=RequestLimits)

    def endpoint(self, one: Operation) -> Callable[[Request], Awaitable[Response]]:
        """The endpoint of the operation."""

        async def call(request: Request) -> Response:
            request_id = new_token(9)
            request.state.request_id = request_id
            with structlog.contextvars.bound_contextvars(request=request_id, route=one.name):
                try:  # who nobody knows has no body read
                    client = await run_in_threadpool(self._client, request, one)
                    body = await _read_body(request, one.body_bytes_max) if one.method == "POST" else b""
                except ClientDisconnect:
                    return Response(status_code=400)
                except Problem as problem:
                    return _problem(problem, request_id)
                return await run_in_threadpool(self._answer, client, request, one, body, request_id)

        return call

    def _answer(self, client: Client, request: Request, one: Operation, body: bytes, request_id: str) -> Response:
        try:
            made = _call(self.runtime, client, request, one, body)
            return self._once(request, one, made, body, request_id) if one.method == "POST" else _reply(one.function(made), request_id)
        except Problem as problem:
            return _problem(problem, request_id)
        except HuabaoError as error:
            return _problem(_of(error), request_id)

    def _client(self, request: Request, one: Operation) -> Client:
        """Who calls.

        Raises:
            Problem: nobody we know, without the scope, or too often.
        """
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        now = self.runtime.now()
        with self.runtime.transaction(read_only=True) as session:
            client = tokens.find_client(session, token.strip()) if scheme.lower() == "bearer" and token.strip() else None
            rate = API_RATE_PER_MIN.get(session)
        if client is None:
            raise Problem("unauthorized", "give `Authorization: Bearer TOKEN`", headers={"WWW-Authenticate": 'Bearer realm="huabao"'})
        wait_s = self.limits.wait_s(client.token_id, client.rate_per_min or rate, time.monotonic())
        if wait_s > 0:
            raise Problem("too-many", f"at most {client.rate_per_min or rate} requests a minute", headers={"Retry-After": str(math.ceil(wait_s))})
        if not client.scopes & set(one.scopes):
            raise Problem("forbidden", f"one of the scopes {', '.join(one.scopes)} is needed; the token has {', '.join(sorted(client.scopes))}")
        if client.city and not one.by_city:
            raise Problem("forbidden", f"the token is for {client.city} alone, and this is about all cities")
        if tokens.due_for_touch(client, now=now):
            with self.runtime.transaction() as session:
                tokens.touch(session, client, now=now)
        return client

    def _once(self, request: Request, one: Operation, made: Call, body: bytes, request_id: str) -> Response:
        """Work a POST once for its key; the same request gets the same answer."""
        token_id, key = made.client.token_id, made.key.split(":", 2)[2]
        asked = [hashlib.sha256(body).hexdigest(), dict(request.query_params)] if one.media_types else json.loads(body)
        print_ = answers.fingerprint(one.method, request.url.path, asked)
        with self.runtime.transaction() as session:
            kept = answers.claim(session, token_id, key, print_, now=self.runtime.now())
        if kept is not None:
            media_type = "application/json" if kept.status < 400 else MEDIA_TYPE
            return Response(kept.body, kept.status, {**HEADERS, "X-Request-ID": request_id, REPLAYED: "true"}, media_type)
        answer: Response | None = None
        try:
            answer = _worked(one, made, request_id)
        finally:
            with self.runtime.transaction() as session:
                if answer is None or answer.status_code in _NEVER_KEPT or answer.status_code >= 500:
                    answers.let_go(session, token_id, key)
                else:
                    answers.keep(session, token_id, key, _to_keep(one, answer, request_id))
        return answer


def _to_keep(one: Operation, answer: Response, request_id: str) -> Kept:
    if one.shown_once and answer.status_code < 400:
        told = _problem(Problem("shown-once", "where it did not arrive, make another"), request_id)
        return Kept(told.status_code, bytes(told.body))
    return Kept(answer.status_code, bytes(answer.body))


def _worked(one: Operation, made: Call, request_id: str) -> Response:
    try:
        return _reply(one.function(made), request_id)
    except Problem as problem:
        return _problem(problem, request_id)
    except HuabaoError as error:
        return _problem(_of(error), request_id)


def _call(runtime: Runtime, client: Client, request: Request, one: Operation, body: bytes) -> Call:
    """The request, checked.

    Raises:
        Problem: something in it is missing or wrong.
    """
    path = {name: int(value) for name, value in request.path_params.items()}
    if any(value > ID_MAX for value in path.values()):
        raise Problem("not-found")
    key = answers.checked_key(request.headers.get("idempotency-key")) if one.method == "POST" else ""
    asked = dict(request.query_params)
    if not _is_text(asked):
        raise Problem("bad-request", "the address holds U+0000, or half of a character")
    query = None if one.query is None else _checked(one.query, asked, "query")
    if one.media_types and _media_type(request) not in one.media_types:
        raise Problem("media-type", f"Content-Type is one of {', '.join(one.media_types)}")
    found = None if one.body is None else _checked(one.body, _json(body), "body")
    return Call(runtime, client, found, query, path, key and f"api:{client.token_id}:{key}", body if one.media_types else b"")


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _json(body: bytes) -> Any:
    try:
        found = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Problem("bad-request", "the body is no JSON") from error
    if (b"\\u" in body or b"\x00" in body) and not _is_text(found):
        raise Problem("bad-request", "the body holds U+0000, or half of a character")
    return found


def _is_text(document: Any) -> bool:
    """Whether every string of a document can be kept: no database takes U+0000 or a lone surrogate."""
    waiting = [document]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str) and ("\x00" in one or any("\ud800" <= mark <= "\udfff" for mark in one)):
            return False
        if isinstance(one, dict):
            waiting += [*one, *one.values()]
        elif isinstance(one, list):
            waiting += one
    return True


def _no_constant(text: str) -> None:
    raise ValueError(text)


def _checked(model: type[BaseModel], given: Any, where: str) -> BaseModel:
    try:
        return model.model_validate(given)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_context=False, include_input=False)
        problems = [{"where": ".".join(map(str, (where, *one["loc"]))), "what": one["msg"]} for one in wrong]
        raise Problem("invalid", "; ".join(f"{one['where']}: {one['what']}" for one in problems[:5]), problems=problems[:50]) from error


def _of(error: HuabaoError) -> Problem:
    """What a service refused."""
    log.warning("request refused", error=str(error))
    return Problem("conflict" if isinstance(error, StoreError) else "invalid", str(error))


def _reply(reply: Reply, request_id: str) -> Response:
    headers = {**HEADERS, "X-Request-ID": request_id, **({"Location": reply.location} if reply.location else {})}
    return Response(reply.document.model_dump_json(by_alias=True), reply.status, headers, "application/json")


def _problem(problem: Problem, request_id: str) -> Response:
    headers = {**HEADERS, "X-Request-ID": request_id, **problem.headers}
    text = json.dumps(problem.to_document(request_id), ensure_ascii=True)
    return Response(text, problem.status, headers, MEDIA_TYPE)


def _id_of(request: Request) -> str:
    return getattr(request.state, "request_id", None) or new_token(9)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    problem = Problem("method" if error.status_code == 405 else "not-found", "see /api/v1/openapi.json", headers=error.headers)
    return _problem(problem, _id_of(request))


async def _unavailable(request: Request, error: Exception) -> Response:
    log.warning("database unreachable", error=type(error).__name__)
    return _problem(Problem("unavailable", headers={"Retry-After": "2"}), _id_of(request))


async def _broken(request: Request, error: Exception) -> Response:
    log.error("request failed", exc_info=error)
    return _problem(Problem("broken"), _id_of(request))


async def _read_body(request: Request, bytes_max: int) -> bytes:
    try:
        return await read_body(request, bytes_max)
    except TooLarge as error:
        raise Problem("too-large", f"at most {bytes_max:,} bytes") from error
    except TooSlow as error:
        raise Problem("too-slow", "the whole body did not come in time; send it again") from error
