"""Settings of runs, of their guard and of what is kept."""

from __future__ import annotations

from typing import Any

from huabao.settings import Setting

SETTLE_S = Setting("reconcile_settle_s", 3600, "s", "what a side changed so shortly before the as-of time is in flight and left out", minimum=0, maximum=7 * 86_400)
EFFECTIVE_TOLERANCE_S = Setting("reconcile_effective_tolerance_s", 86_400, "s", "effective times further apart than this are a difference", minimum=0)
PRICE_TOLERANCE_FEN = Setting("reconcile_price_tolerance_fen", 0, "fen", "prices further apart than this are a difference", minimum=0)
STOP_COUNT = Setting("reconcile_guard_stop_count", 1000, "repairs", "more repairs that stop readers in one class than this wait until two people agree", minimum=0)
STOP_SHARE = Setting("reconcile_guard_stop_share", 0.02, "", "likewise more than this share of what was compared", minimum=0, maximum=1)
SERVE_COUNT = Setting("reconcile_guard_serve_count", 50_000, "repairs", "more repairs that serve readers in one class than this wait until two people agree", minimum=0)
SERVE_SHARE = Setting("reconcile_guard_serve_share", 0.25, "", "likewise more than this share of what was compared", minimum=0, maximum=1)
GUARD_FLOOR = Setting("reconcile_guard_floor", 20, "repairs", "so few repairs in one class are never held by their share", minimum=0)
TRIES_MAX = Setting("reconcile_tries_max", 3, "repairs", "a difference that came back after so many repairs is given up and waits for a person", minimum=1)
KEEP_DAYS = Setting("reconcile_keep_days", 400, "days", "closed differences, repairs and runs are removed after this long", minimum=31)
FILES_DAYS = Setting("reconcile_files_days", 62, "days", "files of runs, which hold numbers, are removed after this long", minimum=1)
BUNDLED = Setting("reconcile_bundle_services", "", "", "services that are sold in a bundle, so that BOSS has no order of their own, with commas")
UNDER_SERVED = Setting("reconcile_under_served_share", 0.5, "", "a reader who was charged and got a smaller share of a month's copies is on the refund list", minimum=0, maximum=1)

SETTINGS: tuple[Setting[Any], ...] = (
    SETTLE_S, EFFECTIVE_TOLERANCE_S, PRICE_TOLERANCE_FEN, STOP_COUNT, STOP_SHARE, SERVE_COUNT, SERVE_SHARE, GUARD_FLOOR, TRIES_MAX, KEEP_DAYS, FILES_DAYS, BUNDLED, UNDER_SERVED,
)  # fmt: skip
