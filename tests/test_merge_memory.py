"""Merges of images that are larger than the memory they may take: the peak of a process of its own."""

import subprocess
import sys

import numpy as np
import pytest
import tifffile

from napari_tiles_creator import Recipe, make_plan, run
from peak_memory import PEAK

MIB = 1 << 20
HEIGHT, WIDTH = 12_000, 2_000
MERGE = f"""{PEAK}
import sys
import h5py, imagecodecs, scipy.ndimage, scipy.sparse, tifffile, zarr
from napari_tiles_creator import merge
from napari_tiles_creator.engine.back import source_merge
before = peak()
report = merge(sys.argv[1], sys.argv[2], workers=2, memory_bytes=32 << 20, **eval(sys.argv[3]))
assert not report.failed, report.failed
print(before, peak())
"""


@pytest.fixture(scope="module")
def datasets(tmp_path_factory):
    """Return tiles of an image of 12000 × 2000 px, and of the same at half its size."""
    folder = tmp_path_factory.mktemp("memory")
    (folder / "images").mkdir()
    strip = np.random.default_rng(0).integers(0, 60000, (500, WIDTH), np.uint16)
    tifffile.imwrite(folder / "images" / "a.tif", (strip for _ in range(HEIGHT // 500)), shape=(HEIGHT, WIDTH),
                     dtype=np.uint16, rowsperstrip=500)  # fmt: skip
    for name, changes in {"same": {}, "half": {"calibration.enabled": True, "calibration.scale": 0.5}}.items():
        recipe = Recipe.preset("unet", source=folder / "images", output=folder / name).changed(
            {"tiling.size_px": 256, "tiling.overlap_px": 32, "calibration.interpolation": "linear"} | changes
        )
        list(run(make_plan(recipe)))
    return folder


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("same", {}),
        ("same", {"format": "png", "denormalize": True}),
        ("half", {"format": "zarr", "at": "source"}),
    ],
)
def test_no_merge_holds_the_image(datasets, tmp_path, name, options):
    """The result has 96 MB as float32, its source 48."""
    arguments = [str(datasets / name), str(tmp_path), repr(options)]
    done = subprocess.run([sys.executable, "-c", MERGE, *arguments], capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    before, after = map(int, done.stdout.split())
    assert after - before < 48 * MIB
