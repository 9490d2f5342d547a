"""The API keeps what its document promises: schemathesis asks for every operation, right and wrong, with and without a token, in a house that has something in it.

A few examples each by default. `CONTRACT_EXAMPLES=200` asks for more, `CONTRACT_SEED` for others, `CONTRACT_ONLY=settleRun|saveDraft` for some; see docs/api.md.
"""

from __future__ import annotations

import os
from typing import Any

from console import registry
from console.api import tokens
from console.api.scopes import SCOPES
from console.web import make_app
from huabao.runtime import Runtime
from monitoring import handover
from tests.integration.api.contract import faults
from tests.integration.console.walking import build

EXAMPLES = int(os.environ.get("CONTRACT_EXAMPLES", "0"))
SEED = int(os.environ.get("CONTRACT_SEED", "1"))
ONLY = os.environ.get("CONTRACT_ONLY", "")

RATE = 100_000


def house(runtime: Runtime) -> tuple[Any, str, dict[str, int]]:
    """The application, a token that may do everything, and ids of what is there."""
    found = build(runtime)
    with runtime.transaction() as session:
        note = handover.write(session, "watch port mm-1", by="test", now=runtime.now())
        _, token = tokens.add_token(session, "contract", list(SCOPES), rate_per_min=RATE, by="test", now=runtime.now())
        ids = {name: value for name, value in found.items() if isinstance(value, int)}
        ids |= {"account_id": found["user_id"], "edition_id": 1, "brake_id": 1, "comment_id": 1, "shift_id": 1, "note_id": note.id, "recipient_id": 1, "alarm_id": 1}
        ids |= {"resend_id": 1, "complaint_id": 1, "work_id": 1, "subscription_id": 1, "stop_id": 1}
    return make_app(runtime, registry.registry()), token, ids


def test_the_api_is_what_its_document_says(postgres_runtime: Runtime) -> None:
    app, token, ids = house(postgres_runtime)
    if not EXAMPLES:
        found = faults(app, token, examples=1, phases=("examples", "fuzzing"), rows=ids)
    else:
        found = faults(app, token, examples=EXAMPLES, seed=SEED, only=ONLY, rows=ids) + faults(app, token, examples=EXAMPLES, seed=SEED + 1, only=ONLY)
    assert not found, "\n".join(found)
