"""What a person may do to a dispatch that exists: release, hold, pause, resume, cancel, kill; another rate; hold back a class, let it go."""

from __future__ import annotations

from delivery import lifecycle
from delivery.dispatch import brake, gate, pacing
from delivery.models import Brake
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
            gate.release(session, found, by=by, at=now, reason=reason)
        elif verb == "resume":
            gate.resume(session, found, by=by, at=now, reason=reason)
        elif verb == "hold":
            gate.hold(session, found, by=by, at=now, reason=reason)
        elif verb in ("cancel", "kill"):
            gate.stop(session, found, verb, by=by, at=now, reason=reason)
        else:
            lifecycle.act(session, found, verb, by=by, at=now, reason=reason)
        state = found.state
    if state in lifecycle.ENDED:
        sweeps.cancel_pending(runtime, dispatch_id)
    return state


def change_rate(runtime: Runtime, dispatch_id: int, rate: float | None, *, by: str, reason: str) -> None:
    """Let the dispatch send so many readers a second at most, None for as many as its ports carry.

    Raises:
        UsageError: there is no such dispatch, or no such rate.
        StoreError: nothing of it is left to send.
    """
    with runtime.transaction() as session:
        pacing.change_rate(session, lifecycle.lock_dispatch(session, dispatch_id), rate, by=by, at=runtime.now(), reason=reason)


def block(runtime: Runtime, dispatch_id: int, handset_class: str, *, by: str, reason: str) -> Brake:
    """Hold back a handset class of a dispatch; the others go on.

    Raises:
        UsageError: there is no such dispatch, or nobody of that class is left.
        StoreError: nothing of the dispatch may leave any more.
    """
    with runtime.transaction() as session:
        found = lifecycle.lock_dispatch(session, dispatch_id)
        return brake.block(session, found, handset_class, by=by, at=runtime.now(), reason=reason)


def let_go(runtime: Runtime, brake_id: int, *, by: str, reason: str) -> Brake:
    """Release a brake: what it held leaves.

    Raises:
        UsageError: there is no such brake.
        StoreError: it was released already.
    """
    with runtime.transaction() as session:
        return brake.release(session, brake_id, by=by, at=runtime.now(), reason=reason)


def give_up(runtime: Runtime, brake_id: int, *, by: str, reason: str) -> int:
    """Cancel whom a brake holds; how many batches.

    Raises:
        UsageError: there is no such brake.
        StoreError: it was released already, or a worker has some of it in hand.
    """
    with runtime.transaction() as session:
        return brake.drop(session, brake_id, by=by, at=runtime.now(), reason=reason)
