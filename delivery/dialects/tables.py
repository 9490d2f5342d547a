"""Code tables of one dialect, and what a code means in it.

A peer's code is a text or a number that it made up or took from a manual. Here it
has an outcome or a verdict, a cause, and a sentence for a support agent in two
languages. A code that nobody entered is never guessed at: a report's means
`unknown`, an answer's takes its class's x000 (TS 23.140 8.7.8.1), and both say so
(`documented` is False).

Not here: where the tables come from (`reading`, `files`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from delivery.models import Outcome

Verdict = Literal["accepted", "partial", "refused", "deferred"]
VERDICTS: Final[tuple[Verdict, ...]] = ("accepted", "partial", "refused", "deferred")

OUTCOMES: Final[Mapping[str, Outcome | None]] = {
    "interim": None,
    **{one.name.lower(): one for one in (Outcome.RETRIEVED, Outcome.REJECTED, Outcome.EXPIRED, Outcome.FAILED, Outcome.UNKNOWN, Outcome.CANCELLED)},
}
"""What a report may make of a delivery; interim moves nothing."""

CAUSES: Final = ("none", "reader", "handset", "number", "network", "content", "operator", "ours", "unknown")

STOP_CAUSES: Final = ("handset_settings", "memory_full", "no_mms", "unreachable", "arrears", "barred", "system")
"""Why a reader may be out of reach for long, where a code says it: unreachable is off or out of reach, system the operator's own doing."""

Says = Literal["outcome", "verdict", "cause"]
TABLES: Final[Mapping[str, Says]] = {
    "mm_status": "outcome",
    "mm_status_code": "cause",
    "status_code": "verdict",
    "command_status": "verdict",
    "receipt_stat": "outcome",
    "receipt_err": "cause",
}
"""Every table there may be, and what its entries must say."""

MEMO_MAX: Final = 2_000
"""Looked-up texts that are remembered; a peer that invents them must not fill the memory."""


@dataclass(frozen=True, slots=True)
class CodeMeaning:
    """One code.

    Attributes:
        code: as the table has it; for one that it has not, as the peer printed it.
        name: a short name, "" where the code is one.
        outcome: what it makes of a delivery; None where it is interim, or where it says nothing about that.
        verdict: what it says about a submission; None in a table of reports.
        manual: the manual's wording.
        en, zh: what a support agent reads.
        retry: a later attempt may succeed.
        stop: of `STOP_CAUSES`, where the code says so much; else "".
        documented: False where the code was not in the table.
    """

    code: str
    name: str = ""
    outcome: Outcome | None = None
    verdict: Verdict | None = None
    cause: str = "unknown"
    manual: str = ""
    en: str = ""
    zh: str = ""
    retry: bool = False
    number: int | None = None
    stop: str = ""
    documented: bool = True


def folded(code: str) -> str:
    """`code` without what peers print differently: blanks, case, `_` and `-`."""
    return "".join(code.split()).replace("_", "").replace("-", "").casefold()


Table = Mapping[str, CodeMeaning]


@dataclass(frozen=True)
class Dialect:
    """The tables of one dialect.

    Attributes:
        version: of its file; shown wherever a meaning is.
        source: the files it was read from.
        tables: by name, see `TABLES`; in each, meanings by their folded code.
    """

    name: str
    version: str
    title: str
    source: tuple[str, ...]
    tables: Mapping[str, Table]
    _memo: dict[tuple[str, str | int], CodeMeaning] = field(default_factory=dict, compare=False, repr=False)

    def mm_status(self, status: str) -> CodeMeaning:
        """What an MMStatus means; one that is not in the table is `unknown` and says so."""
        return self._remembered("mm_status", status, self._mm_status)

    def status_code(self, code: int) -> CodeMeaning:
        """What an MM7 StatusCode means; an unknown one as its class's x000, outside the classes as 3000."""
        return self._remembered("status_code", code, self._status_code)

    def mm_status_code(self, code: str) -> CodeMeaning | None:
        """What the four digits of a report say, by the code itself or by its class (`4xxx`); None where nothing is known."""
        bare, table = code.strip(), self._table("mm_status_code")
        return table.get(folded(bare)) or table.get(f"{bare[:1]}xxx" if len(bare) == 4 and bare.isascii() and bare.isdigit() else "")

    def report(self, status: str, code: str = "") -> CodeMeaning:
        """What a report says, for support: the outcome of its MMStatus, with cause and advice of its four digits where those are known."""
        known, why = self.mm_status(status), self.mm_status_code(code)
        if why is None or why.cause == "none":
            return known
        return dataclasses.replace(known, cause=why.cause, en=why.en, zh=why.zh, retry=why.retry, stop=why.stop or known.stop)

    def command_status(self, number: int) -> CodeMeaning:
        """What an SMPP command_status means; an unknown one is refused and says so."""
        return self._remembered("command_status", number, self._command_status)

    def receipt(self, stat: str, err: str = "") -> CodeMeaning:
        """What a receipt says: the outcome of its `stat`, with cause and advice of its `err` where that is known."""
        return self._remembered("receipt_stat", f"{stat}\x1f{err}", lambda _: self._receipt(stat, err))

    def entries(self) -> Iterator[tuple[str, CodeMeaning]]:
        """Every entry with the name of its table."""
        for name in TABLES:
            for one in self._table(name).values():
                yield name, one

    def _table(self, name: str) -> Table:
        return self.tables.get(name, {})

    def _remembered(self, table: str, code: str | int, look_up: Callable[[str | int], CodeMeaning]) -> CodeMeaning:
        found = self._memo.get((table, code))
        if found is None:
            if len(self._memo) >= MEMO_MAX:
                self._memo.clear()
            found = self._memo[table, code] = look_up(code)
        return found

    def _mm_status(self, status: str | int) -> CodeMeaning:
        known = self._table("mm_status").get(folded(str(status)))
        return known or _unknown_report("MMSC", str(status))

    def _status_code(self, code: str | int) -> CodeMeaning:
        table = self._table("status_code")
        known = table.get(str(code))
        if known is not None:
            return known
        stand_in = table.get(str(int(code) // 1000 * 1000)) or table["3000"]
        return dataclasses.replace(stand_in, code=str(code), documented=False)

    def _command_status(self, number: str | int) -> CodeMeaning:
        known = next((one for one in self._table("command_status").values() if one.number == number), None)
        text = f"0x{int(number):08X}"
        en, zh = f"The SMSC answered {text}, which nobody documented.", f"短信中心返回 {text}，含义不明。"
        return known or CodeMeaning(text, verdict="refused", en=en, zh=zh, number=int(number), documented=False)

    def _receipt(self, stat: str, err: str) -> CodeMeaning:
        known = self._table("receipt_stat").get(folded(stat)) or _unknown_report("SMSC", stat)
        why = self._table("receipt_err").get(folded(err)) if err.strip() else None
        if why is None or why.cause == "none":
            return known
        return dataclasses.replace(known, cause=why.cause, en=f"{known.en} {why.en}".strip(), zh=f"{known.zh}{why.zh}", retry=why.retry, stop=why.stop or known.stop)


def _unknown_report(peer: str, status: str) -> CodeMeaning:
    zh = {"MMSC": "彩信中心", "SMSC": "短信中心"}[peer]
    return CodeMeaning(
        status, outcome=Outcome.UNKNOWN, en=f"The {peer} reported {status!r}, which nobody documented.", zh=f"{zh}上报 {status!r}，含义不明。", documented=False
    )
