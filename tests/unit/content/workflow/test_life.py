"""An edition's life: anybody asks for anything at any time, bytes change underneath; nothing unapproved may ever be sent."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

import console.registry
from content.compose.slides import WapDocument
from content.manuscript import Article, Item, Manuscript, Section
from content.models import Edition, EditionVersion, Publication, Variant, VariantPayload, WapPage
from content.wap.keeping import keep_pages, pages_of
from content.workflow import approvals, lifecycle, locks, notes, standing
from content.workflow.lifecycle import APPROVED, CORRECTED, DRAFT, IN_REVIEW, KILLED, PEOPLE_ACT, SCHEDULED, SENT, STATES, TRANSITIONS, Act
from content.workflow.models import Approval, EditionTransition
from huabao.db import Base
from huabao.errors import HuabaoError, UsageError
from huabao.settings import SettingValue

BEGIN = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
PEOPLE = st.sampled_from(["an", "bo"])
TABLES = (
    "publications", "editions", "edition_versions", "variants", "variant_payloads", "wap_pages", "wap_page_versions", "settings", "audit_entries", "edition_transitions", "edition_approvals",
    "edition_locks", "edition_comments", "screening_rulings", "screen_words", "leaders", "checklist_ticks", "desks", "assets",
    "feed_sources", "feed_items", "quizzes",
)  # fmt: skip


def reachable(state: str) -> set[str]:
    found = {state}
    while True:
        more = {after for one in found for after in TRANSITIONS[one].values()} | found
        if more == found:
            return found
        found = more


def test_the_table_is_whole() -> None:
    assert set(TRANSITIONS) == set(STATES)
    assert reachable(DRAFT) == set(STATES)
    assert all(after in STATES for row in TRANSITIONS.values() for after in row.values())
    assert set(PEOPLE_ACT) <= {verb for row in TRANSITIONS.values() for verb in row}


@pytest.mark.parametrize("state", STATES)
def test_every_edition_can_be_killed_and_a_new_version_revives_it(state: str) -> None:
    assert TRANSITIONS[state]["kill"] == KILLED
    assert TRANSITIONS[state]["change"] == {DRAFT: DRAFT, KILLED: DRAFT}.get(state, IN_REVIEW)


def test_a_refusal_says_what_is_possible_and_how_a_schedule_is_taken_back() -> None:
    with pytest.raises(HuabaoError, match="reject is not possible; possible: schedule, correct, kill; `huabao dispatch cancel ID` takes a schedule back"):
        lifecycle.check(Edition(id=7, state=SCHEDULED), lifecycle.REJECT)


def test_only_a_review_leads_to_an_approval() -> None:
    assert {(before, verb) for before, row in TRANSITIONS.items() for verb, after in row.items() if after == APPROVED} == {
        (IN_REVIEW, "approve"), (IN_REVIEW, "reapprove"), (SCHEDULED, "unschedule"),
    }  # fmt: skip


def manuscript(text: str) -> Manuscript:
    return Manuscript("p", "newspaper", "1", "早报", date(2026, 11, 22), (Section("要闻", (Item("1", None, Article("第一条", (text,))),)),))


class EditionLife(RuleBasedStateMachine):
    """Two editors, an operator and a hand in the database."""

    @initialize()
    def begin(self) -> None:
        console.registry.import_models()
        self.engine = create_engine("sqlite://")
        Base.metadata.create_all(self.engine, tables=[Base.metadata.tables[name] for name in TABLES])
        self.session = Session(self.engine)
        self.now, self.versions = BEGIN, 0
        self.session.add(Publication(id=1, slug="p", title="p", kind="newspaper", service_id="p", created_at=BEGIN))
        self.session.flush()
        self.edition = Edition(id=1, publication_id=1, number="1", kind="newspaper", state=DRAFT, created_at=BEGIN)
        self.session.add(self.edition)
        self.session.flush()
        self.bring("an", 0, first=True)

    def teardown(self) -> None:
        if hasattr(self, "session"):
            self.session.close()
            self.engine.dispose()

    def act(self, by: str, reason: str = "because") -> Act:
        self.now += timedelta(minutes=1)
        return Act(by, self.now, reason, "editor")

    def bring(self, by: str, text: int, *, first: bool = False) -> None:
        self.versions += 1
        after = manuscript(f"今天第{text}条消息。")
        if not first:
            before = Manuscript.from_document(self.session.get_one(EditionVersion, self.edition.current_version_id).manuscript)
            locks.guard_change(self.session, self.edition, before, after, by=by, at=self.now)
        version = EditionVersion(
            edition_id=1, version=self.versions, title="p", issue_date=date(2026, 11, 22), manuscript=after.to_document(), source_sha256="0" * 64, created_by=by, created_at=self.now
        )  # fmt: skip
        self.session.add(version)
        self.session.flush()
        self.edition.current_version_id = version.id
        standing.changed(self.session, self.edition, "a version came", by=by, at=self.now)
        self.build("small")

    def build(self, name: str) -> None:
        version = self.edition.current_version_id
        assert version is not None
        variant = Variant(
            edition_version_id=version, name=name, handset_class=name, signature="1", items=["1"], slides=1, size_bytes=1, budget_bytes=1, worst_quality=90, sha256="0" * 64,
            built_at=self.now,
        )  # fmt: skip
        self.session.add(variant)
        self.session.flush()
        self.session.add(VariantPayload(variant_id=variant.id, mime=b"a message"))
        sha256 = hashlib.sha256(repr(self.session.get_one(EditionVersion, version).manuscript).encode()).hexdigest()
        keep_pages(self.session, version, [WapDocument(f"{sha256[:8]}{name}", b"a page")])  # versions with the same text share it
        self.session.flush()

    @rule(by=PEOPLE, text=st.integers(0, 3))
    def import_version(self, by: str, text: int) -> None:
        with suppress(UsageError):
            self.bring(by, text)

    @rule(by=PEOPLE)
    def submit(self, by: str) -> None:
        with suppress(HuabaoError):
            approvals.submit(self.session, self.edition, self.act(by))

    @rule(by=PEOPLE, again=st.booleans(), production=st.booleans())
    def approve(self, by: str, again: bool, production: bool) -> None:
        assert self.edition.current_version_id is not None
        before = self.edition.state
        last = standing.last_approval(self.session, 1)
        authors = set(self.session.scalars(select(EditionVersion.created_by).where(EditionVersion.id > (last.edition_version_id if last else 0))))
        try:
            asked = approvals.reapprove if again else approvals.approve
            made = asked(self.session, self.edition, self.act(by), version_id=self.edition.current_version_id, production=production)
        except HuabaoError:
            assert self.edition.state == before
            return
        assert before == IN_REVIEW
        assert (made.approval is None) == bool(made.hindrances)
        if made.approval is not None:
            assert not (production and by in authors), "nobody approves his own"
            assert not locks.of_others(self.session, 1, by, self.now)
            assert all(one.resolved_at for one in notes.comments(self.session, 1))

    @rule(by=PEOPLE, reason=st.sampled_from(["", "no"]))
    def reject(self, by: str, reason: str) -> None:
        with suppress(HuabaoError):
            approvals.reject(self.session, self.edition, self.act(by, reason))

    @rule(by=PEOPLE, verb=st.sampled_from(["schedule", "send", "correct"]))
    def leave(self, by: str, verb: str) -> None:
        """As a dispatch does it where an approval is required."""
        assert self.edition.current_version_id is not None
        with suppress(UsageError):
            standing.require(self.session, self.edition, self.edition.current_version_id, production=True)
            lifecycle.note_leaving(self.session, 1, self.edition.current_version_id, verb, self.act(by))

    @rule()
    def stop(self) -> None:
        assert self.edition.current_version_id is not None
        standing.note_not_sent(self.session, 1, self.edition.current_version_id, "stopped", by="op", at=self.now)

    @rule(verb=st.sampled_from(["schedule", "send", "correct"]))
    def an_older_dispatch_goes_on(self, verb: str) -> None:
        before = self.edition.state
        assert self.edition.current_version_id is not None
        lifecycle.note_leaving(self.session, 1, self.edition.current_version_id - 1, verb, self.act("op"))
        assert self.edition.state == before

    @rule(what=st.sampled_from(["message", "page", "gone"]))
    def tamper(self, what: str) -> None:
        """The bytes of the present version change underneath; a look finds it."""
        variant = self.session.scalars(select(Variant).where(Variant.edition_version_id == self.edition.current_version_id)).first()
        assert variant is not None
        payload = self.session.get(VariantPayload, variant.id)
        assert self.edition.current_version_id is not None
        name = self.session.scalars(pages_of(self.edition.current_version_id)).first()
        page = self.session.get(WapPage, name, populate_existing=True)
        had, before = standing.standing(self.session, 1), self.edition.state
        assert page is not None
        if what == "gone" and payload is not None:
            self.session.delete(payload)
        elif what == "message" and payload is not None:
            payload.mime += b"!"
        else:
            page.body += b"!"
        self.session.flush()
        found = standing.look_again(self.session, self.edition, self.now)
        assert bool(found.changed) == (had is not None)
        if had is not None:
            assert self.edition.state == (IN_REVIEW if before in (APPROVED, SCHEDULED) else before)

    @rule(by=PEOPLE)
    def build_late(self, by: str) -> None:
        """A reader came with another handset; what is built for him takes no approval away."""
        del by
        count = len(self.session.scalars(select(Variant.id).where(Variant.edition_version_id == self.edition.current_version_id)).all())
        had = standing.standing(self.session, 1)
        self.build(f"late{count}")
        assert standing.look_again(self.session, self.edition, self.now).changed == ()
        assert standing.standing(self.session, 1) is had

    @rule(by=PEOPLE, section=st.sampled_from(["", "要闻"]), over=st.sampled_from(["", "", "urgent"]))
    def lock(self, by: str, section: str, over: str) -> None:
        with suppress(UsageError):
            locks.take(self.session, self.edition, section, by=by, at=self.now, take_over=over, minutes=5)

    @rule(minutes=st.integers(1, 10))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(by=PEOPLE)
    def say_and_resolve(self, by: str) -> None:
        waiting = [one for one in notes.comments(self.session, 1) if one.resolved_at is None]
        if waiting:
            notes.resolve(self.session, self.edition, waiting[0].id, by=by, at=self.now)
        else:
            notes.comment(self.session, self.edition, "look here", by=by, at=self.now)

    @rule(by=PEOPLE)
    def kill(self, by: str) -> None:
        standing.withdraw(self.session, 1, "killed", by=by, at=self.now)
        lifecycle.act(self.session, self.edition, "kill", self.act(by))

    @invariant()
    def history_is_a_chain(self) -> None:
        if hasattr(self, "edition"):
            rows = self.session.scalars(select(EditionTransition).order_by(EditionTransition.id)).all()
            assert [one.before for one in rows[1:]] == [one.after for one in rows[:-1]]
            assert rows[-1].after == self.edition.state
            assert all(TRANSITIONS[one.before][one.verb] == one.after for one in rows)

    @invariant()
    def an_approval_stands_for_what_lies_there(self) -> None:
        if not hasattr(self, "edition"):
            return
        found = self.session.scalars(select(Approval).where(Approval.withdrawn_at.is_(None))).all()
        assert len(found) <= 1
        if self.edition.state in (APPROVED, SCHEDULED):
            assert found
        if found:
            assert found[0].edition_version_id == self.edition.current_version_id
            assert self.edition.state in (APPROVED, SCHEDULED, SENT, CORRECTED)
            assert standing.drift_of(self.session, found[0]).changed == ()
            assert found[0].bound["pages"], "an approval that binds no page"

    @invariant()
    def locks_exclude_each_other(self) -> None:
        if hasattr(self, "edition"):
            held = locks.held(self.session, 1, self.now)
            assert len({one.holder for one in held}) <= 1, "the whole and its only section are never two people's"


TestEditionLife = EditionLife.TestCase
TestEditionLife.settings = settings(max_examples=20, stateful_step_count=25, deadline=None)


def test_the_setting_says_whether_an_approval_is_required() -> None:
    machine = EditionLife()
    machine.begin()
    session, edition = machine.session, machine.edition
    assert edition.current_version_id is not None
    standing.require(session, edition, edition.current_version_id, production=False)
    with pytest.raises(UsageError, match=r"version 1 of p/1 is draft and not approved\. `huabao edition submit 1`"):
        standing.require(session, edition, edition.current_version_id, production=True)
    for value, refused in (("yes", False), ("no", True)):
        session.merge(SettingValue(name="approval_required", value=value, changed_at=BEGIN, changed_by="t"))
        session.flush()
        assert standing.is_required(session, production=refused) is not refused
    machine.teardown()


def test_late_variants_wait_for_an_approval_where_the_setting_says_so() -> None:
    machine = EditionLife()
    machine.begin()
    session, edition = machine.session, machine.edition
    version = edition.current_version_id
    assert version is not None
    approvals.submit(session, edition, machine.act("an"))
    assert approvals.approve(session, edition, machine.act("bo"), version_id=version, production=True).approval is not None
    machine.build("late")
    standing.require(session, edition, version, production=True)
    session.merge(SettingValue(name="approval_late_variants", value=False, changed_at=BEGIN, changed_by="t"))
    session.flush()
    with pytest.raises(UsageError, match="1 variants of p/1 were built after its approval"):
        standing.require(session, edition, version, production=True)
    machine.teardown()
