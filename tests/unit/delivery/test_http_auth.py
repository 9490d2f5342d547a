"""Basic and Digest as a server checks them, Digest as a client answers it."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.codecs.http_auth import NONCE_LIFE_S, Credentials, DigestClient, challenge, is_allowed

BASIC = Credentials("basic", "mmsc", "ge:heim")
DIGEST = Credentials("digest", "mmsc", "geheim", b"seal")
NOW = 1_790_000_000.0


def basic(user: str, password: str) -> str:
    """An Authorization header."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def answer(header: str, *, user: str = "mmsc", password: str = "geheim", uri: str = "/mm7/main", qop: bool = True) -> str:
    """What a client makes of a challenge."""
    said = dict(re.findall(r'(\w+)="?([^",]+)"?', header.partition(" ")[2]))
    hashing = hashlib.sha256 if said["algorithm"] == "SHA-256" else hashlib.md5

    def digest(text: str) -> str:
        return hashing(text.encode()).hexdigest()

    ha1, ha2 = digest(f"{user}:{said['realm']}:{password}"), digest(f"POST:{uri}")
    middle = "00000001:c:auth:" if qop else ""
    more = ', qop=auth, nc=00000001, cnonce="c"' if qop else ""
    response = digest(f"{ha1}:{said['nonce']}:{middle}{ha2}")
    return f'Digest username="{user}", realm="{said["realm"]}", nonce="{said["nonce"]}", uri="{uri}", response="{response}", algorithm={said["algorithm"]}{more}'


def test_no_credentials_asked_lets_everybody_in() -> None:
    assert is_allowed(Credentials("none"), "POST", "/mm7", None, NOW)


@pytest.mark.parametrize(
    ("header", "allowed"),
    [(basic("mmsc", "ge:heim"), True), (basic("mmsc", "falsch"), False), (basic("x", "ge:heim"), False), (None, False), ("Basic !!!", False), ("Basic", False),
     (basic("mmsc", "ge:heim").replace("Basic", "basic"), True), ("Digest x", False), ("Basic " + "A" * 3000, False)],
)  # fmt: skip
def test_basic(header: str | None, allowed: bool) -> None:
    assert is_allowed(BASIC, "POST", "/mm7/main", header, NOW) is allowed


@pytest.mark.parametrize("qop", [True, False])
@pytest.mark.parametrize("which", [0, 1])
def test_digest(which: int, qop: bool) -> None:
    header = answer(challenge(DIGEST, NOW)[which], qop=qop)
    assert is_allowed(DIGEST, "POST", "/mm7/main", header, NOW + 10)


def test_digest_that_proves_nothing() -> None:
    [_, offered] = challenge(DIGEST, NOW)
    good = answer(offered)
    for bad in (
        answer(offered, password="falsch"),
        answer(offered, user="other"),
        answer(offered, uri="/mm7/other"),
        answer(challenge(Credentials("digest", "mmsc", "geheim", b"another seal"), NOW)[1]),
        good.replace("algorithm=MD5", "algorithm=CRC32"),
        good.replace("qop=auth,", "qop=auth-int,"),
        good.replace("response=", "answer="),
        basic("mmsc", "geheim"),
    ):
        assert not is_allowed(DIGEST, "POST", "/mm7/main", bad, NOW + 1)
    assert not is_allowed(DIGEST, "GET", "/mm7/main", good, NOW + 1)


@pytest.mark.parametrize("age_s", [-60, NONCE_LIFE_S + 1, 1e9])
def test_a_nonce_has_its_time(age_s: float) -> None:
    assert not is_allowed(DIGEST, "POST", "/mm7/main", answer(challenge(DIGEST, NOW)[0]), NOW + age_s)


@given(st.text(max_size=300))
def test_any_header_is_answered_and_none_by_chance(text: str) -> None:
    for credentials in (BASIC, DIGEST):
        for scheme in ("", "Basic ", "Digest ", 'Digest username="mmsc", realm="mm7", uri="/mm7/main", nonce='):
            assert not is_allowed(credentials, "POST", "/mm7/main", scheme + text, NOW)


def test_a_client_answers_as_rfc_7616_prints_it() -> None:
    """The example of RFC 7616 3.9.1, both algorithms."""
    header = (
        'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", '
        'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
    )
    expected = {"SHA-256": "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1", "MD5": "8ca523f5e9506fed4657c9700eebdbec"}
    for algorithm, response in expected.items():
        client = DigestClient("Mufasa", "Circle of Life")
        assert client.authorization("GET", "/dir/index.html") is None
        assert client.challenged(header.replace("SHA-256", algorithm))
        client.cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
        said = client.authorization("GET", "/dir/index.html")
        assert said is not None
        assert f'response="{response}"' in said
        assert 'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"' in said


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1), st.integers(1, 5))
def test_the_client_proves_itself_to_the_server(password: str, requests: int) -> None:
    server, client = Credentials("digest", "mmsc", password, b"seal"), DigestClient("mmsc", password)
    assert client.challenged(", ".join(challenge(server, NOW)))
    for number in range(1, requests + 1):
        said = client.authorization("POST", "/mm7/main?x=1")
        assert said is not None
        assert "SHA-256" in said
        assert f"nc={number:08x}" in said
        assert is_allowed(server, "POST", "/mm7/main?x=1", said, NOW + 1)
        assert not is_allowed(server, "POST", "/mm7/other", said, NOW + 1)


def test_challenges_that_a_client_cannot_answer() -> None:
    client = DigestClient("u", "p")
    for header in ("", 'Basic realm="x"', 'Digest realm="x"', 'Digest nonce="n", algorithm=SHA-512-256', 'Digest nonce="n", qop="auth-int"'):
        assert not client.challenged(header)
        assert client.authorization("POST", "/") is None
    assert client.challenged('Basic realm="basic", Digest nonce="n", realm="digest", Basic realm="other"')
    assert 'realm="digest"' in (client.authorization("POST", "/") or "")
    assert client.challenged('Digest nonce="n", realm="a \\"b\\"", algorithm=MD5-sess, qop="auth"')
    assert 'realm="a \\"b\\""' in (client.authorization("POST", "/") or "")
    assert "algorithm=MD5-sess" in (client.authorization("POST", "/") or "")
