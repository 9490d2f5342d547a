"""Which names mean the same model: makers, gateways and TAC tables spell them as they like.

A model has a full key (maker and model) and a short one (the model alone); a short
key that two models share names neither of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

KEY_CHARS_MAX: Final = 120
_SHORT_CHARS_MIN: Final = 2

_APART: Final = re.compile(r"[\W_]+")
_VERSION: Final = re.compile(r"/(?:v(?:er)?\.?\s?\d[\w.]*|\d+\.\d[\w.]*)$", re.IGNORECASE)
_FIRST_VARIANT: Final = re.compile(r"(?<=\w)-1[a-z]?$", re.IGNORECASE)
"""Nokia's profiles say `N73-1` of the N73, `6760s-1` of the 6760s."""

_BRANDS: Final = {
    "sonyericssonmobilecommunications": "sonyericsson", "sonyericssonmobilecommunicationsab": "sonyericsson", "sonymobilecommunications": "sony", "sonymobile": "sony",
    "ericssonmobilecommunicationsab": "ericsson", "lgelectronics": "lg", "lge": "lg", "lgelectronicsinc": "lg",
    "researchinmotion": "blackberry", "researchinmotionltd": "blackberry", "rim": "blackberry", "rimblackberry": "blackberry",
    "htccorporation": "htc", "hightechcomputercorporation": "htc", "hightechcomputer": "htc", "hightechcomputercorp": "htc",
    "mot": "motorola", "motorolainc": "motorola", "motorolamobiledevicesltd": "motorola", "motorolamobility": "motorola",
    "samsungelectronics": "samsung", "samsungelectronicscoltd": "samsung", "huaweitechnologiescoltd": "huawei", "huaweitechnologies": "huawei",
    "ztecorporation": "zte", "asustekcomputerinc": "asus", "asustek": "asus", "acerincorporated": "acer", "hewlettpackard": "hp", "tctmobile": "alcatel",
    "alcatelonetouch": "alcatel", "nokiacorporation": "nokia", "microsoftmobile": "nokia",
}  # fmt: skip


def folded(text: str) -> str:
    """`text` without case, blanks and marks; a `+` is kept, since it tells models apart."""
    return _APART.sub("", text.casefold().replace("+", "plus"))[:KEY_CHARS_MAX]


def brand_key(brand: str) -> str:
    """The maker, however his company is called."""
    found = folded(brand)
    return _BRANDS.get(found, found)


def full_key(brand: str, model: str) -> str:
    """Maker and model as one key, the maker once; "" where there is no model."""
    maker, bare = brand_key(brand), _bare(brand, model)
    return f"{maker}{bare}"[:KEY_CHARS_MAX] if bare else ""


def keys_of(brand: str, model: str, aliases: Iterable[str] = ()) -> tuple[str, ...]:
    """Every key under which a model is found, each once: full and short ones of its name and of its aliases."""
    found: dict[str, None] = {}
    for name in (model, *aliases):
        for key in (full_key(brand, name), _short(_bare(brand, name)), folded(name)):
            if len(key) >= _SHORT_CHARS_MIN:
                found[key] = None
    return tuple(found)


def _bare(brand: str, model: str) -> str:
    """The model's own name: without the maker before it and a version of its software behind it."""
    maker = brand_key(brand)
    text = _VERSION.sub("", model.strip())
    bare = folded(_FIRST_VARIANT.sub("", text) if maker == "nokia" else text)
    for name in (folded(brand), maker):
        if name and bare.startswith(name) and len(bare) > len(name):
            bare = bare.removeprefix(name)
    return bare


def _short(bare: str) -> str:
    """A model's name alone says which it is only with a digit in it."""
    return bare if any(letter.isdigit() for letter in bare) and not bare.isdigit() else ""
