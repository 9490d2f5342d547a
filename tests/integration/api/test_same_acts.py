"""What the pages do, over the API: counted first, by who may, as one person for each token, and never more than the token has."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from console.models import User
from content.services import find_edition, import_folder
from content.workflow.approvals import obstacles
from content.workflow.lifecycle import Act
from delivery.models import Dispatch
from huabao.audit import AuditEntry
from huabao.runtime import Runtime
from reconciliation.runs.models import ReconcileDifference
from tests.integration.api.conftest import ClientOf, fits
from tests.integration.console.desk_rows import BENGBU, ELSEWHERE, STOPPED, add_difference, add_held_stops, add_readers, add_run
from tests.integration.console.dispatch_rows import add_dispatch, add_users
from tests.integration.console.test_gate_pages import add_gated
from tests.unit.content import editions

V1 = "/api/v1"
Post = Callable[..., Any]
_keys = count()


@pytest.fixture
def runtime(sqlite_runtime: Runtime) -> Runtime:
    """One database: the services are tested on both, and the contract on PostgreSQL."""
    return sqlite_runtime


def post(client: TestClient, path: str, template: str = "", /, **body: Any) -> Any:
    """The answer, checked against the document; `template` where the path has variables."""
    answer = client.post(V1 + path, json=body, headers={"Idempotency-Key": f"same-{next(_keys)}"})
    return fits(answer, V1 + (template or path), "post")


def kind(problem: dict[str, Any]) -> str:
    return str(problem["type"]).removeprefix("urn:huabao:problem:")


def test_a_dispatch_is_counted_before_it_is_steered(runtime: Runtime, client_of: ClientOf) -> None:
    dispatch_id = add_dispatch(runtime, planned=1000)
    client, template = client_of("send"), "/dispatches/{dispatch_id}/acts"
    act: Post = lambda **body: post(client, f"/dispatches/{dispatch_id}/acts", template, **body)  # noqa: E731  # said once
    assert kind(post(client_of("operate"), f"/dispatches/{dispatch_id}/acts", template, act="pause")) == "forbidden"
    assert kind(post(client, "/dispatches/99/acts", template, act="pause")) == "not-found"
    assert act(act="pause") == {"dispatch_id": dispatch_id, "state": "paused", "readers": 1000, "done": True}
    assert kind(act(act="pause")) == "conflict", "it is paused"
    counted = act(act="cancel", dry_run=True)
    assert (counted["readers"], counted["done"], counted["state"]) == (1000, False, "paused")
    assert [kind(act(act="cancel", **more)) for more in ({"confirmed": 1000}, {"reason": "wrong"}, {"reason": "wrong", "confirmed": 900})] == ["invalid", "invalid", "moved"]
    assert act(act="cancel", reason="wrong", confirmed=1000, agent="zhou")["state"] == "cancelled"
    with runtime.transaction(read_only=True) as session:
        assert session.scalars(select(Dispatch.state)).one() == "cancelled"
        assert "api:client-0/zhou" in session.scalars(select(AuditEntry.actor).where(AuditEntry.object_kind == "dispatch")).all()


def test_a_class_is_held_and_let_go(runtime: Runtime, client_of: ClientOf) -> None:
    dispatch_id = add_gated(runtime, state="sending")
    client, template = client_of("send"), "/dispatches/{dispatch_id}/classes/acts"
    path = f"/dispatches/{dispatch_id}/classes/acts"
    name = "100kb-240x320"
    found = post(client, path, template, handset_class=name, act="block", dry_run=True)["readers"]
    assert found and kind(post(client, path, template, handset_class="30kb-128x160", act="block", dry_run=True)) == "conflict"
    assert kind(post(client, path, template, handset_class=name, act="block", confirmed=found // 2, reason="garbled")) == "moved"
    assert post(client, path, template, handset_class=name, act="block", confirmed=found, reason="garbled")["done"] is True
    (held,) = fits(client.get(f"{V1}/dispatches/{dispatch_id}/brakes"), f"{V1}/dispatches/{{dispatch_id}}/brakes")["brakes"]
    assert (held["key"], held["reason"], held["readers"]) == (name, "garbled", found)
    of_brake = f"/brakes/{held['brake_id']}/acts"
    assert post(client, of_brake, "/brakes/{brake_id}/acts", act="release", confirmed=found, reason="mended")["done"] is True
    assert kind(post(client, of_brake, "/brakes/{brake_id}/acts", act="release", confirmed=found, reason="again")) == "conflict"


def test_two_agents_of_one_token_are_one_person(runtime: Runtime, client_of: ClientOf) -> None:
    stops, run = add_held_stops(runtime), add_run(runtime, held=300, compared=10_000, matched=9_600)
    one, two = client_of("settle"), client_of("settle")
    path, template = f"/recovery/runs/{stops}/acts", "/recovery/runs/{run_id}/acts"
    assert kind(post(one, path, template, act="agree", confirmed=2000)) == "moved"
    assert post(one, path, template, act="agree", confirmed=2412, agent="li")["agreed"] == ["api:client-0"]
    assert kind(post(one, path, template, act="agree", confirmed=2412, agent="zhou")) == "conflict"
    assert post(two, path, template, act="agree", confirmed=2412)["state"] != "held"
    assert fits(one.get(f"{V1}/recovery/runs"), f"{V1}/recovery/runs")["runs"] == []
    path, template = f"/reconcile/runs/{run}/acts", "/reconcile/runs/{run_id}/acts"
    assert post(one, path, template, act="agree", dry_run=True)["repairs"] == 300
    assert post(one, path, template, act="agree", confirmed=300, agent="li")["asked_for"] is False
    assert kind(post(one, path, template, act="agree", confirmed=300, agent="zhou")) == "conflict"
    assert post(two, path, template, act="agree", confirmed=300)["asked_for"] is True
    assert fits(one.get(f"{V1}/reconcile/runs"), f"{V1}/reconcile/runs")["runs"][0]["agreed"] == ["api:client-0", "api:client-1"]


def test_differences_and_stops_are_seen_and_owned(runtime: Runtime, client_of: ClientOf) -> None:
    add_users(runtime)
    add_readers(runtime)
    first, second = add_difference(runtime, ELSEWHERE), add_difference(runtime, STOPPED, days=9)
    client = client_of("settle")
    page = fits(client.get(f"{V1}/reconcile/differences?limit=1"), f"{V1}/reconcile/differences")
    assert [one["difference_id"] for one in page["differences"]] == [second] and "****" in page["differences"][0]["msisdn"]
    rest = fits(client.get(f"{V1}/reconcile/differences?limit=1&after={page['next_after']}"), f"{V1}/reconcile/differences")
    assert ([one["difference_id"] for one in rest["differences"]], rest["next_after"]) == ([first], None)
    owner = "/reconcile/differences/owner"
    assert kind(post(client, owner, owner="nobody known", differences=[first])) == "invalid"
    assert kind(post(client, owner, owner="王敏", differences=[first, 99])) == "conflict"
    assert post(client, owner, owner="王敏", differences=[first]) == {"differences": 1, "done": True}
    assert kind(post(client, owner, owner="root", confirmed=1)) == "moved", "two fit now"
    assert post(client, owner, owner="root", owned_by="-", confirmed=1)["differences"] == 1
    with runtime.transaction(read_only=True) as session:
        assert sorted(session.scalars(select(ReconcileDifference.owner))) == ["root", "王敏"]
    whole = client_of("settle", "numbers")
    stopped = fits(whole.get(f"{V1}/recovery/stopped"), f"{V1}/recovery/stopped")["stopped"]
    assert stopped and "*" not in stopped[0]["msisdn"]
    with runtime.transaction(read_only=True) as session:
        assert session.scalars(select(AuditEntry.actor).where(AuditEntry.action == "recovery.numbers")).all() == ["api:client-1"]


def test_a_token_gives_nobody_more_than_it_has(runtime: Runtime, client_of: ClientOf) -> None:
    add_users(runtime)
    desk = client_of("accounts", "read", "support", "resend", rate=300)
    assert kind(post(client_of("operate", "read"), "/accounts", name="x", role="support")) == "forbidden"
    made = desk.post(f"{V1}/accounts", json={"name": "sun", "role": "support", "city": BENGBU}, headers={"Idempotency-Key": "made"})
    document = fits(made, f"{V1}/accounts", "post")
    assert (made.status_code, document["role"], document["state"]) == (201, "support", "active") and document["password"]
    again = desk.post(f"{V1}/accounts", json={"name": "sun", "role": "support", "city": BENGBU}, headers={"Idempotency-Key": "made"})
    assert (again.status_code, kind(fits(again, f"{V1}/accounts", "post"))) == (409, "shown-once") and document["password"] not in again.text
    one, template = f"/accounts/{document['account_id']}", "/accounts/{account_id}"
    assert [kind(post(desk, "/accounts", name="y", role=role)) for role in ("admin", "ops", "editor")] == ["forbidden"] * 3
    assert [kind(post(desk, one, template, role=role)) for role in ("admin", "ops")] == ["forbidden"] * 2
    with runtime.transaction(read_only=True) as session:
        ids = {user.role: user.id for user in session.scalars(select(User))}
    for role in ("admin", "ops"):
        for tail, body in (("/acts", {"act": "password"}), ("/acts", {"act": "reset-code"}), ("/grants", {"right": "statistics"}), ("", {"subject": "mine"})):
            assert kind(post(desk, f"/accounts/{ids[role]}{tail}", template + tail, **body)) == "forbidden", (role, tail)
    assert kind(post(desk, one + "/grants", template + "/grants", right="system")) == "forbidden"
    assert post(desk, one + "/grants", template + "/grants", right="statistics", kind="month")["grants"] == [{"right": "statistics", "city": "", "kind": "month"}]
    assert post(desk, one + "/acts", template + "/acts", act="shut")["state"] == "shut"
    for scopes, more in ((["accounts"], {}), (["read", "send"], {}), (["read"], {"rate_per_min": 301}), (["read"], {})):
        assert kind(post(desk, "/tokens", name="child", scopes=scopes, **more)) == "forbidden", scopes
    child = post(desk, "/tokens", name="child", scopes=["read"], rate_per_min=60)
    assert TestClient(desk.app, base_url="http://api.test", headers={"Authorization": f"Bearer {child['token']}"}).get(f"{V1}/ports").status_code == 200
    other = client_of("accounts")
    assert kind(post(other, "/tokens/revoke", name="client-0")) == "forbidden", "one that makes tokens ends by an administrator"
    assert post(other, "/tokens/revoke", name="child")["revoked_at"] and {one["name"] for one in other.get(f"{V1}/tokens").json()["tokens"]} >= {"child", "client-0"}


def test_a_draft_is_written_kept_and_reviewed(runtime: Runtime, client_of: ClientOf, tmp_path: Path) -> None:
    with runtime.transaction() as session:
        edition_id = import_folder(session, editions.newspaper(tmp_path), "mei", runtime.now()).edition_id
    client, of = client_of("write", "desk"), f"/editions/{edition_id}"
    draft = "/editions/{edition_id}/draft"
    found = fits(client.get(f"{V1}{of}/draft"), V1 + draft)
    change = {"part": "articles/1.md", "was": found["digests"].get("articles/1.md", ""), "value": {"front": {"title": "新桥"}, "body": "开"}}
    assert kind(post(client_of("desk"), of + "/draft", draft, changes=[change])) == "forbidden"
    saved = post(client, of + "/draft", draft, changes=[change])
    assert (saved["saved"], saved["revision"], saved["conflicts"]) == (["articles/1.md"], 1, [])
    assert [one["part"] for one in post(client, of + "/draft", draft, changes=[{**change, "value": None}])["conflicts"]] == ["articles/1.md"]
    assert post(client, of + "/draft/lock", draft + "/lock", act="take")["locks"][0]["holder"] == "api:client-0"
    assert kind(post(client, of + "/draft/keep", draft + "/keep", revision=0)) == "conflict"
    assert post(client, of + "/draft/keep", draft + "/keep", revision=1)["version"] == 2
    assert post(client, of + "/draft/lock", draft + "/lock", act="give")["locks"] == []
    assert kind(post(client, of + "/draft/restore", draft + "/restore", step_id=None, revision=0)) == "conflict"
    picture = client.post(f"{V1}{of}/pictures?file=%E6%A1%A5.jpg", content=b"<svg/>", headers={"Idempotency-Key": "p1", "Content-Type": "image/jpeg"})
    assert kind(fits(picture, f"{V1}/editions/{{edition_id}}/pictures", "post")) == "invalid"
    refused = client.post(f"{V1}{of}/pictures", content=b"<svg/>", headers={"Idempotency-Key": "p2", "Content-Type": "image/svg+xml"})
    assert refused.status_code == 415
    said = post(client, of + "/comments", "/editions/{edition_id}/comments", text="look at the bridge")
    assert post(client, f"{of}/comments/{said['comment_id']}", "/editions/{edition_id}/comments/{comment_id}", resolution="done")["resolved_by"] == "api:client-0"
    assert kind(post(client, of + "/rulings", "/editions/{edition_id}/rulings", mark="0" * 16, reason="x")) == "invalid"
    assert fits(client.get(f"{V1}{of}/review"), f"{V1}/editions/{{edition_id}}/review")["comments"][0]["resolution"] == "done"
    with runtime.transaction(read_only=True) as session:
        edition = find_edition(session, str(edition_id))
        told = {by: [one.kind for one in obstacles(session, edition, Act(by, runtime.now()), production=True)] for by in ("api:client-0/other", "api:client-1")}
        assert "author" in told["api:client-0/other"] and "author" not in told["api:client-1"], "another agent of the same token is no second person"


def test_duty_and_who_is_told(runtime: Runtime, client_of: ClientOf) -> None:
    add_users(runtime)
    client = client_of("alarms")
    span = {"starts_at": "2030-01-05T08:00", "ends_at": "2030-01-05T16:00"}
    assert kind(post(client, "/duty/shifts", name="zhou", **span)) == "invalid", "support is not on duty"
    shift = post(client, "/duty/shifts", name="王敏", **span)
    note = post(client, "/duty/notes", text="watch mm-1")
    taken = post(client, f"/duty/notes/{note['note_id']}/take", "/duty/notes/{note_id}/take", agent="li")
    assert taken["taken_by"] == "api:client-0/li"
    assert kind(post(client, f"/duty/notes/{note['note_id']}/take", "/duty/notes/{note_id}/take")) == "conflict"
    ended = post(client, f"/duty/shifts/{shift['shift_id']}/end", "/duty/shifts/{shift_id}/end")
    assert ended["shifts"] == [] and len(ended["notes"]) == 1
    assert kind(post(client, "/alarms/recipients", name="x", channel="webhook", address="https://evil.example/")) == "invalid", "no host that the setting allows"
    told = post(client, "/alarms/recipients", name="王敏", channel="sms", address="13900000077")
    assert told["address"] == "139****0077"
    gone = post(client, f"/alarms/recipients/{told['recipient_id']}/remove", "/alarms/recipients/{recipient_id}/remove")
    assert gone["recipients"] == []


def test_a_token_of_one_city_sees_that_city(runtime: Runtime, client_of: ClientOf) -> None:
    add_readers(runtime)
    add_difference(runtime, ELSEWHERE)
    client = client_of("settle", "write", "accounts")
    with runtime.transaction() as session:
        from console.models import ApiToken

        session.scalars(select(ApiToken)).one().city = "芜湖"
    assert fits(client.get(f"{V1}/reconcile/differences"), f"{V1}/reconcile/differences")["differences"] == []
    assert client.get(f"{V1}/recovery/stopped").json()["stopped"] == []
    assert [client.get(f"{V1}{path}").status_code for path in ("/accounts", "/tokens", "/reconcile/runs", "/recovery/runs")] == [403] * 4
