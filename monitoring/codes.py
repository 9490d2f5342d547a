"""What the peers said in a dispatch, code by code: how often, what it means, whose cause it is, what to do.

Counted when somebody asks: reports stand by submission and not by dispatch, so at
1.5 million readers this takes a second or two and is no part of a page that refreshes itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from delivery.dialects import CodeMeaning
from delivery.models import DeliveryEvent, Dispatch, Port, Submission
from delivery.reports.meanings import Meanings

LINES_MAX = 200
"""Codes of one table; a peer that invents them must not fill the page."""


@dataclass(frozen=True)
class CodeLine:
    """One code of one port.

    Attributes:
        code: as the peer printed it; "" where it gave none.
        count: reports, or requests that it answered.
        state: of answers, the submission's; "" of reports.
        meaning: by the tables in force now; None where no table speaks of such a code (an HTTP status, silence).
    """

    port: str
    code: str
    count: int
    state: str
    meaning: CodeMeaning | None

    @property
    def said(self) -> str:
        """What it makes of a delivery or a submission: an outcome, `interim`, or the submission's state."""
        if self.state:
            return self.state
        return "unknown" if self.meaning is None else "interim" if self.meaning.outcome is None else self.meaning.outcome.name.lower()


def report_codes(session: Session, dispatch: Dispatch) -> list[CodeLine]:
    """What reports said, most first; a code of four digits or an SMSC's `err` makes a line of its own."""
    keys = (DeliveryEvent.port_id, DeliveryEvent.status, DeliveryEvent.status_extension)
    many = func.count()
    rows = session.execute(
        select(*keys, many).join(Submission, Submission.id == DeliveryEvent.submission_id).where(Submission.dispatch_id == dispatch.id).group_by(*keys)
        .order_by(many.desc(), *keys).limit(LINES_MAX)
    )  # fmt: skip
    meanings, names = Meanings(session), _names(session)
    return [
        CodeLine(names.get(port_id, ""), f"{status} {extension}" if extension else status, number, "", meanings.advice(port_id, status, extension))
        for port_id, status, extension, number in rows
    ]


def answer_codes(session: Session, dispatch: Dispatch) -> list[CodeLine]:
    """What peers answered to requests that they did not simply accept, most first."""
    keys = (Submission.port_id, Submission.state, Submission.status_code)
    many = func.count()
    wanted = (Submission.dispatch_id == dispatch.id, Submission.state.not_in(("accepted", "leaving")))
    rows = session.execute(select(*keys, many).where(*wanted).group_by(*keys).order_by(many.desc(), *keys).limit(LINES_MAX))
    meanings, names = Meanings(session), _names(session)
    return [CodeLine(names.get(port_id, ""), "" if code is None else str(code), number, state, meanings.answer(port_id, code)) for port_id, state, code, number in rows]


def _names(session: Session) -> dict[int, str]:
    return {row.id: row.name for row in session.execute(select(Port.id, Port.name))}
