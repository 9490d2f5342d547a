"""A refund is asked for from a reader's page: the month, what was charged and what arrived stand in the sheet."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from sqlalchemy.orm import Session
from starlette.responses import Response

from care.complaints.entering import of_reader
from console.pages.readers import asked
from console.reader_view import titles_of
from console.visit import Refused, Visit
from huabao.errors import UsageError
from huabao.ids import new_token
from huabao.msisdn import MSISDN
from reconciliation.refunds.asking import TEXT_CHARS_MAX, Wish, ask
from reconciliation.refunds.history import MonthLine, one_of
from reconciliation.refunds.rules import REASONS, bound
from reconciliation.refunds.settings import FREE_FEN_MAX
from subscribers.models import Reader
from subscribers.store import ids_of

YUAN = re.compile(r"(\d{1,6})(?:[.。](\d{1,2}))?", re.ASCII)
SERVICE_CHARS_MAX = 40


def refund(visit: Visit) -> Response:
    """The sheet."""
    return _sheet(visit)


def refund_act(visit: Visit) -> Response:
    """The act, and back to the reader; two presses of one sheet ask once."""
    fen, now = fen_of(visit.form.get("amount", "")), visit.runtime.now()
    if fen is None:
        return _sheet(visit, problem=visit.say("refund.amount_odd"))
    service_id, month = _charge(visit)
    try:
        with visit.runtime.transaction() as session:
            reader = asked(visit, session)
            wish = Wish(
                service_id, month, fen, visit.form.get("why", ""), f"desk:{visit.form.get('key', '')[:60] or new_token(12)}",
                visit.form.get("text", "").strip(), _complaint(visit, session, reader),
            )  # fmt: skip
            ask(session, reader, wish, by=visit.actor, now=now)
            reader_id = reader.id
    except UsageError as error:
        return _sheet(visit, problem=visit.why(error))
    return visit.go(f"/readers/{reader_id}?done=refund")


def fen_of(typed: str) -> int | None:
    """Yuan as people type them, in fen; None where it is no amount."""
    found = YUAN.fullmatch(typed.strip().removesuffix("元").removeprefix("¥").removeprefix("￥").strip())
    return None if found is None else int(Decimal(f"{found[1]}.{found[2] or 0}") * 100)


def _charge(visit: Visit) -> tuple[str, date]:
    """The service and the month that the sheet is about."""
    given = visit.form if visit.form.get("service") else visit.request.query_params
    try:
        return given.get("service", "")[:SERVICE_CHARS_MAX], date.fromisoformat(f"{given.get('month', '')[:7]}-01")
    except ValueError as error:
        raise Refused(404, "not_found") from error


def _complaint(visit: Visit, session: Session, reader: Reader) -> int | None:
    """The complaint that was chosen, where it is his."""
    return next((one.id for one in of_reader(session, reader.id) if str(one.id) == visit.form.get("complaint")), None)


def _line(session: Session, reader: Reader, visit: Visit) -> MonthLine:
    service_id, month = _charge(visit)
    line = one_of(session, ids_of(session, reader.id), month, service_id, visit.runtime.now())
    if line is None:
        raise Refused(404, "not_found")
    return line


def _sheet(visit: Visit, *, problem: str = "") -> Response:
    with visit.runtime.transaction(read_only=True) as session:
        reader = asked(visit, session)
        line = _line(session, reader, visit)
        most, basis = bound(line.charged, FREE_FEN_MAX.get(session))
        held = line.refund is not None and line.refund.state not in ("refused", "bounced")
        return visit.page(
            "_refund_sheet.html" if visit.fragment else "refund_sheet.html",
            reader_id=reader.id,
            number=MSISDN(reader.msisdn).masked,
            line=line.charged,
            title=titles_of(session).get(line.charged.service_id, line.charged.service_id),
            most=most,
            basis=basis,
            possible=most > 0 and not held and line.charged.billed_fen != 0,
            refunded=line.refund if held else None,
            amount=visit.form.get("amount", f"{most / 100:.2f}"),
            why=visit.form.get("why") or line.charged.likely,
            reasons=REASONS,
            text=visit.form.get("text", ""),
            complaints=[one for one in of_reader(session, reader.id) if one.closed_at is None],
            chosen=visit.form.get("complaint", ""),
            key=visit.form.get("key", "")[:60] or new_token(12),
            text_chars_max=TEXT_CHARS_MAX,
            problem=problem,
        )
