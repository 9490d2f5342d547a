"""Word lists and the leaders' list: from CSV and to CSV.

An import of a list replaces that list whole, or nothing of it: a bad line is named and
no line is taken. Columns of a word list: `word`, and any of `severity`, `note`, `advice`,
`list`; of leaders: `name,title,order` and `until`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from content.workflow.folding import fold
from content.workflow.models import SEVERITIES, Leader, ScreenWord
from huabao import audit
from huabao.errors import UsageError

BYTES_MAX = 8_000_000
ROWS_MAX = 100_000
WORD_COLUMNS = ("word", "list", "severity", "note", "advice")
LEADER_COLUMNS = ("name", "title", "order", "until")
_LENGTHS = {"word": 80, "list": 60, "note": 300, "advice": 300, "name": 40, "title": 80}


def rows_of(data: bytes, columns: Sequence[str], needed: Sequence[str]) -> list[tuple[int, dict[str, str]]]:
    """The lines of a CSV file (UTF-8 or GB 18030) with their numbers.

    Raises:
        UsageError: too large, no text, an unknown or missing column, a line of another length or with an empty or too long field.
    """
    if len(data) > BYTES_MAX:
        raise UsageError(f"the file has {len(data):,} bytes, more than {BYTES_MAX:,}; divide it")
    reader = csv.DictReader(io.StringIO(_text(data), newline=""), strict=True)
    try:
        header = [name.strip() for name in reader.fieldnames or ()]
        missing = [name for name in needed if name not in header]
        if missing or set(header) - set(columns):
            more = ",".join(one for one in columns if one not in needed)
            raise UsageError(f"line 1: the columns are {','.join(needed)} and any of {more}; found {','.join(header) or 'nothing'}")
        reader.fieldnames = header
        found: list[tuple[int, dict[str, str]]] = []
        for row in reader:
            if len(found) >= ROWS_MAX:
                raise UsageError(f"more than {ROWS_MAX:,} lines; divide the file")
            found.append((reader.line_num, _checked(reader.line_num, row, needed)))
    except csv.Error as error:
        raise UsageError(f"line {reader.line_num}: {error}; nothing was taken") from None
    return found


def _text(data: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UsageError("the file is neither UTF-8 nor GB 18030; save it as one of them")


def _checked(number: int, row: Mapping[str | None, str | None], needed: Sequence[str]) -> dict[str, str]:
    if None in row or None in row.values():
        raise UsageError(f"line {number}: another number of fields than the header; nothing was taken")
    fields = {str(name): (value or "").strip() for name, value in row.items()}
    for name, value in fields.items():
        if name in needed and not value:
            raise UsageError(f"line {number}: {name} is empty; nothing was taken")
        if len(value) > _LENGTHS.get(name, 40):
            raise UsageError(f"line {number}: {name} has more than {_LENGTHS.get(name, 40)} characters; nothing was taken")
    return fields


def import_words(session: Session, data: bytes, listed_in: str, *, by: str, at: datetime) -> dict[str, int]:
    """Replace the lists that the file holds; how many words each has now.

    Args:
        listed_in: the list of lines that name none.

    Raises:
        UsageError: the file is wrong; nothing was taken.
    """
    found: dict[tuple[str, str], ScreenWord] = {}
    for number, row in rows_of(data, WORD_COLUMNS, ("word",)):
        name, severity, folded = row.get("list") or listed_in, row.get("severity") or "block", fold(row["word"]).text
        if severity not in SEVERITIES:
            raise UsageError(f"line {number}: severity {severity!r} is none of {', '.join(SEVERITIES)}; nothing was taken")
        if not folded.strip() or len(folded) > 240:
            raise UsageError(f"line {number}: {row['word']!r} has no letter or character to look for, or too many; nothing was taken")
        if (name, folded) in found:
            raise UsageError(f"line {number}: {row['word']!r} is {found[name, folded].word!r} once more in list {name!r}; nothing was taken")
        found[name, folded] = ScreenWord(
            listed_in=name, word=row["word"], folded=folded, severity=severity, note=row.get("note", ""), advice=row.get("advice", "")
        )
    names = sorted({name for name, _ in found}) or [listed_in]
    session.execute(delete(ScreenWord).where(ScreenWord.listed_in.in_(names)))
    session.add_all(found.values())
    session.flush()
    counts = {name: sum(1 for listed, _ in found if listed == name) for name in names}
    for name, count in counts.items():
        audit.record(session, actor=by, action="words.import", object_kind="words", object_id=name, at=at, words=count)
    return counts


def export_words(session: Session, listed_in: str | None = None) -> str:
    """The words as CSV, all lists or one; what `import_words` reads."""
    wanted = select(ScreenWord).order_by(ScreenWord.listed_in, ScreenWord.id)
    rows = session.scalars(wanted if listed_in is None else wanted.where(ScreenWord.listed_in == listed_in))
    return _csv(WORD_COLUMNS, [(one.word, one.listed_in, one.severity, one.note, one.advice) for one in rows])


def word_counts(session: Session) -> list[tuple[str, str, int]]:
    """(list, severity, words), by name."""
    counted = select(ScreenWord.listed_in, ScreenWord.severity, func.count()).group_by(ScreenWord.listed_in, ScreenWord.severity)
    return [(name, severity, count) for name, severity, count in session.execute(counted.order_by(ScreenWord.listed_in, ScreenWord.severity))]


def import_leaders(session: Session, data: bytes, *, by: str, at: datetime) -> int:
    """Replace the leaders' list; how many lines it has now.

    Raises:
        UsageError: the file is wrong; nothing was taken.
    """
    found: dict[tuple[str, str], Leader] = {}
    for number, row in rows_of(data, LEADER_COLUMNS, ("name", "title", "order")):
        if (row["name"], row["title"]) in found:
            raise UsageError(f"line {number}: {row['title']}{row['name']} stands there twice; nothing was taken")
        if not fold(row["name"]).text.strip() or not fold(row["title"]).text.strip():
            raise UsageError(f"line {number}: a name or a title without a letter; nothing was taken")
        found[row["name"], row["title"]] = Leader(name=row["name"], title=row["title"], place=_place(number, row["order"]), until=_until(number, row.get("until", "")))
    session.execute(delete(Leader))
    session.add_all(found.values())
    session.flush()
    audit.record(session, actor=by, action="leaders.import", object_kind="leaders", object_id="leaders", at=at, lines=len(found))
    return len(found)


def _place(number: int, text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text[:9]) > 0 and len(text) < 6):
        raise UsageError(f"line {number}: order {text!r} is no number from 1; nothing was taken")
    return int(text)


def _until(number: int, text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise UsageError(f"line {number}: until {text!r} is no day like 2026-03-31; nothing was taken") from None


def leaders(session: Session) -> Sequence[Leader]:
    """The list, in its order."""
    return session.scalars(select(Leader).order_by(Leader.place, Leader.id)).all()


def export_leaders(session: Session) -> str:
    """The leaders' list as CSV; what `import_leaders` reads."""
    return _csv(LEADER_COLUMNS, [(one.name, one.title, one.place, "" if one.until is None else one.until.isoformat()) for one in leaders(session)])


def _csv(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue()
