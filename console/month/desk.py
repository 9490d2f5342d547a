"""The editors of the invented house: an issue is written, handed over, looked at, approved and scheduled."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

from console.month.house import House
from console.month.staff import CHIEF, EDITOR
from content.drafts import starting as drafts
from content.services import PublicationFields, add_publication, find_edition, import_folder
from content.workflow import approvals, deciding, notes
from content.workflow.lifecycle import Act
from delivery.dispatch import scheduling
from delivery.dispatch.planning import Request
from huabao.errors import HuabaoError
from sandbox.demo.drawings import day as daylight
from sandbox.demo.drawings import night
from sandbox.demo.month.papers import EVENING, MORNING, TITLES, Issue, write_issue

WINDOWS = {MORNING: "06:00-09:30", EVENING: "16:30-20:30"}
SEEDS = "house"
COVER_WIDTH_PX = 480
STALE_AFTER_S = 12 * 3600.0


@dataclass
class Desk:
    """The two papers.

    Attributes:
        covers: a picture for each paper, for the issues that have one.
        made: dispatches by issue number.
    """

    house: House
    folder: Path
    covers: dict[str, bytes] = field(default_factory=dict)
    made: dict[str, int] = field(default_factory=dict)

    def open(self) -> None:
        """Found the two papers."""
        with self.house.runtime.transaction() as session:
            for slug, title in TITLES.items():
                fields = PublicationFields(
                    title, "newspaper", slug, "subscribed", stale_after_s=STALE_AFTER_S, unknown_policy="wait-then-once", replay_policy="latest", send_window=WINDOWS[slug]
                )
                add_publication(session, slug, fields, CHIEF, self.house.now)

    def draw(self) -> None:
        """Draw the covers."""
        for slug, picture in ((MORNING, daylight.dawn()), (EVENING, night.library())):
            image = picture.finish().convert("RGB")
            image.thumbnail((COVER_WIDTH_PX, COVER_WIDTH_PX))
            out = io.BytesIO()
            image.save(out, "JPEG", quality=88)
            self.covers[slug] = out.getvalue()

    def bring(self, issue: Issue) -> int:
        """Import an issue; its edition's id."""
        folder = write_issue(self.folder / f"{issue.slug}-{issue.number}", issue)
        with self.house.runtime.transaction() as session:
            return import_folder(session, folder, EDITOR, self.house.now).edition_id

    def begin(self, slug: str, number: str, day: date) -> None:
        """Begin a draft from the issue before."""
        with self.house.runtime.transaction() as session:
            drafts.begin(session, drafts.Wish(slug, number, day, from_before=True), by=EDITOR, now=self.house.now)

    def submit(self, edition_id: int) -> None:
        """Hand it over."""
        with self.house.runtime.transaction() as session:
            approvals.submit(session, find_edition(session, str(edition_id)), self._act(EDITOR, ""))

    def say(self, edition_id: int, text: str, answer: str) -> None:
        """A comment of the chief, and what the editor answers; "" leaves it open."""
        with self.house.runtime.transaction() as session:
            edition = find_edition(session, str(edition_id))
            made = notes.comment(session, edition, text, by=CHIEF, at=self.house.now)
            if answer:
                notes.resolve(session, edition, made.id, resolution=answer, by=EDITOR, at=self.house.now)

    def approve(self, edition_id: int) -> None:
        """Approve it.

        Raises:
            HuabaoError: something stood in the way.
        """
        found = deciding.approve(self.house.runtime, str(edition_id), self._act(CHIEF, "已看过样张"), seen=None, yes=False, progress=lambda _done, _all: None)
        if found.decision.approval is None:
            raise HuabaoError(f"edition {edition_id} was not approved: {'; '.join(found.decision.hindrances)}")

    def schedule(self, edition_id: int, start: datetime, *, window: timedelta = timedelta(minutes=90)) -> int:
        """Let it leave at that time; its dispatch."""
        request = Request(str(edition_id), start_at=start, deadline_at=start + window, seed_group=SEEDS)
        return scheduling.schedule(self.house.runtime, request, by=CHIEF).dispatch_id

    def _act(self, by: str, reason: str) -> Act:
        return Act(by, self.house.now, reason, "editor")
