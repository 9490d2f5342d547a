"""Holds the running API against its own document: schemathesis makes requests of every operation, right and wrong ones, and judges the answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from schemathesis.openapi import from_asgi
from schemathesis.schemas import BaseSchema
from starlette.types import ASGIApp

DOCUMENT = "/api/v1/openapi.json"

CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance", "response_schema_conformance", "negative_data_rejection",
    "missing_required_header", "unsupported_method", "ignored_auth",
)  # fmt: skip
"""What every answer is judged by. Right data may be refused (the thing is not there, or not in that state), so acceptance is not asked."""


def faults(
    app: ASGIApp, token: str, *, examples: int, phases: Iterable[str] = ("examples", "coverage", "fuzzing"), rows: Mapping[str, int] | None = None, seed: int = 1,
    only: str = "", seconds: float | None = None,
) -> list[str]:  # fmt: skip
    """What is wrong with the API, a line each.

    Args:
        token: one with every scope and a rate that is never reached.
        examples: for each operation and phase, at most.
        rows: values of variables in paths, so that requests reach what is there.
        only: a pattern of operations' names; "" for all.
        seconds: to end after.
    """
    given: dict[str, Any] = {
        "seed": seed,
        **({} if seconds is None else {"max-time": seconds}),
        "continue-on-failure": True,
        "headers": {"Authorization": f"Bearer {token}"},
        "parameters": {f"path.{name}": value for name, value in (rows or {}).items()},
        "generation": {"max-examples": examples, "deterministic": seed == 1, "database": "none", "no-shrink": True},
        "phases": {name: {"enabled": name in set(phases)} for name in ("examples", "coverage", "fuzzing", "stateful")},
        "checks": {"enabled": False, **{name: {"enabled": True} for name in CHECKS}},
    }
    schema: BaseSchema = from_asgi(DOCUMENT, app, config=SchemathesisConfig.from_dict(given))
    if only:
        schema = schema.include(operation_id_regex=f"^(?:{only})$")
    found: dict[str, None] = {}
    for event in from_schema(schema).execute():
        if isinstance(event, events.NonFatalError | events.FatalError):
            error = event.value if isinstance(event, events.NonFatalError) else event.exception
            found[f"{getattr(event, 'label', '')}: {type(error).__name__}: {error}"] = None
        if isinstance(event, events.ScenarioFinished):
            for case_id, nodes in event.recorder.checks.items():
                for node in nodes:
                    if node.failure_info is not None:
                        found[_told(event.recorder, case_id, node)] = None
    return list(found)


def _told(recorder: Any, case_id: str, node: Any) -> str:
    failure, case = node.failure_info.failure, recorder.cases[case_id].value
    body = case.body if isinstance(case.body, dict | list | str | int) else type(case.body).__name__
    answer = recorder.interactions.get(case_id)
    said = answer.response.content[:300] if answer is not None and answer.response is not None else b""
    return f"{case.operation.label}: {node.name}: {failure.title}: {failure.message[:300]} | {case.path_parameters} {case.query} {str(body)[:300]} -> {said!r}"
