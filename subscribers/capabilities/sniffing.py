"""Which of the known forms a file of handset data has, by how it begins."""

from __future__ import annotations

import re
from typing import Final

from huabao.errors import UsageError

CSV_FORM, UAPROF, OPENDDR, OPENDDR_NAMES, INDEX, WURFL, TAC = "csv", "uaprof", "openddr", "openddr-builders", "uaprof-index", "wurfl", "tac"
FORMS: Final = (CSV_FORM, UAPROF, INDEX, WURFL, OPENDDR, OPENDDR_NAMES, TAC)
XML_FORMS: Final = (UAPROF, OPENDDR, OPENDDR_NAMES)

HEAD_BYTES: Final = 65_536
_ROOT: Final = re.compile(r"<(?:[\w.-]+:)?(RDF|Devices|Builders)\b", re.IGNORECASE)


def form_of(head: bytes) -> str:
    """The form of a file that begins with `head`.

    Raises:
        UsageError: none that is known.
    """
    text = head.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace").lstrip()
    if text.startswith("<"):
        root = _ROOT.search(re.sub(r"<!--.*?(?:-->|\Z)", "", text, flags=re.DOTALL))
        found = {"rdf": UAPROF, "devices": OPENDDR, "builders": OPENDDR_NAMES}.get(root[1].lower()) if root else None
        if found is None:
            raise UsageError(f"is XML, but neither UAProf nor OpenDDR's devices or builders; --form {'|'.join(XML_FORMS)} says which it is")
        return found
    for line in text.splitlines()[:3]:  # a TAC list begins with a line about its licence
        columns = {one.strip().strip('"').lower() for one in line.split(",")}
        for form, wanted in _BY_COLUMNS:
            if wanted <= columns:
                return form
    raise UsageError(f"has no columns that are known; give it the columns model,handset_class,brand, or say what it is with --form {'|'.join(FORMS)}")


_BY_COLUMNS: Final[tuple[tuple[str, frozenset[str]], ...]] = (
    (TAC, frozenset({"tac"})),
    (WURFL, frozenset({"brand_name", "model_name"})),
    (INDEX, frozenset({"vendor", "model", "mmsmaxmessagesize"})),
    (CSV_FORM, frozenset({"model"})),
)
