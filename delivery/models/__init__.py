"""Tables of ports, dispatches, deliveries, submissions and reports.

`deliveries` is the big one, 94.6 million rows a month: partitioned by business
day on PostgreSQL (`delivery.partitions`), keyed (day, dispatch_id, reader_id),
without number and MessageID, its outcome a small integer in no index, so that
an update stays in its page. A submission is written before it leaves; reports
are appended as they come and folded into deliveries afterwards.
"""

from __future__ import annotations

from delivery.models.deliveries import Batch, Submission, SubmissionPart, Withdrawal, deliveries
from delivery.models.dispatches import Brake, Dispatch, DispatchTransition, Exclusion, Seed, SeedGroup
from delivery.models.gains import ExpectedGain
from delivery.models.inbound import DeliveryEvent, EventState, InboundMessage
from delivery.models.outcomes import Outcome, Route
from delivery.models.ports import Port, PortMinute, PortRateChange
from delivery.models.replies import ReaderReply
from delivery.models.requests import Recall, Resend

__all__ = [
    "Batch",
    "Brake",
    "DeliveryEvent",
    "Dispatch",
    "DispatchTransition",
    "EventState",
    "Exclusion",
    "ExpectedGain",
    "InboundMessage",
    "Outcome",
    "Port",
    "PortMinute",
    "PortRateChange",
    "ReaderReply",
    "Recall",
    "Resend",
    "Route",
    "Seed",
    "SeedGroup",
    "Submission",
    "SubmissionPart",
    "Withdrawal",
    "deliveries",
]
