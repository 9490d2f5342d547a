"""Anybody does anything at any time to a dispatch with seeds: reports, clock, people; what must never happen does not."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import select, update

import console.registry
from content.manuscript import Manuscript
from content.models import Edition, EditionVersion, Publication, Variant
from delivery import lifecycle
from delivery.dispatch import brake, ramp
from delivery.dispatch.steering import block, give_up, let_go, steer
from delivery.lifecycle import ENDED, PEOPLE_ACT
from delivery.models import Batch, Brake, Dispatch, DispatchTransition, Outcome, Port, Seed, SeedGroup, deliveries
from delivery.sending import sweeps
from huabao.config import Config
from huabao.db import Base
from huabao.errors import HuabaoError
from huabao.ids import pack_ids
from huabao.queues import QUEUED, Job
from huabao.runtime import Runtime, make_runtime
from tests.services.clocks import at

BEGIN = datetime(2026, 11, 21, 21, 0, tzinfo=UTC)
START = BEGIN + timedelta(hours=1, minutes=30)
SMALL, LARGE = "30kb-128x160", "600kb-480x800"
SEEDS = {1: SMALL, 2: SMALL, 3: LARGE, 4: LARGE}
PAPER = Manuscript("p", "newspaper", "1", "p", START.date(), ()).to_document()
SAID = st.sampled_from([Outcome.RETRIEVED, Outcome.RETRIEVED, Outcome.REJECTED, Outcome.EXPIRED, Outcome.CANCELLED])


def dispatch_rows(runtime: Runtime) -> None:
    """A planned dispatch: four seeds, and for each class a batch in each step."""
    with runtime.transaction() as session:
        common = {"created_at": BEGIN}
        for row in (
            Publication(id=1, slug="p", title="p", kind="newspaper", service_id="p", send_window="06:30-08:00", **common),
            Edition(id=1, publication_id=1, number="1", kind="newspaper", current_version_id=1, **common),
            EditionVersion(id=1, edition_id=1, version=1, title="p", issue_date=START.date(), manuscript=PAPER, source_sha256="0" * 64, created_by="t", **common),
            Port(id=1, name="main", kind="mm7", url="http://127.0.0.1:9/", rate=1.0, burst=1, **common),
            SeedGroup(name="panel", kind="member", created_by="t", **common),
            Seed(group_name="panel", msisdn="13800000001", added_at=BEGIN),
        ):
            session.add(row)
            session.flush()
        for number, name in enumerate((SMALL, LARGE), 1):
            session.add(
                Variant(
                    id=number, edition_version_id=1, name=name, handset_class=name, signature="a", items=[], slides=1, size_bytes=1, budget_bytes=1, worst_quality=1,
                    sha256="0" * 64, built_at=BEGIN,
                )
            )  # fmt: skip
        dispatch = Dispatch(
            id=1, edition_id=1, edition_version_id=1, service_id="p", day=START.date(), state="draft", start_at=START, created_by="t", seed_group="panel", stage=0,
            gate={"ramp": True, "seeds": 4}, planned=28, audience=28, **common,
        )  # fmt: skip
        session.add(dispatch)
        session.flush()
        position = 0
        for stage in range(4):
            for variant, name in enumerate((SMALL, LARGE), 1):
                readers = [one for one, mine in SEEDS.items() if mine == name] if stage == 0 else [100 * stage + 10 * variant + one for one in range(4)]
                session.add(
                    Batch(
                        dispatch_id=1, day=dispatch.day, variant_id=variant, port_id=1, position=position, size=len(readers), reader_ids=pack_ids(readers), stage=stage,
                        handset_class=name, lane="seed" if stage == 0 else "bulk",
                    )
                )  # fmt: skip
                rows = [{"day": dispatch.day, "dispatch_id": 1, "reader_id": one, "variant_id": variant, "port_id": 1, "outcome": 0, "late": 0} for one in readers]
                session.execute(deliveries.insert(), rows)
                position += 1
        lifecycle.note_created(session, dispatch, by="t", at=BEGIN)
        lifecycle.act(session, dispatch, "plan", by="t", at=BEGIN, reason="snapshot")


class GateLife(RuleBasedStateMachine):
    """A dispatch with seeds, its people, its clock and its reports."""

    @initialize(seeding=st.sampled_from([True, True, True, False]))
    def begin(self, seeding: bool) -> None:
        console.registry.import_models()
        self.folder = tempfile.TemporaryDirectory()
        self.real = make_runtime(Config(database_url=f"sqlite:///{Path(self.folder.name) / 'h.db'}", data_dir=Path(self.folder.name)))
        Base.metadata.create_all(self.real.engine)
        self.now = BEGIN
        dispatch_rows(self.real)
        if seeding:
            self.now = START - timedelta(minutes=30)
            sweeps.start_due(self.runtime)
        self.ended: str | None = None
        self.stage = 0

    @property
    def runtime(self) -> Runtime:
        return at(self.real, self.now)

    @rule(minutes=st.sampled_from([1, 5, 20, 60, 90]))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        sweeps.start_due(self.runtime)
        ramp.climb(self.runtime)

    @rule(seed=st.sampled_from(sorted(SEEDS)), outcome=SAID)
    def a_seed_reports(self, seed: int, outcome: Outcome) -> None:
        with self.runtime.transaction() as session:
            if session.get_one(Dispatch, 1).state != "planned":
                known = deliveries.c.reader_id == seed, deliveries.c.outcome.in_([int(Outcome.PENDING), int(Outcome.SUBMITTED), int(Outcome.EXPIRED)])
                session.execute(update(deliveries).where(*known).values(outcome=int(outcome), outcome_at=self.now))
        sweeps.start_due(self.runtime)

    @rule(verb=st.sampled_from((*PEOPLE_ACT[:4], *PEOPLE_ACT)))
    def a_person_acts(self, verb: str) -> None:
        with suppress(HuabaoError):
            steer(self.runtime, 1, verb, by="mei", reason=verb)

    @rule(name=st.sampled_from([SMALL, LARGE]))
    def a_person_blocks(self, name: str) -> None:
        with suppress(HuabaoError):
            block(self.runtime, 1, name, by="mei", reason="garbled")

    @rule(brake_id=st.integers(1, 3), drops=st.booleans())
    def a_person_lets_go(self, brake_id: int, drops: bool) -> None:
        with suppress(HuabaoError):
            (give_up if drops else let_go)(self.runtime, brake_id, by="mei", reason="fine")

    @rule()
    def a_worker_works(self) -> None:
        """All that has a job and may leave is sent; what came into other hands meanwhile is not."""
        with self.runtime.transaction() as session:
            state, stage = session.execute(select(Dispatch.state, Dispatch.stage)).one()
            for job in session.scalars(select(Job).where(Job.state == QUEUED)):
                batch = session.get_one(Batch, job.args["batch_id"])
                if batch.state == "ready" and batch.held is None and batch.stage <= stage and state in ("seeding", "sending") and (state == "sending" or batch.stage == 0):
                    batch.state = "done"
                job.state = "done"
        sweeps.advance(self.runtime)

    @invariant()
    def nobody_but_seeds_leaves_before_a_release(self) -> None:
        with self.real.transaction(read_only=True) as session:
            verbs = session.scalars(select(DispatchTransition.after)).all()
            queued = {job.args["batch_id"] for job in session.scalars(select(Job))}
            stages = {batch.stage for batch in session.scalars(select(Batch)) if batch.id in queued or batch.state == "done"}
            if not {"released", *ENDED} & set(verbs):
                assert stages <= {0}
            if not {"seeding", "released", *ENDED} & set(verbs):
                assert stages == set()

    @invariant()
    def no_step_is_left_out_and_none_comes_back(self) -> None:
        with self.real.transaction(read_only=True) as session:
            stage = session.get_one(Dispatch, 1).stage
            sent = {batch.stage for batch in session.scalars(select(Batch)) if batch.state == "done"}
        assert stage >= self.stage
        assert not sent or max(sent) <= stage
        self.stage = stage

    @invariant()
    def what_a_brake_holds_does_not_leave(self) -> None:
        with self.real.transaction(read_only=True) as session:
            keys = {one.key for one in brake.open_brakes(session, 1) if one.scope == brake.HANDSET_CLASS}
            for batch in session.scalars(select(Batch).where(Batch.state == "ready")):
                assert (batch.held is not None) == (batch.handset_class in keys), (batch.stage, batch.handset_class, batch.held)

    @invariant()
    def a_bad_seed_was_seen(self) -> None:
        """Whose seed was refused before all went is held, or was until a person let it go."""
        with self.real.transaction(read_only=True) as session:
            found = session.get_one(Dispatch, 1)
            bad = {SEEDS[row.reader_id] for row in session.execute(select(deliveries.c.reader_id).where(deliveries.c.outcome == int(Outcome.REJECTED)))}
            if found.state in ("seeding", "released", "sending") and found.stage < 3:
                assert bad <= set(session.scalars(select(Brake.key)))

    @invariant()
    def an_end_is_an_end_and_the_journal_has_no_gap(self) -> None:
        with self.real.transaction(read_only=True) as session:
            rows = session.scalars(select(DispatchTransition).order_by(DispatchTransition.id)).all()
            found = session.get_one(Dispatch, 1)
        assert [row.before for row in rows[1:]] == [row.after for row in rows[:-1]]
        assert rows[-1].after == found.state
        if self.ended is not None:
            assert found.state == self.ended
        if found.state in ENDED:
            self.ended = found.state
            assert found.sent_at is not None

    def teardown(self) -> None:
        if hasattr(self, "real"):
            self.real.engine.dispose()
            self.folder.cleanup()


TestGateLife = GateLife.TestCase
TestGateLife.settings = settings(max_examples=12, stateful_step_count=20)
