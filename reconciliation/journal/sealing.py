"""Messages sealed with a key: deflated, encrypted, bound to their row. Pure but for the nonce.

Spec: NIST SP 800-38D (AES-GCM, 256 bits, nonces of 96 bits of chance); RFC 1950.
"""

from __future__ import annotations

import secrets
import zlib
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from huabao.errors import HuabaoError

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
CONTENT_BYTES_MAX: Final = 4_000_000
"""What is opened at most; no message that is kept is larger."""


class SealError(HuabaoError):
    """A message cannot be opened: another key, another row, or changed bytes."""


def new_key() -> bytes:
    """A key of chance."""
    return secrets.token_bytes(KEY_BYTES)


def seal(key: bytes, message_id: int, content: bytes) -> bytes:
    """`content` for the row `message_id`."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, zlib.compress(content, 1), _about(message_id))


def unseal(key: bytes, message_id: int, sealed: bytes) -> bytes:
    """What `seal` was given.

    Raises:
        SealError: it cannot be opened.
    """
    try:
        packed = AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _about(message_id))
        opened = zlib.decompressobj()
        content = opened.decompress(packed, CONTENT_BYTES_MAX)
    except (InvalidTag, ValueError, zlib.error) as error:
        raise SealError(f"message {message_id} cannot be opened: its bytes or its key are not those that it was sealed with") from error
    if opened.unconsumed_tail:
        raise SealError(f"message {message_id} is larger than {CONTENT_BYTES_MAX} bytes")
    return content


def _about(message_id: int) -> bytes:
    return b"huabao journal %d" % message_id
