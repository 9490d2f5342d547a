"""Settings of check files."""

from __future__ import annotations

from typing import Any

from huabao.settings import Setting

FEED_SHARE_MIN = Setting("feed_share_min", 0.8, "", "a full file with fewer records than this share of the last accepted one of that peer is refused", minimum=0, maximum=1)
FEED_SMALL = Setting("feed_small", 100, "records", "files of peers whose last one held no more records than this are not judged by their size", minimum=0)
FEED_LACKS_MAX = Setting(
    "feed_lacks_max", 100, "orders", "a sorted full file without a count that ends before more orders than this, which both others hold, was cut and is refused", minimum=0
)
FEED_NUMBER_MAX = Setting("feed_number_records_max", 10_000, "records", "a check file with more records of one number than this is refused", minimum=1, maximum=1_000_000)
FEED_KEEP_DAYS = Setting("feed_keep_days", 400, "days", "what is remembered of check files is removed after this long", minimum=31)

INBOX = Setting("feed_inbox", "", "", "folder that check files come into, with boss/ and misc/ below it; empty is inbox in the data folder")
QUIET_S = Setting("feed_quiet_s", 30.0, "s", "a file of the inbox is taken once nobody wrote to it for so long", minimum=0, maximum=3600)
EXPECTED = Setting("feed_expected", "", "", "peers whose check file must come each day, of boss and misc with commas")
DUE_HOUR = Setting("feed_due_hour", 6, "hour", "an expected file that has not come at this hour of the next day is missing", minimum=0, maximum=23)
DIALECTS = {
    "boss": Setting("feed_dialect_boss", "csv", "", "how BOSS's check files are written"),
    "misc": Setting("feed_dialect_misc", "csv", "", "how MISC's check files are written"),
}
KINDS = {
    "boss": Setting("feed_kind_boss", "full", "", "whether BOSS's daily file holds everything or what changed", choices=("full", "increment")),
    "misc": Setting("feed_kind_misc", "full", "", "whether MISC's daily file holds everything or what changed", choices=("full", "increment")),
}
OUTBOX = Setting("feed_outbox", "", "", "folder that our own check files are written to, with boss/ and misc/ below it; empty is outbox in the data folder")
EXPORT_TO = Setting("feed_export_to", "boss,misc", "", "peers for whom our own check file is written each day, of boss and misc with commas; empty for nobody")
EXPORT_HOUR = Setting("feed_export_hour", 2, "hour", "at this hour of the next day our own check file is written", minimum=0, maximum=23)
EXPORT_FIELDS = {
    "boss": Setting("feed_fields_boss", "sender=HUABAO", "", "what name, header and trailer of our check file for BOSS hold, as name=value;name=value"),
    "misc": Setting("feed_fields_misc", "sender=HUABAO", "", "what name, header and trailer of our check file for MISC hold, as name=value;name=value"),
}
BYTES_MAX_MB = Setting("feed_size_max_mb", 4000, "MB", "a check file on a peer's server that is larger is not fetched", minimum=1, maximum=1_000_000)
AUTO = Setting(
    "reconcile_auto", "compare", "", "what is done once a day's files are there: compare, or also repair what the guard does not hold", choices=("off", "compare", "repair")
)

SETTINGS: tuple[Setting[Any], ...] = (
    FEED_SHARE_MIN,
    FEED_SMALL,
    FEED_LACKS_MAX,
    FEED_NUMBER_MAX,
    FEED_KEEP_DAYS,
    INBOX,
    QUIET_S,
    EXPECTED,
    DUE_HOUR,
    *DIALECTS.values(),
    *KINDS.values(),
    OUTBOX,
    EXPORT_TO,
    EXPORT_HOUR,
    *EXPORT_FIELDS.values(),
    BYTES_MAX_MB,
    AUTO,
)
