"""The settings of serials."""

from __future__ import annotations

from typing import Any

from huabao.settings import Setting

SERIAL_WAIT_H = Setting("serial_wait_h", 20.0, "h", "how long the next chapter waits for the report of the one before, or of its second try", minimum=0.0, maximum=720)
SERIAL_RETRY_H = Setting("serial_retry_h", 1.0, "h", "a chapter that failed is sent once more so long after it is known to have failed", minimum=0.0, maximum=720)
SERIAL_PACE_H = Setting("serial_pace_h", 24.0, "h", "a reader who catches up gets his next chapter so long after the one before", minimum=0.0, maximum=720)
SERIAL_LOOK_BACK = Setting(
    "serial_look_back", 6, "chapters", "a reader who had none of the last so many chapters begins anew, where new readers begin with the current chapter", minimum=2, maximum=60
)
SETTINGS: tuple[Setting[Any], ...] = (SERIAL_WAIT_H, SERIAL_RETRY_H, SERIAL_PACE_H, SERIAL_LOOK_BACK)
