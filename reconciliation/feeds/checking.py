"""Whether a check file may be used at all: read from end to end before anything is made of it.

A file is refused whole where it is not what it says (count, cut, day, future), where the same
bytes came for another day, and where it is so much smaller than the one before that it cannot be all of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from huabao.clock import SHANGHAI
from huabao.errors import UsageError
from reconciliation.codecs.feeds import FeedDialect, FeedError
from reconciliation.diff import Side, SideReport, check_feed
from reconciliation.feeds.models import BAD, BILL, FULL, INCREMENT, RIGHT, SEMIWRONG, FeedArrival
from reconciliation.feeds.settings import FEED_LACKS_MAX, FEED_NUMBER_MAX, FEED_SHARE_MIN, FEED_SMALL

REPEATED, TOO_SMALL, CUT = "repeated", "too_small", "cut"
GAP_ROWS_MAX: Final = 1000
"""So many files before an increment are looked at for the full one that it joins on to."""

_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Feed:
    """A file to be looked at.

    Attributes:
        peer: boss or misc.
        day: that it is for.
        kind: full, increment or bill.
    """

    peer: str
    path: Path
    dialect: FeedDialect
    day: date
    kind: str = FULL


@dataclass(frozen=True, slots=True)
class Checked:
    """A file that was looked at.

    Attributes:
        side: as the comparison wants it.
        reason: the code for which it is refused, or "".
        detail: the reason in words, English and Chinese.
        arrival_id: of its row.
    """

    feed: Feed
    sha256: str
    side: Side
    as_of: datetime | None = None
    usable: int = 0
    reason: str = ""
    detail: tuple[str, str] = ("", "")
    arrival_id: int = field(default=0, compare=False)


def day_span(day: date) -> tuple[datetime, datetime]:
    """The instants at which a business day begins and ends."""
    begins = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
    return begins, begins + timedelta(days=1)


def month_span(month: date) -> tuple[datetime, datetime]:
    """The instants at which a month begins and ends; `month` is its first day."""
    return day_span(month)[0], day_span((month + timedelta(days=32)).replace(day=1))[0]


def digest_of(path: Path) -> str:
    """SHA-256 of a file's bytes.

    Raises:
        UsageError: it cannot be read.
    """
    digest = sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    return digest.hexdigest()


def side_of(feed: Feed, *, now: datetime, span: tuple[datetime, datetime] | None = None) -> Side:
    """How the file is read: a file that states no as-of time speaks of the end of its day, or of now while that day lasts."""
    begins, ends = span or day_span(feed.day)
    return Side(
        path=feed.path,
        dialect=feed.dialect,
        whole=feed.kind == FULL,
        as_of=now if begins <= now < ends else ends,
        not_after=now,
        between=(begins, ends),
    )


def take(session: Session, feed: Feed, *, now: datetime, span: tuple[datetime, datetime] | None = None) -> Checked:
    """Look at a file and remember it; a file that was refused is told by its `reason`.

    Raises:
        UsageError: there is no such file.
    """
    if not feed.path.is_file():
        raise UsageError(f"{feed.path}: there is no such file")
    digest, side = digest_of(feed.path), side_of(feed, now=now, span=span)
    report: SideReport | None = None
    usable, reason, detail = 0, "", ("", "")
    other = _other_day(session, feed, digest)
    if other is not None:
        reason = REPEATED
        detail = (f"{feed.peer}: the file is the one of {other}, which counts for that day alone", f"{feed.peer}：文件与{other}的相同，不能重复使用")
    else:
        try:
            summary = check_feed(side, number_max=FEED_NUMBER_MAX.get(session))
            report, usable = summary.report, summary.usable
            reason, detail = _too_small(session, feed, usable)
        except FeedError as error:
            error.side = feed.peer
            reason, detail = error.code, error.words
    arrival = _remember(session, feed, digest, report, usable, reason, detail[0], now)
    return Checked(feed, digest, side, None if report is None else report.as_of, usable, reason, detail, arrival)


def _other_day(session: Session, feed: Feed, digest: str) -> date | None:
    c = FeedArrival
    wanted = select(c.day).where(c.sha256 == digest, c.peer == feed.peer, c.kind == feed.kind, c.day != feed.day, c.verdict != BAD)
    return session.scalar(wanted.order_by(c.day.desc()).limit(1))


def _too_small(session: Session, feed: Feed, usable: int) -> tuple[str, tuple[str, str]]:
    if feed.kind != FULL:
        return "", ("", "")
    c = FeedArrival
    before = session.scalar(select(c.usable).where(c.peer == feed.peer, c.kind == FULL, c.verdict != BAD, c.day < feed.day).order_by(c.day.desc(), c.id.desc()).limit(1))
    if before is None or before <= FEED_SMALL.get(session) or usable >= before * FEED_SHARE_MIN.get(session):
        return "", ("", "")
    english = f"{feed.peer}: the file holds {usable:,} records that count, the one before {before:,}: it cannot be all (setting feed_share_min)"
    return TOO_SMALL, (english, f"{feed.peer}：文件有效记录{usable}条，上一份{before}条，疑不完整")


def _remember(session: Session, feed: Feed, digest: str, report: SideReport | None, usable: int, reason: str, detail: str, now: datetime) -> int:
    c = FeedArrival
    row = session.scalar(select(c).where(c.peer == feed.peer, c.kind == feed.kind, c.day == feed.day, c.sha256 == digest))
    if row is None:
        row = FeedArrival(peer=feed.peer, kind=feed.kind, day=feed.day, sha256=digest, received_at=now, verdict=BAD, name="", size_bytes=0)
        session.add(row)
    row.name, row.size_bytes = feed.path.name[-200:], feed.path.stat().st_size
    row.verdict = BAD if reason else SEMIWRONG if report is not None and report.faults else RIGHT
    row.reason, row.detail, row.usable = reason, detail[:300], usable
    row.as_of, row.records, row.faults = (None, 0, {}) if report is None else (report.as_of, report.records, dict(report.faults))
    session.flush()
    return row.id


def take_bill(session: Session, path: Path, month: date, *, now: datetime) -> dict[str, str] | None:
    """Remember a month's bill; why it is refused, where the same bytes were another month's, or None."""
    digest, c = digest_of(path), FeedArrival
    mine = (c.kind == BILL, c.sha256 == digest)
    other = session.scalar(select(c.day).where(*mine, c.day != month, c.verdict != BAD).limit(1))
    row = session.scalar(select(c).where(*mine, c.day == month))
    if row is None:
        row = FeedArrival(peer="boss", kind=BILL, day=month, sha256=digest, name=path.name[-200:], size_bytes=path.stat().st_size, received_at=now, records=0, usable=0, faults={})
        session.add(row)
    row.verdict, row.reason = (BAD, REPEATED) if other else (RIGHT, "")
    session.flush()
    if other is None:
        return None
    english, chinese = f"bill: the file is the bill of {other:%Y-%m}, which counts for that month alone", f"账单：文件与{other:%Y-%m}的相同，不能重复使用"
    return {"side": "bill", "file": path.name, "reason": REPEATED, "detail": english, "detail_zh": chinese}


def gap_of(session: Session, feed: Feed) -> str:
    """Why an increment does not join on to a full file by increments of every day between, or "".

    What it does not name is unknown in any case; with a gap, what changed on the days that are missing is too.
    """
    if feed.kind != INCREMENT:
        return ""
    c, kinds = FeedArrival, dict[date, set[str]]()
    came = select(c.day, c.kind).where(c.peer == feed.peer, c.kind.in_((FULL, INCREMENT)), c.verdict != BAD, c.day < feed.day)
    for row in session.execute(came.order_by(c.day.desc()).limit(GAP_ROWS_MAX)):
        kinds.setdefault(row.day, set()).add(row.kind)
    day = feed.day - timedelta(days=1)
    while day in kinds:
        if FULL in kinds[day]:
            return ""
        day -= timedelta(days=1)
    return f"nothing came for {day}" if any(FULL in some for some in kinds.values()) else "no full file came before"


def refuse_cut(session: Session, checked: Sequence[Checked], sides: Mapping[str, SideReport]) -> list[dict[str, str]]:
    """Of the files that were compared, those that stop before the end of what both others hold; they do not count from now on."""
    found, most = [], FEED_LACKS_MAX.get(session)
    for one in checked:
        report = sides.get(one.feed.peer)
        if report is None or one.feed.kind != FULL or report.count is not None or not report.is_sorted or report.lacks <= most:
            continue
        english = f"{one.feed.peer}: the file ends before {report.lacks:,} orders that both others hold, and says no count: it was cut (setting feed_lacks_max)"
        arrival = session.get_one(FeedArrival, one.arrival_id)
        arrival.verdict, arrival.reason, arrival.detail = BAD, CUT, english[:300]
        chinese = f"{one.feed.peer}：文件之后另两方尚有{report.lacks}条一致订购，且无记录数声明，疑被截断"
        found.append({"side": one.feed.peer, "file": one.feed.path.name, "reason": CUT, "detail": english, "detail_zh": chinese})
    session.flush()
    return found


def refusals(checked: Sequence[Checked]) -> list[dict[str, str]]:
    """The refused among them, as documents."""
    return [{"side": one.feed.peer, "file": one.feed.path.name, "reason": one.reason, "detail": one.detail[0], "detail_zh": one.detail[1]} for one in checked if one.reason]
