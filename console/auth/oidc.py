"""Signing in at an identity provider: the code flow of OpenID Connect with PKCE, state and nonce.

The provider's word counts only as a token that it signed for this console, for this
sign-in, now: signature by its published keys, issuer, audience, times and nonce. The
account must be there already; nobody is made by a provider.

Spec: OpenID Connect Core 1.0 3.1 (code flow), 3.1.3.7 (what is checked of an ID token); OpenID Connect Discovery 1.0 4; RFC 7636 (PKCE, S256); RFC 9207 is not asked for.
"""

from __future__ import annotations

import base64
import hashlib
import json
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlalchemy import select
from sqlalchemy.orm import Session

from console.auth.accounts import set_subject
from console.auth.names import name_key
from console.models import User
from huabao.config import Config
from huabao.errors import HuabaoError, UsageError
from huabao.ids import new_token

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""By a key of two halves only: `none` and HMAC are no signatures of a provider."""

SKEW_S = 60
"""So far the provider's clock may be off."""

BODY_BYTES_MAX = 500_000
WAIT_S = 10.0
TOKEN_CHARS_MAX = 20_000


class ProviderError(HuabaoError):
    """The provider did not confirm who it is."""


@dataclass(frozen=True)
class Started:
    """A sign-in that was sent to the provider: where, and what its answer is held against."""

    url: str
    state: str
    nonce: str
    verifier: str


def start(config: Config) -> Started:
    """Where the browser goes.

    Raises:
        ProviderError: the provider cannot be reached or tells no endpoint.
        UsageError: the configuration is not whole.
    """
    if not (config.oidc_client_id and config.oidc_redirect_url):
        raise UsageError("HUABAO_OIDC_ISSUER is set and HUABAO_OIDC_CLIENT_ID or HUABAO_OIDC_REDIRECT_URL is not; set all three")
    state, nonce, verifier = new_token(32), new_token(32), new_token(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    asked = {
        "response_type": "code", "client_id": config.oidc_client_id, "redirect_uri": config.oidc_redirect_url, "scope": config.oidc_scopes,
        "state": state, "nonce": nonce, "code_challenge": challenge, "code_challenge_method": "S256",
    }  # fmt: skip
    endpoint = _metadata(config, "authorization_endpoint")
    return Started(f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}", state, nonce, verifier)


def finish(config: Config, code: str, *, nonce: str, verifier: str, now: datetime) -> Mapping[str, Any]:
    """What the provider says of the person, checked.

    Raises:
        ProviderError: it cannot be reached, refuses the code, or its token is not what it must be.
    """
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": config.oidc_redirect_url, "client_id": config.oidc_client_id, "code_verifier": verifier}
    headers, secret = {"Accept": "application/json"}, config.oidc_client_secret.get_secret_value()
    if secret:  # RFC 6749 2.3.1: both parts form-encoded before they are joined
        pair = f"{quote(config.oidc_client_id, safe='')}:{quote(secret, safe='')}"
        headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    answer = _fetch(_metadata(config, "token_endpoint"), urlencode(form).encode(), headers)
    token = answer.get("id_token")
    if not isinstance(token, str) or len(token) > TOKEN_CHARS_MAX:
        raise ProviderError("the identity provider sent no ID token")
    return checked(token, _fetch(_metadata(config, "jwks_uri")), issuer=config.oidc_issuer, client_id=config.oidc_client_id, nonce=nonce, now=now)


def checked(token: str, keys: Mapping[str, Any], *, issuer: str, client_id: str, nonce: str, now: datetime) -> Mapping[str, Any]:
    """The claims of an ID token.

    Raises:
        ProviderError: signature, issuer, audience, a time or the nonce is wrong.
    """
    try:
        found: dict[str, Any] = jwt.decode(token, KeySet.import_key_set(keys), algorithms=ALGORITHMS).claims  # type: ignore[arg-type]  # a set of keys as JSON
        at = int(now.timestamp())
        wanted = jwt.JWTClaimsRegistry(
            now=at, leeway=SKEW_S,
            iss={"essential": True, "value": issuer}, aud={"essential": True, "value": client_id}, exp={"essential": True}, iat={"essential": True},
            nonce={"essential": True, "value": nonce}, sub={"essential": True},
        )  # fmt: skip
        wanted.validate(found)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise ProviderError(f"the identity provider's token is not good: {error}") from error
    audience = found["aud"]
    if isinstance(audience, list) and len(audience) > 1 and found.get("azp") != client_id:
        raise ProviderError("the identity provider's token is for several, and not issued to this console")
    if not isinstance(found["sub"], str) or not 0 < len(found["sub"]) <= 255:
        raise ProviderError("the identity provider's token names nobody")
    return found


def account_of(session: Session, config: Config, claims: Mapping[str, Any], *, now: datetime) -> User | None:
    """The account that these claims are of: by the subject that it is linked with, else, once, by the claim that names it; None where there is none."""
    user = session.scalar(select(User).where(User.oidc_subject == claims["sub"]).with_for_update())
    if user is not None or config.oidc_claim == "sub":
        return user
    said = claims.get(config.oidc_claim)
    if not isinstance(said, str) or (config.oidc_claim == "email" and claims.get("email_verified") is not True):
        return None
    user = session.scalar(select(User).where(User.name_key == name_key(said)[:80], User.oidc_subject.is_(None)).with_for_update())
    if user is not None:
        set_subject(session, user, claims["sub"], by="oidc", now=now)
    return user


# --- asking it -------------------------------------------------------------------------------------------------------


def _metadata(config: Config, name: str) -> str:
    """One endpoint of the provider.

    Raises:
        ProviderError: it tells none, or is another than the one that is set.
    """
    found = _fetch(config.oidc_issuer.rstrip("/") + "/.well-known/openid-configuration")
    if found.get("issuer") != config.oidc_issuer:
        raise ProviderError(f"the identity provider calls itself {str(found.get('issuer'))[:200]!r}; HUABAO_OIDC_ISSUER must be exactly that")
    endpoint = found.get(name)
    if not isinstance(endpoint, str) or not _is_safe(endpoint):
        raise ProviderError(f"the identity provider tells no {name} that may be used")
    return endpoint


def _is_safe(url: str) -> bool:
    """Whether nobody listens on the way: https, or this very machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1"))


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirect)


def _fetch(url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    """A JSON document of the provider's.

    Raises:
        ProviderError: there is none.
    """
    if not _is_safe(url):
        raise ProviderError("the identity provider is asked by https only")
    try:
        with _opener.open(urllib.request.Request(url, body, dict(headers or {})), timeout=WAIT_S) as answer:  # noqa: S310  # the scheme is looked at above
            content = answer.read(BODY_BYTES_MAX + 1)
        found = json.loads(content) if len(content) <= BODY_BYTES_MAX else None
    except (OSError, ValueError, RecursionError) as error:
        raise ProviderError(f"the identity provider did not answer as it must: {error}") from error
    if not isinstance(found, dict):
        raise ProviderError("the identity provider sent something else than a document")
    return found
