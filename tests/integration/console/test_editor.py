"""The editor's desk over HTTP: who may write, how a save answers, pictures that are none, the handset beside the text."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import select
from starlette.testclient import TestClient

from console.models import User
from content.models import Publication
from content.services import import_folder
from huabao.audit import AuditEntry
from huabao.runtime import Runtime
from subscribers.models import Reader
from tests.integration.console.conftest import csrf_of
from tests.unit.content import editions

SignedIn = Callable[[str], TestClient]
JSON = {"accept": "application/json"}


def imported(runtime: Runtime, folder: Path) -> int:
    with runtime.transaction() as session:
        return import_folder(session, editions.newspaper(folder), "mei", runtime.now()).edition_id


def state(client: TestClient, edition_id: int) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/editions/{edition_id}/draft", headers=JSON).json()
    return found


def save(client: TestClient, edition_id: int, *changes: dict[str, Any], csrf: str | None = None) -> Any:
    token = state(client, edition_id)["csrf"] if csrf is None else csrf
    return client.post(f"/editions/{edition_id}/draft", content=json.dumps({"changes": changes}), headers={**JSON, "x-huabao-form": token})


def change(found: dict[str, Any], part: str, value: Any) -> dict[str, Any]:
    return {"part": part, "was": found["digests"].get(part, ""), "value": value}


def test_an_editor_writes_and_keeps_and_others_may_not(runtime: Runtime, signed_in: SignedIn, tmp_path: Path) -> None:
    edition_id = imported(runtime, tmp_path)
    client = signed_in("li")
    page = client.get(f"/editions/{edition_id}/write").text
    assert r"\u65b0\u6865\u901a\u8f66" in page and "Keep as version" in page and not re.search(r"<script(?![^>]*(src|json))", page)
    found = state(client, edition_id)
    text = {"front": {"title": "</script><b>新桥"}, "body": "{{}} **开** <i>x</i>"}
    made = save(client, edition_id, change(found, "articles/1.md", text))
    assert made.status_code == 200 and made.json()["saved"] == ["articles/1.md"] and made.json()["revision"] == 1
    assert "</script><b>" not in client.get(f"/editions/{edition_id}/write").text, "a text closes no script"
    late = save(client, edition_id, change(found, "articles/1.md", {"front": {"title": "二"}, "body": "二"})).json()
    assert [one["part"] for one in late["conflicts"]] == ["articles/1.md"] and late["saved"] == []
    kept = client.post(f"/editions/{edition_id}/draft/keep", data={"csrf": found["csrf"], "revision": "1"}, headers=JSON)
    assert kept.status_code == 200 and kept.json()["version"] == 2
    assert client.post(f"/editions/{edition_id}/draft/keep", data={"csrf": found["csrf"], "revision": "7"}, headers=JSON).status_code == 409
    assert "li" in client.get(f"/editions/{edition_id}/draft/steps").text
    held = save(signed_in("root"), edition_id, change(state(signed_in("root"), edition_id), "articles/2.md", text))
    assert held.status_code == 409 and "li works on" in held.json()["problem"]
    taken = signed_in("root")
    assert taken.post(f"/editions/{edition_id}/draft/lock", data={"csrf": state(taken, edition_id)["csrf"], "verb": "take", "reason": "急"}, headers=JSON).status_code == 200
    for name in ("王敏", "zhou"):
        other = signed_in(name)
        assert other.get(f"/editions/{edition_id}/write").status_code == 403
        assert other.get(f"/editions/{edition_id}/draft", headers=JSON).status_code == 403
        assert other.get("/editions").status_code == 200 and "/write" not in other.get("/editions").text


def test_a_save_without_its_token_or_its_shape_is_refused(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    from console.web import make_app
    from huabao.queues import Registry
    from tests.integration.console.conftest import browser, sign_in
    from tests.integration.console.dispatch_rows import add_users

    add_users(sqlite_runtime)
    edition_id = imported(sqlite_runtime, tmp_path)
    client = browser(make_app(sqlite_runtime, Registry()))
    assert client.post(f"/editions/{edition_id}/draft", content=b"x" * 100).status_code == 303, "nobody is signed in"
    sign_in(client, "li")
    token = state(client, edition_id)["csrf"]
    assert save(client, edition_id, {"part": "head"}, csrf="wrong").status_code == 403
    for body in (b"", b"[]", b"{", b'{"changes": []}', b'{"changes": [{"part": 1}]}', b"[" * 100_000):
        assert client.post(f"/editions/{edition_id}/draft", content=body, headers={**JSON, "x-huabao-form": token}).status_code == 400, body[:20]
    assert client.post(f"/editions/{edition_id}/draft", content=b"x" * 4_300_000, headers={**JSON, "x-huabao-form": token}).status_code == 413
    assert client.get("/editions/999/write").status_code == 404
    drop = {**JSON, "x-huabao-form": token, "x-huabao-file": "..%2F%E5%9B%BE.svg"}
    told = client.post(f"/editions/{edition_id}/pictures", content=b"<svg onload=alert(1)>", headers=drop)
    assert told.status_code == 422 and "SVG" in told.json()["problem"]
    made = client.post(f"/editions/{edition_id}/pictures", content=editions.picture(300, 200), headers={**drop, "x-huabao-file": "a.jpg"}).json()
    assert (made["width"], made["name"].startswith("images/a-")) == (300, True)
    small = client.get(f"/editions/{edition_id}/pictures/{made['sha256']}?px=160")
    assert small.headers["content-type"] == "image/jpeg" and client.get(f"/editions/{edition_id}/pictures/{'0' * 64}").status_code == 404
    cut = client.post(f"/editions/{edition_id}/pictures/cut", data={"csrf": token, "sha256": made["sha256"], "name": made["name"], "x": "0", "y": "0", "width": "x", "height": "9"})
    assert cut.status_code == 422
    found = client.get(f"/editions/{edition_id}/pictures/{made['sha256']}/panels").json()
    assert found["size"] == [300, 200] and len(found["panels"]) >= 1


def test_the_handset_shows_the_draft_and_a_reader_s_look_is_kept(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    from console.web import make_app
    from huabao.queues import Registry
    from tests.integration.console.conftest import browser, sign_in
    from tests.integration.console.dispatch_rows import add_users

    add_users(sqlite_runtime)
    sections = [{"title": "要闻", "items": ["articles/1.md"]}, {"title": "合肥", "segment": editions.CITY, "items": ["articles/2.md"]}]
    files = {"edition.yaml": editions.edition(sections=sections), "articles/1.md": editions.article("新桥通车", "短。"), "articles/2.md": editions.article("城里的事", "短。")}
    with sqlite_runtime.transaction() as session:
        edition_id = import_folder(session, editions.write(tmp_path, dict(files)), "mei", sqlite_runtime.now()).edition_id
        session.add(Reader(msisdn="13805510009", city="合肥", handset_class="50kb-176x220", created_at=sqlite_runtime.now(), updated_at=sqlite_runtime.now()))
    client = browser(make_app(sqlite_runtime, Registry()))
    sign_in(client, "li")
    form = {"csrf": state(client, edition_id)["csrf"]}

    def look(**fields: str) -> dict[str, Any]:
        for _ in range(60):
            found: dict[str, Any] = client.post(f"/editions/{edition_id}/draft/look", data={**form, **fields}, headers=JSON).json()
            if found.get("ready") or found.get("kind"):
                return found
        raise AssertionError("no look came")

    everybody = look(handset_class="30kb-128x160")
    assert everybody["items"] == ["articles/1.md"] and 0 < everybody["size"] <= everybody["budget"] == 30_000
    slide = client.get(f"/editions/{edition_id}/draft/looks/{everybody['key']}/1.png")
    assert slide.content.startswith(b"\x89PNG") and client.get(f"/editions/{edition_id + 1}/draft/looks/{everybody['key']}/1.png").status_code == 404
    his = look(number="138 0551 0009")
    assert (his["items"], his["handset_class"], his["as"]) == (["articles/1.md", "articles/2.md"], "50kb-176x220", "138****0009 · 50kb-176x220")
    assert look(number="1380551")["kind"] == "reader" and look(number="13900000000")["kind"] == "reader"
    with sqlite_runtime.transaction(read_only=True) as session:
        kept = session.execute(select(AuditEntry.actor, AuditEntry.detail).where(AuditEntry.action == "edition.preview")).all()
    assert len(kept) >= 1 and "13805510009" not in repr(kept) and kept[0].detail["msisdn"] == "138****0009"
    found = state(client, edition_id)
    save(client, edition_id, change(found, "articles/1.md", {"front": {"title": ""}, "body": ""}))
    unready = look()
    assert unready["kind"] == "unready" and any("articles/1.md" in line for line in unready["problems"])
    assert client.get(f"/editions/{edition_id}/draft/hits", headers=JSON).json()["problems"]


def test_an_edition_is_begun_and_found_in_the_calendar(runtime: Runtime, signed_in: SignedIn, tmp_path: Path) -> None:
    imported(runtime, tmp_path)
    client = signed_in("li")
    form = client.get("/editions/new").text
    assert 'value="before" checked' in form
    values = {"csrf": csrf_of(form), "publication": "test-newspaper", "number": "77", "day": "2026-11-24", "from": "before"}
    assert "This is no day" in client.post("/editions/new", data={**values, "day": "morgen"}).text
    begun = client.post("/editions/new", data=values)
    where = begun.headers["location"]
    assert begun.status_code == 303 and re.fullmatch(r"/editions/\d+/write", where)
    assert "already" in client.post("/editions/new", data=values).text
    page = client.get(where).text
    assert r"\u4f53\u80b2" in page and "lunar" in page
    month = client.get("/editions?view=calendar&month=2026-11").text
    assert where in month and 'datetime="2026-11-24"' in month
    listed = client.get("/editions?publication=test-newspaper&state=draft").text
    assert "no version yet" in listed and where in listed
    assert client.get("/editions?state=nonsense&before=zz&month=99&view=calendar").status_code == 200
    assert client.get("/editions/countdown").status_code == 200
    with runtime.transaction() as session:
        session.scalars(select(Publication)).one().send_window = "00:00-23:59"
    assert "江城早报" in client.get("/editions/countdown").text
    with runtime.transaction() as session:
        session.scalars(select(User).where(User.name == "li")).one().city = "合肥"
    assert client.get("/editions/new").status_code == 403 and client.get("/editions").status_code == 200
    assert "There is no version yet" in client.get(where.replace("write", "try")).text
