"""`huabao quiz …`: what readers answered, the draw of the winners, and its proof."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from huabao import audit
from huabao.cli import Invocation, Report, operation
from huabao.clock import shanghai_text
from huabao.errors import UsageError
from huabao.msisdn import parse_msisdn

if TYPE_CHECKING:
    from content.quiz.models import OpenedQuiz

EDITION = click.argument("edition", metavar="EDITION")
ITEM = click.option("--item", metavar="KEY", help="Which quiz, where the edition has several: the path of its article.")
REASON = click.option("--reason", default="", metavar="TEXT", help="Why; kept.")
OUT = click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="File to write.")
TEST_HANDSET = "test-handset"


@click.group()
def quiz() -> None:
    """A magazine's quiz: what readers answered, and the draw of its winners."""


def _quiz(session: Session, edition: str, item: str | None) -> OpenedQuiz:
    """The edition's quiz.

    Raises:
        UsageError: it has none that readers could answer, or several and `item` names none of them.
    """
    from content.quiz.answers import quizzes_of_edition
    from content.services import find_edition

    found = quizzes_of_edition(session, find_edition(session, edition).id)
    if not found:
        raise UsageError(f"edition {edition} has no quiz that readers could answer: one opens when its edition is approved or sent")
    chosen = [one for one in found if item in (None, one.item_key)]
    if len(chosen) != 1:
        raise UsageError(f"name one quiz: --item {' or --item '.join(one.item_key for one in found)}")
    return chosen[0]


@quiz.command("list")
@operation
def list_quizzes(invocation: Invocation) -> Report:
    """Every quiz that readers may answer or could, the newest first."""
    from content.models import Edition, Publication
    from content.quiz.counts import counts
    from content.quiz.models import OpenedQuiz, QuizDraw

    wanted = select(OpenedQuiz, Edition, Publication.slug).join(Edition, Edition.id == OpenedQuiz.edition_id).join(Publication, Publication.id == Edition.publication_id)
    with invocation.runtime.transaction(read_only=True) as session:
        data = [
            {
                "edition_id": edition.id,
                "edition": f"{slug}/{edition.number}",
                "item": one.item_key,
                "reply_to": one.reply_to,
                "keyword": one.keyword,
                "closes_at": one.closes_at,
                "counted": counts(session, one)["answers"]["counted"],
                "drawn": session.get(QuizDraw, one.id) is not None,
            }
            for one, edition, slug in session.execute(wanted.order_by(OpenedQuiz.id.desc()))
        ]
    rows = [(one["edition"], one["keyword"].upper(), one["reply_to"], shanghai_text(one["closes_at"]), one["counted"], "drawn" if one["drawn"] else "") for one in data]
    return Report(data, columns=("edition", "keyword", "to", "closes", "answers", ""), rows=rows)


@quiz.command()
@EDITION
@ITEM
@operation
def show(invocation: Invocation, edition: str, item: str | None) -> Report:
    """The quiz, its counts, its seal, and its winners once they are drawn (numbers masked)."""
    from content.quiz.counts import quiz_document

    with invocation.runtime.transaction(read_only=True) as session:
        data = quiz_document(session, _quiz(session, edition, item))
    lines = [
        data["question"],
        *(f"  {number}. {choice}: {count:,}" for number, (choice, count) in enumerate(zip(data["choices"], data["by_choice"], strict=True), 1)),
        f"{data['keyword'].upper()} to {data['reply_to']}, closes {shanghai_text(data['closes_at'])}, {data['winners']:,} prizes",
        "answers: " + ", ".join(f"{count:,} {name}" for name, count in data["answers"].items()),
        f"sealed seed: sha256 {data['seal']}",
    ]
    made = data["draw"]
    if made is None:
        return Report(data, lines=[*lines, "not drawn yet"])
    lines.append(f"drawn {shanghai_text(made['drawn_at'])} by {made['drawn_by']}, {made['seed_kind']} seed {made['seed']}, {made['pool']:,} took part")
    lines += [f"took no part: {count:,} {reason}" for reason, count in made["left_out"].items()]
    rows = [(one["rank"], one["entry"], one["msisdn"]) for one in made["winners"]]
    return Report(data, lines=lines, columns=("rank", "number drawn", "winner"), rows=rows)


@quiz.command()
@EDITION
@click.option("--msisdn", required=True, metavar="M", help="Whose.")
@ITEM
@operation
def answers(invocation: Invocation, edition: str, msisdn: str, item: str | None) -> Report:
    """What one number answered, and what became of it."""
    from content.quiz.counts import answers_of

    with invocation.runtime.transaction(read_only=True) as session:
        data = answers_of(session, _quiz(session, edition, item), str(parse_msisdn(msisdn)), invocation.runtime.now())
    rows = [(one["entry"], one["choice"] or "", one["channel"], one["outcome"], shanghai_text(one["received_at"]), one["text"]) for one in data]
    return Report(data, columns=("number drawn with", "choice", "by", "outcome", "received", "text"), rows=rows)


