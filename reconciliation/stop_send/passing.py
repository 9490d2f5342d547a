"""The passes that run by themselves: failures counted and judged, the stopped watched and tried, what is owed given."""

from __future__ import annotations

from huabao.runtime import Runtime
from reconciliation.stop_send import attempts, deciding, following, looking, replaying, streaks
from reconciliation.stop_send.deciding import SOURCE


def judge(runtime: Runtime) -> dict[str, int]:
    """Count failures, end streaks by what was fetched, follow accounts and orders, stop; how many of each."""
    judged = streaks.judge_closed(runtime)
    ended = streaks.end_by_success(runtime)
    followed = following.follow(runtime)
    run = deciding.decide(runtime)
    with runtime.transaction() as session:
        listed = looking.list_overdue(session, runtime.now())
    stopped = run.found if run is not None and run.state == "applied" else 0
    held = run.found if run is not None and run.state == "held" else 0
    return {"judged": judged, "streaks_ended": ended, "stopped": stopped, "held": held, "barred": followed["barred"], "unbarred": followed["unbarred"], "listed": listed}


def recover(runtime: Runtime) -> dict[str, int]:
    """Begin attempts, carry them on, and give what is owed; how many of each."""
    done = attempts.run(runtime)
    with runtime.transaction(read_only=True) as session:
        titles = replaying.due_titles(session)
    for publication_id in titles:
        replaying.replay(runtime, publication_id, actor=SOURCE)
    return {**done, "replayed": len(titles)}
