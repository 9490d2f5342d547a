"""A reader with wrong settings writes: tip, PIN and settings by a real SMSC, then a probe and the paper by a real MMSC."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from console.checks import examine
from delivery.codecs.provisioning import Parm, Security, netwpin_key, read_provisioning
from delivery.dispatch import planning
from delivery.dispatch.planning import Request
from delivery.ledger import proof
from delivery.ledger.peer import read_peer
from delivery.models import InboundMessage, ReaderReply
from delivery.sending import sweeps
from huabao.errors import UsageError
from huabao.runtime import Runtime
from reconciliation.stop_send import attempts, looking, over_the_air, passing
from reconciliation.stop_send.models import RecoveryAttempt, SettingsPush
from reconciliation.stop_send.provisioning import parse_profiles, profiles_in
from subscribers.models import Reader
from tests.integration.recovery.test_end_to_end import closed, mmsc
from tests.integration.recovery.test_signs import NUMBER, WHO, stopped
from tests.services.delivering import add_port, build_world, number_of, rest, set_setting, settle, sweep_and_fold
from tests.services.texting import SMSC, add_smpp_port, owning, smsc
from tests.services.waiting import wait_until


def bodies(peer: SMSC, number: str) -> list[tuple[int, bytes]]:
    """(data_coding, octets) of each whole message to a number, in the order of their first parts."""
    found: dict[tuple[int, int], dict[int, bytes]] = {}
    codings: dict[tuple[int, int], int] = {}
    for at, line in enumerate(peer.lines()):
        if line["recipients"][0].endswith(number):
            key = (line["reference"], line["parts"]) if line["parts"] > 1 else (-at - 1, 1)
            found.setdefault(key, {})[line["part"]] = (peer.keep / "bodies" / f"{line['body_sha256']}.mime").read_bytes()
            codings[key] = line["data_coding"]
    return [(codings[key], b"".join(parts[number] for number in sorted(parts))) for key, parts in found.items()]


def test_texts_and_settings_by_the_smsc_probe_and_paper_by_the_mmsc(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    runtime = sqlite_runtime
    world = build_world(runtime, readers=3)
    add_port(runtime, "http://127.0.0.1:9/", max_recipients=1)
    for name, value in (("recovery_hours", ""), ("recovery_tip_wait_h", 0.0), ("recovery_settings_wait_h", 0.0), ("recovery_tip_past", "all")):
        set_setting(runtime, name, value)
    with runtime.transaction() as session:
        looking.stop_one(session, number_of(WHO), "paper", "handset_settings", by="li", reason="asked", now=runtime.now())
    with smsc(tmp_path / "texts", "--delay-ms", "0") as texts, mmsc(runtime, tmp_path / "messages") as messages:
        add_smpp_port(runtime, texts.url)
        planning.create(runtime, Request(world.edition), actor="test")
        settle(runtime, until=lambda: closed(runtime))
        assert WHO not in {int(one[-4:]) for one in messages.recipients()}
        with owning(runtime, "sms"):
            wait_until(lambda: texts.stats()["bound"] > 0)
            texts.say("mo", **{"from": number_of(WHO), "to": "10658666", "text": "你好"})
            wait_until(lambda: _wrote(runtime))
            rest(lambda: _pass(runtime), until=lambda: _settled(runtime))
        (_, tip), (_, pin), (coding, push) = bodies(texts, number_of(WHO))
        assert "彩信设置" in tip.decode("utf-16-be")
        told = re.search(r"PIN 码 (\d{4}) ", pin.decode("utf-16-be"))
        assert told is not None
        found = read_provisioning(push)
        assert (coding, found.security) == (0xF5, Security.USERPIN)
        assert found.is_signed_with(told[1].encode())
        assert Parm("NAP-ADDRESS", "cmwap") in found.document.characteristics[0].parms
        with runtime.transaction(read_only=True) as session:
            attempt = session.scalars(select(RecoveryAttempt)).one()
            assert (attempt.sign, attempt.state, attempt.method) == ("message", "recovered", "settings")
            assert [step for step, _, _ in attempt.steps if step in ("tip", "settings", "probe", "paper", "recovered")] == [
                "tip",
                "settings",
                "probe",
                "paper",
                "paper",
                "recovered",
            ]
            assert session.scalars(select(ReaderReply.state)).all() == ["sent"] * 3
            pushed = session.scalars(select(SettingsPush)).one()
            assert (pushed.profile, pushed.security, pushed.attempt_id) == ("cmcc", "userpin", attempt.id)
            assert proof.verify(session, peers=[read_peer(tmp_path / "texts"), read_peer(tmp_path / "messages")]).problems == []
        assert sum(one.endswith(number_of(WHO)) for one in messages.recipients()) == 2, "the probe and the paper"


def _wrote(runtime: Runtime) -> bool:
    with runtime.transaction(read_only=True) as session:
        return session.scalar(select(InboundMessage.id).limit(1)) is not None


def _pass(runtime: Runtime) -> int:
    passing.recover(runtime)
    sweeps.start_due(runtime)
    return sweep_and_fold(runtime)


def _settled(runtime: Runtime) -> bool:
    with runtime.transaction(read_only=True) as session:
        texts = set(session.scalars(select(ReaderReply.state)))
        begun, open_ = select(RecoveryAttempt.id).limit(1), select(RecoveryAttempt.id).where(RecoveryAttempt.ended_at.is_(None)).limit(1)
        return texts == {"sent"} and session.scalar(begun) is not None and session.scalar(open_) is None


def test_who_gets_no_settings_is_told_in_the_attempt_and_goes_on(sqlite_runtime: Runtime) -> None:
    later = stopped(sqlite_runtime, "handset_settings")
    said, doctor = {}, {}
    for value in ("cmcc", "", "nobody"):
        set_setting(sqlite_runtime, "recovery_settings", value)
        said[value] = _settings_step(later)
        (doctor[value],) = [one.ok for one in examine(later) if one.what == "settings over the air"]
    assert doctor == {"cmcc": True, "": True, "nobody": False}
    assert said == {"cmcc": "no settings: no port sends texts", "": "no settings: no settings are sent (recovery_settings is empty)",
                    "nobody": "no settings: mms_settings.toml has no operator 'nobody'"}  # fmt: skip


def _settings_step(runtime: Runtime) -> str:
    """What the settings step of a new attempt says; the attempt is given up afterwards."""
    with runtime.transaction() as session:
        attempts.begin(session, runtime.now(), only=looking.open_stops(session, [NUMBER]))
        row = session.scalars(select(RecoveryAttempt).order_by(RecoveryAttempt.id.desc()).limit(1)).one()
        ids = [row.id]
    over_the_air.send_settings(runtime, ids)
    with runtime.transaction() as session:
        row = session.get_one(RecoveryAttempt, ids[0])
        said = str(row.steps[-1][2])
        assert (row.state, row.due_at) == ("settings", runtime.now()), "it goes on at once"
        row.state, row.ended_at = "given_up", runtime.now()
        return said


def test_an_imsi_signs_without_a_pin_and_a_second_push_waits(sqlite_runtime: Runtime) -> None:
    later = stopped(sqlite_runtime, "handset_settings")
    add_smpp_port(sqlite_runtime, "smpp://127.0.0.1:9")
    own = sqlite_runtime.config.data_dir / "mms_settings.toml"
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_text('[cmcc]\nname = "MMS"\napn = "mms"\nmmsc = "http://mmsc.example"\nsecurity = "netwpin"\n')
    with sqlite_runtime.transaction() as session:
        session.execute(update(Reader).where(Reader.id == WHO).values(attributes={"imsi": "460001234567890"}))
    with sqlite_runtime.transaction() as session:
        attempts.begin(session, later.now(), only=looking.open_stops(session, [NUMBER]))
        ids = session.scalars(select(RecoveryAttempt.id)).all()
    over_the_air.send_settings(later, ids)
    with sqlite_runtime.transaction() as session:
        row = session.get_one(RecoveryAttempt, ids[0])
        assert row.steps[-1][2] == "settings of cmcc, netwpin"
        assert row.due_at == later.now() + timedelta(hours=24), "time to save them"
        reply = session.scalars(select(ReaderReply)).one()
        assert read_provisioning(reply.push or b"").is_signed_with(netwpin_key("460001234567890"))
        row.state, row.ended_at = "given_up", later.now()
    assert _settings_step(later) == "no settings: he had one lately"


def test_a_table_that_is_none_says_where_and_what(sqlite_runtime: Runtime) -> None:
    good = '[a]\nname="x"\napn="y"\nmmsc="http://m"\n'
    assert parse_profiles(good, "f")["a"].security == "userpin"
    assert "cmcc" in profiles_in(sqlite_runtime.config.data_dir)
    for text, said in (
        ("[a", "no TOML"), ("a = 1", r"\[a\]"), (good + "pin = 1", "'pin'"), ('[a]\nname="x"\nmmsc="http://m"', "`apn`"), (good.replace("http", "ftp"), "`mmsc`"),
        (good + 'proxy = "10.0.0"', "IPv4"), (good + "proxy_port = 0", "65535"), (good + 'security = "no"', "netwpin"),
    ):  # fmt: skip
        with pytest.raises(UsageError, match=said):
            parse_profiles(text, "mms_settings.toml")