@quiz.command()
@EDITION
@click.option("--seed", metavar="S", help="The seed, e.g. a lottery's number published after the close (default: the one sealed when the quiz opened).")
@ITEM
@REASON
@operation
def draw(invocation: Invocation, edition: str, seed: str | None, item: str | None, reason: str) -> Report:
    """Draw the winners, once, from the right answers of those who may take part."""
    from content.quiz import draws
    from content.quiz.counts import draw_document

    with invocation.runtime.transaction() as session:
        found = _quiz(session, edition, item)
        draws.draw(session, found, _test_handsets(session), seed=seed, by=invocation.actor, at=invocation.runtime.now(), reason=invocation.why(reason))
        data = draw_document(session, found)
    assert data is not None, "drawn a moment ago"
    lines = [f"{data['answered']:,} answered, {data['right']:,} of them right, {data['pool']:,} took part, {len(data['winners']):,} won"]
    lines += [f"took no part: {count:,} {name}" for name, count in data["left_out"].items()]
    return Report(data, lines=[*lines, f"`huabao quiz verify {edition}` does it over"])


def _test_handsets(session: Session) -> Mapping[str, str]:
    """Phones of the house, which test editions and win nothing."""
    from delivery.models import Seed, SeedGroup
    from subscribers.orders.owners import is_present_owners

    wanted = select(Seed.msisdn).join(SeedGroup, SeedGroup.name == Seed.group_name).where(SeedGroup.kind == "test", is_present_owners(Seed.msisdn, Seed.added_at))
    return dict.fromkeys(session.scalars(wanted), TEST_HANDSET)


@quiz.command()
@EDITION
@ITEM
@operation
def verify(invocation: Invocation, edition: str, item: str | None) -> Report:
    """Do the draw over from what was written down; exit 1 where anything disagrees."""
    from content.quiz import draws

    with invocation.runtime.transaction(read_only=True) as session:
        problems = draws.verify(session, _quiz(session, edition, item))
    return Report({"verified": not problems, "problems": problems}, lines=problems or ["the draw was done over: the same winners"], problem=bool(problems))


@quiz.command()
@EDITION
@click.argument("entry", type=click.IntRange(1))
@ITEM
@REASON
@operation
def replace(invocation: Invocation, edition: str, entry: int, item: str | None, reason: str) -> Report:
    """Take the prize of the number ENTRY away, and give it to the next in order."""
    from content.quiz import draws

    with invocation.runtime.transaction() as session:
        found = _quiz(session, edition, item)
        given = draws.replace(session, found, entry, _test_handsets(session), by=invocation.actor, at=invocation.runtime.now(), reason=invocation.why(reason))
        data: dict[str, Any] = {"entry": entry, "instead": None if given is None else {"rank": given.rank, "entry": given.entry}}
    said = "nobody is left in order" if given is None else f"number {data['instead']['entry']} wins instead, rank {data['instead']['rank']}"
    return Report(data, lines=[said], problem=given is None)


@quiz.command()
@EDITION
@OUT
@click.option("--proof", is_flag=True, help="Instead of the winners: all that anybody needs to do the draw over, without a telephone number.")
@ITEM
@operation
def export(invocation: Invocation, edition: str, out: Path, proof: bool, item: str | None) -> Report:
    """Write the winners with their numbers as CSV, or the draw's public proof as JSON."""
    from content.quiz.counts import proof_document
    from content.quiz.draws import winners
    from subscribers.imports.rejects import CSVFile

    with invocation.runtime.transaction() as session:
        found = _quiz(session, edition, item)
        document, won = proof_document(session, found), winners(session, found)
        if document is None:
            raise UsageError(f"it was not drawn yet: `huabao quiz draw {edition}`")
        if proof:
            _write(out, json.dumps(document, ensure_ascii=False, indent=1, default=str) + "\n")
        else:
            with CSVFile(out, ("rank", "number_drawn", "msisdn", "answered_at")) as file:
                for one in won:
                    file.write((one.rank, one.entry, one.msisdn or "forgotten", shanghai_text(one.received_at)))
        what = "proof" if proof else "winners"
        audit.record(
            session, actor=invocation.actor, action="quiz.export", object_kind="edition", object_id=found.edition_id, at=invocation.runtime.now(), item=found.item_key, what=what
        )
    return Report({"file": str(out), "winners": len(won)}, lines=[f"{out}: the draw's proof" if proof else f"{out}: {len(won):,} winners"])


def _write(out: Path, text: str) -> None:
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{out}: cannot be written: {error.strerror}; choose another folder") from error


COMMANDS: tuple[click.Command, ...] = (quiz,)
