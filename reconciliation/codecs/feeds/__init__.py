"""Feeds: files of orders as BOSS, MISC and the platform write them.

A dialect is a TOML file; `reading` streams a feed of any dialect into columns and says what is
wrong, `writing` makes one. `lines` reads one line, tolerantly; `blocks` does the same in bulk.
"""

from reconciliation.codecs.feeds.columns import Columns, Services
from reconciliation.codecs.feeds.dialect import FeedDialect, read_dialect
from reconciliation.codecs.feeds.library import dialect_names, find_dialect
from reconciliation.codecs.feeds.names import fields_of_name, make_name
from reconciliation.codecs.feeds.reading import Expected, FeedReader, open_feed
from reconciliation.codecs.feeds.records import FILE_FAULTS, LINE_FAULTS, FeedError, FeedRecord, LineFault
from reconciliation.codecs.feeds.writing import write_columns, write_feed

__all__ = [
    "Columns",
    "Expected",
    "FILE_FAULTS",
    "FeedDialect",
    "FeedError",
    "FeedReader",
    "FeedRecord",
    "LINE_FAULTS",
    "LineFault",
    "Services",
    "dialect_names",
    "fields_of_name",
    "find_dialect",
    "make_name",
    "open_feed",
    "read_dialect",
    "write_columns",
    "write_feed",
]
