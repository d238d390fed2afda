"""Images that are larger than the memory they may take: the peak of a process of its own."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import tifffile

from peak_memory import PEAK

MIB = 1 << 20
SIDES = {"Bright": 6144, "Pieces": 4096}
TESTS = Path(__file__).parent
SEGMENT = f"""{PEAK}
import sys
sys.path.insert(0, {str(TESTS)!r})
from pathlib import Path
import imagecodecs, tifffile, scipy.ndimage, scipy.sparse, skimage.filters, skimage.measure
import small_models
from napari_tiles_creator import Recipe
from napari_tiles_creator.engine.segmenting.request import SegmentRequest
from napari_tiles_creator.engine.segmenting.segment import segment_steps
from napari_tiles_creator.engine.steps import result_of
def segmented(source, output, memory_bytes):
    recipe = Recipe.preset("unet", source=source).changed({{"tiling.size_px": 256, "tiling.overlap_px": 64}})
    request = SegmentRequest(
        getattr(small_models, sys.argv[3])(), Path(output), recipe=recipe, memory_bytes=memory_bytes, workers=2,
        probabilities=sys.argv[3] == "Bright",
    )
    return result_of(segment_steps(request)).images
segmented(sys.argv[4], sys.argv[2] + "_small", 1 << 20)  # what is imported on the way
before = peak()
image, = segmented(sys.argv[1], sys.argv[2], int(sys.argv[5]))
print(before, peak())
"""


def blocks(model):
    """Return some squares of 512 px that images are made of: noise, or objects."""
    rng = np.random.default_rng(0)
    if model == "Bright":
        return [rng.normal(40 + 12 * i, 25, (512, 512)).clip(0, 255).astype(np.uint8) for i in range(16)]
    y, x = np.mgrid[:512, :512]
    some = []
    for _ in range(16):
        far = [np.hypot(y % 64 - 32 - dy, x % 64 - 32 - dx) for dy, dx in rng.integers(-8, 8, (2, 2))]
        some.append(np.where(np.minimum(*far) < 15, 250, 5).astype(np.uint8))
    return some


def peak_of(tmp_path, model, memory_bytes):
    """Return what segmenting a large image adds to the peak of a process, bytes."""
    some, how = blocks(model), {"dtype": np.uint8, "tile": (512, 512), "compression": "zlib"}
    for name, side in (("large.tif", SIDES[model]), ("small.tif", 1024)):
        tiles = (some[i % 16] for i in range((side // 512) ** 2))
        tifffile.imwrite(tmp_path / name, tiles, shape=(side, side), **how)
    arguments = [tmp_path / "large.tif", tmp_path / "out", model, tmp_path / "small.tif", memory_bytes]
    done = subprocess.run(
        [sys.executable, "-c", SEGMENT, *map(str, arguments)], capture_output=True, text=True, check=False
    )
    assert not done.returncode, done.stderr
    before, peak = map(int, done.stdout.split())
    with tifffile.TiffFile(tmp_path / "out" / "large.tif") as file:
        assert file.pages[0].shape == (SIDES[model], SIDES[model])
    return peak - before


def test_a_mask_and_its_probabilities_take_little_memory(tmp_path):
    """The probabilities alone are 144 MiB, the image and its mask 36 MiB each."""
    assert peak_of(tmp_path, "Bright", 24 * MIB) < 96 * MIB


def test_objects_take_little_memory(tmp_path):
    """The labels that the model gives are 64 MiB, those of all tiles twice as much."""
    assert peak_of(tmp_path, "Pieces", 24 * MIB) < 64 * MIB
