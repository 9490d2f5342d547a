"""Settings of resends."""

from __future__ import annotations

from typing import Any

from huabao.settings import Setting

RESEND_GUARD_S = Setting(
    "resend_guard_s", 600.0, "s", "an edition that was sent again to a reader so lately is not sent to him once more unless somebody insists", minimum=0, maximum=2_592_000
)
RESEND_RATE_SHARE = Setting("resend_rate_share", 0.5, "", "share of its ports' rate that a filtered resend takes at most, unless told otherwise", minimum=0.001, maximum=1)
RESEND_FOLLOW_S = Setting("resend_follow_s", 15.0, "s", "`resend --msisdn` waits so long for its message to leave, then says how it stands", minimum=0, maximum=600)
RESEND_FOLLOWED_DAYS = Setting(
    "resend_followed_days", 7, "days", "a resend to one reader that failed is on the support desk's list for so long, until somebody has looked after it", minimum=1, maximum=60
)

SETTINGS: tuple[Setting[Any], ...] = (RESEND_GUARD_S, RESEND_RATE_SHARE, RESEND_FOLLOW_S, RESEND_FOLLOWED_DAYS)
