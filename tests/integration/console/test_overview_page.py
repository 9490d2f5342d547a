"""The overview in the console and over the API: who may see it, what opens what, files."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select, update
from starlette.testclient import TestClient

from care.overview.marks import mark_never
from care.overview.moving import keep_moves
from console.auth import accounts
from console.models import User
from console.rights import STATISTICS, Grant
from content.models import Publication
from huabao.runtime import Runtime
from monitoring.readership import count_today
from subscribers.models import SubscriptionEvent
from tests.integration.console.desk_rows import STOPPED, WELL, add_readers

SignedIn = Callable[[str], TestClient]


def fill(runtime: Runtime) -> None:
    add_readers(runtime)
    at = runtime.now() - timedelta(days=1)
    event = {"service_id": "jh", "source": "misc", "reason": "user", "effective_at": at, "recorded_at": at}
    with runtime.transaction() as session:
        session.execute(update(Publication).values(klass="subscribed"))
        session.add(SubscriptionEvent(reader_id=WELL, event="order", state="active", **event))
        session.add(SubscriptionEvent(reader_id=WELL, event="cancel", state="cancelled", **event))
    keep_moves(runtime)
    mark_never(runtime)
    count_today(runtime)


def test_each_figure_opens_its_readers(runtime: Runtime, signed_in: SignedIn) -> None:
    fill(runtime)
    ops = signed_in("王敏")
    page = ops.get("/overview").text
    wanted = ("Overview", "/recovery/stopped?paying=1&amp;over=30", "/overview/moves?what=left&amp;cause=reader", "/overview/marks/never", "Money at risk a month", "¥5.00")
    assert [said for said in wanted if said not in page and said.replace("&amp;", "&") not in page] == []
    assert ops.get("/recovery/stopped?paying=1&over=30").text.count('class="msisdn"') == 1
    assert 'class="msisdn"' not in ops.get("/recovery/stopped?paying=1&over=60").text
    left = ops.get("/overview/moves?what=left&cause=reader").text
    assert f"/readers/{WELL}" in left and "his own wish" in left
    assert f"/readers/{STOPPED}" in ops.get("/overview/marks/never").text
    rows = list(csv.reader(io.StringIO(ops.get("/overview/moves.csv?what=left").text.lstrip("\ufeff"))))
    assert len(rows) == 2 and "****" in rows[1][0]
    assert len(ops.get("/overview/charts/moves.json").json()["x"]) == 30
    for path, status in (
        ("/overview/marks/others", 404),
        ("/overview/charts/others.json", 404),
        ("/overview/moves?what=x&cause=y&after=z", 200),
        ("/overview/marks/new?after=9-x", 200),
    ):
        assert ops.get(path).status_code == status, path


def test_who_may_see_it(runtime: Runtime, signed_in: SignedIn) -> None:
    fill(runtime)
    assert signed_in("li").get("/overview").status_code == 403
    with runtime.transaction() as session:
        user = session.scalars(select(User).where(User.name == "li")).one()
        accounts.give(session, user, Grant(STATISTICS, kind="operations"), by="root", now=runtime.now())
    director = signed_in("li")
    page = director.get("/overview").text
    assert "Money at risk" in page and "/overview/moves?" not in page and "/recovery/stopped" not in page, "figures, and no reader"
    assert director.get("/overview/moves").status_code == 403
