"""Slots through a real MMSC: each reader gets his own words and nobody another's, singly or in groups, whatever the words are."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from sqlalchemy import select

from content.models import EditionVersion, VariantPayload
from content.workflow.binding import bind, drift
from delivery.dispatch import planning as dispatches
from delivery.dispatch import plans
from delivery.dispatch.planning import Request
from delivery.ledger import proof
from delivery.ledger.peer import read_peer
from delivery.models import Submission
from huabao.runtime import Runtime
from tests.services.delivering import add_port, number_of, peer, set_setting, work
from tests.services.personal import FALLBACK, STORY, expected, personal_world, said_to

HOSTILE = ("张三\r\n--mms-0\r\nContent-Type: text/html", '"<b>&]]>', "字" * 10_240, "\x01\x1b[2J", "👨‍👩‍👧", "\u202eabc", "李四\n--", "'; DROP TABLE readers; --", " ", "{{greeting|您}}")


def test_each_reader_gets_his_own_words(runtime: Runtime, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    names = {reader: f"王{reader}先生" for reader in range(1, 41)} | dict(zip(range(101, 101 + len(HOSTILE)), HOSTILE, strict=True))
    with peer(tmp_path / "kept") as mmsc, caplog.at_level(logging.DEBUG):
        world = personal_world(runtime, 120, names)
        add_port(runtime, mmsc.url, max_recipients=10)
        plan = plans.plan(runtime, Request(world.edition))
        assert (plan.outlook.singles.readers, plan.outlook.singles.in_groups) == (120, 12)
        said = plan.to_document()["single_sends"]
        assert (said["slots"], said["variants"], said["of_variants"], said["submissions_max"]) == (["greeting", "points"], 1, 1, 120)
        dispatches.create(runtime, Request(world.edition), actor="test")
        work(runtime)
        told_to = said_to(mmsc)
        assert {number: len(texts) for number, texts in told_to.items()} == {number_of(reader): 1 for reader in range(1, 121)}
        for reader in range(1, 41):
            assert expected(reader, f"尊敬的王{reader}先生") in told_to[number_of(reader)][0]
        for reader in range(41, 101):
            assert expected(reader, FALLBACK) in told_to[number_of(reader)][0]
        told = dict(zip(HOSTILE, (told_to[number_of(reader)][0] for reader in range(101, 101 + len(HOSTILE))), strict=True))
        assert "尊敬的\"<b>&]]>，您好" in told[HOSTILE[1]]
        assert f"{FALLBACK}，您好" in told[HOSTILE[0]], "a name longer than its slot"
        assert f"{FALLBACK}，您好" in told[HOSTILE[2]]
        assert "尊敬的[2J，您好" in told[HOSTILE[3]]
        assert "尊敬的👨‍👩‍👧，您好" in told[HOSTILE[4]]
        assert "尊敬的李四 --，您好" in told[HOSTILE[6]]
        assert f"{FALLBACK}，您好" in told[HOSTILE[8]]
        with runtime.transaction(read_only=True) as session:
            sizes = sorted(session.scalars(select(Submission.recipients)))
            assert proof.verify(session, peers=[read_peer(mmsc.keep)]).problems == []
        assert sizes[-1] == 10, "who has no words of his own still shares a submission"
        assert sum(sizes) == 120
        assert "王1先生" not in caplog.text


def test_with_no_personal_everybody_gets_the_fallbacks_in_groups(runtime: Runtime, tmp_path: Path) -> None:
    with peer(tmp_path / "kept") as mmsc:
        world = personal_world(runtime, 40, {1: "王先生"})
        add_port(runtime, mmsc.url, max_recipients=20)
        request = Request(world.edition, personal=False)
        assert plans.plan(runtime, request).to_document()["single_sends"] is None
        dispatches.create(runtime, request, actor="test")
        work(runtime)
        assert {text for texts in said_to(mmsc).values() for text in texts if STORY not in text} == set()
        with runtime.transaction(read_only=True) as session:
            assert sorted(session.scalars(select(Submission.recipients))) == [20, 20]


def test_single_sends_make_the_forecast_longer(runtime: Runtime) -> None:
    world = personal_world(runtime, 60, {1: "王先生"})
    set_setting(runtime, "single_sends_per_s", 2.0)
    add_port(runtime, "http://127.0.0.1:9/", rate=100.0)
    apart = plans.plan(runtime, Request(world.edition)).outlook
    together = plans.plan(runtime, Request(world.edition, personal=False)).outlook
    assert (apart.forecast_s, together.forecast_s) == (30.0, 0.6)


def test_the_approval_binds_where_the_words_go(runtime: Runtime) -> None:
    world = personal_world(runtime, 3, {1: "王先生"})
    add_port(runtime, "http://127.0.0.1:9/")
    plans.plan(runtime, Request(world.edition))
    with runtime.transaction() as session:
        version = session.get_one(EditionVersion, world.version_id)
        bound = bind(session, version)
        assert [slot["name"] for slot in bound.slots] == ["greeting", "points"]
        payload = session.scalars(select(VariantPayload)).one()
        assert payload.slots is not None
        payload.slots = [{**payload.slots[0], "chars_max": 100}, *payload.slots[1:]]
        session.flush()
        assert drift(bound, bind(session, version)).changed
    with runtime.transaction() as session:
        version = session.get_one(EditionVersion, world.version_id)
        version.manuscript = {**version.manuscript, "slots": [{**version.manuscript["slots"][0], "chars_max": 30}, version.manuscript["slots"][1]]}
        session.flush()
        assert "the text or its slots" in drift(bound, bind(session, version)).changed
