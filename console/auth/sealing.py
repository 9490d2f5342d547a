"""What must be read again and yet not by whoever reads the database: second factors, sealed.

The key is made of the installation's secret where it has one, so that all web processes
have the same; else of a file beside the embedded database.

Spec: NIST SP 800-38D (AES-GCM, 256 bits, nonces of 96 bits of chance); RFC 5869 (HKDF with SHA-256).
"""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from huabao.config import Config
from huabao.errors import StoreError, UsageError

KEY_FILE = "console.key"
_KEY_BYTES = 32
_NONCE_BYTES = 12


def sealing_key(config: Config) -> bytes:
    """The key of this installation; its file is made by the first who needs it.

    Raises:
        UsageError: the file cannot be read or made, or is none of ours.
    """
    secret = config.secret_key.get_secret_value().encode() or _file_secret(config.data_dir / KEY_FILE)
    return HKDF(SHA256(), _KEY_BYTES, None, b"huabao console second factor").derive(secret)


def _file_secret(path: Path) -> bytes:
    try:
        if not path.exists():
            _make(path)
        found = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read or made: {error.strerror}; set HUABAO_SECRET_KEY, or let this process write there") from error
    if len(found) != _KEY_BYTES:
        raise UsageError(f"{path}: holds no key of {_KEY_BYTES} bytes; put back the file that was there, or set HUABAO_SECRET_KEY")
    return found


def _make(path: Path) -> None:
    """The file, whole from its first moment: of two processes that make it at once, one is second."""
    handle, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(_KEY_BYTES))
        Path(path).hardlink_to(name)
    except FileExistsError:
        pass  # the other one's counts
    finally:
        Path(name).unlink()


def seal(key: bytes, user_id: int, content: bytes) -> bytes:
    """`content` for the account `user_id`; in another account's row it cannot be opened."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, content, _about(user_id))


def unseal(key: bytes, user_id: int, sealed: bytes) -> bytes:
    """What `seal` was given.

    Raises:
        StoreError: it was sealed with another key or for another account.
    """
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _about(user_id))
    except (InvalidTag, ValueError) as error:
        raise StoreError("the second factor of this account cannot be opened: HUABAO_SECRET_KEY changed since; an administrator resets it") from error


def _about(user_id: int) -> bytes:
    return b"huabao second factor %d" % user_id
