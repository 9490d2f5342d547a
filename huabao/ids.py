"""Identifiers and packed sets of them.

A batch or a submission of a thousand readers keeps their ids in one column
(`pack_ids`): differences of the sorted ids, deflated. A thousand neighbours
take some 80 bytes, a thousand scattered ones about 2 KB.

Spec: RFC 1950 2.2 (zlib), RFC 1951 3.2.4 (stored blocks).
"""

from __future__ import annotations

import secrets
import sys
import zlib
from array import array
from collections.abc import Iterable

STORED_MAX = 4
"""So few ids are stored in zlib's form as they are: to deflate them saves nothing, and each call of zlib lets other threads in."""


def pack_ids(ids: Iterable[int]) -> bytes:
    """Distinct non-negative ids below 2**63, in any order, as bytes.

    Raises:
        ValueError: an id stands twice or is negative.
    """
    ordered = sorted(ids)
    steps = array("q")
    before = 0
    for value in ordered:
        if value < 0 or (steps and value == before):
            raise ValueError(f"id {value} stands twice or is negative")
        steps.append(value - before)
        before = value
    if sys.byteorder == "big":
        steps.byteswap()
    plain = steps.tobytes()
    if len(ordered) > STORED_MAX:
        return zlib.compress(plain, 1)
    size = len(plain)
    return b"\x78\x01\x01" + size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little") + plain + zlib.adler32(plain).to_bytes(4, "big")


def unpack_ids(packed: bytes) -> list[int]:
    """The ids of `pack_ids`, ascending."""
    steps = array("q")
    steps.frombytes(zlib.decompress(packed))
    if sys.byteorder == "big":
        steps.byteswap()
    ids: list[int] = []
    value = 0
    for step in steps:
        value += step
        ids.append(value)
    return ids


def new_token(size_bytes: int = 16) -> str:
    """A random text for sessions, lease owners and the like, URL-safe."""
    return secrets.token_urlsafe(size_bytes)
