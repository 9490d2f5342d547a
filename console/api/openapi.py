"""The OpenAPI document, made of the table of operations.

Spec: OpenAPI 3.1.1; schemas are JSON Schema 2020-12 as pydantic writes them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from console.api.calls import ID_MAX, Operation
from console.api.examples import example_of
from console.api.operations import OPERATIONS, PREFIX
from console.api.problems import MEDIA_TYPE, PROBLEMS, ProblemDocument
from console.api.scopes import SCOPES
from huabao import __version__

ALWAYS = ("bad-request", "unauthorized", "forbidden", "invalid", "too-many", "broken", "unavailable")
"""Kinds of problem that every operation may answer."""

ON_POST = ("idempotency-key", "in-progress", "key-reused", "too-large", "too-slow")

_REF = "#/components/schemas/{model}"
_VARIABLE = re.compile(r"\{(\w+):int\}")


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """The whole document."""
    paths: dict[str, dict[str, Any]] = {}
    for one in OPERATIONS:
        paths.setdefault(PREFIX + _VARIABLE.sub(r"{\1}", one.path), {})[one.method.lower()] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Huabao",
            "version": __version__,
            "description": "Sends of MMS papers and what became of them. Numbers are masked unless the token has the scope `numbers`. Times are ISO 8601 with an offset.",
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name} for name in dict.fromkeys(map(area_of, OPERATIONS))],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": f"`huabao api-token add NAME --scope …`. Scopes: {_scopes()}"},
            },
        },
    }


def _scopes() -> str:
    return "; ".join(f"`{name}`: {what}" for name, what in SCOPES.items())


def _schemas() -> dict[str, Any]:
    bodies: list[tuple[type[BaseModel], Any]] = [(one.body, "validation") for one in OPERATIONS if one.body is not None]
    answers: list[tuple[type[BaseModel], Any]] = [(model, "serialization") for one in OPERATIONS for model in one.answers.values()]
    _, found = models_json_schema([*dict.fromkeys([*bodies, *answers]), (ProblemDocument, "serialization")], ref_template=_REF)
    schemas: dict[str, Any] = found["$defs"]
    return schemas


def _operation(one: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": one.name,
        "tags": [area_of(one)],
        "summary": one.summary,
        "description": _described(one),
        "parameters": [*_path_parameters(one), *_query_parameters(one), *([_KEY] if one.method == "POST" else [])],
        "responses": {**{str(status): _answer(one, status, model) for status, model in one.answers.items()}, **_problems(one)},
    }
    if one.body is not None:
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": _ref(one.body), "example": example_of(one.body)}}}
    if one.media_types:
        found["requestBody"] = {"required": True, "content": {name: {} for name in one.media_types}}
    return found


def _described(one: Operation) -> str:
    """What holds of the operation beside its summary."""
    said = f"One of the scopes {', '.join(f'`{name}`' for name in one.scopes)} is needed."
    said += " A token of one city sees and does what is that city's." if one.by_city else " A token of one city is refused."
    return said + (" What it answers is shown this once: the same key again gets `shown-once`." if one.shown_once else "")


_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "The same key with the same body gets the same answer for a day, and nothing is done twice.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 80, "pattern": "^[!-~]+$"},
}


_QUERY = {
    "limit": "So many at most", "month": "YYYY-MM; the present one where it is left out", "readers": "How many are to be sent to", "deadline": "When all are to have it",
    "actor": "Only what this one did", "object_id": "Only what was done to this object",
}  # fmt: skip
"""What parameters mean that every list has, where their own field says nothing."""


def area_of(one: Operation) -> str:
    """What an operation is about: the first part of its path."""
    return one.path.split("/")[1]


def _of_path(name: str) -> str:
    what = name.removesuffix("_id").replace("_", " ")
    return f"Which {what}: the `{name}` that a list or an answer gave"


def _path_parameters(one: Operation) -> Iterable[dict[str, Any]]:
    return (
        {"name": name, "in": "path", "required": True, "description": _of_path(name), "schema": {"type": "integer", "minimum": 0, "maximum": ID_MAX}}
        for name in _VARIABLE.findall(one.path)
    )


def _query_parameters(one: Operation) -> Iterable[dict[str, Any]]:
    if one.query is None:
        return
    for name, schema in one.query.model_json_schema()["properties"].items():
        yield {"name": name, "in": "query", "required": False, "description": schema.pop("description", "") or _QUERY.get(name, f"Only those of this {name}"), "schema": schema}


def _answer(one: Operation, status: int, model: type[BaseModel]) -> dict[str, Any]:
    found: dict[str, Any] = {"description": (model.__doc__ or "").strip().splitlines()[0], "content": {"application/json": {"schema": _ref(model)}}}
    if status in (201, 202):
        found["headers"] = {"Location": {"schema": {"type": "string"}, "description": "Where it stands"}}
    return found


def _problems(one: Operation) -> dict[str, Any]:
    kinds = dict.fromkeys((*one.problems, *ALWAYS, *(ON_POST if one.method == "POST" else ())))
    statuses: dict[int, list[str]] = {}
    for kind in kinds:
        statuses.setdefault(PROBLEMS[kind][0], []).append(f"`{kind}`: {PROBLEMS[kind][1]}")
    body = {MEDIA_TYPE: {"schema": _ref(ProblemDocument)}}
    return {str(status): {"description": ". ".join(texts), "content": body} for status, texts in sorted(statuses.items())}


def _ref(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": _REF.format(model=model.__name__)}
