"""Every page, every sheet and every refusal in one language: nothing English in Chinese ones but names, nothing Chinese in English ones but what people wrote.

One small month, walked through over SQLite by an administrator: each GET route with each thing that has a page of its own,
then, in Chinese alone, each act with an empty form and with one of nonsense: what services write is English, what the console says stands in its words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, inspect, select
from sqlalchemy import text as sql

from console import auth, registry
from console.confirmed import VERBS as STEERING
from console.models import UserSession
from console.pages import alarms, port_acts, refunds, stop_runs
from console.rights import RIGHTS, Right
from console.settlement import VERBS as SETTLING
from console.texts import CHINESE, LANGUAGES
from console.web import make_app
from content.models import Edition, Variant
from delivery.models import Brake, Dispatch, Outcome, Port
from huabao.queues import Registry
from huabao.runtime import Runtime
from reconciliation.charges.models import Refund
from reconciliation.runs.models import ReconcileRun
from subscribers.models import Reader, Subscription
from tests.integration.console.conftest import browser, sign_in
from tests.integration.console.desk_rows import add_difference, add_held_stops, add_run, add_stop
from tests.integration.console.dispatch_rows import _HASH, PASSWORD, add_dispatch, add_submission, settle
from tests.integration.console.spoken import chinese_in, english_in, not_one_in
from tests.integration.console.walking import call, path_of

KNOWN = re.compile(
    r"\b(?:MMS|SMS|WAP|BOSS|MISC|MMSC|SMSC|MM7|SMPP|HTTPS?|API|OpenAPI|CSV|PDF|UTC|URL|IMEI|OTA|TOTP|OIDC|UTF-8|GB|kB|MB|Huabao|Ctrl|Enter|Esc|Shift|Tab|Alt)\b"
    r"|\b(?:Nokia|SonyEricsson|Samsung|Motorola|BlackBerry)\b[^·；;，,]*|Switch to English|huabao [a-z -]+|dispatch start|\b[apux]{3}\b|[a-z]+(?:[._-][a-z0-9]+)+|[a-z]+(?:,[a-z]+)+"
)
"""What is the same in Chinese: protocols, keys, makers, commands, codes and settings by name."""

BILINGUAL = {"api_reference", "answers", "answer"}
"""Pages of both languages: the document of the API is English, a standard answer is shown in both."""

ELSEWHERE = {"events", "provider", "provider_back", "wap", "metrics", "healthz", "readyz", "sign_in_code"}
"""What is no page of somebody who is signed in."""

SENDS_AWAY = {"sign_out_act", "me_sessions_act", "me_password_act", "account_state_act", "account_act", "account_password_act", "account_sessions_act", "preference_act", "wap_act"}
"""Acts that end the walk, or change who walks."""

NONSENSE = {
    "reason": "", "count": "x", "rate": "x", "at": "x", "typed": "x", "shown": "x", "value": "x y", "name": "", "role": "x", "city": "x" * 90, "text": "", "note": "x" * 900, "number": "12",
    "msisdn": "12", "phone": "12", "numbers": "12", "group": "", "amount": "x", "month": "x", "why": "x", "cause": "x", "channel": "x", "answer": "x", "starts_at": "x", "ends_at": "x",
    "start": "x", "deadline": "x", "publication": "x", "day": "x", "rule": "x: [", "yaml": "x: [", "handset_class": "x", "seconds": "x", "hours": "x", "before": "x", "zh": "{x}", "en": "{x}",
    "scopes": "x", "password": "x", "new": "x", "edition": "x", "step": "x", "point": "x",
}  # fmt: skip
"""What no field takes."""


@pytest.mark.slow
def test_every_page_and_every_refusal_is_in_one_language(small_month: Runtime) -> None:
    things = fill(small_month)
    content = content_of(small_month)
    found: dict[str, str] = {}
    for language in LANGUAGES:
        for where, page in walk(small_month, things, language):
            odd = english_in(page, KNOWN) if language == CHINESE else [*chinese_in(page, content), *not_one_in(page)]
            found |= {f"{language} {text}": where for text in odd}
    assert found == {}, "give it a text in console/words, or a form in console/sayings; what is the same in both goes into KNOWN"


def fill(runtime: Runtime) -> dict[str, list[Any]]:
    """What a month of forty readers left out; values of the variables in paths."""
    dispatch_id = add_dispatch(runtime, planned=40, number="1522", title="江淮晚报")
    add_submission(runtime, dispatch_id, recipients=9, ago_s=30)
    settle(runtime, dispatch_id, Outcome.REJECTED, range(1, 4), ago_s=60)
    add_run(runtime, held=300)
    stop_run = add_held_stops(runtime)
    with runtime.transaction() as session:
        auth.add_user(session, "root", _HASH, "admin", city=None, by="test", now=runtime.now())
        free = session.scalars(select(Subscription.reader_id).where(Subscription.stop_state == "sending").order_by(Subscription.id).limit(1)).one()
        session.add(Brake(dispatch_id=dispatch_id, scope="port", key="mm-1", reason="34% of 500 readers' submissions failed", readers=31, at=runtime.now(), by="brake"))
    stop_id = add_stop(runtime, free, "memory_full", days=12, tried=1)
    difference_id = add_difference(runtime, 9)
    with runtime.transaction(read_only=True) as session:

        def ids(model: Any, limit: int = 60) -> list[Any]:
            return list(session.scalars(select(model.id).order_by(model.id.desc()).limit(limit)))

        brake_id, refunds_ = ids(Brake, 1), ids(Refund)
        order = session.scalars(select(Subscription.id).where(Subscription.reader_id == free)).first()
        return {
            "dispatch_id": [dispatch_id, *ids(Dispatch, 2)], "edition_id": ids(Edition), "reader_id": [free, *ids(Reader, 2)], "stop_id": [stop_id], "subscription_id": [order],
            "brake_id": brake_id, "run_id": [stop_run, *ids(ReconcileRun, 2)], "difference_id": [difference_id], "refund_id": refunds_ or [1],
            "name": [*session.scalars(select(Port.name)), "report_wait_s"], "handset_class": ["100kb-240x320"], "variant_id": ids(Variant, 1), "number": [1], "alarm_id": [1, 2, 3, 4, 5, 6],
            "complaint_id": [1, 2], "day": ["2026-11-22"], "month": ["2026-11"], "user_id": [1], "file": ["x.csv"], "act": ["resend", "reach"], "mark": ["0" * 12], "city": [""],
        }  # fmt: skip


VERBS: dict[str, tuple[str, ...]] = {
    "steer": tuple(STEERING), "settle": tuple(SETTLING), "stop_run": stop_runs.VERBS, "port": tuple(one for one in port_acts.VERBS if one != port_acts.TEST), "alarm": alarms.VERBS,
    "refund_decide": tuple(refunds.VERBS),
}  # fmt: skip
"""By the beginning of a route's name."""

