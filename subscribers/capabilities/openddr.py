"""OpenDDR's two files: `DeviceDataSource.xml` (screens of models) and `BuilderDataSource.xml` (by what names they go).

It says nothing of MMS. A device may take what it does not say from its parent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from lxml import etree

from huabao.errors import UsageError
from subscribers.capabilities.facts import BRAND_CHARS_MAX, FACTS, MODEL_CHARS_MAX, Profile, Value
from subscribers.capabilities.markup import children, local, parse

PARENTS_MAX: Final = 10
ALIASES_MAX: Final = 20
_GENERIC: Final = "generic"


def read_devices(data: bytes) -> list[Profile]:
    """The models of a `DeviceDataSource.xml`, each with its id as key.

    Raises:
        UsageError: it is none.
    """
    devices = {one.get("id") or "": one for one in _listed(data, "Devices", "device")}
    said = {name: {prop.get("name") or "": prop.get("value") or "" for prop in children(one, "property")} for name, one in devices.items()}
    found = []
    for name, one in devices.items():
        own = _with_parents(name, devices, said)
        model = said[name].get("model", "").strip()
        if not name or not model or name.startswith(_GENERIC):
            continue
        brand = (own.get("vendor") or (one.get("parentId") or "").removeprefix(_GENERIC)).strip()
        marketed = said[name].get("marketing_name", "").strip()
        aliases = tuple(alias for alias in dict.fromkeys((marketed, name)) if alias and alias != model)
        values: dict[str, Value] = {}
        for fact, prop in (("width_px", "displayWidth"), ("height_px", "displayHeight")):
            value = FACTS[fact].read(own.get(prop, ""))
            if value is not None:
                values[fact] = value
        found.append(Profile(brand[:BRAND_CHARS_MAX], model[:MODEL_CHARS_MAX], values, aliases, name, one.sourceline or 0))
    return found


def _with_parents(name: str, devices: Mapping[str, etree._Element], said: Mapping[str, dict[str, str]]) -> dict[str, str]:
    """Properties of a device over those of its parents; a circle ends."""
    found: dict[str, str] = {}
    for _ in range(PARENTS_MAX):
        if name not in devices:
            break
        found = {**said[name], **found}
        name = devices[name].get("parentId") or ""
    return found


def read_builders(data: bytes) -> dict[str, tuple[str, ...]]:
    """Names of each device by its id, out of a `BuilderDataSource.xml`.

    Raises:
        UsageError: it is none.
    """
    found: dict[str, dict[str, None]] = {}
    for builder in _listed(data, "Builders", "builder"):
        for device in children(builder, "device"):
            tokens = [(value.text or "").strip() for one in children(device, "list") for value in children(one, "value")]
            name = " ".join(token for token in tokens if token)[:MODEL_CHARS_MAX]
            if name and device.get("id"):
                found.setdefault(str(device.get("id")), {})[name] = None
    return {key: tuple(names)[:ALIASES_MAX] for key, names in found.items()}


def _listed(data: bytes, table: str, row: str) -> Iterator[etree._Element]:
    root = parse(data)
    tables = list(children(root, table)) if local(root.tag) == "ODDR" else []
    if not tables:
        raise UsageError(f"is no OpenDDR file with {table}")
    return (one for listed in tables for one in children(listed, row))
