"""Opening what strangers made: cameras, painting programs, and people who mean harm."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from content.adapt import PictureError, decode, inspect

REFUSED = {
    "imagepng-x_ihdr_missing.png",
    "imagepng-x_issue-214.png",
    "pillow-bmp-b-shortfile.bmp",
    "pillow-broken_data_stream.png",
    "pillow-crash-0c7e0e8e11ce787078f00b5b0ca409a167f070e0.tif",
    "pillow-crash-2020-10-test.tif",
    "pillow-crash-5762152299364352.fli",
    "pillow-crash-86214e58da443d2b80820cff9677a38a33dcbbca.tif",
    "pillow-decompression_bomb.ico",
    "pillow-eps-1.eps",
    "pillow-fli_overflow.fli",
    "pillow-libtiff_segfault.tif",
    "pillow-oom-225817ca0f8c663be7ab4b9e717b02c661e66834.tif",
    "pillow-pngtest_bad.png.bin",
    "pillow-psd-oob-write.psd",
    "pillow-ti-crash_1.tif",
    "pillow-ti-string_dimension.tiff",
    "pngsuite-xc9n2c08.png",
    "pngsuite-xd9n2c08.png",
    "pngsuite-xhdn0g08.png",
}

_UNDER_A_LIMIT = """
import resource, sys
from pathlib import Path
from content.adapt import PictureError, decode, inspect
resource.setrlimit(resource.RLIMIT_AS, (900_000_000, 900_000_000))
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
for name in sys.argv[1:]:
    data = Path(name).read_bytes()
    try:
        inspect(data, name)
        decode(data, longest_px=1600)
    except PictureError:
        print("refused", Path(name).name)
    else:
        print("taken", Path(name).name)
"""


def _judged_under_a_limit(paths: list[Path]) -> dict[str, str]:
    ran = subprocess.run([sys.executable, "-c", _UNDER_A_LIMIT, *map(str, paths)], capture_output=True, text=True, timeout=90, check=False)
    assert ran.returncode == 0, ran.stderr[-2000:]
    return {name: verdict for verdict, name in (line.split(" ", 1) for line in ran.stdout.splitlines())}


def test_hostile_pictures_are_judged_in_bounded_memory_and_time(samples: Path) -> None:
    paths = sorted((samples / "hostile" / "images").iterdir())
    verdicts = _judged_under_a_limit(paths)
    assert set(verdicts) == {path.name for path in paths}
    assert {name for name, verdict in verdicts.items() if verdict == "refused"} == REFUSED


def test_bombs_within_the_limit_are_decoded_in_bounded_memory(tmp_path: Path) -> None:
    """The largest picture that is taken, in the mode that costs most, from a small file."""
    from PIL import Image

    path = tmp_path / "large.png"
    Image.new("RGBA", (8000, 5000), (1, 2, 3, 4)).save(path, compress_level=1)
    assert path.stat().st_size < 2_000_000
    assert _judged_under_a_limit([path]) == {"large.png": "taken"}


def test_every_honest_picture_is_taken(samples: Path) -> None:
    taken = 0
    for path in sorted((samples / "photos").iterdir()):
        data = path.read_bytes()
        if path.suffix == ".psd":
            with pytest.raises(PictureError, match="Photoshop"):
                inspect(data, path.name)
            continue
        info = inspect(data, path.name)
        shown = decode(data, longest_px=320)
        assert shown.mode == "RGB" and max(shown.size) == min(320, max(info.width_px, info.height_px))
        assert (shown.width > shown.height) == (info.width_px > info.height_px) or info.width_px == info.height_px
        taken += 1
    assert taken > 70


def test_turned_photographs_are_upright(samples: Path) -> None:
    for path in sorted((samples / "photos").glob("exif-landscape_*")):
        assert inspect(path.read_bytes()).width_px > inspect(path.read_bytes()).height_px
    for path in sorted((samples / "photos").glob("exif-portrait_*")):
        assert inspect(path.read_bytes()).width_px < inspect(path.read_bytes()).height_px


def test_the_eight_turns_of_one_photograph_look_alike(samples: Path) -> None:
    from content.adapt.encoding import squared_error

    first = decode((samples / "photos" / "pillow-hopper_orientation_2.jpg").read_bytes(), longest_px=128)
    for turn in range(3, 9):
        other = decode((samples / "photos" / f"pillow-hopper_orientation_{turn}.jpg").read_bytes(), longest_px=128)
        assert squared_error(first, other) < 60, turn
