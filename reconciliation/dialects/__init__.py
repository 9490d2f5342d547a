"""What the numbers of MISC and its like mean: one file for each dialect, versioned, chosen for each peer."""

from reconciliation.dialects.files import DEFAULT, MISCDialects, dialects_in
from reconciliation.dialects.tables import WAIT, Meaning, MISCDialect, UnknownCodeError

__all__ = ["DEFAULT", "MISCDialect", "MISCDialects", "Meaning", "UnknownCodeError", "WAIT", "dialects_in"]
