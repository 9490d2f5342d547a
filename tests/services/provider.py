"""An identity provider on loopback: discovery, keys, authorization and tokens of the code flow, as strict as a real one; and in whichever way it is told to be wrong."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey

CLIENT, SECRET, BACK = "huabao", "s:cr et", "http://console.test/sign-in/oidc/back"


class Provider:
    """The provider; `claims` are those of whoever signs in next, `forge` changes claims, header or key of the token."""

    def __init__(self) -> None:
        self.issuer = ""
        self.claims: dict[str, Any] = {"sub": "u-1"}
        self.forge: dict[str, Any] = {}
        self.key = ECKey.generate_key("P-256", {"kid": "one"}, private=True)
        self._codes: dict[str, dict[str, str]] = {}

    def visit(self, url: str) -> str:
        """What the browser does there: the person agrees, and is sent back to the address that is answered."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert asked["client_id"] == CLIENT and asked["redirect_uri"] == BACK and asked["response_type"] == "code" and "openid" in asked["scope"].split()
        assert asked["code_challenge_method"] == "S256" and len(asked["nonce"]) > 20
        code = f"code-{len(self._codes)}"
        self._codes[code] = asked
        return f"{BACK}?{urlencode({'code': code, 'state': asked['state']})}"

    def answer(self, path: str, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        if path == "/.well-known/openid-configuration":
            return 200, {
                "issuer": self.forge.get("issuer", self.issuer),
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
            }
        if path == "/keys":
            return 200, {"keys": [self.key.as_dict(private=False)]}
        if path == "/token":
            return self._token(form, authorization)
        return 404, {}

    def _token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        asked = self._codes.pop(form.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest()).decode().rstrip("=")
        expected = "Basic " + base64.b64encode(b"huabao:s%3Acr%20et").decode()
        if asked is None or authorization != expected or challenge != asked["code_challenge"] or form.get("redirect_uri") != BACK:
            return 400, {"error": "invalid_grant"}
        at = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": at, "exp": at + 300, "nonce": asked["nonce"], **self.claims, **self.forge.get("claims", {})}
        header = {"alg": "ES256", "kid": "one", **self.forge.get("header", {})}
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": self._signed(header, {name: value for name, value in claims.items() if value is not None})}

    def _signed(self, header: dict[str, Any], claims: dict[str, Any]) -> str:
        if header["alg"] in ("none", "HS256"):
            words = ".".join(_letters(json.dumps(one).encode()) for one in (header, claims))
            secret = self.key.as_pem(private=False)  # the public key as a shared secret: what a verifier that lets the token choose would take
            return f"{words}." + ("" if header["alg"] == "none" else _letters(hmac.digest(secret, words.encode(), "sha256")))
        key = self.forge.get("key", self.key)
        return jwt.encode(header, claims, key, algorithms=[header["alg"]])


def _letters(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


@contextmanager
def identity_provider() -> Iterator[Provider]:
    """One that listens."""
    made = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["content-length"])))

        def _answer(self, body: bytes) -> None:
            form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
            status, document = made.answer(self.path, form, self.headers.get("authorization", ""))
            content = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made.issuer = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield made
        server.shutdown()
