"""The inbox: check files that lie in a folder, one below it for each peer, are taken, answered and kept.

`boss/` and `misc/` hold what came. Each file gets its answer, NAME.rsp, in `response/right`, `bad` or
`semiwrong` of its peer: what was taken, what is wrong in the file, what is wrong in single records.
A file is looked at once it has rested for a while, so that none is taken half written.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from huabao import alarms
from huabao.clock import business_day, parse_time
from huabao.config import Config
from huabao.errors import UsageError
from huabao.log import get_logger
from huabao.runtime import Runtime
from reconciliation.codecs.feeds import FeedDialect, FeedError, FeedReader, Services, fields_of_name, find_dialect, open_feed
from reconciliation.feeds.checking import Checked, Feed, take
from reconciliation.feeds.models import BAD, FeedArrival
from reconciliation.feeds.settings import DIALECTS, DUE_HOUR, EXPECTED, INBOX, KINDS, QUIET_S

PEERS: Final = ("boss", "misc")
KEPT: Final = "feeds"
MISSING_ALARM: Final = "feed.missing"
WRONG_LINES_MAX: Final = 1000
log = get_logger("reconciliation.feeds")


@dataclass(frozen=True, slots=True)
class Taken:
    """A file that was taken from the inbox."""

    checked: Checked
    verdict: str
    answer: Path


def inbox_of(session: Session, config: Config) -> Path:
    """The folder that files come into."""
    given = INBOX.get(session)
    return Path(given) if given else config.data_dir / "inbox"


def kept_path(config: Config, peer: str, day: date, sha256: str, name: str) -> Path:
    """Where a file that was taken is kept."""
    return config.data_dir / "reconcile" / KEPT / str(day) / f"{peer}-{sha256[:12]}" / name


def take_inbox(runtime: Runtime) -> list[Taken]:
    """Take every file that has rested; what became of each."""
    now = runtime.now()
    with runtime.transaction(read_only=True) as session:
        folder, quiet_s = inbox_of(session, runtime.config), QUIET_S.get(session)
        names = {peer: DIALECTS[peer].get(session) for peer in PEERS}
        kinds = {peer: KINDS[peer].get(session) for peer in PEERS}
    found = []
    for peer in PEERS:
        for path in _resting(folder / peer, quiet_s, now):
            dialect = find_dialect(names[peer], runtime.config.feed_dialects_folder)
            found.append(_take(runtime, peer, path, dialect, kinds[peer]))
    return found


def _resting(folder: Path, quiet_s: float, now: datetime) -> Iterator[Path]:
    """Files that nobody wrote to for a while, by name; what begins with a dot or is named .part or .tmp is on its way."""
    try:
        entries = sorted(os.scandir(folder), key=lambda one: one.name)
    except FileNotFoundError:
        return
    for one in entries:
        if one.is_file(follow_symlinks=False) and not one.name.startswith(".") and not one.name.endswith((".part", ".tmp", ".rsp")):
            rested_s = now.timestamp() - one.stat().st_mtime
            if rested_s >= quiet_s or rested_s < -3600:  # a clock that was set back keeps nobody waiting
                yield Path(one.path)


def _take(runtime: Runtime, peer: str, path: Path, dialect: FeedDialect, kind: str) -> Taken:
    now = runtime.now()
    day = day_of(path, dialect) or business_day(now - timedelta(days=1))
    with runtime.transaction() as session:
        checked = take(session, Feed(peer, path, dialect, day, kind), now=now)
        verdict = session.get_one(FeedArrival, checked.arrival_id).verdict
    answer = path.parent / "response" / verdict / f"{path.name}.rsp"
    _write_answer(answer, checked, verdict, dialect)
    kept = kept_path(runtime.config, peer, day, checked.sha256, path.name)
    kept.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(path, kept)
    log.info("a check file was taken", peer=peer, file=path.name, day=str(day), verdict=verdict, reason=checked.reason)
    return Taken(checked, verdict, answer)


def day_of(path: Path, dialect: FeedDialect) -> date | None:
    """The business day that a file speaks of: by the as-of time that it states, else by its name; None where neither says."""
    try:
        with open_feed(path) as source:
            reader = FeedReader(source, dialect, Services())
            for _ in reader:
                pass
        at = reader.said.as_of
    except FeedError:
        at = None
    if at is not None:
        return business_day(at - timedelta(microseconds=1))
    fields = fields_of_name(dialect.file, path.name) or {}
    text = fields.get("day") or fields.get("minute", "")[:8]
    try:
        return business_day(parse_time(f"{text[:4]}-{text[4:6]}-{text[6:8]}")) if len(text) == 8 else None
    except UsageError:
        return None


def _write_answer(answer: Path, checked: Checked, verdict: str, dialect: FeedDialect) -> None:
    """What the peer hears: a first line with verdict and counts, then what is wrong, line by line."""
    answer.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{verdict}\t{checked.feed.path.name}\t{checked.usable}"]
    if checked.reason:
        lines.append(f"0\t{checked.reason}\t{checked.detail[1]}")
    else:
        lines += [f"{line}\t{code}\t{words}" for line, code, words in _wrong_lines(checked)]
    part = answer.with_name(answer.name + ".part")
    part.write_bytes("".join(f"{line}\n" for line in lines).encode(dialect.encoding))
    part.replace(answer)


def _wrong_lines(checked: Checked) -> Sequence[tuple[int, str, str]]:
    """The first records that could not be used."""
    found: list[tuple[int, str, str]] = []
    with open_feed(checked.feed.path) as source:
        reader = FeedReader(source, checked.feed.dialect, Services(), on_faults=lambda faults: found.extend((one.line, one.code, one.words[1]) for one in faults))
        for _ in reader:
            if len(found) >= WRONG_LINES_MAX:
                break
    return found[:WRONG_LINES_MAX]


def accepted(session: Session, day: date) -> dict[str, FeedArrival]:
    """The latest accepted file of each peer for a day."""
    c = FeedArrival
    rows = session.scalars(select(c).where(c.day == day, c.verdict != BAD, c.peer.in_(PEERS), c.kind.in_(("full", "increment"))).order_by(c.id))
    return {row.peer: row for row in rows}


def watch(session: Session, *, now: datetime) -> list[str]:
    """Call a person for each file that should have come by now; the peers that are missing.

    A peer counts once it has sent a file, or is named by the setting.
    """
    day = business_day(now - timedelta(days=1))
    expected = {one.strip() for one in EXPECTED.get(session).split(",") if one.strip()} & set(PEERS)
    there = accepted(session, day)
    missing = []
    for peer in sorted(expected):
        if peer in there:
            alarms.close_alarm(session, MISSING_ALARM, peer, at=now)
        elif now >= parse_time(f"{day + timedelta(days=1)}T{DUE_HOUR.get(session):02d}:00"):
            missing.append(peer)
            alarms.raise_alarm(session, MISSING_ALARM, peer, f"the check file of {peer} for {day} has not come: that side is unknown and nothing is repaired by it", at=now)
    return missing
