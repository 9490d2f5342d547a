"""The document's examples are taken by the models they are examples of, and each parameter says what it means."""

from __future__ import annotations

import json

import pytest

from console.api.calls import Operation
from console.api.examples import example_of
from console.api.openapi import document
from console.api.operations import OPERATIONS


@pytest.mark.parametrize("one", [one for one in OPERATIONS if one.body is not None], ids=lambda one: one.name)
def test_an_example_is_taken(one: Operation) -> None:
    assert one.body is not None
    one.body.model_validate(json.loads(json.dumps(example_of(one.body))))


def test_everything_is_described() -> None:
    whole = document()
    operations = [operation for methods in whole["paths"].values() for operation in methods.values()]
    assert [operation["operationId"] for operation in operations if not operation["summary"] or not operation["description"] or not operation["tags"]] == []
    assert [(operation["operationId"], one["name"]) for operation in operations for one in operation["parameters"] if not one["description"]] == []
    assert [(operation["operationId"], status) for operation in operations for status, one in operation["responses"].items() if not one["description"]] == []
    assert {"400", "401", "403", "422", "429", "500", "503"} <= set.intersection(*(set(operation["responses"]) for operation in operations))
    assert [name for name, schema in whole["components"]["schemas"].items() if not schema.get("description")] == []
