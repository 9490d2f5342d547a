"""Sign-in at an identity provider that listens on loopback: there and back, and every way in which its answer is not taken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from joserfc.jwk import ECKey
from starlette.testclient import TestClient

from console import auth
from console.web import make_app
from huabao.queues import Registry
from huabao.runtime import Runtime
from tests.integration.console.conftest import browser, sign_in
from tests.integration.console.dispatch_rows import add_users
from tests.services.provider import BACK, CLIENT, SECRET, Provider, identity_provider


@pytest.fixture
def provider() -> Iterator[Provider]:
    with identity_provider() as made:
        yield made


def console(runtime: Runtime, provider: Provider, **more: Any) -> TestClient:
    """A browser at a console that knows the provider."""
    given = {"oidc_issuer": provider.issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET, "oidc_redirect_url": BACK, "oidc_label": "Province", **more}
    config = type(runtime.config)(**{**runtime.config.model_dump(), **given})
    return browser(make_app(replace(runtime, config=config), Registry()))


def _there_and_back(client: TestClient, provider: Provider, target: str = "/me") -> Any:
    away = client.get(f"/sign-in/oidc?next={target}")
    assert away.status_code == 303, away.text[-600:]
    return client.get(provider.visit(away.headers["location"]).removeprefix("http://console.test"))


def test_there_and_back(runtime: Runtime, provider: Provider) -> None:
    add_users(runtime)
    with runtime.transaction() as session:
        auth.set_subject(session, auth.find_user(session, "li"), "u-1", by="test", now=runtime.now())
    client = console(runtime, provider)
    assert "Sign in with Province" in client.get("/sign-in").text
    done = _there_and_back(client, provider)
    assert (done.status_code, done.headers["location"]) == (303, "/me")
    assert "li" in client.get("/me").text and "Identity provider" in client.get("/me").text
    assert "huabao_step" not in client.cookies
    assert _there_and_back(console(runtime, provider), provider, "//evil.example").headers["location"] == "/"
    with runtime.transaction() as session:
        auth.disable_user(session, auth.find_user(session, "li"), by="test", now=runtime.now())
    assert _there_and_back(console(runtime, provider), provider).status_code == 401, "a shut account"


def test_an_account_is_found_once_by_its_name_and_then_by_its_subject(sqlite_runtime: Runtime, provider: Provider) -> None:
    add_users(sqlite_runtime)
    provider.claims = {"sub": "u-9", "preferred_username": "LI", "email": "zhou", "email_verified": False}
    assert _there_and_back(console(sqlite_runtime, provider), provider).status_code == 401, "nobody is linked, and the name is not asked for"
    assert _there_and_back(console(sqlite_runtime, provider, oidc_claim="email"), provider).status_code == 401, "an address that the provider did not verify"
    named = console(sqlite_runtime, provider, oidc_claim="preferred_username")
    assert _there_and_back(named, provider).status_code == 303
    provider.claims = {"sub": "u-10", "preferred_username": "li"}
    assert _there_and_back(console(sqlite_runtime, provider, oidc_claim="preferred_username"), provider).status_code == 401, "the name belongs to somebody else by now"


@pytest.mark.parametrize(
    "forge",
    [
        {"claims": {"iss": "https://evil.example"}}, {"claims": {"aud": "another"}}, {"claims": {"aud": ["huabao", "another"]}}, {"claims": {"exp": 1}}, {"claims": {"exp": None}},
        {"claims": {"iat": 4_000_000_000}}, {"claims": {"nonce": "of yesterday"}}, {"claims": {"nonce": None}}, {"claims": {"sub": ""}}, {"claims": {"sub": 7}}, {"claims": {"sub": None}},
        {"header": {"alg": "none"}}, {"header": {"alg": "HS256"}}, {"key": ECKey.generate_key("P-256", {"kid": "one"}, private=True)}, {"issuer": "https://evil.example"},
    ],
    ids=lambda forge: "-".join(f"{name}={value}" for name, value in next(iter(forge.values())).items()) if isinstance(next(iter(forge.values())), dict) else next(iter(forge)),
)  # fmt: skip
def test_a_token_that_is_not_good_opens_nothing(sqlite_runtime: Runtime, provider: Provider, forge: dict[str, Any]) -> None:
    add_users(sqlite_runtime)
    with sqlite_runtime.transaction() as session:
        auth.set_subject(session, auth.find_user(session, "li"), "u-1", by="test", now=sqlite_runtime.now())
    client = console(sqlite_runtime, provider)
    provider.forge = forge
    if "issuer" in forge:
        assert client.get("/sign-in/oidc").status_code == 401
        return
    assert _there_and_back(client, provider).status_code == 401
    assert "huabao_session" not in client.cookies


def test_only_the_browser_that_set_out_comes_back_once(sqlite_runtime: Runtime, provider: Provider) -> None:
    add_users(sqlite_runtime)
    with sqlite_runtime.transaction() as session:
        auth.set_subject(session, auth.find_user(session, "li"), "u-1", by="test", now=sqlite_runtime.now())
    mine, victim = console(sqlite_runtime, provider), console(sqlite_runtime, provider)
    back = provider.visit(mine.get("/sign-in/oidc").headers["location"]).removeprefix("http://console.test")
    assert victim.get(back).status_code == 401, "a link with somebody else's code signs nobody in"
    victim.get("/sign-in/oidc")
    assert victim.get(back).status_code == 401, "another state"
    assert mine.get(back).status_code == 303
    assert mine.get(back).status_code == 401, "the same answer twice"


def test_without_a_provider_there_is_no_such_way_in(sqlite_runtime: Runtime, provider: Provider) -> None:
    add_users(sqlite_runtime)
    client = browser(make_app(sqlite_runtime, Registry()))
    assert client.get("/sign-in/oidc").status_code == 404
    assert "Sign in with" not in client.get("/sign-in").text
    gone = console(sqlite_runtime, provider, oidc_issuer="http://127.0.0.1:1")
    assert gone.get("/sign-in/oidc").status_code == 401
    assert sign_in(gone, "li").status_code == 303, "a provider that is away keeps nobody out"
    assert console(sqlite_runtime, provider, oidc_issuer="http://idp.example").get("/sign-in/oidc").status_code == 401, "never without TLS"
