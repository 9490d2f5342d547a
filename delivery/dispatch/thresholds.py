"""Settings of seeds, ramp and brake: when the rest may go, and what is stopped on the way."""

from __future__ import annotations

from typing import Any

from huabao.settings import Setting

SEED_SHARE = Setting("seed_share", 0.8, "", "share of the seeds of each handset class that must have retrieved the edition before the rest goes", minimum=0, maximum=1)
SEED_WAIT_S = Setting("seed_wait_s", 600.0, "s", "seeds have at least so long to report before silence counts", minimum=0)
SEED_BEFORE_S = Setting("seed_before_s", 1800.0, "s", "seeds get an edition so long before its start", minimum=0)
SEED_LEAD_S = Setting("seed_lead_s", 300.0, "s", "so long before the start it is decided what silent seeds mean", minimum=0)
SEED_CLASS_RETRIEVED_MIN = Setting(
    "seed_class_retrieved_min", 1, "seeds", "a paper whose other seeds are silent goes into the first step with so many Retrieved in each handset class", minimum=0
)
SEEDS_MAX = Setting("seeds_max", 500, "readers", "most members of a seed group that get an edition first", minimum=1, maximum=10_000)
SEED_MISSING_PAPER = Setting(
    "seed_missing_paper", "ramp", "", "what silent seeds mean for a newspaper or comic, no activity, without a `--seed-missing` of its own", choices=("ramp", "hold")
)
SEED_MISSING_OTHERS = Setting(
    "seed_missing_others", "hold", "", "what silent seeds mean for a magazine or an activity without a `--seed-missing` of its own", choices=("ramp", "hold")
)

RAMP_FIRST_SHARE = Setting("ramp_first_share", 0.01, "", "share of each variant and port that the first step of a ramp lets out; 0 for no such step", minimum=0, maximum=1)
RAMP_SECOND_SHARE = Setting("ramp_second_share", 0.1, "", "share that is out after the second step; 0 for no such step", minimum=0, maximum=1)
RAMP_READERS_MIN = Setting("ramp_readers_min", 10_000, "readers", "a dispatch of fewer readers goes in one step, unless its seeds were silent", minimum=0)
RAMP_WAIT_S = Setting("ramp_wait_s", 60.0, "s", "a step is watched at least so long before the next", minimum=0)

BRAKE_WINDOW_S = Setting("brake_window_s", 120.0, "s", "the brake judges what was submitted in so many last seconds", minimum=1)
BRAKE_READERS_MIN = Setting("brake_readers_min", 50, "readers", "a port, handset class or variant with fewer readers in that time is not judged", minimum=1)
BRAKE_SUBMIT_SHARE = Setting("brake_submit_share", 0.2, "", "share of readers whose submission failed above which a port, handset class or variant is held", minimum=0, maximum=1)
BRAKE_REJECTED_SHARE = Setting("brake_rejected_share", 0.2, "", "share of readers whose handset or MMSC refused the message at once above which it is held", minimum=0, maximum=1)
BRAKE_CURVE_SHARE = Setting("brake_curve_share", 0.5, "", "held when less than this share of what earlier same weekdays had at the same age was retrieved", minimum=0, maximum=1)
BRAKE_CURVE_READERS_MIN = Setting("brake_curve_readers_min", 200, "readers", "least readers of one age for that comparison", minimum=1)
BRAKE_CURVE_DAYS_MIN = Setting("brake_curve_days_min", 2, "dispatches", "least earlier same weekdays for that comparison; the last four count", minimum=1, maximum=4)

SETTINGS: tuple[Setting[Any], ...] = (
    SEED_SHARE,
    SEED_WAIT_S,
    SEED_BEFORE_S,
    SEED_LEAD_S,
    SEED_CLASS_RETRIEVED_MIN,
    SEEDS_MAX,
    SEED_MISSING_PAPER,
    SEED_MISSING_OTHERS,
    RAMP_FIRST_SHARE,
    RAMP_SECOND_SHARE,
    RAMP_READERS_MIN,
    RAMP_WAIT_S,
    BRAKE_WINDOW_S,
    BRAKE_READERS_MIN,
    BRAKE_SUBMIT_SHARE,
    BRAKE_REJECTED_SHARE,
    BRAKE_CURVE_SHARE,
    BRAKE_CURVE_READERS_MIN,
    BRAKE_CURVE_DAYS_MIN,
)
