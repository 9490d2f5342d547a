"""Files of readers, subscriptions, numbers and handsets: streamed in, bad rows set aside.

`records` frames the CSV, `cells` reads one cell, `rejects` keeps what was set
aside; one module for each kind of file applies it chunk by chunk.
"""

from subscribers.imports.outcome import ImportOutcome
from subscribers.imports.readers import import_readers
from subscribers.imports.subscriptions import import_subscriptions

__all__ = ["ImportOutcome", "import_readers", "import_subscriptions"]
