"""Shared ground of Huabao: clock, settings, database, queues, errors.

Everything here is free of newspapers, readers and carriers; every other
package may import it and it imports none of them.
"""

__version__ = "0.1.0"
