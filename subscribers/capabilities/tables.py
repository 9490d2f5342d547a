"""Rows of the tables of handsets that are CSV: our own, the UAProf index, WURFL's capabilities, TAC lists.

Each reader takes one row by column and gives a profile, or the reason why it is set aside.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from subscribers.capabilities.facts import BRAND_CHARS_MAX, FACTS, MODEL_CHARS_MAX, Profile, Value
from subscribers.capabilities.uaprof import values_of
from subscribers.handset_classes import CANNOT_MMS, handset_classes

Row = Mapping[str, str]

GIVEN_COLUMNS: Final = ("model", "handset_class", "brand", *FACTS)
INDEX_COLUMNS: Final = ("vendor", "model", "ScreenSize", "BitsPerPixel", "MmsMaxMessageSize", "MmsMaxImageResolution", "mms_image_types", "mms_smil", "mms_charsets")
WURFL_COLUMNS: Final = ("brand_name", "model_name", "resolution_width", "resolution_height", "mms_max_size")
WURFL_TYPES: Final = {"mms_jpeg_baseline": "image/jpeg", "mms_gif_static": "image/gif", "mms_png": "image/png", "mms_wbmp": "image/vnd.wap.wbmp", "mms_bmp": "image/bmp"}

_TAC: Final = re.compile(r"[0-9]{8}")
ALIASES_CHARS_MAX: Final = 500
_NO_NAME: Final = "names no model"


def read_given(row: Row) -> Profile | str:
    """A row of our own form: `model` and any of `handset_class`, `brand` and the capabilities."""
    model, brand, given = row["model"], row.get("brand", ""), row.get("handset_class", "")
    if not 1 <= len(model) <= MODEL_CHARS_MAX:
        return f"model: 1 to {MODEL_CHARS_MAX} characters are wanted"
    if len(brand) > BRAND_CHARS_MAX:
        return f"brand: is longer than {BRAND_CHARS_MAX} characters"
    if given and given not in (*handset_classes(), *CANNOT_MMS):
        return f"handset_class: is none of {', '.join((*handset_classes(), *CANNOT_MMS))}"
    values: dict[str, Value] = {}
    for name, fact in FACTS.items():
        cell = row.get(name, "")
        value = fact.read(cell)
        if value is not None:
            values[name] = value
        elif cell:
            return f"{name}: {_WANTED[fact.kind].format(fact.maximum)}"
    if not given and not values:
        return "handset_class: give a class, or a capability that a rule can choose one by"
    return Profile(brand, model, values)


_WANTED: Final = {int: "a whole number from 1 to {0:,} is wanted", bool: "yes or no is wanted", tuple: "names between semicolons are wanted"}


def read_index(row: Row) -> Profile | str:
    """A row of a table of UAProf profiles, its columns called as the schema's properties."""
    model, brand = row["model"], row["vendor"]
    if not model:
        return f"model: {_NO_NAME}"
    types = f"{row['mms_image_types']} {row['mms_smil']}".split()
    return Profile(brand[:BRAND_CHARS_MAX], model[:MODEL_CHARS_MAX], values_of(dict(row), types, row["mms_charsets"].split()))


def read_wurfl(row: Row) -> Profile | str:
    """A row of WURFL's capabilities. Where it knows no size, no picture and no client, it says "no MMS"; this may also mean that nobody looked."""
    model, brand = row["model_name"], row["brand_name"]
    if not model:
        return f"model_name: {_NO_NAME}"
    values: dict[str, Value] = {}
    for name, column in _WURFL_NUMBERS:
        value = FACTS[name].read(row.get(column, ""))
        if value is not None:
            values[name] = value
    if "mms_max_width_px" not in values or "mms_max_height_px" not in values:
        values = {name: value for name, value in values.items() if name not in ("mms_max_width_px", "mms_max_height_px")}
    yes = {name for name, cell in row.items() if cell == "true"}
    types = tuple(sorted(kind for column, kind in WURFL_TYPES.items() if column in yes))
    if types:
        values["image_types"] = types
        values |= {name: column in yes for name, column in (("animated_gif", "mms_gif_animated"), ("progressive_jpeg", "mms_jpeg_progressive")) if column in row}
    values["mms"] = "mms_max_bytes" in values or bool(types) or "receiver" in yes
    if "wap_push_support" in row:
        values["wap_push"] = "wap_push_support" in yes
    return Profile(brand[:BRAND_CHARS_MAX], model[:MODEL_CHARS_MAX], values)


_WURFL_NUMBERS: Final = (
    ("width_px", "resolution_width"), ("height_px", "resolution_height"), ("colours", "colors"),
    ("mms_max_bytes", "mms_max_size"), ("mms_max_width_px", "mms_max_width"), ("mms_max_height_px", "mms_max_height"),
)  # fmt: skip


def read_tac(row: Row) -> Profile | str:
    """A row of a TAC list: its key is the eight digits; other names of the model are aliases.

    A zero in front that a spreadsheet took away is put back: TACs of North America begin with 01.
    """
    tac = row["tac"].rjust(8, "0") if len(row["tac"]) == 7 else row["tac"]
    if not _TAC.fullmatch(tac):
        return "tac: 8 digits are wanted, those that an IMEI begins with"
    if not row["model"]:
        return f"model: {_NO_NAME}"
    aliases = tuple(one.strip() for one in row.get("aka", "")[:ALIASES_CHARS_MAX].split(",") if one.strip())
    return Profile(row["brand"][:BRAND_CHARS_MAX], row["model"][:MODEL_CHARS_MAX], {}, aliases, tac)


READERS: Final[Mapping[str, Callable[[Row], Profile | str]]] = {"csv": read_given, "uaprof-index": read_index, "wurfl": read_wurfl, "tac": read_tac}
"""By form."""
