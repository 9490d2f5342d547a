"""What peers' codes mean: tables in `*.toml`, one file for each dialect, editable while everything runs.

`dialect(name)` gives the tables in force; a port names its dialect in the option
`dialect`. A new dialect is one file here, or in the operator's own folder.
"""

from delivery.dialects.files import DEFAULT, dialect, dialect_of, dialects
from delivery.dialects.tables import CodeMeaning, Dialect

__all__ = ["DEFAULT", "CodeMeaning", "Dialect", "dialect", "dialect_of", "dialects"]
