"""What a person may do to a dispatch that exists: release, hold, pause, resume, cancel, kill."""

from __future__ import annotations

from delivery import lifecycle
from delivery.dispatch import planning as dispatches
from delivery.sending import sweeps
from huabao.runtime import Runtime


def steer(runtime: Runtime, dispatch_id: int, verb: str, *, by: str, reason: str = "") -> str:
    """Do `verb` to the dispatch; its state afterwards.

    The state changes first, in a transaction of its own, so that the senders see it
    with their next group; what waits is cancelled after that.

    Raises:
        UsageError: there is no such dispatch.
        StoreError: it cannot be done in its state; the message says what can.
    """
    now = runtime.now()
    with runtime.transaction() as session:
        found = lifecycle.lock_dispatch(session, dispatch_id)
        if verb == "release":
            dispatches.release(session, found, by=by, at=now, reason=reason)
        elif verb == "resume":
            dispatches.resume(session, found, by=by, at=now, reason=reason)
        else:
            lifecycle.act(session, found, verb, by=by, at=now, reason=reason)
        state = found.state
    if state in lifecycle.ENDED:
        sweeps.cancel_pending(runtime, dispatch_id)
    return state
