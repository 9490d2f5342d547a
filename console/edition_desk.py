"""What the pages of one edition share: the edition that the address names, the tabs, the work that is under way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from console.rights import RIGHTS
from console.visit import Refused, Visit
from console.wording import said
from content.models import Edition
from content.workflow.lifecycle import Act
from content.workflow.overview import EditionView, edition_view
from content.works import services as works
from content.works.models import DeskWork
from huabao.errors import UsageError
from huabao.queues import Task

TABS = (("edition", ""), ("preflight", "/preflight"), ("review", "/review"), ("schedule", "/schedule"), ("edition_resend", "/resend"), ("rehearsal", "/rehearsal"))
"""Routes of an edition's pages, and what follows its address."""

STATE_TONES = {
    "draft": "neutral", "in_review": "pending", "approved": "delivered", "scheduled": "pending", "sent": "delivered", "corrected": "delivered", "killed": "failed",
}  # fmt: skip


@dataclass(frozen=True)
class Seen:
    """An edition as a page shows it.

    Attributes:
        work: what is under way, or None.
    """

    view: EditionView
    work: DeskWork | None

    @property
    def path(self) -> str:
        """Of the edition's page."""
        return f"/editions/{self.view.edition.id}"


def edition_id(visit: Visit) -> int:
    """The edition that the address names."""
    return int(visit.request.path_params["edition_id"])


def seen(visit: Visit, session: Session) -> Seen:
    """The edition that the address names.

    Raises:
        Refused: there is none, or nothing of it to be looked at yet.
    """
    try:
        view = edition_view(session, edition_id(visit), visit.runtime.now())
    except UsageError as error:
        raise Refused(404, "not_found") from error
    return Seen(view, works.open_work(session, view.edition.id))


def shared(visit: Visit, found: Seen, tab: str) -> dict[str, Any]:
    """What every template of these pages is handed."""
    tabs = [(name, found.path + tail) for name, tail in TABS if may(visit, name)]
    return {"seen": found, "view": found.view, "path": found.path, "work": found.work, "tabs": tabs, "tab": tab, "state_tones": STATE_TONES, "can": lambda name: may(visit, name)}


def may(visit: Visit, name: str) -> bool:
    """Whether this person may go there; a page that this installation does not have is none."""
    return any(one.name == name for one in RIGHTS) and visit.may(name)


def act_of(visit: Visit, reason: str = "") -> Act:
    """Who acts, now."""
    return Act(visit.actor, visit.runtime.now(), reason, visit.who.role if visit.who else "")


def refusal(visit: Visit, error: Exception) -> str:
    """What a service refused, in the visit's language."""
    return visit.say("desk_act.not_ready", reason=said(str(error), visit.language))


def not_now(visit: Visit, state: str, verb: str) -> str:
    """Why nothing was done of an edition in that state; `verb` is the name of its text."""
    return visit.say("desk_act.not_now", state=visit.say(f"issue_state.{state}"), verb=visit.say(verb))


def ticked(form: Mapping[str, str], key: str) -> str:
    """What is ticked of several boxes, as `ports.main`: their names with commas between."""
    return ",".join(sorted(name.partition(".")[2] for name in form if name.startswith(f"{key}.")))


def names_of(chosen: Mapping[str, Any], key: str) -> list[str]:
    """And back."""
    return [name for name in str(chosen.get(key, "")).split(",") if name]


def ask(visit: Visit, session: Session, task: Task, edition: Edition, kind: str, **args: str) -> DeskWork:
    """Have a work done for whoever asks."""
    role = visit.who.role if visit.who else ""
    return works.ask(session, task, edition, kind, args, by=visit.actor, role=role, now=visit.runtime.now())
