"""Settings of sign-in and of the API."""

from __future__ import annotations

from typing import Any

from huabao.settings import Setting

SIGN_IN_ATTEMPTS_MAX = Setting("sign_in_attempts_max", 5, "", "wrong passwords in a row after which an account is locked", 1, 100)
SIGN_IN_LOCK_S = Setting("sign_in_lock_s", 900, "s", "how long a locked account stays locked", 1, 86_400)
SESSION_IDLE_S = Setting("session_idle_s", 28_800, "s", "a sign-in ends after so long without an act of the person", 60, 604_800)
SESSION_AGE_S = Setting("session_age_s", 86_400, "s", "a sign-in ends after so long in any case", 300, 2_592_000)
API_RATE_PER_MIN = Setting("api_rate_per_min", 600, "1/min", "requests a minute that a client of the API may make, unless its token says otherwise", 1, 100_000)
API_ANSWERS_KEEP_S = Setting("api_answers_keep_s", 86_400, "s", "the same request with the same Idempotency-Key gets the same answer for so long", 60, 2_592_000)
LIVE_STREAMS_MAX = Setting("live_streams_max", 400, "", "pages that one web process keeps live at a time; others are shown and grow old", 1, 20_000)
LIVE_STREAMS_PER_ACCOUNT_MAX = Setting("live_streams_per_account_max", 12, "", "pages that one account has live at a time in one web process; the oldest gives way", 1, 200)

SETTINGS: tuple[Setting[Any], ...] = (
    SIGN_IN_ATTEMPTS_MAX,
    SIGN_IN_LOCK_S,
    SESSION_IDLE_S,
    SESSION_AGE_S,
    API_RATE_PER_MIN,
    API_ANSWERS_KEEP_S,
    LIVE_STREAMS_MAX,
    LIVE_STREAMS_PER_ACCOUNT_MAX,
)
