"""`python -m tests.golden renew [word …]`: draws the goldens anew, or those with one of the words in their name."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.golden.comparing import PICTURES, drawn, goldens, keep


def main(words: list[str]) -> int:
    """Draws and keeps; pictures that are listed no more go."""
    if not words or words[0] != "renew":
        print(__doc__)
        return 2
    listed = goldens()
    with tempfile.TemporaryDirectory() as folder:
        for golden in listed:
            if len(words) == 1 or any(word in golden.name for word in words[1:]):
                keep(golden, drawn(golden, Path(folder)))
                print(f"{golden.path.name}: {golden.path.stat().st_size:,} bytes")
    for path in PICTURES.glob("*.png"):
        if path not in [golden.path for golden in listed]:
            path.unlink()
            print(f"{path.name}: gone")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
