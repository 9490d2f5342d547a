"""UAProf: the RDF profile that a maker publishes of one model.

Makers write it in several ways: properties as elements or as attributes, values as text or as a `Bag` of `li`, namespaces of
three schemas. Only local names are looked at.

Spec: OMA UAProf 2.0 (OMA-TS-UAProf-V2_0), 7 and appendix A; MMS characteristics in OMA MMS Client Transactions, appendix on UAProf.
"""

from __future__ import annotations

from typing import Final

from lxml import etree

from huabao.errors import UsageError
from subscribers.capabilities.facts import BRAND_CHARS_MAX, FACTS, MODEL_CHARS_MAX, Profile, Value, sized
from subscribers.capabilities.markup import local, parse

SMIL_TYPES: Final = frozenset({"application/smil", "application/smil+xml", "application/smil-xml"})
_TEXTS: Final = ("Vendor", "Model", "ScreenSize", "BitsPerPixel", "MmsMaxMessageSize", "MmsMaxImageResolution")
_BAGS: Final = ("MmsCcppAccept", "MmsCcppAcceptCharSet")


def read_uaprof(data: bytes) -> Profile:
    """The model that a profile speaks of.

    Raises:
        UsageError: no XML that is read, no UAProf, or no model in it.
    """
    root = parse(data)
    if local(root.tag) != "RDF":
        raise UsageError("is XML, but no UAProf: its root is no rdf:RDF")
    texts = dict.fromkeys(_TEXTS, "")
    bags: dict[str, list[str]] = {name: [] for name in _BAGS}
    for element in root.iter():
        _attributes(element, texts)
        name = local(element.tag)
        if name in texts:
            texts[name] = texts[name] or (element.text or "").strip()
        elif name in bags:
            bags[name] += [(one.text or "").strip() for one in element.iter() if local(one.tag) == "li"] or (element.text or "").split(",")
    if not texts["Model"]:
        raise UsageError("is a UAProf without a Model; whose it is cannot be told")
    return Profile(texts["Vendor"][:BRAND_CHARS_MAX], texts["Model"][:MODEL_CHARS_MAX], values_of(texts, bags["MmsCcppAccept"], bags["MmsCcppAcceptCharSet"]))


def _attributes(element: etree._Element, texts: dict[str, str]) -> None:
    for tag, value in element.attrib.items():
        name = local(tag)
        if name in texts and not texts[name]:
            texts[name] = str(value).strip()


def values_of(texts: dict[str, str], types: list[str], charsets: list[str]) -> dict[str, Value]:
    """Capabilities out of a profile's properties by their names in the schema.

    Args:
        types: of `MmsCcppAccept`; empty where the profile does not list them.
        charsets: of `MmsCcppAcceptCharSet`.
    """
    values: dict[str, Value] = {}
    sized(values, "width_px", "height_px", texts.get("ScreenSize", ""))
    sized(values, "mms_max_width_px", "mms_max_height_px", texts.get("MmsMaxImageResolution", ""))
    bits = FACTS["slides_max"].read(texts.get("BitsPerPixel", ""))
    if isinstance(bits, int) and bits <= 32:
        values["colours"] = 1 << min(bits, 24)
    largest = FACTS["mms_max_bytes"].read(texts.get("MmsMaxMessageSize", ""))
    if largest is not None:
        values |= {"mms_max_bytes": largest, "mms": True}
    accepted = FACTS["image_types"].names(types)
    if accepted:
        pictures = tuple(one for one in accepted if one.startswith("image/"))
        values |= {"mms": True} | ({"image_types": pictures} if pictures else {})
        if SMIL_TYPES & set(accepted):
            values["smil"] = True
    read = FACTS["charsets"].names(charsets)
    if read:
        values["charsets"] = read
    return values
