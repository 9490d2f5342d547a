"""Settings of this package."""

from __future__ import annotations

from typing import Any

from content.drafts.settings import SETTINGS as DRAFTS
from content.preflight.thresholds import SETTINGS as PREFLIGHT
from content.quiz.settings import SETTINGS as QUIZ
from content.slots.thresholds import SETTINGS as SLOTS
from content.works.settings import SETTINGS as WORKS
from huabao.settings import Setting

SETTINGS: tuple[Setting[Any], ...] = (*DRAFTS, *PREFLIGHT, *QUIZ, *SLOTS, *WORKS)
