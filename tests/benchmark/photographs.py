"""The photographs that the benchmarks of composing use: those of the samples, or drawn ones with the detail of photographs."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
from PIL import Image

SAMPLE_BYTES_MIN = 80_000
"""Below it a sample is an icon or a test of some format."""

DRAWN = 16


def photographs() -> dict[str, bytes]:
    """JPEG and PNG files by name."""
    samples = os.environ.get("HUABAO_SAMPLES")
    if samples is None:
        return {f"drawn-{seed:02}.jpg": drawn(seed) for seed in range(DRAWN)}
    files = sorted((Path(samples) / "photos").iterdir())
    return {file.name: file.read_bytes() for file in files if file.suffix in (".jpg", ".png") and file.stat().st_size > SAMPLE_BYTES_MIN}


def drawn(seed: int) -> bytes:
    """A picture of soft and hard shapes under noise, as a JPEG of 1200 pixels; each seed is busy in its own way."""
    source = np.random.default_rng(seed)
    width, height = (1200, 900) if seed % 3 else (900, 1200)
    coarse = source.integers(0, 255, (int(source.integers(3, 60)), int(source.integers(3, 60)), 3), dtype=np.uint8)
    soft = np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC), dtype=np.float64)
    noise = source.normal(0, float(source.integers(1, 22)), (height // 2, width // 2, 3)).repeat(2, axis=0).repeat(2, axis=1)
    out = io.BytesIO()
    Image.fromarray(np.clip(soft + noise, 0, 255).astype(np.uint8)).save(out, "JPEG", quality=92)
    return out.getvalue()
