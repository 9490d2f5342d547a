"""How alike two pictures look: the structural similarity of their brightness.

A window of 7×7 pixels slides over both; at each place brightness, contrast and
structure are compared, and the mean over all places is the answer. Sums are
whole numbers and the mean is rounded, so that every machine says the same.

Spec: Z. Wang, A. C. Bovik, H. R. Sheikh, E. P. Simoncelli, "Image quality assessment: from error visibility to structural
similarity", IEEE Transactions on Image Processing 13 (4), 2004, section III.B: eq. 13 with K1 = 0.01, K2 = 0.03, an even
window instead of a Gaussian one, and unbiased estimates.
"""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from huabao.lazily import lazily

WINDOW_PX = 7
"""Side of the window; of a picture with a shorter side, that side."""

_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2

_DIGITS = 9

Samples = NDArray[np.int32]


class Reference:
    """A picture that others are compared with; what depends on it alone is computed once.

    Args:
        image: of any mode.
    """

    def __init__(self, image: Image.Image) -> None:
        self.size = image.size
        self._luma = luma_of(image)
        self._side = min(WINDOW_PX, *image.size)

    @lazily
    def _sums(self) -> Samples:
        return _window_sums(self._luma, self._side)

    @lazily
    def _squares(self) -> Samples:
        return _window_sums(self._luma * self._luma, self._side)

    def similarity(self, shown: Image.Image) -> float:
        """1 for the same picture, about 0 for one that has nothing in common with it.

        Args:
            shown: of any mode; one of another size is brought to the reference's first, as a screen would.
        """
        other = luma_of(shown if shown.size == self.size else shown.resize(self.size, Image.Resampling.BICUBIC))
        sums = _window_sums(other, self._side)
        count = self._side**2  # of samples in a window; all below is count² times its mean, or count (count - 1) times its (co)variance
        product = self._sums * sums
        power = self._sums * self._sums + sums * sums
        covariance = count * _window_sums(self._luma * other, self._side) - product
        variance = count * (self._squares + _window_sums(other * other, self._side)) - power
        mean_floor, variance_floor = _C1 * count * count, _C2 * count * max(1, count - 1)
        alike = (2.0 * _real(product) + mean_floor) * (2.0 * _real(covariance) + variance_floor)
        most = (_real(power) + mean_floor) * (_real(variance) + variance_floor)
        return round(float(np.mean(alike / most, dtype=np.float64)), _DIGITS)


def luma_of(image: Image.Image) -> Samples:
    """Brightness by ITU-R BT.601, 0 to 255, rows × columns."""
    return np.asarray(image if image.mode == "L" else image.convert("RGB").convert("L"), dtype=np.int32)


def opened(data: bytes) -> Image.Image:
    """A picture of ours to compare: of a JPEG only the brightness is decoded."""
    image = Image.open(io.BytesIO(data))
    image.draft("L", image.size)
    image.load()
    return image


def _real(samples: Samples) -> NDArray[np.float32]:
    return samples.astype(np.float32)


def _window_sums(samples: Samples, side: int) -> Samples:
    """The sum over each window that lies wholly inside: at most 49 × 255², so that 49 times it and its square fit 32 bits."""
    rows, columns = samples.shape[0] - side + 1, samples.shape[1] - side + 1
    bands = samples[:rows].copy()
    for first in range(1, side):
        bands += samples[first : first + rows]
    total = bands[:, :columns].copy()
    for first in range(1, side):
        total += bands[:, first : first + columns]
    return total
