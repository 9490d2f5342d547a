"""Settings of the desk."""

from __future__ import annotations

from typing import Any

from content.alternatives import parse_tones
from huabao.settings import Setting

AUTO = ("auto", "yes", "no")

APPROVAL_REQUIRED = Setting("approval_required", "auto", "", "only an approved edition may be sent; auto: where HUABAO_ENV is production", choices=AUTO)
APPROVAL_BY_ANOTHER = Setting(
    "approval_by_another", "auto", "", "nobody approves an edition of which he imported a version since it was approved last; auto: where HUABAO_ENV is production",
    choices=AUTO,
)  # fmt: skip
APPROVAL_LATE_VARIANTS = Setting(
    "approval_late_variants", True, "", "variants that are built of an approved text after its approval, for readers who came since, may leave with it"
)
REAPPROVAL_CHARACTERS_MAX = Setting(
    "reapproval_characters_max", 60, "characters", "a deputy may approve again where no more text than this went or came since the last approval, and nothing else changed",
    minimum=1, maximum=2000,
)  # fmt: skip
LOCK_MINUTES = Setting("edition_lock_min", 30, "min", "a lock on an edition or a section is void after so long, unless its holder renews it", minimum=1, maximum=720)
REPEAT_DAYS = Setting("repeat_days", 2, "days", "articles are compared with those of all newspapers of so many days before, and of the same day", minimum=0, maximum=31)
REPEAT_SHARE_MIN = Setting("repeat_share_min", 0.6, "", "so much of the shorter text in another paper is shown as a repeat", minimum=0.2, maximum=1.0)
TONE_BY_CLASS = Setting(
    "tone_by_class", "D=humorous", "", "classes (A to F, by comma) that read a story with humour where it is told so too; the others, and readers without a class, read it plain",
    check=parse_tones,
)  # fmt: skip

SETTINGS: tuple[Setting[Any], ...] = (
    APPROVAL_REQUIRED, APPROVAL_BY_ANOTHER, APPROVAL_LATE_VARIANTS, REAPPROVAL_CHARACTERS_MAX, LOCK_MINUTES, REPEAT_DAYS, REPEAT_SHARE_MIN, TONE_BY_CLASS,
)  # fmt: skip


def switched_on(value: str, *, production: bool) -> bool:
    """Whether a setting with the choices `AUTO` says yes here."""
    return production if value == "auto" else value == "yes"
