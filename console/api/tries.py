"""The operation that sends an edition to a phone of the house."""

from __future__ import annotations

from console.api.calls import Call, Reply
from console.api.schemas import TryDocument, TryRequest
from delivery.dispatch import trying
from huabao.msisdn import parse_msisdn


def try_edition(call: Call) -> Reply:
    """Send an edition to a number of a seed group now."""
    body = call.body
    assert isinstance(body, TryRequest)
    ask = trying.Ask(body.edition, parse_msisdn(body.msisdn), body.handset_class, body.signature, key=call.key)
    made = trying.send(call.runtime, ask, by=call.actor(body.agent))
    document = TryDocument(**{**made.to_document(), "msisdn": call.number(made.to)})
    return Reply(201, document, f"/api/v1/dispatches/{made.dispatch_id}")
