"""An example of each body, made of its schema: what it must have, each member as people would write it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

VALUES: Mapping[str, Any] = {
    "address": "duty@example.com", "agent": "zhou", "amount_fen": 500, "body": "text", "confirmed": 1000, "day": "2026-11-24", "ends_at": "2026-11-24T16:00",
    "en": "It is on its way.",
    "edition": "jh/2026-11-23", "group": "house", "handset_class": "100kb-240x320", "mark": "0f3a9c2b7d51e640", "month": "2026-10", "msisdn": "13800000000",
    "msisdns": ["13800000000"], "name": "crm", "new": "13900000000", "number": "2026-11-24", "numbers": ["13800000000"], "old": "13800000000", "owner": "li",
    "part": "articles/1.md", "point": "1", "port": "mm-1", "publication": "jh", "rate": 100.0, "reason": "agreed with the operator", "revision": 3,
    "rule": {"field": "city", "op": "eq", "value": "合肥"}, "scopes": ["read"], "service_id": "jh", "sha256": "0" * 64, "starts_at": "2026-11-24T08:00", "step_id": None,
    "text": "look at page 2", "value": "60", "version": 2, "was": "", "zh": "正在发送。",
}  # fmt: skip
"""What a member of that name may hold."""

OTHERWISE: Mapping[str, Any] = {"string": "as agreed", "integer": 1, "number": 1.0, "boolean": False, "array": [], "object": {}}

BODIES: Mapping[str, Mapping[str, Any]] = {
    "AccountRequest": {"name": "sun", "role": "support"},
    "AlarmAct": {"act": "silence", "reason": "the carrier works on it", "seconds": 3600},
    "ChangeDocument": {"part": "articles/1.md", "was": "", "value": {"front": {"title": "新桥通车"}, "body": "……"}},
    "CutRequest": {"sha256": "0" * 64, "x": 0, "y": 0, "width": 320, "height": 240},
    "DispatchAct": {"act": "cancel", "confirmed": 1000, "reason": "the wrong picture"},
    "GrantRequest": {"right": "statistics", "kind": "month"},
    "PortAct": {"port": "mm-1", "act": "rate", "rate": 100.0, "confirmed": 1000, "reason": "agreed with the operator"},
    "SaveRequest": {"changes": [{"part": "articles/1.md", "was": "", "value": {"front": {"title": "新桥通车"}, "body": "……"}}]},
    "SettingAct": {"name": "report_wait_s", "value": "60", "reason": "the carrier reports quickly now"},
    "ShiftRequest": {"name": "li", "starts_at": "2026-11-24T08:00", "ends_at": "2026-11-24T16:00"},
}
"""Bodies that must hold more, or other, than each member by itself says."""


def example_of(model: type[BaseModel]) -> dict[str, Any]:
    """A body that the model takes: its required members."""
    if model.__name__ in BODIES:
        return dict(BODIES[model.__name__])
    schema = model.model_json_schema()
    return _object(schema, schema.get("$defs", {}))


def _object(schema: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _value(name, schema["properties"][name], known) for name in schema.get("required", ())}


def _value(name: str, schema: Mapping[str, Any], known: Mapping[str, Any]) -> Any:
    if "$ref" in schema:
        return _object(known[str(schema["$ref"]).rpartition("/")[2]], known)
    if "enum" in schema:
        return schema["enum"][0]
    if name in VALUES:
        return VALUES[name]
    found = next((one for one in schema.get("anyOf", (schema,)) if one.get("type") != "null"), schema)
    return found.get("minimum", OTHERWISE.get(str(found.get("type")), "as agreed"))
