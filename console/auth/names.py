"""Names of accounts: nobody is called what looks like another's name, or like what is no person."""

from __future__ import annotations

import unicodedata
from typing import Final

from huabao import audit
from huabao.errors import UsageError

NAME_CHARS_MAX = 80

RESERVED: Final = frozenset({"huabao", "scheduler", "system", "reader", "oidc", "api"})
"""Who else acts in the audit trail."""

ALIKE: Final = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"})
"""Scripts whose letters look like each other's: no name has two of them."""


def name_key(name: str) -> str:
    """The form in which names are compared."""
    return name.strip().casefold()


def checked_name(name: str) -> str:
    """A name as an account may have it.

    Raises:
        UsageError: it is empty, too long, or may be taken for another's.
    """
    found = name.strip()
    if not found or len(name_key(found)) > NAME_CHARS_MAX or not found.isprintable():
        raise UsageError(f"an account's name has 1 to {NAME_CHARS_MAX} printable characters")
    if unicodedata.normalize("NFKC", found) != found:
        raise UsageError(f"write the name with usual characters: {unicodedata.normalize('NFKC', found)!r}")
    scripts = {unicodedata.name(one, "").partition(" ")[0] for one in found if one.isalpha()} & ALIKE
    if len(scripts) > 1:
        raise UsageError(f"the name has letters of {' and '.join(sorted(one.title() for one in scripts))}, which look alike; write it with those of one")
    if name_key(found) in RESERVED or name_key(found).startswith(audit.API):
        raise UsageError(f"{found!r} stands for no person in the audit trail; take another name")
    return found
