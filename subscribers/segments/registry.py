"""The fields that a rule may name. A new field is a file beside this one and a line here."""

from __future__ import annotations

from subscribers.segments.attributes import ATTRIBUTES
from subscribers.segments.field import Field
from subscribers.segments.services import SERVICES
from subscribers.segments.text_columns import ATTRIBUTE_CLASS, CITY, DRIVE, HANDSET_CLASS
from subscribers.segments.topics import TOPICS

FIELDS: tuple[Field, ...] = (CITY, HANDSET_CLASS, ATTRIBUTE_CLASS, DRIVE, TOPICS, SERVICES, ATTRIBUTES)


def find_field(name: str) -> tuple[Field, str] | None:
    """The field called `name` and what follows a family's dot ("" for a single field)."""
    for field in FIELDS:
        if field.name == name:
            return (field, "") if not name.endswith(".") else None
        if field.name.endswith(".") and name.startswith(field.name):
            return field, name[len(field.name) :]
    return None
