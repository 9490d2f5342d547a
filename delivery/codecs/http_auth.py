"""HTTP Basic and Digest as a server checks them, and Digest as a client answers it, without I/O.

Used where a peer must identify itself to us, and where we must to a peer. A Digest nonce of ours carries its own time
and a seal, so nothing is remembered between requests; replays within its
lifetime are harmless, since reports may come twice anyway.

Spec: RFC 7617; RFC 7616 (MD5 and SHA-256, their session forms, qop auth or none).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from typing import Final, Literal

REALM: Final = "mm7"
NONCE_LIFE_S: Final = 300
HEADER_CHARS_MAX: Final = 2000
"""A longer Authorization header is refused unread."""

_FIELD: Final = re.compile(r'(?<![a-zA-Z])([a-zA-Z]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')
_HASHES: Final = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}


@dataclass(frozen=True)
class Credentials:
    """Who the peer must be.

    Attributes:
        seal: secret that marks nonces as ours.
    """

    scheme: Literal["none", "basic", "digest"]
    user: str = ""
    password: str = ""
    seal: bytes = b""


def is_allowed(credentials: Credentials, method: str, uri: str, header: str | None, now_s: float) -> bool:
    """Whether an Authorization header proves the peer.

    Args:
        uri: the request target as it came, path and query.
        now_s: seconds, for the age of a nonce.
    """
    if credentials.scheme == "none":
        return True
    if header is None or len(header) > HEADER_CHARS_MAX:
        return False
    scheme, _, rest = header.strip().partition(" ")
    if scheme.lower() != credentials.scheme:
        return False
    return _basic(credentials, rest) if credentials.scheme == "basic" else _digest(credentials, method, uri, rest, now_s)


def challenge(credentials: Credentials, now_s: float) -> list[str]:
    """Values of WWW-Authenticate, strongest first."""
    if credentials.scheme == "basic":
        return [f'Basic realm="{REALM}", charset="UTF-8"']
    nonce = _nonce(credentials.seal, int(now_s))
    return [f'Digest realm="{REALM}", nonce="{nonce}", qop="auth", algorithm={name}' for name in ("SHA-256", "MD5")]


def _basic(credentials: Credentials, token: str) -> bool:
    try:
        said = base64.b64decode(token.strip(), validate=True)
    except ValueError:  # no base64, or no ASCII
        return False
    return hmac.compare_digest(said, f"{credentials.user}:{credentials.password}".encode())


def _nonce(seal: bytes, issued_s: int) -> str:
    return f"{issued_s:x}-{hmac.new(seal, str(issued_s).encode(), 'sha256').hexdigest()[:32]}"


def _is_fresh(seal: bytes, nonce: str, now_s: float) -> bool:
    issued, _, _ = nonce.partition("-")
    if not re.fullmatch(r"[0-9a-f]{1,12}", issued):
        return False
    issued_s = int(issued, 16)
    return -5 <= now_s - issued_s <= NONCE_LIFE_S and hmac.compare_digest(nonce.encode(), _nonce(seal, issued_s).encode())


def _digest(credentials: Credentials, method: str, uri: str, text: str, now_s: float) -> bool:
    said = {name.lower(): _unescaped(quoted) if bare == "" else bare for name, quoted, bare in _FIELD.findall(text)}
    algorithm = said.get("algorithm", "MD5").upper()
    hashing = _HASHES.get(algorithm)
    qop = said.get("qop")
    if hashing is None or qop not in (None, "auth") or said.get("username") != credentials.user or said.get("realm") != REALM:
        return False
    if said.get("uri") != uri or not _is_fresh(credentials.seal, said.get("nonce", ""), now_s):
        return False

    def digest(*parts: str) -> str:
        return hashing(":".join(parts).encode()).hexdigest()

    secret, target = digest(credentials.user, REALM, credentials.password), digest(method, uri)
    middle = (said.get("nc", ""), said.get("cnonce", ""), "auth") if qop else ()
    return hmac.compare_digest(said.get("response", "").encode(), digest(secret, said["nonce"], *middle, target).encode())


@dataclass(frozen=True)
class _Challenge:
    """A Digest challenge that can be answered."""

    realm: str
    nonce: str
    algorithm: str
    opaque: str | None
    qop: bool


@dataclass
class DigestClient:
    """Answers a server's Digest challenges; the last one goes on being answered until the server names another.

    Attributes:
        cnonce: of this client, fresh for each challenge.
    """

    user: str
    password: str = field(repr=False)
    cnonce: str = ""
    _challenge: _Challenge | None = None
    _count: int = 0

    def challenged(self, header: str) -> bool:
        """Take the strongest challenge of a WWW-Authenticate that can be answered; whether there is one.

        Args:
            header: its value, several of them joined by commas.
        """
        found = [one for text in re.split(r"(?i)(?:^|,)\s*Digest\s+", header)[1:] if (one := _challenge_of(text)) is not None]
        if not found:
            return False
        self._challenge = max(found, key=lambda one: one.algorithm.startswith("SHA-256"))
        self.cnonce, self._count = secrets.token_hex(8), 0
        return True

    def authorization(self, method: str, uri: str) -> str | None:
        """The value of Authorization for the next request, or None before a challenge.

        Args:
            uri: the request target as it is sent, path and query.
        """
        given = self._challenge
        if given is None:
            return None
        self._count += 1
        in_session = given.algorithm.endswith("-SESS")
        hashing = _HASHES[given.algorithm.removesuffix("-SESS")]

        def digest(*parts: str) -> str:
            return hashing(":".join(parts).encode()).hexdigest()

        secret = digest(self.user, given.realm, self.password)
        if in_session:
            secret = digest(secret, given.nonce, self.cnonce)
        count = f"{self._count:08x}"
        middle = (count, self.cnonce, "auth") if given.qop else ()
        said = {"username": self.user, "realm": given.realm, "nonce": given.nonce, "uri": uri, "response": digest(secret, given.nonce, *middle, digest(method, uri))}
        if given.opaque is not None:
            said["opaque"] = given.opaque
        if given.qop or in_session:
            said["cnonce"] = self.cnonce
        quoted = ", ".join(f'{key}="{_escaped(value)}"' for key, value in said.items())
        spelling = given.algorithm.replace("-SESS", "-sess")
        return f"Digest {quoted}, algorithm={spelling}" + (f", qop=auth, nc={count}" if given.qop else "")


def _challenge_of(text: str) -> _Challenge | None:
    """The challenge in the fields after `Digest`, or None where it cannot be answered."""
    said: dict[str, str] = {}
    for name, quoted, bare in _FIELD.findall(text[:HEADER_CHARS_MAX]):
        said.setdefault(name.lower(), bare or _unescaped(quoted))  # what follows may belong to the next scheme
    algorithm = said.get("algorithm", "MD5").upper()
    offered = {one.strip().lower() for one in said["qop"].split(",")} if "qop" in said else set()
    if algorithm.removesuffix("-SESS") not in _HASHES or "nonce" not in said or (offered and "auth" not in offered):
        return None
    return _Challenge(said.get("realm", ""), said["nonce"], algorithm, said.get("opaque"), bool(offered))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
