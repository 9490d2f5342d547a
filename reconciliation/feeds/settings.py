"""Settings of check files."""

from __future__ import annotations

from typing import Any

from huabao.settings import Setting

FEED_SHARE_MIN = Setting("feed_share_min", 0.8, "", "a full file with fewer records than this share of the last accepted one of that peer is refused", minimum=0, maximum=1)
FEED_SMALL = Setting("feed_small", 100, "records", "files of peers whose last one held no more records than this are not judged by their size", minimum=0)
FEED_KEEP_DAYS = Setting("feed_keep_days", 400, "days", "what is remembered of check files is removed after this long", minimum=31)

SETTINGS: tuple[Setting[Any], ...] = (FEED_SHARE_MIN, FEED_SMALL, FEED_KEEP_DAYS)
