"""Digits in bulk: eight bytes as one number, many at a time.

A word holds eight bytes of text, the first in its lowest byte; the arithmetic works on all
eight at once (SIMD within a register), and NumPy on all words of a block.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


def _u(value: int) -> np.uint64:
    return np.uint64(value)


FIRST: Final = np.array([(1 << 8 * length) - 1 for length in range(9)], np.uint64)
"""Keeps the first `length` bytes of a word."""

LAST: Final = np.array([((1 << 64) - 1) ^ ((1 << 8 * (8 - length)) - 1) for length in range(9)], np.uint64)
"""Keeps the last `length` bytes of a word."""

ZEROS: Final = np.array([0x3030303030303030 & ((1 << 8 * (8 - length)) - 1) for length in range(9)], np.uint64)
"""Zeros as text before the last `length` bytes."""

_HIGH: Final = _u(0xF0F0F0F0F0F0F0F0)
_TEXT: Final = _u(0x3030303030303030)
_SIX: Final = _u(0x0606060606060606)
_LOW: Final = _u(0x0F0F0F0F0F0F0F0F)
_PAIR: Final = _u(0x000000FF000000FF)
_TEN, _EIGHT, _SIXTEEN, _HALF = _u(10), _u(8), _u(16), _u(32)
_UPPER, _LOWER = _u(0x000F424000000064), _u(0x0000271000000001)


def are_digits(words: Words) -> Flags:
    """Whether all eight bytes are digits."""
    return np.asarray(((words & _HIGH) | (((words + _SIX) & _HIGH) >> _u(4))) == _u(0x3333333333333333))


def eight_digits(words: Words) -> Words:
    """The number that eight digits write."""
    pairs = words & _LOW
    pairs = pairs * _TEN + (pairs >> _EIGHT)
    return ((pairs & _PAIR) * _UPPER + ((pairs >> _SIXTEEN) & _PAIR) * _LOWER) >> _HALF
