"""The seeds: go or stop for today's dispatches, by handset class and kind of group; the groups and who is in them."""

from __future__ import annotations

from collections import Counter

from sqlalchemy.orm import Session
from starlette.responses import Response

from console.visit import Visit
from delivery.dispatch import brake
from delivery.dispatch.seeds import Group, add_seeds, list_groups, remove_seeds
from huabao.errors import UsageError
from huabao.msisdn import MSISDN, parse_msisdn
from monitoring.seeds import boards
from subscribers.handset_classes import handset_classes

NUMBERS_MAX = 50


def seeds(visit: Visit) -> Response:
    """The board and the groups."""
    return _board(visit, "seeds.html")


def seeds_live(visit: Visit) -> Response:
    """The board, without the frame."""
    return _board(visit, "_seeds.html")


def seeds_act(visit: Visit) -> Response:
    """Numbers into a group or out of it, and back."""
    form = visit.form
    group, verb = form.get("group", "").strip(), form.get("verb", "")
    try:
        numbers = _numbers(form.get("numbers", ""))
        with visit.runtime.transaction() as session:
            problem = _problem(visit, session, group, numbers)
            if not problem:
                _change(visit, session, group, verb, numbers)
    except UsageError as error:
        problem = visit.say("seeds.refused", why=visit.why(error))
    return _board(visit, "seeds.html", problem=problem) if problem else visit.go("/seeds?done=1#groups")


def _change(visit: Visit, session: Session, group: str, verb: str, numbers: list[MSISDN]) -> None:
    now, chosen = visit.runtime.now(), visit.form.get("handset_class", "")
    if verb == "remove":
        remove_seeds(session, group, numbers, by=visit.actor, at=now)
        return
    known = {one.name for one in list_groups(session)}
    kind = None if group in known else visit.form.get("kind", "test")
    add_seeds(session, group, numbers, kind=kind, handset_class=chosen or None, by=visit.actor, at=now)


def _problem(visit: Visit, session: Session, group: str, numbers: list[MSISDN]) -> str:
    if not group or len(group) > 40 or not group.isprintable():
        return visit.say("seeds.no_group")
    if not numbers or len(numbers) > NUMBERS_MAX:
        return visit.say("seeds.no_numbers", most=NUMBERS_MAX)
    if visit.form.get("handset_class", "") not in ("", *_classes()):
        return visit.say("seeds.no_class")
    if visit.form.get("verb") == "remove" and group not in {one.name for one in list_groups(session)}:
        return visit.say("seeds.no_such_group", name=group)
    return ""


def _numbers(text: str) -> list[MSISDN]:
    return [parse_msisdn(one) for one in text.replace("，", " ").replace(",", " ").replace("、", " ").split()[: NUMBERS_MAX + 1]]


def _classes() -> tuple[str, ...]:
    return tuple(handset_classes())


def _board(visit: Visit, template: str, *, problem: str = "") -> Response:
    now = visit.runtime.now()
    with visit.runtime.transaction(read_only=True) as session:
        found = boards(session, now)
        return visit.page(
            template,
            boards=found,
            blocked={one.dispatch.id: brake.held_classes(session, one.dispatch.id) for one in found},
            groups=[(one, _counts(one), [(MSISDN(number).masked, name) for number, name in one.seeds]) for one in list_groups(session)] if template == "seeds.html" else [],
            classes=_classes(),
            may_block=visit.may("block_act"),
            may_steer=visit.may("steer_act"),
            may_change=visit.may("seeds_act"),
            problem=problem,
            done=visit.request.query_params.get("done") == "1" and not problem,
            form=visit.form,
        )


def _counts(group: Group) -> list[tuple[str, int]]:
    return sorted(Counter(name or "" for _, name in group.seeds).items())
