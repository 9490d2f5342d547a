"""What the numbers of one MISC-like peer mean: tables of data, pure.

The same message carries other numbers from peer to peer: ActionID 2 stops an order
with MISC and pauses it with M-Market. A code that stands in no table is refused,
never guessed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from huabao.errors import HuabaoError

ORDER_EVENTS: Final = ("order", "cancel", "pause", "resume")
"""What an ActionID may say of the order."""

WAIT: Final = "wait"
"""A reason's: nothing is done, another peer's message says the rest."""

TURNED_EVENTS: Final = ("barred", "unbarred", "closed", "opened", "transfer", WAIT)
"""What a reason may make of it: the reader's account, his number, or nothing yet."""

H_RETS: Final = ("ok", "malformed", "unknown_code", "refused")


class UnknownCodeError(HuabaoError):
    """A peer sent a number that its dialect does not have.

    Attributes:
        table: `action` or `reason`.
        code: the number.
    """

    def __init__(self, dialect: str, table: str, code: int | None) -> None:
        said = "no number" if code is None else str(code)
        super().__init__(f"{_FIELDS[table]} {said} stands in no table of {dialect}")
        self.table = table
        self.code = code


_FIELDS: Final[Mapping[str, str]] = {"action": "ActionID", "reason": "ActionReasonID"}


@dataclass(frozen=True, slots=True)
class Action:
    """An ActionID: the event, and words for people."""

    event: str
    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class Reason:
    """An ActionReasonID: its name in our words, what it makes of an order's event, and words for people."""

    name: str
    en: str
    zh: str
    turns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a peer's pair of numbers says: the event, and why."""

    event: str
    reason: str


@dataclass(frozen=True)
class MISCDialect:
    """The tables of one dialect.

    Attributes:
        version: of its file; the journal keeps it with each message.
        source: the file that it was read from.
    """

    name: str
    version: str
    title: str
    source: str
    h_ret: Mapping[str, int]
    actions: Mapping[int, Action]
    reasons: Mapping[int, Reason]

    @property
    def label(self) -> str:
        """Name and version, as the journal keeps them."""
        return f"{self.name}@{self.version}"[:40]

    def meaning(self, action_id: int, reason_id: int | None) -> Meaning:
        """What a message says.

        Args:
            reason_id: None where the peer gave none.

        Raises:
            UnknownCodeError: a number stands in no table.
        """
        action = self.actions.get(action_id)
        if action is None:
            raise UnknownCodeError(self.name, "action", action_id)
        if reason_id is None:
            return Meaning(action.event, "")
        reason = self.reasons.get(reason_id)
        if reason is None:
            raise UnknownCodeError(self.name, "reason", reason_id)
        return Meaning(reason.turns.get(action.event, action.event), reason.name)

    def entries(self) -> Iterator[tuple[str, int, str, str, str]]:
        """Every line for people: table, code, what it says, and it in English and Chinese."""
        for code, action in sorted(self.actions.items()):
            yield "action", code, action.event, action.en, action.zh
        for code, reason in sorted(self.reasons.items()):
            turned = ", ".join(f"{before} is {after}" for before, after in reason.turns.items())
            yield "reason", code, f"{reason.name} ({turned})" if turned else reason.name, reason.en, reason.zh
        for name, code in self.h_ret.items():
            yield "h_ret", code, name, "", ""
