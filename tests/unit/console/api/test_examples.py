"""The document's examples are taken by the models they are examples of, and each parameter says what it means."""

from __future__ import annotations

import json
import re
from typing import Any

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
    assert [(operation["operationId"], kind) for operation in operations for kind, one in _bodies(operation) if kind == "application/json" and "example" not in one] == []


def test_every_field_says_what_it_holds() -> None:
    """A name of one model only, its sentence, and for each field one that says more than its name does."""
    schemas = document()["components"]["schemas"]
    assert [name for name, schema in schemas.items() if not schema.get("description") or "__" in name] == [], "two models of one name get the names of their modules"
    said = [(f"{name}.{field}", field, one.get("description", "")) for name, schema in schemas.items() for field, one in schema.get("properties", {}).items()]
    assert [where for where, _, text in said if not text] == [], "describe the field where it is defined: what it holds, its unit, its range, what null means"
    assert [where for where, field, text in said if set(re.findall(r"[a-z]+", text.lower())) <= {*field.split("_"), "the", "of", "a", "its"}] == []


def _bodies(operation: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return list(operation.get("requestBody", {}).get("content", {}).items())
