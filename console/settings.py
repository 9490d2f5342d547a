"""Settings of sign-in and of the API."""

from __future__ import annotations

from typing import Any, Final

from console.rights import ROLES
from huabao.errors import UsageError
from huabao.settings import Setting


def _roles(text: str) -> None:
    unknown = [one.strip() for one in text.split(",") if one.strip() and one.strip() not in ROLES]
    if unknown:
        raise UsageError(f"second_factor_roles names roles, with commas: {', '.join(ROLES)}; {unknown[0]!r} is none")


SIGN_IN_ATTEMPTS_MAX = Setting("sign_in_attempts_max", 5, "", "wrong passwords in a row after which an account is locked", 1, 100)
SIGN_IN_LOCK_S = Setting("sign_in_lock_s", 900, "s", "how long a locked account stays locked", 1, 86_400)
SIGN_IN_RATE_PER_MIN = Setting("sign_in_rate_per_min", 10, "1/min", "wrong passwords and codes that one address may try, in each web process", 1, 10_000)
SECOND_FACTOR_ROLES = Setting("second_factor_roles", "", "", "roles that must set up a second factor before anything else, with commas; none by default", check=_roles)
SESSION_IDLE_S = Setting("session_idle_s", 28_800, "s", "a sign-in ends after so long without an act of the person", 60, 604_800)
SESSION_AGE_S = Setting("session_age_s", 86_400, "s", "a sign-in ends after so long in any case", 300, 2_592_000)
API_RATE_PER_MIN = Setting("api_rate_per_min", 600, "1/min", "requests a minute that a client of the API may make, unless its token says otherwise", 1, 100_000)
API_ANSWERS_KEEP_S = Setting("api_answers_keep_s", 86_400, "s", "the same request with the same Idempotency-Key gets the same answer for so long", 60, 2_592_000)
LIVE_STREAMS_MAX = Setting("live_streams_max", 400, "", "pages that one web process keeps live at a time; others are shown and grow old", 1, 20_000)
LIVE_STREAMS_PER_ACCOUNT_MAX = Setting("live_streams_per_account_max", 12, "", "pages that one account has live at a time in one web process; the oldest gives way", 1, 200)

REHEARSAL_MESSAGES_MAX = Setting("rehearsal_messages_max", 40, "messages", "a rehearsal sends so many at most, those of most readers", minimum=1, maximum=256)
REHEARSAL_WAIT_S = Setting("rehearsal_wait_s", 120.0, "s", "a rehearsal waits so long for the sandbox's reports, then it ends with what has come", minimum=5.0, maximum=1800.0)

SEGMENT_COUNT_S = Setting("segment_count_s", 1.5, "s", "the segment builder counts for so long; then it projects from one reader in a hundred", minimum=0.05, maximum=30.0)

MANY_NUMBERS_MAX = Setting("many_numbers_max", 200, "numbers", "so many numbers at most are looked up at once on the support desk", minimum=1, maximum=500)

SIGN_IN_SETTINGS: Final = frozenset(one.name for one in (SIGN_IN_ATTEMPTS_MAX, SIGN_IN_LOCK_S, SIGN_IN_RATE_PER_MIN, SECOND_FACTOR_ROLES, SESSION_IDLE_S, SESSION_AGE_S))
"""What guards the sign-in: an administrator's to change in the console, and nobody's over the API."""

SETTINGS: tuple[Setting[Any], ...] = (
    SIGN_IN_ATTEMPTS_MAX,
    SIGN_IN_LOCK_S,
    SIGN_IN_RATE_PER_MIN,
    SECOND_FACTOR_ROLES,
    SESSION_IDLE_S,
    SESSION_AGE_S,
    API_RATE_PER_MIN,
    API_ANSWERS_KEEP_S,
    REHEARSAL_MESSAGES_MAX,
    REHEARSAL_WAIT_S,
    SEGMENT_COUNT_S,
    MANY_NUMBERS_MAX,
    LIVE_STREAMS_MAX,
    LIVE_STREAMS_PER_ACCOUNT_MAX,
)
