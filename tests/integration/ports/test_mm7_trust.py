"""Who the mm7 link says it is, and whom it believes: basic and digest authentication, TLS."""

from __future__ import annotations

import hashlib
import re
import ssl
import subprocess
from pathlib import Path

import pytest

from delivery.ports.mm7.link import MM7Link
from huabao.errors import PortError
from tests.integration.ports.mm7_links import always, linked, settings, submit
from tests.integration.ports.peers import Connection, Manners, Request, peer, submit_rsp


def test_basic_auth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMSC_PASSWORD", "geheim")

    def manners(connection: Connection, request: Request) -> bool:
        known = request.headers.get("authorization") == "Basic aHVhYmFvOmdlaGVpbQ=="
        connection.answer(submit_rsp() if known else b"", "200 OK" if known else "401 Unauthorized")
        return True

    with peer(manners) as server:
        with linked(server.url, auth="basic", user="huabao", password_env="MMSC_PASSWORD") as link:
            assert submit(link)[0].state == "accepted"
        with linked(server.url) as link:
            assert submit(link)[0].state == "deferred"


def digest_manners(password: str, taken: list[bytes]) -> Manners:
    """A server that challenges (RFC 7616, MD5, qop=auth) and checks."""

    def md5(text: str) -> str:
        return hashlib.md5(text.encode()).hexdigest()

    def manners(connection: Connection, request: Request) -> bool:
        said = {name: quoted or bare for name, quoted, bare in re.findall(r'(\w+)=(?:"([^"]*)"|([^\s,]+))', request.headers.get("authorization", ""))}
        ha1, ha2 = md5(f"huabao:mmsc:{password}"), md5(f"POST:{said.get('uri')}")
        if said.get("response") == md5(f"{ha1}:n0nce:{said.get('nc')}:{said.get('cnonce')}:auth:{ha2}") and said.get("uri") == "/mm7":
            taken.append(request.body)
            connection.answer(submit_rsp())
        else:
            connection.answer(b"", "401 Unauthorized", WWW_Authenticate='Digest realm="mmsc", nonce="n0nce", qop="auth", algorithm=MD5')
        return True

    return manners


def test_digest_auth_is_challenged_once_then_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMSC_PASSWORD", "geheim")
    taken: list[bytes] = []
    with peer(digest_manners("geheim", taken)) as server, linked(server.url, auth="digest", user="huabao", password_env="MMSC_PASSWORD") as link:
        assert [submit(link)[0].state for _ in range(3)] == ["accepted"] * 3
        assert [answer.state for answer in submit(link, 8)] == ["accepted"] * 8
    assert len(taken) == 11
    assert len(server.requests) == 12


def test_a_wrong_digest_password_is_ours_to_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMSC_PASSWORD", "falsch")
    taken: list[bytes] = []
    with peer(digest_manners("geheim", taken)) as server, linked(server.url, auth="digest", user="huabao", password_env="MMSC_PASSWORD") as link:
        [answer] = submit(link)
    assert (answer.state, answer.status_code, taken) == ("deferred", 401, [])


def test_a_password_that_is_not_set_holds_the_port() -> None:
    with pytest.raises(PortError, match="NO_SUCH_VARIABLE") as caught:
        MM7Link(settings("http://127.0.0.1:1/", auth="basic", user="u", password_env="NO_SUCH_VARIABLE"))
    assert caught.value.retryable


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A private CA and a certificate of 127.0.0.1 in one PEM, made with openssl."""
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=mmsc", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    return folder


def tls_context(authority: Path) -> ssl.SSLContext:
    """The server's side."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority / "cert.pem", authority / "key.pem")
    return context


def test_tls_with_a_private_authority(authority: Path) -> None:
    with peer(always(submit_rsp()), context=tls_context(authority)) as server, linked(server.url, ca_file=str(authority / "cert.pem")) as link:
        assert submit(link)[0].state == "accepted"


def test_tls_that_cannot_be_verified_sends_nothing(authority: Path) -> None:
    with peer(always(submit_rsp()), context=tls_context(authority)) as server, linked(server.url) as link:
        assert submit(link)[0].state == "deferred"
        assert server.requests == []
