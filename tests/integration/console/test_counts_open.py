"""Any count opens its readers: a walk over the ops desk's pages, where the readers behind each number are known beforehand.

The house is filled so that each of its counts is a number of its own. Wherever one of them
stands on a page, alone or in words, it is a link to a list of readers, or stands in
`EXCEPT` with the reason why it is none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from html import unescape

from lxml import html
from sqlalchemy import insert, select, update
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from console import auth
from delivery.dispatch import brake
from delivery.models import Dispatch, Exclusion, Outcome, Submission
from huabao.audit import AuditEntry
from huabao.runtime import Runtime
from monitoring.tallies import tally_due
from subscribers.models import Reader
from tests.integration.console.conftest import browser, sign_in
from tests.integration.console.dispatch_rows import _HASH, add_dispatch, add_report, add_submission, settle
from tests.integration.console.test_gate_pages import CLASS, add_gated

SignedIn = Callable[[str], TestClient]

PLANNED, STOPPED, BLACKLISTED = 1797, 59, 43
SHARES = ((Outcome.RETRIEVED, 1009), (Outcome.SUBMITTED, 211), (Outcome.EXPIRED, 173), (Outcome.REJECTED, 97))
LATE = 61
"""Of those who retrieved it."""

LISTS = re.compile(r"^(/dispatches/\d+/(readers|excluded)(\?|$)|/ports/[^/]+#waits-title$|#waits-title$|#dispatches$)")
"""Lists of readers, and the lines of a page each of which opens one."""

EXCEPT = {
    "audience": "planned and excluded together: both stand beside it, and each opens its own",
    "lanes": "a lane's batches lie at several ports: the line of each port, on the same page, opens who waits there",
    "seed-table": "seeds, not readers: the dispatch's page lists them one by one; what is left of a class opens",
    "brakes": "readers who were left when the brake was pulled: who of them still waits stands beside the class, and opens",
}
"""Elements (by id or class) whose counts open nothing, with the reason; sheets are no pages: what they count is what an act would touch."""


def fill(runtime: Runtime) -> int:
    """A running dispatch whose counts are all different."""
    made = add_dispatch(runtime, planned=PLANNED, excluded={"stopped": STOPPED, "blacklisted": BLACKLISTED})
    now, first = runtime.now(), 1
    with runtime.transaction() as session:
        common = {"account_state": "normal", "account_at": now, "account_source": "boss", "topics": [], "attributes": {}, "created_at": now, "updated_at": now}
        rows = [{"id": one, "msisdn": f"1380{one:07d}", "city": "合肥" if one % 3 else "蚌埠", **common} for one in (*range(1, PLANNED + 1), *range(1_000_000, 1_000_102))]
        session.execute(insert(Reader), rows)
    for outcome, number in SHARES:
        settle(runtime, made, outcome, range(first, first + number), ago_s=600)
        first += number
    settle(runtime, made, Outcome.RETRIEVED, range(1, LATE + 1))
    with runtime.transaction() as session:
        one = session.get_one(Dispatch, made)
        one.start_at = one.started_at = now - timedelta(hours=1)
        one.deadline_at = now - timedelta(minutes=5)
    add_submission(runtime, made, recipients=first - 1)
    add_report(runtime, 1, "Expired", "4446")
    with runtime.transaction() as session:
        session.execute(update(Submission).values(message_id="m"))
    assert tally_due(runtime) == 1
    return made


def counts() -> set[str]:
    """Every number that readers stand behind, as a page writes it."""
    each = [number for _, number in SHARES]
    sent = sum(each)
    return {f"{one:,}" for one in (*each, PLANNED, STOPPED, BLACKLISTED, STOPPED + BLACKLISTED, sent, PLANNED - sent, 173 + 97, LATE, PLANNED + STOPPED + BLACKLISTED)}


PAGES = ("/", "/dispatches/{}", "/dispatches/{}/codes", "/ports", "/ports/mm-1", "/seeds", "/alarms", "/duty")


def bare(page: str, known: set[str]) -> Iterator[str]:
    """Counts that open no list, with the words around them."""
    for element in html.fromstring(page).iter():
        if not isinstance(element.tag, str) or element.tag in ("script", "style", "title", "option", "svg"):
            continue
        for text in (element.text, *(child.tail for child in element)):
            for number in re.findall(r"(?<![\d,.:])\d[\d,]*(?![\d,.:%])", text or ""):
                if number in known and not _opens(element):
                    yield f"{number} in {' '.join((text or '').split())!r} of <{element.tag} id={element.get('id')} class={element.get('class')}>"


def _opens(element: html.HtmlElement) -> bool:
    around = (element, *element.iterancestors())
    return any(one.tag == "a" and LISTS.match(unescape(one.get("href", ""))) for one in around) or any(_excepted(one) for one in around)


def _excepted(element: html.HtmlElement) -> bool:
    return bool({*element.get("class", "").split(), element.get("id", "")} & EXCEPT.keys())


def test_every_count_of_readers_on_the_ops_desk_opens_them(runtime: Runtime, signed_in: SignedIn) -> None:
    dispatch_id = fill(runtime)
    root, known, seen = signed_in("root"), counts(), set[str]()
    wrong = []
    for path in PAGES:
        page = root.get(path.format(dispatch_id)).text
        wrong += [f"{path}: {one}" for one in bare(page, known)]
        seen |= {number for number in known if re.search(rf"(?<![\d,]){number}(?![\d,])", page)}
    assert not wrong, "\n".join(wrong)
    assert known - seen == set(), "counts that no page shows: the walk looks for what is not there"


def test_exceptions_are_real(runtime: Runtime, signed_in: SignedIn) -> None:
    root = signed_in("root")
    dispatch_id = add_gated(runtime, state="held", retrieved=1, bad=1)
    with runtime.transaction() as session:
        brake.pull(session, session.get_one(Dispatch, dispatch_id), brake.HANDSET_CLASS, CLASS, reason="bad", by="system", at=runtime.now())
    found = "".join(root.get(path.format(dispatch_id)).text for path in PAGES)
    for name in EXCEPT:
        assert re.search(rf'(id="{name}"|class="[^"]*\b{name}\b)', found), name


def test_who_is_excluded_is_listed_masked_paged_by_city_and_as_a_file(app: ASGIApp, runtime: Runtime, signed_in: SignedIn) -> None:
    dispatch_id = fill(runtime)
    agent = signed_in("zhou")
    path, seen = f"/dispatches/{dispatch_id}/excluded?reason=stopped", list[str]()
    while path:
        page = agent.get(path).text
        seen += re.findall(r'href="/readers/(\d+)">138\*{4}\d{4}</a>', page)
        further = re.search(rf'href="(/dispatches/{dispatch_id}/excluded\?[^"]*after=\d+)"', page)
        path = unescape(further.group(1)) if further else ""
    assert len(seen) == len(set(seen)) == STOPPED
    assert len(agent.get(f"/dispatches/{dispatch_id}/excluded.csv").text.splitlines()) == 1 + STOPPED + BLACKLISTED
    assert "There are no such readers" in agent.get(f"/dispatches/{dispatch_id}/excluded?reason=x'").text
    assert agent.get("/dispatches/99/excluded").status_code == 404
    assert signed_in("li").get(f"/dispatches/{dispatch_id}/excluded").status_code == 403
    with runtime.transaction() as session:
        auth.add_user(session, "bengbu", _HASH, "support", city="蚌埠", by="test", now=runtime.now())
        whole = session.scalars(select(Exclusion.reader_id)).all()
    mine = browser(app)
    sign_in(mine, "bengbu")
    lines = mine.get(f"/dispatches/{dispatch_id}/excluded.csv").text.splitlines()
    assert len(lines) == 1 + sum(one % 3 == 0 for one in whole) and all("蚌埠" in line for line in lines[1:])
    with runtime.transaction(read_only=True) as session:
        assert session.scalars(select(AuditEntry.actor).where(AuditEntry.action == "dispatch.excluded").order_by(AuditEntry.id)).all() == ["zhou", "bengbu"]


def test_lateness_opens_as_many_as_it_says(runtime: Runtime, signed_in: SignedIn) -> None:
    dispatch_id = fill(runtime)
    ops = signed_in("王敏")
    for value, number in (("yes", LATE), ("no", 1009 - LATE)):
        assert len(ops.get(f"/dispatches/{dispatch_id}/readers.csv?late={value}").text.splitlines()) == 1 + number
        assert "promised time" in ops.get(f"/dispatches/{dispatch_id}/readers?late={value}").text
    assert "There are no such readers" in ops.get(f"/dispatches/{dispatch_id}/readers?late=maybe").text


def test_who_waits_at_a_port_is_said_by_dispatch_and_opens(runtime: Runtime, signed_in: SignedIn) -> None:
    dispatch_id = fill(runtime)
    page = signed_in("王敏").get("/ports/mm-1").text
    left = PLANNED - sum(number for _, number in SHARES)
    assert f'href="/dispatches/{dispatch_id}/readers?outcome=pending&amp;port=mm-1">{left} readers</a>' in page
