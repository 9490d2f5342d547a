"""What `huabao doctor` looks at, and what `huabao config` prints."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass

from pydantic import SecretStr
from sqlalchemy import make_url, select, text
from sqlalchemy.exc import OperationalError

from console import schema
from delivery.dialects import dialects
from huabao.clock import shanghai_text
from huabao.config import Config
from huabao.db import database_name, is_postgres
from huabao.runtime import Runtime


@dataclass(frozen=True)
class Finding:
    """One thing looked at: whether it is well, what was found, how to mend it."""

    what: str
    ok: bool
    found: str
    mend: str = ""


def examine(runtime: Runtime) -> list[Finding]:
    """Everything, in the order in which it should be mended."""
    findings = [_database(runtime)]
    if findings[0].ok:
        findings.append(_schema(runtime))
        if findings[-1].ok:
            findings += [*_durability(runtime), _ports(runtime), _failed_jobs(runtime), _reports(runtime), _outbox(runtime), _settings_sent(runtime)]
    return [*findings, _redis(runtime), _dialects(), _font(), _disk(runtime), _clock(runtime)]


def _database(runtime: Runtime) -> Finding:
    try:
        with runtime.engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0]
        return Finding("database", False, reason, "start it, or correct HUABAO_DATABASE_URL")
    return Finding("database", True, database_name(runtime.engine))


def _schema(runtime: Runtime) -> Finding:
    current, head = schema.current_revision(runtime), schema.head_revision()
    return Finding("schema", current == head, f"{current or 'none'}, this release wants {head}", "run `huabao db upgrade`")


def _durability(runtime: Runtime) -> list[Finding]:
    """Whether a commit survives a crash: a submission is written down before it leaves, else somebody gets it twice."""
    if not is_postgres(runtime.engine):
        return []
    with runtime.engine.connect() as connection:
        off = [name for name in ("fsync", "synchronous_commit", "full_page_writes") if connection.scalar(text(f"SHOW {name}")) == "off"]
    return [Finding("durability", not off, f"{', '.join(off)} off" if off else "commits survive a crash", "turn it on in postgresql.conf: what a crash forgets is sent twice")]


def _ports(runtime: Runtime) -> Finding:
    from delivery.models import Port

    with runtime.transaction(read_only=True) as session:
        names = list(session.scalars(select(Port.name).order_by(Port.name)))
    return Finding("ports", bool(names), ", ".join(names) or "none", "add one: `huabao port add NAME --kind mm7 --url URL --rate N`")


def _failed_jobs(runtime: Runtime) -> Finding:
    from huabao.queues import FAILED, Job

    with runtime.transaction(read_only=True) as session:
        failed = list(session.execute(select(Job.task, Job.last_error).where(Job.state == FAILED).order_by(Job.id.desc()).limit(1)))
    return Finding("jobs", not failed, f"{failed[0].task}: {failed[0].last_error}" if failed else "none was given up", "see `huabao alarms list --open`")


def _reports(runtime: Runtime) -> Finding:
    """Reports that nobody could place: those that wait for their submission, and strays that no person has looked at."""
    from delivery.models import Port
    from delivery.reports.store import parked
    from huabao.alarms import Alarm

    with runtime.transaction(read_only=True) as session:
        names: dict[int, str] = {row.id: row.name for row in session.execute(select(Port.id, Port.name))}
        waiting = [f"{one.reports:,} wait at {names.get(port_id, port_id)} since {shanghai_text(one.since)}" for port_id, one in sorted(parked(session).items())]
        strays = list(session.scalars(select(Alarm.text).where(Alarm.kind == "reports.stray", Alarm.closed_at.is_(None), Alarm.acknowledged_by.is_(None)).order_by(Alarm.id)))
    mend = "see how the port's peer writes ids (`port set --message-id`, `--receipt-id`) and whether it is the right port; `huabao alarms ack ID` when it is settled"
    return Finding("reports", not strays, "; ".join((*strays, *waiting)) or "all found their submission", mend)


def _outbox(runtime: Runtime) -> Finding:
    """Whether BOSS and MISC answer, and whether a request to them waits for a person."""
    from reconciliation.outbox import store
    from reconciliation.outbox.peers import PEERS

    config = runtime.config
    if config.boss_url and not config.boss_keys:
        return Finding("BOSS", False, "HUABAO_BOSS_URL is set, HUABAO_BOSS_SECRETS is not", "set the secrets shared with BOSS, the one that signs first")
    with runtime.transaction(read_only=True) as session:
        health = {peer: store.health_of(session, peer) for peer in PEERS}
        waiting = store.count_for_people(session)
    away = [f"{peer} is away since {shanghai_text(one.down_since)}: {one.why}" for peer, one in health.items() if one.is_down]
    held = [f"{waiting:,} requests wait for a person"] if waiting else []
    found = "; ".join((*away, *held)) or ("BOSS is told of orders" if config.boss_url else "BOSS is told nothing (no HUABAO_BOSS_URL)")
    return Finding("outbox", not away and not held, found, "see `huabao outbox list`; what waits for a peer that is away is sent by itself once it is back")


def _settings_sent(runtime: Runtime) -> Finding:
    """Whose MMS settings stopped readers are sent."""
    from reconciliation.stop_send.over_the_air import NOT_WANTED, profile_in_force

    with runtime.transaction(read_only=True) as session:
        profile, name, why = profile_in_force(runtime, session)
    found = why if profile is None else f"MMS settings of {name}: {profile.settings.apn}, {profile.settings.mmsc}, {profile.security}"
    return Finding("settings over the air", not why or why == NOT_WANTED, found, "mend `mms_settings.toml` in HUABAO_DATA_DIR, or name another operator in `recovery_settings`")


def _redis(runtime: Runtime) -> Finding:
    url = runtime.config.redis_url
    if not url:
        return Finding("broker", True, "embedded mode, none needed")
    import redis

    try:
        redis.Redis.from_url(url, socket_timeout=3.0).ping()
    except redis.RedisError as error:
        return Finding("broker", False, str(error), "start Redis, or correct HUABAO_REDIS_URL; until then jobs wait in the database")
    return Finding("broker", True, "Redis answers")


def _dialects() -> Finding:
    known = dialects()
    faults = "; ".join(known.faults().values())
    return Finding("dialects", not faults, faults or f"{', '.join(known.names())}; your own in {known.folder}", "mend the file; `huabao dialects check FILE` says when it is well")


def _font() -> Finding:
    from content.draw import fonts

    return Finding("Chinese font", True, str(fonts.regular_path()))


def _disk(runtime: Runtime) -> Finding:
    folder = runtime.config.data_dir
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    return Finding("disk", free > 2**30 and os.access(folder, os.W_OK), f"{free / 2**30:.1f} GiB free in {folder}", "make room: under 1 GiB is too little for a day's papers")


def _clock(runtime: Runtime) -> Finding:
    return Finding("clock", True, f"{shanghai_text(runtime.now())} in Shanghai")


def configuration(config: Config) -> list[tuple[str, str, str, str]]:
    """(name, value, source, meaning) of each installation setting, secrets masked."""
    rows = []
    for name, field in Config.model_fields.items():
        variable = f"HUABAO_{name.upper()}"
        source = variable if variable in os.environ else "huabao.toml" if name in config.model_fields_set else "default"
        rows.append((name, _shown(name, getattr(config, name)), source, field.description or ""))
    return rows


def _shown(name: str, value: object) -> str:
    if isinstance(value, SecretStr):
        return "********" if value.get_secret_value() else ""
    if name.endswith("_url") and value and "://" in str(value):
        return make_url(str(value)).render_as_string(hide_password=True) if "@" in str(value) else str(value)
    return "" if value is None else str(value)
