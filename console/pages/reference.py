"""What the API does, for people: the OpenAPI document as a page, without any host but this one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from console.api.openapi import document
from console.visit import Visit


@dataclass(frozen=True)
class Described:
    """One operation as the page shows it.

    Attributes:
        sample: an example of its body as JSON, or "".
        answers: (status, what it means).
    """

    name: str
    method: str
    path: str
    summary: str
    scopes: str
    by_city: bool
    parameters: tuple[tuple[str, str, bool], ...]
    sample: str
    answers: tuple[tuple[str, str], ...]


def api_reference(visit: Visit) -> Response:
    """Every operation, by what it is about."""
    areas: dict[str, list[Described]] = {}
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            areas.setdefault(operation["tags"][0], []).append(_described(path, method, operation))
    return visit.page("reference.html", here_path="/tokens/reference", areas=areas)


def _described(path: str, method: str, operation: dict[str, Any]) -> Described:
    body = operation.get("requestBody", {}).get("content", {})
    example = body.get("application/json", {}).get("example")
    sample = json.dumps(example, ensure_ascii=False, indent=2) if example is not None else "\n".join(body)
    first, _, _ = operation["description"].partition(" is needed.")
    return Described(
        operation["operationId"], method.upper(), path, operation["summary"], first.removeprefix("One of the scopes ").replace("`", ""),
        "refused" not in operation["description"], tuple((one["name"], one["description"].replace("`", ""), one["required"]) for one in operation["parameters"]), sample,
        tuple((status, one["description"].replace("`", "")) for status, one in operation["responses"].items()),
    )  # fmt: skip
