"""Small editions for the tests of the editor's desk, with readers and versions, and the desk's jobs run in the test."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from content.manuscript import Manuscript
from content.models import Edition, EditionVersion
from content.tasks import TASKS as CONTENT_TASKS
from content.workflow import standing
from delivery.tasks import TASKS as DELIVERY_TASKS
from huabao import queues
from huabao.runtime import Runtime
from huabao.working import run_claimed
from tests.services.delivering import World, build_world

CLASS = "100kb-240x320"


def add_edition(runtime: Runtime, *, readers: int = 6, **more: Any) -> World:
    """A paper of one article, its readers' handsets of the default class; version 1 was made by `test`."""
    return build_world(runtime, readers=readers, **more)


def add_version(runtime: Runtime, world: World, text: str, *, by: str = "test", title: str = "早报") -> int:
    """A new version whose article says `text`; its number."""
    now = runtime.now()
    with runtime.transaction() as session:
        edition = session.get_one(Edition, world.edition_id)
        before = session.get_one(EditionVersion, edition.current_version_id)
        old = Manuscript.from_document(before.manuscript)
        item = old.sections[0].items[0]
        assert item.article is not None
        changed = replace(item, article=replace(item.article, paragraphs=(text,)))
        sections = (replace(old.sections[0], items=(changed, *old.sections[0].items[1:])), *old.sections[1:])
        made = EditionVersion(
            edition_id=edition.id, version=before.version + 1, title=title, issue_date=before.issue_date, manuscript=replace(old, sections=sections).to_document(),
            source_sha256=f"{before.version + 1:064d}", created_at=now, created_by=by,
        )  # fmt: skip
        session.add(made)
        session.flush()
        edition.current_version_id = made.id
        standing.changed(session, edition, f"version {made.version} was imported", by=by, at=now)
        return made.version


def run_desk(runtime: Runtime, **more: queues.Task) -> int:
    """Do what the desk asked for, in this thread; how many jobs."""
    tasks = {task.name: task for task in (*CONTENT_TASKS, *DELIVERY_TASKS, *more.values())}
    done = 0
    while True:
        with runtime.transaction() as session:
            claim = queues.claim_next(session, queues=("build",), owner="test", now=runtime.now(), lease_s=30)
        if claim is None:
            return done
        run_claimed(runtime, tasks, claim, owner="test")
        done += 1
