"""Settings of drafts."""

from __future__ import annotations

from typing import Any

from huabao.settings import Setting

DRAFT_STEP_S = Setting("draft_step_s", 120.0, "s", "saves of one person within so long are one step in the list of what a draft was before", minimum=1, maximum=3600)
DRAFT_STEPS_MAX = Setting("draft_steps_max", 200, "steps", "of one draft; the oldest go first", minimum=10, maximum=2000)
PREVIEW_WAIT_S = Setting("preview_wait_s", 2.0, "s", "so long a page waits for a preview before it asks again", minimum=0.1, maximum=10)

SETTINGS: tuple[Setting[Any], ...] = (DRAFT_STEP_S, DRAFT_STEPS_MAX, PREVIEW_WAIT_S)
