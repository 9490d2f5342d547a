"""Who is told when a person is forgotten: the packages above the readers that keep numbers of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module

LISTENERS: tuple[tuple[str, str], ...] = (
    ("console.auth", "forget_number"),
    ("delivery.dispatch.seeds", "forget_number"),
    ("subscribers.offers.services", "forget_number"),
    ("content.quiz.forgetting", "forget_number"),
    ("delivery.sending.replies", "forget_number"),
    ("reconciliation.stop_send.looking", "forget_number"),
    ("reconciliation.outbox.people", "forget_number"),
    ("reconciliation.ordering.asked", "forget_number"),
    ("reconciliation.intake.forgetting", "forget_number"),
    ("reconciliation.runs.open", "forget_number"),
    ("reconciliation.charges.bills", "forget_number"),
    ("monitoring.recipients", "forget_number"),
    ("care.complaints.forgetting", "forget_number"),
    ("care.overview.moving", "forget_number"),
)
"""(module, function), called as function(session, msisdn), which answers how many rows went, by table."""


def forgetters() -> Sequence[Callable[..., Mapping[str, int]]]:
    """The functions; their modules are imported by the first who asks."""
    return [getattr(import_module(module), function) for module, function in LISTENERS]
