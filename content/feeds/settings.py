"""Settings of feeds and of the drafts made of them."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from huabao.settings import Setting

FETCH_TIME_S = Setting("feed_fetch_time_s", 30.0, "s", "one feed or picture may take so long, redirects included", 1, 600)
REDIRECTS_MAX = Setting("feed_redirects_max", 5, "", "so many redirects of a feed or picture are followed", 0, 20)
FEED_BYTES = Setting("feed_bytes_max", 4_000_000, "bytes", "a larger feed is not read", 10_000, 4_000_000)
PICTURE_BYTES = Setting("feed_picture_bytes_max", 10_000_000, "bytes", "a larger picture of a story is not taken", 10_000, 32_000_000)
ITEMS_KEEP_DAYS = Setting("feed_items_keep_days", 60, "days", "a story that did not change for so long and is in its feed no more is dropped", 2, 3650)
ITEM_AGE_H = Setting("feed_item_age_h", 36.0, "h", "a story older than that at the edition's hour does not enter a draft", 1, 8760)
REPEAT_DAYS = Setting("draft_repeat_days", 2, "days", "a draft leaves out what editions of so many days before told already", 0, 60)
STORY_SHARE_MIN = Setting("draft_story_share_min", 0.6, "", "two texts that share so much of the shorter one's pairs of characters tell one story", 0.3, 1)
SECTION_STORIES_MAX = Setting("draft_section_stories_max", 8, "stories", "most stories of a section whose sources have no cap of their own", 1, 100)
EDITION_STORIES_MAX = Setting("draft_edition_stories_max", 40, "stories", "most stories of a draft", 1, 300)
PICTURES_MAX = Setting("draft_pictures_max", 1, "pictures", "so many stories of a draft get a picture, the lead first", 0, 40)
BRIEF_CHARACTERS_MAX = Setting("draft_brief_characters_max", 120, "characters", "a story up to that length is a brief; a section's briefs stand together at its end", 0, 2000)
MORNING_HOUR = Setting("draft_morning_hour", 6, "h", "the hour of a morning edition in Shanghai, from which a story's age counts", 0, 23)
EVENING_HOUR = Setting("draft_evening_hour", 18, "h", "the hour of an evening edition in Shanghai, from which a story's age counts", 0, 23)
ARRIVAL_H = Setting("feed_arrival_h", 12.0, "h", "what a source brought so long before the hour at which it is expected counts for that hour", 0.5, 48)
PERMITTED_ORIGINS = Setting("feed_permitted_origins", "", "", "names, by comma, of news sources that may be taken over; a story of another origin stays out; empty for any")


def permitted_origins(session: Session) -> frozenset[str]:
    """Names of news sources that may be taken over; empty where any may."""
    return frozenset(name for name in (one.strip() for one in PERMITTED_ORIGINS.get(session).replace("，", ",").split(",")) if name)


SETTINGS: tuple[Setting[Any], ...] = (
    FETCH_TIME_S,
    REDIRECTS_MAX,
    FEED_BYTES,
    PICTURE_BYTES,
    ITEMS_KEEP_DAYS,
    ITEM_AGE_H,
    REPEAT_DAYS,
    STORY_SHARE_MIN,
    SECTION_STORIES_MAX,
    EDITION_STORIES_MAX,
    PICTURES_MAX,
    BRIEF_CHARACTERS_MAX,
    MORNING_HOUR,
    EVENING_HOUR,
    ARRIVAL_H,
    PERMITTED_ORIGINS,
)
