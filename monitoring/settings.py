"""Settings of this package."""

from __future__ import annotations

from typing import Any

from huabao.hours import Hours
from huabao.settings import Setting

OPENS_AFTER = Setting("alarm_opens_after", 2, "looks", "so many looks in a row must find something wrong before its alarm opens", minimum=1, maximum=20)
CLOSES_AFTER = Setting("alarm_closes_after", 3, "looks", "so many looks in a row must find it right again before its alarm closes", minimum=1, maximum=100)
FADE_H = Setting("alarm_fade_h", 24.0, "h", "an alarm of what happens once and is never over by itself closes when it was not seen for so long", minimum=1, maximum=720)
KEEP_DAYS = Setting("alarms_keep_days", 400.0, "days", "closed alarms and their history are kept for so long", minimum=30)
NOT_STARTED_S = Setting("alarm_not_started_s", 300.0, "s", "a dispatch that has sent nothing so long after it might have begun raises an alarm", minimum=30)
REPORTS_S = Setting("alarm_reports_stopped_s", 900.0, "s", "a port that submitted all that time and got no report raises an alarm", minimum=60, maximum=7200)
REPORTS_READERS = Setting("alarm_reports_stopped_readers", 500, "readers", "fewer submitted readers of a port say nothing about its reports", minimum=1)
UNFOLDED_S = Setting("alarm_reports_backlog_s", 300.0, "s", "a stored report that waits so long to be counted raises an alarm", minimum=30)
UNANSWERED_S = Setting("alarm_cancel_unanswered_s", 60.0, "s", "a reader's cancellation that BOSS or MISC has not answered for so long raises an alarm", minimum=10)
BACKLOG_S = Setting("alarm_backlog_s", 180.0, "s", "due work that waits so long raises an alarm; for the sends of batches only where nobody sends any", minimum=10)
SILENCE_S_MAX = Setting("alarm_silence_s_max", 86_400.0, "s", "the longest silence that one may ask for", minimum=60)
QUIET_HOURS = Setting("alarm_quiet_hours", "22:00-06:00", "", "hours (Shanghai) in which nobody is told of what is not critical; empty for none", check=Hours.parse)
BETWEEN_S = Setting("alarm_between_s", 60.0, "s", "after one message a recipient gets the next no earlier; what came up meanwhile is in it, together", minimum=0, maximum=3600)
ATTEMPTS_MAX = Setting("alarm_attempts_max", 8, "tries", "a message about alarms that could not be delivered is given up after so many tries", minimum=1, maximum=30)
WEBHOOK_HOSTS = Setting("alarm_webhook_hosts", "", "", "hosts to which webhooks may be sent, by comma (hooks.example.com); empty for none")
KNOWN_H = Setting("alarm_known_h", 6.0, "h", "an incident that is over is still said on the pages of the readers whom it touched for so long", minimum=0, maximum=72)

SETTINGS: tuple[Setting[Any], ...] = (
    OPENS_AFTER, CLOSES_AFTER, FADE_H, KEEP_DAYS, NOT_STARTED_S, REPORTS_S, REPORTS_READERS, UNFOLDED_S, UNANSWERED_S, BACKLOG_S, SILENCE_S_MAX,
    QUIET_HOURS, BETWEEN_S, ATTEMPTS_MAX, WEBHOOK_HOSTS, KNOWN_H,
)  # fmt: skip
