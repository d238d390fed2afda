"""Exports of images that are larger than the memory they may take: the peak of a process of its own."""

import subprocess
import sys

import numpy as np
import pytest
import tifffile

from peak_memory import PEAK

MIB = 1 << 20
EXPORT = f"""{PEAK}
import sys
import imagecodecs, tifffile, scipy.ndimage, scipy.sparse, skimage.filters
from napari_tiles_creator import Recipe, make_plan, run
recipe = Recipe.preset("yolo", source=sys.argv[1], output=sys.argv[2]).changed(eval(sys.argv[3]))
plan = make_plan(recipe)
before = peak()
for event in run(plan, memory_bytes=int(sys.argv[4])): pass
print(event.tiles, before, peak())
"""
HALF = {"calibration.enabled": True, "calibration.scale": 0.5}
SIXTEEN_BITS = {"normalization.dtype": "uint16", "normalization.high": None, "export.format": "tif"}


def write(path, side, kind):
    """Write an image of noise, a part of it at a time."""
    rng = np.random.default_rng(0)
    how = {"bigtiff": True, "compression": "zlib", "predictor": False}
    if kind == "tiles":
        some = [rng.normal(60 + i, 15, (512, 512)).clip(0, 255).astype(np.uint8) for i in range(16)]
        tiles = (some[i % 16] for i in range((-(-side // 512)) ** 2))
        tifffile.imwrite(path, tiles, shape=(side, side), dtype=np.uint8, tile=(512, 512), **how)
        return
    pixels = np.memmap(path.with_suffix(".raw"), np.uint16, "w+", shape=(side, side))
    for y in range(0, side, 256):
        pixels[y : y + 256] = rng.normal(4000 + y % 1000, 900, pixels[y : y + 256].shape).clip(0, 65535)
    tifffile.imwrite(path, pixels, rowsperstrip=16, **how)
    del pixels
    path.with_suffix(".raw").unlink()


def exported(tmp_path, side, kind, changes, memory_bytes):
    """Export an image; return tiles, and the peak of the process before and after, bytes."""
    (tmp_path / "in").mkdir()
    write(tmp_path / "in" / "a.tif", side, kind)
    arguments = [str(tmp_path / "in"), str(tmp_path / "out"), repr(changes), str(memory_bytes)]
    done = subprocess.run([sys.executable, "-c", EXPORT, *arguments], capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    return tuple(map(int, done.stdout.split()))


CASES = {
    "tiles of 8 bits": ("tiles", {}, 1),
    "the same by half": ("tiles", HALF, 0.5),
    "strips of 16 bits": ("strips", SIXTEEN_BITS, 1),
}


def rows_of_tiles(length):
    return -(-(length - 128) // 384)


@pytest.mark.parametrize(("kind", "changes", "scale"), CASES.values(), ids=CASES)
def test_memory_is_that_which_is_asked_for(tmp_path, kind, changes, scale):
    """A sixth of the side and of the memory of the large ones."""
    side = 6656 if kind == "tiles" else 4096
    tiles, before, peak = exported(tmp_path, side, kind, changes, 24 * MIB)
    assert tiles == rows_of_tiles(int(side * scale)) ** 2
    # What is held, and what two workers compute with at one time.
    assert peak - before < (24 + 72) * MIB


@pytest.mark.large
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("kind", "changes", "scale"), CASES.values(), ids=CASES)
def test_an_export_of_a_slide_takes_less_than_700_mb(tmp_path, kind, changes, scale, capsys):
    side = 40_000 if kind == "tiles" else 20_000
    tiles, _, peak = exported(tmp_path, side, kind, changes, 512 * MIB)
    with capsys.disabled():
        print(f"\n{side:,} px a side, {kind}, scale {scale:g}: {tiles:,} tiles, peak {peak / 1e6:.0f} MB")
    assert tiles == rows_of_tiles(int(side * scale)) ** 2
    assert peak < 700e6
