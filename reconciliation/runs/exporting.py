"""The platform's own check file: every subscription as it was at the end of a day, for BOSS or MISC to hold against theirs."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from datetime import date, datetime
from pathlib import Path

from huabao.errors import UsageError
from huabao.runtime import Runtime
from reconciliation.codecs.feeds import FeedDialect, Services, write_columns
from reconciliation.feeds.checking import day_span
from reconciliation.runs.standing import columns_of_platform


def export(runtime: Runtime, day: date, out: Path, dialect: FeedDialect, fields: Mapping[str, str]) -> tuple[int, datetime]:
    """Write the file; how many records, and the instant that it speaks of. It is there only when it is whole.

    Args:
        fields: what the dialect's header and trailer hold beside count and as-of time.

    Raises:
        UsageError: the day has not begun, a field is missing, or the file cannot be written.
    """
    begins, ends = day_span(day)
    now = runtime.now()
    if begins > now:
        raise UsageError(f"{day} has not begun; its check file can be written from then on")
    as_of = min(ends, now)
    part = out.with_name(out.name + ".part")
    try:
        with runtime.transaction(read_only=True, still=True) as session, part.open("wb") as file:
            services = Services()
            with closing(columns_of_platform(session, as_of, services)) as blocks:  # or a rollback would wait for what is being copied
                count = write_columns(file, blocks, services, dialect, as_of=as_of, fields=fields)
        part.replace(out)
    except ValueError as error:
        raise UsageError(f"{error}; --field NAME=VALUE gives what header and trailer hold") from error
    except OSError as error:
        raise UsageError(f"{out}: cannot be written: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)
    return count, as_of