EACH = 2
"""So many things of a kind, the newest first: what pages say of them differs by their state."""


def walk(runtime: Runtime, things: dict[str, list[Any]], language: str) -> Iterator[tuple[str, str]]:
    """(where, page) of every answer that is a page."""
    client = browser(make_app(runtime, Registry()))
    client.headers["accept-language"] = language
    yield "/sign-in", client.get("/sign-in").text
    yield "/sign-in POST", sign_in(client, "root", "wrong password").text
    sign_in(client, "root", PASSWORD)
    with runtime.transaction(read_only=True) as session:
        csrf = session.scalars(select(UserSession.csrf_secret).order_by(UserSession.created_at.desc()).limit(1)).one()
    left_out = BILINGUAL | ELSEWHERE | SENDS_AWAY
    for one in (one for one in sorted(RIGHTS, key=lambda one: one.method) if one.name not in left_out and (one.method == "GET" or language == CHINESE)):
        for path in paths_of(one, things):
            answers = [call(client, one, path, csrf)]
            if one.method == "POST" and not one.body_bytes_max:
                answers.append(client.post(path, data={**NONSENSE, "csrf": csrf}))
            for answer in answers:
                assert answer.status_code < 500, path
                if answer.headers.get("content-type", "").startswith(("text/html", "application/json")):
                    yield f"{one.method} {path}", answer.text if answer.headers["content-type"].startswith("text/html") else spoken_json(answer.text)


def paths_of(one: Right, things: dict[str, list[Any]]) -> Iterator[str]:
    """Addresses of the route, a few of each."""
    variables = re.findall(r"\{(\w+)", one.path)
    verbs = next((found for name, found in VERBS.items() if one.name.startswith(name)), ("x",))
    for verb in verbs if "verb" in variables else ("",):
        for index in range(max((min(EACH, len(things.get(name, ["x"]))) for name in variables), default=1)):
            values = {name: found[min(index, len(found) - 1)] for name, found in things.items() if found}
            yield path_of(one, {"token": "x", "sha256": "0" * 64, "key": "x", "batch": "x", **values, "verb": verb})


def spoken_json(body: str) -> str:
    """What a script shows of an answer: the texts of its problems."""
    found = json.loads(body)
    said = [found.get(name) for name in ("problem", "problems", "error", "hits", "warnings")] if isinstance(found, dict) else []
    return "".join(f"<p>{json.dumps(one, ensure_ascii=False)}</p>" for one in said if one)


def content_of(runtime: Runtime) -> str:
    """Every text of the database and of the settings: what people and papers wrote, and what readers are told."""
    with runtime.engine.connect() as connection:
        return "\n".join([*_texts(connection), *(str(one.default) for one in registry.settings())])


def _texts(connection: Connection) -> Iterator[str]:
    for table in inspect(connection).get_table_names():
        for row in connection.execute(sql(f'SELECT * FROM "{table}"')):
            for value in row:
                if isinstance(value, str):
                    yield json.dumps(json.loads(value), ensure_ascii=False) if "\\u" in value and value[:1] in "{[" else value
