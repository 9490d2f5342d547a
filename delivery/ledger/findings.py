"""What a recount finds wrong, gathered into a few plain sentences with counts and examples."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from huabao.msisdn import MSISDN
from subscribers.models import Reader

EXAMPLES_MAX = 3


@dataclass
class Findings:
    """Everything wrong with one thing.

    Attributes:
        about: what every sentence begins with, e.g. `dispatch 7`.
    """

    about: str
    _sentences: list[str] = field(default_factory=list)
    _counts: dict[str, int] = field(default_factory=dict)
    _examples: dict[str, list[int]] = field(default_factory=dict)

    def say(self, sentence: str) -> None:
        """A finding about totals."""
        self._sentences.append(sentence)

    def add(self, what: str, reader_id: int) -> None:
        """A reader with whom something is wrong."""
        self._counts[what] = self._counts.get(what, 0) + 1
        examples = self._examples.setdefault(what, [])
        if len(examples) < EXAMPLES_MAX:
            examples.append(reader_id)

    def add_all(self, what: str, reader_ids: Iterable[int]) -> None:
        """Readers with whom the same is wrong."""
        for reader_id in reader_ids:
            self.add(what, int(reader_id))

    def sentences(self, session: Session) -> list[str]:
        """All findings; examples are masked numbers, or ids where the reader is gone."""
        lines = [f"{self.about}: {sentence}" for sentence in self._sentences]
        for what, number in self._counts.items():
            shown = ", ".join(self._name(session, reader_id) for reader_id in self._examples[what])
            lines.append(f"{self.about}: {number:,} {'reader' if number == 1 else 'readers'} {what} (e.g. {shown})")
        return lines

    def _name(self, session: Session, reader_id: int) -> str:
        number = session.scalar(select(Reader.msisdn).where(Reader.id == reader_id))
        return f"reader {reader_id}" if number is None else f"{MSISDN(number).masked}, reader {reader_id}"
