"""Our own check file of each day, written for BOSS and MISC by itself: into a folder, and from there to their servers.

`outbox/boss` and `outbox/misc` hold what they may fetch. A file is written once a day; whoever takes it away
does not get it again, `huabao reconcile export` writes it anew.
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from huabao import alarms
from huabao.clock import business_day, parse_time
from huabao.errors import UsageError
from huabao.log import get_logger
from huabao.runtime import Runtime
from reconciliation.codecs.feeds import FeedDialect, find_dialect, make_name
from reconciliation.feeds.inbox import PEERS
from reconciliation.feeds.settings import DIALECTS, EXPORT_FIELDS, EXPORT_HOUR, EXPORT_TO
from reconciliation.feeds.sftp import outbox_of
from reconciliation.runs.exporting import export
from reconciliation.runs.settings import FILES_DAYS

ALARM: Final = "feed.export"
MARKS: Final = ".written.json"
log = get_logger("reconciliation.feeds")


def hand_out(runtime: Runtime) -> list[Path]:
    """Write yesterday's file for each peer that gets one, once its hour has come; the files that were written."""
    now = runtime.now()
    day = business_day(now - timedelta(days=1))
    with runtime.transaction(read_only=True) as session:
        due = now >= parse_time(f"{day + timedelta(days=1)}T{EXPORT_HOUR.get(session):02d}:00")
        wanted = {one.strip() for one in EXPORT_TO.get(session).split(",")}
        folder, keep_days = outbox_of(session, runtime.config), FILES_DAYS.get(session)
        names = {peer: (DIALECTS[peer].get(session), EXPORT_FIELDS[peer].get(session)) for peer in PEERS if peer in wanted}
    written = []
    for peer, (name, fields) in names.items() if due else ():
        mine = folder / peer
        mine.mkdir(parents=True, exist_ok=True)
        marks = _read(mine)
        if str(day) in marks:
            continue
        problem = ""
        try:
            path = _write(runtime, day, mine, find_dialect(name, runtime.config.feed_dialects_folder), fields)
            marks[str(day)] = path.name
            written.append(path)
            log.info("our check file was written", peer=peer, file=path.name, day=str(day))
        except UsageError as error:
            problem = str(error)
        _keep(mine, marks, day - timedelta(days=keep_days))
        with runtime.transaction() as session:
            if problem:
                alarms.raise_alarm(session, ALARM, peer, f"our check file of {day} for {peer} cannot be written: {problem} (setting feed_fields_{peer})", at=now)
            else:
                alarms.close_alarm(session, ALARM, peer, at=now)
    return written


def _write(runtime: Runtime, day: date, folder: Path, dialect: FeedDialect, fields: str) -> Path:
    """The file of a day.

    Raises:
        UsageError: a field of its name, header or trailer is missing, or the folder is not ours.
    """
    values = {"sequence": "1", "day": f"{day:%Y%m%d}", "minute": f"{day:%Y%m%d}2359"}
    values |= {name.strip(): value.strip() for name, _, value in (one.partition("=") for one in fields.split(";")) if name.strip()}
    try:
        name = make_name(dialect.file, values) if dialect.file else f"huabao-{day:%Y%m%d}.{dialect.name}"
    except ValueError as error:
        raise UsageError(str(error)) from error
    path = folder / name
    export(runtime, day, path, dialect, values)
    return path


def _read(folder: Path) -> dict[str, str]:
    """Which days were written, and under which name."""
    try:
        return {str(day): str(name) for day, name in json.loads((folder / MARKS).read_text("utf-8")).items()}
    except (OSError, ValueError, AttributeError):
        return {}


def _keep(folder: Path, marks: dict[str, str], before: date) -> None:
    """Remember what was written; files of days that are long past go."""
    for day in [one for one in marks if one < str(before)]:
        (folder / marks.pop(day)).unlink(missing_ok=True)
    part = folder / f"{MARKS}.part"
    part.write_text(json.dumps(marks), "utf-8")
    part.replace(folder / MARKS)
